/* SPDX-License-Identifier: Apache-2.0
 *
 * ship-asleep: getppid after 3 ms of computing without a call: by then nobody
 * on the other side polls any more, and the proxy has to be woken. Only the
 * call is in the time. With --wait sleep the thread sleeps instead: where
 * processors take turns at each poll, a program that computes lets nobody end
 * polling. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/syscall.h>

static int sleeps;

static double one(uint64_t iters)
{
	double sum = 0;
	for (uint64_t i = 0; i < iters; i++) {
		double until = bench_now() + 3e6, start;
		struct timespec rest = {0, 3000000};
		if (sleeps && nanosleep(&rest, NULL))
			bench_die("nanosleep", errno);
		while ((start = bench_now()) < until)
			;
		bench_use((uint64_t)syscall(SYS_getppid));
		sum += bench_now() - start;
	}
	return sum / (double)iters;
}

int main(int argc, char **argv)
{
	for (int i = 0; i < 5000; i++) /* an enclave may make a program's first calls without shipping them */
		syscall(SYS_getppid);
	sleeps = !strcmp(bench_option(&argc, argv, "--wait", "compute"), "sleep");
	return bench_main_timed(argc, argv, "ship-asleep", one);
}
