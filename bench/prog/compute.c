/* SPDX-License-Identifier: Apache-2.0
 *
 * compute: a control. A chain of integer and floating-point operations in
 * registers, with no system call and no memory traffic: no kernel can make it
 * faster, and one that leaves the core alone does not make it slower. */
#define _GNU_SOURCE
#include "bench.h"

static uint64_t state = 88172645463325252ull;
static double real = 0.5;

static uint64_t run(uint64_t iters)
{
	uint64_t x = state;
	double r = real;
	for (uint64_t i = 0; i < iters; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* the logistic map: stays within (0, 1) and never settles */
		r = 3.9 * r * (1.0 - r) + (double)(x & 1) * 1e-9;
	}
	state = x;
	real = r;
	if (!(r > 0 && r < 1))
		bench_die("the floating-point chain left its range: registers were damaged", 0);
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "compute", run);
}
