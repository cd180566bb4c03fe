/* SPDX-License-Identifier: Apache-2.0
 *
 * getpid: one system call that needs no state but a number. By libc's
 * syscall(), so that no libc can answer it from a cache. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/syscall.h>

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		bench_use((uint64_t)syscall(SYS_getpid));
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "getpid", run);
}
