/* SPDX-License-Identifier: Apache-2.0
 *
 * yield: two threads of one CPU yield to each other; the cost of one switch.
 * Switches are counted, not assumed: a kernel may return from sched_yield
 * without switching, and such calls are part of the price of the next one
 * that does. */
#define _GNU_SOURCE
#include "bench.h"
#include <stdatomic.h>

static _Atomic int last, stop;
static _Atomic uint64_t switches;

/* Both threads share one CPU, so relaxed is all the order that is needed. */
static inline void yield_as(int me)
{
	sched_yield();
	if (atomic_load_explicit(&last, memory_order_relaxed) != me) {
		atomic_store_explicit(&last, me, memory_order_relaxed);
		atomic_fetch_add_explicit(&switches, 1, memory_order_relaxed);
	}
}

static void *peer(void *arg)
{
	bench_pin(bench_first_cpu());
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		yield_as(1);
	return arg;
}

static uint64_t run(uint64_t iters)
{
	uint64_t before = atomic_load(&switches);
	for (uint64_t i = 0; i < iters; i++)
		yield_as(0);
	return atomic_load(&switches) - before;
}

int main(int argc, char **argv)
{
	bench_pin(bench_first_cpu());
	pthread_t t = bench_spawn(peer);
	while (!atomic_load(&switches)) /* the peer has run and come back */
		yield_as(0);
	int status = bench_main(argc, argv, "yield", run);
	atomic_store(&stop, 1);
	bench_join(t);
	return status;
}
