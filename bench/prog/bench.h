/* SPDX-License-Identifier: Apache-2.0
 *
 * What every measurement program shares: options, timing, calibration and the
 * one line of JSON that it prints. Plain C11 and pthreads, so that the same
 * binary runs on Linux and on skerry.
 *
 * A program gives bench_main an operation that performs `iters` steps and
 * returns how many of the things being priced were done (usually iters). The
 * elapsed time divided by that count is the cost of one batch, in nanoseconds.
 * Nothing here pins the process: whoever starts the program chose the CPU.
 */
#ifndef SKERRY_BENCH_H
#define SKERRY_BENCH_H

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A batch this long outweighs the two clock reads around it by far, and is
 * short enough that most batches see no interrupt. */
#define BENCH_BATCH_NS 3000000.0

#define BENCH_MAX_BATCHES 4096
#define BENCH_MAX_ITERS 1000000000ull

typedef uint64_t (*bench_op)(uint64_t iters);

/* Says what failed and ends the program; err 0 leaves the reason out. */
static inline void bench_die(const char *what, int err)
{
	if (err)
		fprintf(stderr, "%s: %s\n", what, strerror(err));
	else
		fprintf(stderr, "%s\n", what);
	exit(1);
}

static inline double bench_now(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_MONOTONIC, &t))
		bench_die("clock_gettime", errno);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Keeps the compiler from dropping or hoisting a computation. */
static inline void bench_use(uint64_t v)
{
	__asm__ volatile("" : : "r"(v) : "memory");
}

/* The first CPU that this thread may run on. */
static inline int bench_first_cpu(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set))
		bench_die("sched_getaffinity", errno);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	bench_die("sched_getaffinity: no CPU allowed", 0);
	return -1;
}

/* The last CPU that this thread may run on. */
static inline int bench_last_cpu(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set))
		bench_die("sched_getaffinity", errno);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	bench_die("sched_getaffinity: no CPU allowed", 0);
	return -1;
}

/* Pins the calling thread to one CPU. */
static inline void bench_pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	int err = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
	if (err)
		bench_die("pthread_setaffinity_np", err);
}

static inline pthread_t bench_spawn(void *(*fn)(void *))
{
	pthread_t t;
	int err = pthread_create(&t, NULL, fn, NULL);
	if (err)
		bench_die("pthread_create", err);
	return t;
}

static inline void bench_join(pthread_t t)
{
	int err = pthread_join(t, NULL);
	if (err)
		bench_die("pthread_join", err);
}

static inline uint64_t bench_number(const char *option, const char *text, uint64_t max)
{
	char *end;
	errno = 0;
	uint64_t v = text ? strtoull(text, &end, 10) : 0;
	if (!text || errno || *end || text[0] == '-' || v < 1 || v > max) {
		fprintf(stderr, "%s needs a number from 1 to %" PRIu64 "\n", option, max);
		exit(2);
	}
	return v;
}

static inline double bench_batch(bench_op op, uint64_t iters, double *elapsed)
{
	double start = bench_now();
	uint64_t done = op(iters);
	*elapsed = bench_now() - start;
	if (done == 0)
		bench_die("nothing was measured: the operation never happened in a batch", 0);
	return *elapsed / (double)done;
}

/* The number of steps that makes a batch last about BENCH_BATCH_NS. Each
 * length is tried twice and the shorter time believed: a first time may hold
 * a thread's start or a page fault. */
static inline uint64_t bench_calibrate(bench_op op)
{
	uint64_t iters = 1;
	double elapsed;
	for (;;) {
		elapsed = HUGE_VAL;
		for (int i = 0; i < 2; i++) {
			double start = bench_now();
			op(iters);
			double took = bench_now() - start;
			if (took < elapsed)
				elapsed = took;
		}
		if (elapsed >= BENCH_BATCH_NS / 4 || iters >= BENCH_MAX_ITERS / 2)
			break;
		iters *= 2;
	}
	double scaled = (double)iters * BENCH_BATCH_NS / (elapsed < 1 ? 1 : elapsed);
	if (scaled < 1)
		return 1;
	if (scaled > (double)BENCH_MAX_ITERS)
		return BENCH_MAX_ITERS;
	return (uint64_t)scaled;
}

/* An operation that keeps its own time: the cost of one, in ns, averaged over
 * iters of them. For what is only a part of what has to be done each time. */
