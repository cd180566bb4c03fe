/* SPDX-License-Identifier: Apache-2.0
 *
 * signal-self: a signal that the program sends to itself, from kill(2) to the
 * return from its handler. */
#define _GNU_SOURCE
#include "bench.h"
#include <signal.h>

static volatile sig_atomic_t got;

static void handler(int sig)
{
	(void)sig;
	got++;
}

static uint64_t run(uint64_t iters)
{
	pid_t me = getpid();
	got = 0;
	for (uint64_t i = 0; i < iters; i++)
		if (kill(me, SIGUSR1))
			bench_die("kill", errno);
	if ((uint64_t)got != iters)
		bench_die("a signal to oneself did not arrive before kill returned", 0);
	return iters;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = handler};
	if (sigaction(SIGUSR1, &sa, NULL))
		bench_die("sigaction", errno);
	return bench_main(argc, argv, "signal-self", run);
}
