// 2,000 threads alive at once, then 2,000 created, detached and gone, then results by join.
#include "check.h"
#include <semaphore.h>

enum { N = 2000 };

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_here = PTHREAD_COND_INITIALIZER, go = PTHREAD_COND_INITIALIZER;
static int here, released;
static sem_t gone;

static void *meet(void *arg)
{
	ZERO(pthread_mutex_lock(&mu));
	if (++here == N)
		ZERO(pthread_cond_signal(&all_here));
	while (!released)
		ZERO(pthread_cond_wait(&go, &mu));
	ZERO(pthread_mutex_unlock(&mu));
	return (void *)((uintptr_t)arg * 3);
}

static void *leave(void *arg)
{
	(void)arg;
	CHECK(sem_post(&gone) == 0);
	return NULL;
}

int main(void)
{
	static pthread_t t[N];
	pthread_attr_t a;
	ZERO(pthread_attr_init(&a));
	ZERO(pthread_attr_setstacksize(&a, 64 << 10));
	for (uintptr_t i = 0; i < N; i++)
		ZERO(pthread_create(&t[i], &a, meet, (void *)i));
	ZERO(pthread_mutex_lock(&mu));
	while (here < N)
		ZERO(pthread_cond_wait(&all_here, &mu));
	released = 1;
	ZERO(pthread_cond_broadcast(&go));
	ZERO(pthread_mutex_unlock(&mu));
	for (uintptr_t i = 0; i < N; i++) {
		void *r;
		ZERO(pthread_join(t[i], &r));
		EQ((uintptr_t)r, i * 3);
	}
	ok("2000 at once");

	CHECK(sem_init(&gone, 0, 0) == 0);
	ZERO(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED));
	for (int i = 0; i < N; i++) {
		int r;
		while ((r = pthread_create(&t[i], &a, leave, NULL)) == EAGAIN)
			sched_yield();
		ZERO(r);
	}
	for (int i = 0; i < N; i++)
		while (sem_wait(&gone) != 0)
			CHECK(errno == EINTR);
	ok("2000 detached");

	for (int i = 0; i < N; i++)
		run_thread(leave, NULL);
	ok("2000 one after the other");
	return 0;
}
