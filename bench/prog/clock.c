/* SPDX-License-Identifier: Apache-2.0
 *
 * clock: one clock_gettime, which libc answers from memory that the kernel
 * shares with it (vDSO): no call at all. */
#define _GNU_SOURCE
#include "bench.h"

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		struct timespec t;
		if (clock_gettime(CLOCK_MONOTONIC, &t))
			bench_die("clock_gettime", errno);
		bench_use((uint64_t)t.tv_nsec);
	}
	return iters;
}

int main(int argc, char **argv)
{
	int status = bench_main(argc, argv, "clock", run);
	return status;
}
