/* SPDX-License-Identifier: Apache-2.0
 *
 * gups: RandomAccess of HPCC in its own small version: x ^= value at random
 * places of a table of 64 MiB. Done twice, it must restore the table, which
 * is checked. Cost of one update. */
#define _GNU_SOURCE
#include "bench.h"

enum { SIZE = 64 << 20, N = SIZE / 8 };

static uint64_t *table;

/* The sequence of HPCC: a shift register over x^63 + x^2 + x + 1. */
static inline uint64_t next(uint64_t r) { return (r << 1) ^ ((int64_t)r < 0 ? 7 : 0); }

static void update(uint64_t n)
{
	uint64_t r = 1;
	for (uint64_t i = 0; i < n; i++) {
		r = next(r);
		table[r & (N - 1)] ^= r;
	}
}

static uint64_t run(uint64_t iters)
{
	update(iters);
	update(iters);
	for (uint64_t i = 0; i < N; i += 8191)
		if (table[i] != i)
			bench_die("the table is not what it was after updating it twice", 0);
	return 2 * iters;
}

int main(int argc, char **argv)
{
	table = malloc(SIZE);
	if (!table)
		bench_die("malloc of 64 MiB", errno);
	for (uint64_t i = 0; i < N; i++)
		table[i] = i;
	return bench_main(argc, argv, "gups", run);
}
