/* SPDX-License-Identifier: Apache-2.0
 *
 * fwq: fixed work quantum. The same work (32768 steps in registers, some 40 us)
 * again and again; what a quantum takes longer than the shortest is noise. */
#define _GNU_SOURCE
#include "bench.h"

enum { STEPS = 1 << 15 };

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		uint64_t x = 88172645463325252ull;
		for (int s = 0; s < STEPS; s++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		bench_use(x);
	}
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "fwq", run);
}
