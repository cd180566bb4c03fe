/* SPDX-License-Identifier: Apache-2.0
 *
 * thread-create-join: a thread that does nothing, from pthread_create to the
 * return of pthread_join, one at a time. */
#define _GNU_SOURCE
#include "bench.h"

static void *nothing(void *arg)
{
	return arg;
}

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		bench_join(bench_spawn(nothing));
	return iters;
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, "thread-create-join", run);
}
