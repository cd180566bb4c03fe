/* SPDX-License-Identifier: Apache-2.0
 *
 * nullcall: a call that both kernels answer from a constant. In the LWK it
 * takes the general path through a Go handler, so it prices that path. */
#define _GNU_SOURCE
#include "bench.h"

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		bench_use((uint64_t)sched_get_priority_max(SCHED_OTHER));
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "nullcall", run);
}
