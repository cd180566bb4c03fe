// Robust mutexes whose owner died (thread and process), priority-inheritance mutexes, shared ones.
#include "check.h"

static pthread_mutex_t mu;

static void *die_holding(void *arg)
{
	ZERO(pthread_mutex_lock(arg));
	return NULL;
}

static void init(pthread_mutex_t *m, int robust, int shared, int protocol)
{
	pthread_mutexattr_t a;
	ZERO(pthread_mutexattr_init(&a));
	if (robust)
		ZERO(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST));
	if (shared)
		ZERO(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED));
	if (protocol)
		ZERO(pthread_mutexattr_setprotocol(&a, protocol));
	ZERO(pthread_mutex_init(m, &a));
}

static void *wait_for(void *arg)
{
	return (void *)(intptr_t)pthread_mutex_lock(arg);
}

static pthread_barrier_t bar;

static void *hold_then_die(void *arg)
{
	ZERO(pthread_mutex_lock(arg));
	pthread_barrier_wait(&bar);
	sleep_ms(20);
	return NULL;
}

static long pi_count;

static void *pi_add(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		ZERO(pthread_mutex_lock(arg));
		long c = pi_count;
		if (i % 50 == 0)
			sched_yield();
		pi_count = c + 1;
		ZERO(pthread_mutex_unlock(arg));
	}
	return NULL;
}

int main(void)
{
	init(&mu, 1, 0, 0);
	run_thread(die_holding, &mu);
	EQ(pthread_mutex_lock(&mu), EOWNERDEAD);
	ZERO(pthread_mutex_consistent(&mu));
	ZERO(pthread_mutex_unlock(&mu));
	ZERO(pthread_mutex_lock(&mu));
	ZERO(pthread_mutex_unlock(&mu));
	ok("owner died, made consistent");

	run_thread(die_holding, &mu);
	EQ(pthread_mutex_trylock(&mu), EOWNERDEAD);
	ZERO(pthread_mutex_unlock(&mu));
	EQ(pthread_mutex_lock(&mu), ENOTRECOVERABLE);
	ok("not recoverable");

	ZERO(pthread_mutex_destroy(&mu));
	init(&mu, 1, 0, 0);
	pthread_t holder, waiter;
	void *r;
	ZERO(pthread_barrier_init(&bar, NULL, 2));
	ZERO(pthread_create(&holder, NULL, hold_then_die, &mu));
	pthread_barrier_wait(&bar);
	ZERO(pthread_create(&waiter, NULL, wait_for, &mu));
	ZERO(pthread_join(waiter, &r));
	EQ((intptr_t)r, EOWNERDEAD);
	ZERO(pthread_join(holder, NULL));
	ok("a waiter is woken when the owner dies");

	pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	init(shared, 1, 1, 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		ZERO(pthread_mutex_lock(shared));
		_exit(0);
	}
	int st;
	CHECK(waitpid(pid, &st, 0) == pid && st == 0);
	EQ(pthread_mutex_lock(shared), EOWNERDEAD);
	ZERO(pthread_mutex_consistent(shared));
	ZERO(pthread_mutex_unlock(shared));
	ok("owner process died");

	pthread_mutex_t pi;
	init(&pi, 0, 0, PTHREAD_PRIO_INHERIT);
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		ZERO(pthread_create(&t[i], NULL, pi_add, &pi));
	for (int i = 0; i < 4; i++)
		ZERO(pthread_join(t[i], NULL));
	EQ(pi_count, 8000);
	ok("priority inheritance");
	return 0;
}
