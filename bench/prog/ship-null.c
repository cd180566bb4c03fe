/* SPDX-License-Identifier: Apache-2.0
 *
 * ship-null: getppid, which the LWK ships to Linux: the cheapest call that
 * crosses between the kernels and back. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/syscall.h>

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		bench_use((uint64_t)syscall(SYS_getppid));
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "ship-null", run);
}
