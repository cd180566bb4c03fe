/* SPDX-License-Identifier: Apache-2.0
 *
 * selfish: reads the time stamp counter in a loop. A step longer than 500 ns
 * is a detour: somebody else had the core. Each is kept with its beginning
 * and length, and with what Linux says happened meanwhile on this CPU:
 * the lines of /proc/interrupts that grew, and whether the thread was put
 * aside for another one (/proc/self/schedstat, which is the first thread's).
 * The files are read after a detour and before the loop goes on, so that the
 * reading itself is in no time. A cause that Linux does not know (the host of
 * a virtual machine, firmware) is "unknown".
 *
 * A batch is 50 ms of looping; its cost is the ns lost in each ms, which may
 * be 0. It prints besides:
 * "detours":[[at ns since the start, length ns, "cause"],...] */
#define _GNU_SOURCE
#include "bench.h"
#include <fcntl.h>
#include <x86intrin.h>

enum { MAX_DETOURS = 2000, MAX_LINES = 512, NAME = 32, CAUSE = 96 };
static const double batch_ns = 50e6, threshold_ns = 500;

static struct { double at, took; char cause[CAUSE]; } detours[MAX_DETOURS];
static int found;
static uint64_t dropped;

struct counters {
	int lines;
	char name[MAX_LINES][NAME];
	uint64_t count[MAX_LINES];
	uint64_t switches;
};

static struct counters before, after;
static int interrupts = -1, schedstat = -1, column = -1;
static char text[1 << 20];

static size_t get(int fd)
{
	size_t n = 0;
	while (fd >= 0 && n < sizeof text - 1) {
		ssize_t got = pread(fd, text + n, sizeof text - 1 - n, (off_t)n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = 0;
	return n;
}

/* The column of this CPU in /proc/interrupts: its place in the heading. */
static void find_column(int cpu)
{
	char want[16];
	snprintf(want, sizeof want, "CPU%d", cpu);
	get(interrupts);
	char *end = strchr(text, '\n'), *save, *word;
	if (!end)
		return;
	*end = 0;
	int at = 0;
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save), at++)
		if (!strcmp(word, want))
			column = at;
}

static void look(struct counters *c)
{
	c->lines = 0;
	c->switches = 0;
	if (column >= 0 && get(interrupts)) {
		char *line = strchr(text, '\n');
		while (line && *++line && c->lines < MAX_LINES) {
			char *next = strchr(line, '\n'), *colon = strchr(line, ':');
			if (next)
				*next = 0;
			if (colon) {
				*colon = 0;
				while (*line == ' ')
					line++;
				/* a numbered interrupt is named by its device, the last word */
				char *p = colon + 1, *device = strrchr(p, ' ');
				if (*line >= '0' && *line <= '9' && device)
					snprintf(c->name[c->lines], NAME, "irq %s%.24s", line, device);
				else
					snprintf(c->name[c->lines], NAME, "%s", line);
				uint64_t v = 0;
				for (int i = 0; i <= column; i++)
					v = strtoull(p, &p, 10);
				c->count[c->lines++] = v;
			}
			line = next;
		}
	}
	unsigned long long run, wait, slices;
	if (get(schedstat) && sscanf(text, "%llu %llu %llu", &run, &wait, &slices) == 3)
		c->switches = slices;
}

static void cause(char *to)
{
	size_t n = 0;
	*to = 0;
	look(&after);
	if (after.switches != before.switches)
		n += (size_t)snprintf(to, CAUSE, "another thread");
	for (int i = 0; i < after.lines && i < before.lines; i++)
		if (after.count[i] != before.count[i] && n < CAUSE - NAME)
			n += (size_t)snprintf(to + n, CAUSE - n, "%s%s", n ? "+" : "", after.name[i]);
	if (!n)
		snprintf(to, CAUSE, column < 0 && schedstat < 0 ? "not known" : "unknown");
	look(&before); /* what the look itself brought about is no cause of the next */
}

/* Loops for batch_ns; ghz is ticks of the counter in a ns. Returns the ns that
 * were lost in each ms of it. */
static double batch(double start, double ghz)
{
	double lost = 0, looped = 0;
	uint64_t threshold = (uint64_t)(threshold_ns * ghz), stop = (uint64_t)(batch_ns * ghz);
	while (looped < (double)stop) {
		uint64_t first = __rdtsc(), t = first, u, step = 0;
		for (;;) {
			u = __rdtsc();
			step = u - t;
			if (step > threshold || u - first > stop)
				break;
			t = u;
		}
		looped += (double)(u - first);
		if (step <= threshold)
			break;
		lost += (double)step / ghz;
		if (found == MAX_DETOURS) {
			dropped++;
			continue;
		}
		detours[found].took = (double)step / ghz;
		detours[found].at = bench_now() - start - detours[found].took;
		cause(detours[found++].cause);
	}
	return lost / (looped / ghz / 1e6);
}

int main(int argc, char **argv)
{
	static double cost[BENCH_MAX_BATCHES], took[MAX_DETOURS];
	uint64_t batches = bench_number("--batches", bench_option(&argc, argv, "--batches", "11"), BENCH_MAX_BATCHES);
	bench_option(&argc, argv, "--latency", ""); /* the detours are the single times */
	bench_option(&argc, argv, "--iters", "");
	if (argc > 1) {
		fprintf(stderr, "usage: selfish [--batches N]\n");
		return 2;
	}
	interrupts = open("/proc/interrupts", O_RDONLY | O_CLOEXEC);
	schedstat = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
	find_column(sched_getcpu());
	look(&before);

	double start = bench_now();
	uint64_t ticks = __rdtsc();
	while (bench_now() - start < 20e6)
		;
	double ghz = (double)(__rdtsc() - ticks) / (bench_now() - start);
	look(&before);
	for (uint64_t b = 0; b < batches; b++)
		cost[b] = batch(start, ghz);

	printf("{\"name\":\"selfish\",\"unit\":\"ns\",\"iters\":1,\"batches\":[");
	for (uint64_t b = 0; b < batches; b++)
		printf("%s%.4f", b ? "," : "", cost[b]);
	printf("]");
	for (int i = 0; i < found; i++)
		took[i] = detours[i].took;
	if (found)
		bench_print_latency(took, (uint64_t)found);
	printf(",\"dropped\":%" PRIu64 ",\"detours\":[", dropped);
	for (int i = 0; i < found; i++)
		printf("%s[%.0f,%.0f,\"%s\"]", i ? "," : "", detours[i].at, detours[i].took, detours[i].cause);
	printf("]}\n");
	if (fflush(stdout))
		bench_die("writing the result", errno);
	return 0;
}
