// A thread that spins without yielding does not keep another from making progress, on one CPU too.
#include "check.h"
#include <sched.h>

static volatile int stop;
static volatile long turns[3];

static void *spin(void *arg)
{
	long n = 0;
	while (!stop)
		turns[(intptr_t)arg] = ++n;
	return NULL;
}

int main(void)
{
	cpu_set_t all, one;
	CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
	CPU_ZERO(&one);
	for (int c = 0; c < CPU_SETSIZE; c++)
		if (CPU_ISSET(c, &all)) {
			CPU_SET(c, &one);
			break;
		}
	CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
	pthread_t t[2];
	for (intptr_t i = 0; i < 2; i++)
		ZERO(pthread_create(&t[i], NULL, spin, (void *)i));
	// This loop makes no system call either: only time slices let the others run.
	while (turns[0] < 1000 || turns[1] < 1000) {
	}
	ok("two spinners and a spinning main on one CPU");
	stop = 1;
	for (int i = 0; i < 2; i++)
		ZERO(pthread_join(t[i], NULL));

	// Spinning with sched_yield until another thread says so.
	stop = 0;
	ZERO(pthread_create(&t[0], NULL, spin, (void *)2));
	while (turns[2] == 0)
		sched_yield();
	stop = 1;
	ZERO(pthread_join(t[0], NULL));
	ok("sched_yield");
	return 0;
}