typedef double (*bench_timed)(uint64_t iters);

/* Takes `option VALUE` out of the arguments and returns VALUE, or otherwise. */
static inline const char *bench_option(int *argc, char **argv, const char *option, const char *otherwise)
{
	for (int i = 1; i + 1 < *argc; i++)
		if (!strcmp(argv[i], option)) {
			const char *value = argv[i + 1];
			for (int j = i; j + 2 < *argc; j++)
				argv[j] = argv[j + 2];
			*argc -= 2;
			argv[*argc] = NULL;
			return value;
		}
	return otherwise;
}

/* What quantiles of single operations' times are printed: the body, and then
 * the tail in ever smaller steps; 1 is the longest. */
static const double bench_quantile[] = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1};
enum { BENCH_QUANTILES = sizeof bench_quantile / sizeof *bench_quantile };

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Prints ,"latency":{"n":N,"ns":[a time for each of bench_quantile]} */
static inline void bench_print_latency(double *times, uint64_t n)
{
	qsort(times, n, sizeof *times, bench_order);
	printf(",\"latency\":{\"n\":%" PRIu64 ",\"ns\":[", n);
	for (int q = 0; q < BENCH_QUANTILES; q++)
		printf("%s%.1f", q ? "," : "", times[(uint64_t)(bench_quantile[q] * (double)(n - 1) + 0.5)]);
	printf("]}");
}

#define BENCH_MAX_SINGLE 1000000

/* Runs the measurement and prints its line:
 * {"name":...,"unit":"ns","iters":...,"batches":[...]}
 * With --latency N also the times of N single operations, each between two
 * clock reads (some 50 ns of each time are theirs). One of op and timed is
 * given. */
static inline int bench_run(int argc, char **argv, const char *name, bench_op op, bench_timed timed)
{
	static double cost[BENCH_MAX_BATCHES];
	uint64_t batches = 11, iters = 0, single = 0;
	double elapsed;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (!strcmp(argv[i], "--batches"))
			batches = bench_number(argv[i], value, BENCH_MAX_BATCHES);
		else if (!strcmp(argv[i], "--iters"))
			iters = bench_number(argv[i], value, BENCH_MAX_ITERS);
		else if (!strcmp(argv[i], "--latency"))
			single = bench_number(argv[i], value, BENCH_MAX_SINGLE);
		else {
			fprintf(stderr, "usage: %s [--batches N] [--iters N] [--latency N]\n", name);
			exit(2);
		}
	}
	if (timed) {
		timed(1);
		double start = bench_now();
		timed(1);
		double took = bench_now() - start;
		if (!iters) /* at least four: some operations last as long as a batch */
			iters = took * 4 < BENCH_BATCH_NS ? (uint64_t)(BENCH_BATCH_NS / took) : 4;
		for (uint64_t b = 0; b < batches; b++)
			cost[b] = timed(iters);
	} else {
		if (!iters)
			iters = bench_calibrate(op);
		op(iters); /* a batch that nobody counts: caches, page faults, first calls */
		for (uint64_t b = 0; b < batches; b++)
			cost[b] = bench_batch(op, iters, &elapsed);
	}
	double *times = NULL;
	if (single) {
		times = calloc(single, sizeof *times);
		if (!times)
			bench_die("memory for single times", errno);
		for (uint64_t i = 0; i < single; i++)
			times[i] = 1; /* no page fault between two reads */
		for (uint64_t i = 0; i < single; i++) {
			if (timed) {
				times[i] = timed(1);
				continue;
			}
			double start = bench_now();
			op(1);
			times[i] = bench_now() - start;
		}
	}
	printf("{\"name\":\"%s\",\"unit\":\"ns\",\"iters\":%" PRIu64 ",\"batches\":[", name, iters);
	for (uint64_t b = 0; b < batches; b++)
		printf("%s%.4f", b ? "," : "", cost[b]);
	printf("]");
	if (times)
		bench_print_latency(times, single);
	printf("}\n");
	if (fflush(stdout))
		bench_die("writing the result", errno);
	return 0;
}

static inline int bench_main(int argc, char **argv, const char *name, bench_op op)
{
	return bench_run(argc, argv, name, op, NULL);
}

static inline int bench_main_timed(int argc, char **argv, const char *name, bench_timed timed)
{
	return bench_run(argc, argv, name, NULL, timed);
}

#endif
