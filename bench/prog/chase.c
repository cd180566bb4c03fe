/* SPDX-License-Identifier: Apache-2.0
 *
 * chase: a chain of loads, each from an address that the one before gave, at
 * random over 128 MiB (--pages default, small, huge): the latency of memory
 * and of the page walk before it. */
#define _GNU_SOURCE
#include "pages.h"

enum { SIZE = 128 << 20, LINE = 64, N = SIZE / LINE };

static char *memory;
static uint32_t at;

static inline uint32_t *line(uint32_t i) { return (uint32_t *)(memory + (size_t)i * LINE); }

static uint64_t run(uint64_t iters)
{
	uint32_t i = at;
	for (uint64_t n = 0; n < iters; n++)
		i = *line(i);
	at = i;
	bench_use(i);
	return iters;
}

int main(int argc, char **argv)
{
	memory = bench_map(SIZE, bench_pages(&argc, argv));
	/* Sattolo: a permutation of one cycle, so that the chain visits all. */
	for (uint32_t i = 0; i < N; i++)
		*line(i) = i;
	uint64_t x = 88172645463325252ull;
	for (uint32_t i = N - 1; i > 0; i--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint32_t j = (uint32_t)(x % i), v = *line(i);
		*line(i) = *line(j);
		*line(j) = v;
	}
	return bench_main(argc, argv, "chase", run);
}
