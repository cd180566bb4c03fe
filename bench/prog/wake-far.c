/* SPDX-License-Identifier: Apache-2.0
 *
 * wake-far: a thread that sleeps in a futex on another, idle CPU is woken, and
 * says so by a cache line: what it takes to ask somebody who sleeps. The
 * sleeper has slept for 1 ms each time. It needs two CPUs. */
#define _GNU_SOURCE
#include "bench.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static struct {
	_Alignas(128) _Atomic uint32_t bell;
	_Alignas(128) _Atomic uint32_t answer;
} line;

static const uint32_t over = UINT32_MAX;

static long futex(int op, uint32_t value)
{
	return syscall(SYS_futex, &line.bell, op, value, NULL, NULL, 0);
}

static void *sleeper(void *arg)
{
	bench_pin(bench_first_cpu());
	uint32_t seen = 0;
	for (;;) {
		futex(FUTEX_WAIT_PRIVATE, seen);
		uint32_t now = atomic_load(&line.bell);
		if (now == over)
			return arg;
		if (now != seen)
			atomic_store(&line.answer, seen = now);
	}
}

static double wake(uint64_t iters)
{
	double sum = 0;
	for (uint64_t i = 0; i < iters; i++) {
		double until = bench_now() + 1e6, start;
		while ((start = bench_now()) < until)
			;
		uint32_t next = atomic_load(&line.bell) + 1;
		atomic_store(&line.bell, next);
		if (futex(FUTEX_WAKE_PRIVATE, 1) < 0)
			bench_die("FUTEX_WAKE", errno);
		while (atomic_load_explicit(&line.answer, memory_order_acquire) != next)
			;
		sum += bench_now() - start;
	}
	return sum / (double)iters;
}

int main(int argc, char **argv)
{
	int last = bench_last_cpu();
	if (last == bench_first_cpu())
		bench_die("wake-far needs two CPUs, and only one is allowed here", 0);
	pthread_t t = bench_spawn(sleeper);
	bench_pin(last);
	int status = bench_main_timed(argc, argv, "wake-far", wake);
	atomic_store(&line.bell, over);
	futex(FUTEX_WAKE_PRIVATE, 1);
	bench_join(t);
	return status;
}
