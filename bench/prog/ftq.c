/* SPDX-License-Identifier: Apache-2.0
 *
 * ftq: fixed time quantum. How many units of work (64 steps in registers)
 * fit into 100 us, again and again; printed as ns for one unit, so that more
 * is worse here, too. */
#define _GNU_SOURCE
#include "bench.h"

static double quantum(uint64_t iters)
{
	double sum = 0;
	for (uint64_t i = 0; i < iters; i++) {
		uint64_t x = 88172645463325252ull, units = 0;
		double start = bench_now(), end;
		do {
			for (int s = 0; s < 64; s++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
			}
			bench_use(x);
			units++;
			end = bench_now();
		} while (end - start < 100000);
		sum += (end - start) / (double)units;
	}
	return sum / (double)iters;
}

int main(int argc, char **argv)
{
	return bench_main_timed(argc, argv, "ftq", quantum);
}
