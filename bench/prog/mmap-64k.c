/* SPDX-License-Identifier: Apache-2.0
 *
 * mmap-64k: maps 64 KiB and unmaps it again, untouched: the cost of the
 * memory map alone. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/mman.h>

enum { SIZE = 1 << 16 };

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		void *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			bench_die("mmap of 64 KiB", errno);
		if (munmap(p, SIZE))
			bench_die("munmap of 64 KiB", errno);
	}
	return iters;
}

int main(int argc, char **argv)
{
	int status = bench_main(argc, argv, "mmap-64k", run);
	return status;
}
