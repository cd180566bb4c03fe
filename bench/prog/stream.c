/* SPDX-License-Identifier: Apache-2.0
 *
 * stream: STREAM's four kernels (copy, scale, add, triad; McCalpin) one after
 * the other over three arrays of 32 MiB (--pages default, small, huge),
 * written anew. Cost of 1 KiB moved, as STREAM counts bytes. The result is
 * checked. */
#define _GNU_SOURCE
#include "pages.h"

enum { SIZE = 32 << 20, N = SIZE / sizeof(double) };

static double *a, *b, *c;

static uint64_t run(uint64_t iters)
{
	const double k = 3;
	for (uint64_t i = 0; i < iters; i++) {
		for (size_t j = 0; j < N; j++)
			a[j] = 1, b[j] = 2;
		for (size_t j = 0; j < N; j++)
			c[j] = a[j];
		for (size_t j = 0; j < N; j++)
			b[j] = k * c[j];
		for (size_t j = 0; j < N; j++)
			c[j] = a[j] + b[j];
		for (size_t j = 0; j < N; j++)
			a[j] = b[j] + k * c[j];
	}
	/* c = 1, b = 3, c = 4, a = 15 */
	for (size_t j = 0; j < N; j += 4099)
		if (a[j] != 15 || b[j] != 3 || c[j] != 4)
			bench_die("stream computed something else", 0);
	return iters * ((2 + 2 + 2 + 3 + 3) * (uint64_t)(SIZE / 1024));
}

int main(int argc, char **argv)
{
	int advice = bench_pages(&argc, argv);
	a = (double *)bench_map(SIZE, advice);
	b = (double *)bench_map(SIZE, advice);
	c = (double *)bench_map(SIZE, advice);
	run(1);
	return bench_main(argc, argv, "stream", run);
}
