/* SPDX-License-Identifier: Apache-2.0
 *
 * handoff: two threads of one CPU pass a token with a mutex and condition
 * variables; the cost of one hand-off, one way. */
#define _GNU_SOURCE
#include "bench.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static int turn, stop;

/* Waits for the token and passes it on. The signal follows the unlock, so
 * that the woken thread never finds the mutex held. Returns 0 at the end. */
static int pass(int me)
{
	pthread_mutex_lock(&lock);
	while (turn != me)
		pthread_cond_wait(&turned[me], &lock);
	int over = stop;
	turn = !me;
	pthread_mutex_unlock(&lock);
	pthread_cond_signal(&turned[!me]);
	return !over;
}

static void *peer(void *arg)
{
	bench_pin(bench_first_cpu());
	while (pass(1))
		;
	return arg;
}

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		pass(0);
	return 2 * iters; /* there and back */
}

int main(int argc, char **argv)
{
	bench_pin(bench_first_cpu());
	pthread_t t = bench_spawn(peer);
	int status = bench_main(argc, argv, "handoff", run);
	pthread_mutex_lock(&lock);
	stop = 1;
	pthread_mutex_unlock(&lock);
	pass(0);
	bench_join(t);
	return status;
}
