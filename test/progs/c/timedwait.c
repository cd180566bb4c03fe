// Waits with a deadline: they time out, not early; and those that are satisfied do not time out.
#include "check.h"
#include <semaphore.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static int flag;

static void *signal_later(void *arg)
{
	(void)arg;
	sleep_ms(5);
	ZERO(pthread_mutex_lock(&mu));
	flag = 1;
	ZERO(pthread_cond_signal(&cv));
	ZERO(pthread_mutex_unlock(&mu));
	CHECK(sem_post(&sem) == 0);
	return NULL;
}

static void *sleeper(void *arg)
{
	sleep_ms(20);
	return arg;
}

static void *timed_lock(void *arg)
{
	struct timespec until = after_ms(CLOCK_REALTIME, 10), now;
	EQ(pthread_mutex_timedlock(arg, &until), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && not_before(now, until));
	return NULL;
}

int main(void)
{
	struct timespec until, now;
	CHECK(sem_init(&sem, 0, 0) == 0);

	ZERO(pthread_mutex_lock(&mu));
	until = after_ms(CLOCK_REALTIME, 10);
	EQ(pthread_cond_timedwait(&cv, &mu, &until), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && not_before(now, until));
	until.tv_sec -= 100;
	EQ(pthread_cond_timedwait(&cv, &mu, &until), ETIMEDOUT);
	ZERO(pthread_mutex_unlock(&mu));
	ok("pthread_cond_timedwait times out");

	pthread_condattr_t a;
	pthread_cond_t mono;
	ZERO(pthread_condattr_init(&a));
	ZERO(pthread_condattr_setclock(&a, CLOCK_MONOTONIC));
	ZERO(pthread_cond_init(&mono, &a));
	ZERO(pthread_mutex_lock(&mu));
	until = after_ms(CLOCK_MONOTONIC, 10);
	EQ(pthread_cond_timedwait(&mono, &mu, &until), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && not_before(now, until));
	ZERO(pthread_mutex_unlock(&mu));
	ok("monotonic clock");

	pthread_t t;
	ZERO(pthread_create(&t, NULL, signal_later, NULL));
	until = after_ms(CLOCK_REALTIME, 50000);
	ZERO(pthread_mutex_lock(&mu));
	while (!flag)
		ZERO(pthread_cond_timedwait(&cv, &mu, &until));
	ZERO(pthread_mutex_unlock(&mu));
	CHECK(sem_timedwait(&sem, &until) == 0);
	ZERO(pthread_join(t, NULL));
	ok("satisfied before the deadline");

	until = after_ms(CLOCK_REALTIME, 10);
	FAILS(sem_timedwait(&sem, &until), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && not_before(now, until));
	until.tv_nsec = 1000000000;
	FAILS(sem_timedwait(&sem, &until), EINVAL);
	ok("sem_timedwait");

	ZERO(pthread_mutex_lock(&mu));
	run_thread(timed_lock, &mu);
	ZERO(pthread_mutex_unlock(&mu));
	until = after_ms(CLOCK_REALTIME, 50000);
	ZERO(pthread_mutex_timedlock(&mu, &until));
	ok("pthread_mutex_timedlock");

	void *r = NULL;
	ZERO(pthread_create(&t, NULL, sleeper, &sem));
	until = after_ms(CLOCK_REALTIME, 50000);
	ZERO(pthread_timedjoin_np(t, &r, &until));
	CHECK(r == &sem);
	ok("pthread_timedjoin_np");

	// Many sleepers at once wake in the order of their deadlines' distance from now at the latest.
	enum { N = 20 };
	pthread_t s[N];
	until = after_ms(CLOCK_MONOTONIC, 20);
	for (int i = 0; i < N; i++)
		ZERO(pthread_create(&s[i], NULL, sleeper, NULL));
	for (int i = 0; i < N; i++)
		ZERO(pthread_join(s[i], NULL));
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && not_before(now, until));
	ok("many sleepers");
	return 0;
}
