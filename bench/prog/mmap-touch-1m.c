/* SPDX-License-Identifier: Apache-2.0
 *
 * mmap-touch-1m: maps 1 MiB of fresh memory, writes one byte into each 4 KiB
 * of it, and unmaps it. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/mman.h>

enum { SIZE = 1 << 20, STEP = 4096 };

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		volatile char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			bench_die("mmap of 1 MiB", errno);
		if (p[0] || p[SIZE - 1])
			bench_die("mmap gave memory that is not zero", 0);
		for (int at = 0; at < SIZE; at += STEP)
			p[at] = 1;
		p[SIZE - 1] = 1;
		if (munmap((void *)p, SIZE))
			bench_die("munmap of 1 MiB", errno);
	}
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "mmap-touch-1m", run);
}
