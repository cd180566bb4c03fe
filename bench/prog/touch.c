/* SPDX-License-Identifier: Apache-2.0
 *
 * touch: the first write to each 4 KiB of a fresh mapping of 16 MiB (--pages
 * default, small, huge); map and unmap are part of it. Cost of 4 KiB. */
#define _GNU_SOURCE
#include "pages.h"

enum { SIZE = 16 << 20, STEP = 4096 };

static int advice;

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		char *p = bench_map(SIZE, advice);
		for (size_t at = 0; at < SIZE; at += STEP)
			((volatile char *)p)[at] = 1;
		if (munmap(p, SIZE))
			bench_die("munmap", errno);
	}
	return iters * (SIZE / STEP);
}

int main(int argc, char **argv)
{
	advice = bench_pages(&argc, argv);
	return bench_main(argc, argv, "touch", run);
}
