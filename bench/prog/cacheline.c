/* SPDX-License-Identifier: Apache-2.0
 *
 * cacheline: one cache line goes from one CPU to another and back, with
 * nothing else: the floor under any call shipped between two cores. One thread
 * sits on the first CPU allowed, one on the last; it needs two. */
#define _GNU_SOURCE
#include "bench.h"
#include <stdatomic.h>

static struct {
	_Alignas(128) _Atomic uint64_t ball;
	char pad[128];
} line;

static const uint64_t over = UINT64_MAX;

/* Odd numbers belong to the peer, which answers with the next even one. */
static void *peer(void *arg)
{
	bench_pin(bench_first_cpu());
	for (;;) {
		uint64_t v = atomic_load_explicit(&line.ball, memory_order_acquire);
		if (v == over)
			return arg;
		if (v & 1)
			atomic_store_explicit(&line.ball, v + 1, memory_order_release);
	}
}

static uint64_t run(uint64_t iters)
{
	uint64_t v = atomic_load(&line.ball);
	for (uint64_t i = 0; i < iters; i++) {
		atomic_store_explicit(&line.ball, v + 1, memory_order_release);
		v += 2;
		while (atomic_load_explicit(&line.ball, memory_order_acquire) != v)
			;
	}
	return iters;
}

int main(int argc, char **argv)
{
	int last = bench_last_cpu();
	if (last == bench_first_cpu())
		bench_die("cacheline needs two CPUs, and only one is allowed here", 0);
	pthread_t t = bench_spawn(peer);
	bench_pin(last);
	int status = bench_main(argc, argv, "cacheline", run);
	atomic_store(&line.ball, over);
	bench_join(t);
	return status;
}
