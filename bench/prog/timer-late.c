/* SPDX-License-Identifier: Apache-2.0
 *
 * timer-late: how long after its time a thread is back that sleeps until 200
 * us from now (clock_nanosleep to a point of time). */
#define _GNU_SOURCE
#include "bench.h"

static double late(uint64_t iters)
{
	double sum = 0;
	for (uint64_t i = 0; i < iters; i++) {
		struct timespec t;
		if (clock_gettime(CLOCK_MONOTONIC, &t))
			bench_die("clock_gettime", errno);
		t.tv_nsec += 200000;
		if (t.tv_nsec >= 1000000000) {
			t.tv_nsec -= 1000000000;
			t.tv_sec++;
		}
		int err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		if (err)
			bench_die("clock_nanosleep", err);
		double after = bench_now() - ((double)t.tv_sec * 1e9 + (double)t.tv_nsec);
		if (after < 0)
			bench_die("clock_nanosleep was back before its time", 0);
		sum += after;
	}
	return sum / (double)iters;
}

int main(int argc, char **argv)
{
	return bench_main_timed(argc, argv, "timer-late", late);
}
