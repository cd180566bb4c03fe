// Affinity is kept exactly: what is set is read back, threads inherit it, and they run where it says.
#include "check.h"
#include <sched.h>

static cpu_set_t allowed, one;

static void *inherits(void *arg)
{
	(void)arg;
	cpu_set_t got;
	ZERO(pthread_getaffinity_np(pthread_self(), sizeof got, &got));
	CHECK(CPU_EQUAL(&got, &one));
	return NULL;
}

static void *stays(void *arg)
{
	int cpu = (int)(intptr_t)arg;
	cpu_set_t s, got;
	CPU_ZERO(&s);
	CPU_SET(cpu, &s);
	ZERO(pthread_setaffinity_np(pthread_self(), sizeof s, &s));
	for (int i = 0; i < 200; i++) {
		EQ(sched_getcpu(), cpu);
		sched_yield();
	}
	ZERO(pthread_getaffinity_np(pthread_self(), sizeof got, &got));
	CHECK(CPU_EQUAL(&got, &s));
	return NULL;
}

int main(void)
{
	CHECK(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
	CHECK(CPU_COUNT(&allowed) >= 1);
	int first = 0;
	while (!CPU_ISSET(first, &allowed))
		first++;
	for (int c = 0; c < CPU_SETSIZE; c++)
		if (CPU_ISSET(c, &allowed))
			run_thread(stays, (void *)(intptr_t)c);
	ok("each allowed CPU");

	CPU_ZERO(&one);
	CPU_SET(first, &one);
	CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
	run_thread(inherits, NULL);
	EQ(sched_getcpu(), first);
	ok("inherited by a thread");

	CHECK(sched_setaffinity(0, sizeof allowed, &allowed) == 0);
	cpu_set_t none, got;
	CPU_ZERO(&none);
	FAILS(sched_setaffinity(0, sizeof none, &none), EINVAL);
	FAILS(sched_setaffinity(999999999, sizeof one, &one), ESRCH);
	CHECK(sched_getaffinity(0, sizeof got, &got) == 0 && CPU_EQUAL(&got, &allowed));
	FAILS(syscall(SYS_sched_getaffinity, 0, 1, &got), EINVAL);
	ok("errors change nothing");
	return 0;
}
