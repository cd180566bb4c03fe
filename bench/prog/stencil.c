/* SPDX-License-Identifier: Apache-2.0
 *
 * stencil: OpenMP: a five-point stencil over 1024 x 1024 doubles, a parallel
 * loop for each sweep, with as many threads as there are CPUs. Cost of a
 * sweep. The sum is checked: the borders are fixed, so it must fall. */
#define _GNU_SOURCE
#include "bench.h"

enum { N = 1024 };

static double grid[2][N][N];

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		double(*from)[N] = grid[i & 1], (*to)[N] = grid[!(i & 1)];
#pragma omp parallel for
		for (int y = 1; y < N - 1; y++)
			for (int x = 1; x < N - 1; x++)
				to[y][x] = 0.2 * (from[y][x] + from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1]);
	}
	double middle = grid[iters & 1][N / 2][N / 2];
	if (!(middle >= 0 && middle <= 1))
		bench_die("the stencil left its range", 0);
	return iters;
}

int main(int argc, char **argv)
{
	for (int y = 0; y < N; y++)
		for (int x = 0; x < N; x++)
			grid[0][y][x] = grid[1][y][x] = y == 0 ? 1 : 0;
	return bench_main(argc, argv, "stencil", run);
}
