// The pthread synchronisation objects, contended by several threads, with exact results.
#include "check.h"
#include <semaphore.h>

enum { THREADS = 8, ROUNDS = 3000 };

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *add(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		ZERO(pthread_mutex_lock(&mu));
		long c = counter;
		if (i % 100 == 0)
			sched_yield();
		counter = c + 1;
		ZERO(pthread_mutex_unlock(&mu));
	}
	return NULL;
}

static void all(void *(*f)(void *))
{
	pthread_t t[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		ZERO(pthread_create(&t[i], NULL, f, (void *)i));
	for (int i = 0; i < THREADS; i++)
		ZERO(pthread_join(t[i], NULL));
}

static pthread_cond_t nonempty = PTHREAD_COND_INITIALIZER, nonfull = PTHREAD_COND_INITIALIZER;
static int queue[4], head, tail;
static long consumed;

static void *producer_consumer(void *arg)
{
	uintptr_t id = (uintptr_t)arg;
	for (int i = 0; i < ROUNDS; i++) {
		ZERO(pthread_mutex_lock(&mu));
		if (id % 2 == 0) {
			while (tail - head == 4)
				ZERO(pthread_cond_wait(&nonfull, &mu));
			queue[tail++ & 3] = i;
			ZERO(pthread_cond_signal(&nonempty));
		} else {
			while (tail == head)
				ZERO(pthread_cond_wait(&nonempty, &mu));
			consumed += queue[head++ & 3];
			ZERO(pthread_cond_broadcast(&nonfull));
		}
		ZERO(pthread_mutex_unlock(&mu));
	}
	return NULL;
}

static pthread_barrier_t bar;
static int serial, phase_count[50];

static void *barrier(void *arg)
{
	(void)arg;
	for (int p = 0; p < 50; p++) {
		__atomic_add_fetch(&phase_count[p], 1, __ATOMIC_SEQ_CST);
		int r = pthread_barrier_wait(&bar);
		CHECK(r == 0 || r == PTHREAD_BARRIER_SERIAL_THREAD);
		EQ(__atomic_load_n(&phase_count[p], __ATOMIC_SEQ_CST), THREADS);
		if (r)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];

static void *readwrite(void *arg)
{
	uintptr_t id = (uintptr_t)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (id < 2) {
			ZERO(pthread_rwlock_wrlock(&rw));
			pair[0]++;
			if (i % 64 == 0)
				sched_yield();
			pair[1]++;
			ZERO(pthread_rwlock_unlock(&rw));
		} else {
			ZERO(pthread_rwlock_rdlock(&rw));
			EQ(pair[0], pair[1]);
			ZERO(pthread_rwlock_unlock(&rw));
		}
	}
	return NULL;
}

static sem_t tokens, done;
static int inside, most;

static void *semaphore(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		CHECK(sem_wait(&tokens) == 0);
		int n = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		CHECK(n <= 3);
		if (n > most)
			most = n;
		sched_yield();
		__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		CHECK(sem_post(&tokens) == 0);
	}
	CHECK(sem_post(&done) == 0);
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_count;

static void init_once(void)
{
	sleep_ms(5);
	once_count++;
}

static void *run_once(void *arg)
{
	(void)arg;
	ZERO(pthread_once(&once, init_once));
	EQ(once_count, 1);
	return NULL;
}

static pthread_spinlock_t spin;

static void *spinlock(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		ZERO(pthread_spin_lock(&spin));
		counter++;
		ZERO(pthread_spin_unlock(&spin));
	}
	return NULL;
}

static pthread_mutex_t *held;

static void *try_held(void *arg)
{
	*(int *)arg = pthread_mutex_trylock(held);
	return NULL;
}

static int trylock_elsewhere(pthread_mutex_t *m)
{
	int r;
	held = m;
	run_thread(try_held, &r);
	return r;
}

int main(void)
{
	all(add);
	EQ(counter, THREADS * ROUNDS);
	ok("mutex");

	pthread_mutexattr_t a;
	pthread_mutex_t m;
	ZERO(pthread_mutexattr_init(&a));
	ZERO(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE));
	ZERO(pthread_mutex_init(&m, &a));
	ZERO(pthread_mutex_lock(&m));
	ZERO(pthread_mutex_lock(&m));
	ZERO(pthread_mutex_unlock(&m));
	EQ(trylock_elsewhere(&m), EBUSY);
	ZERO(pthread_mutex_unlock(&m));
	EQ(pthread_mutex_unlock(&m), EPERM);
	ZERO(pthread_mutex_destroy(&m));
	ZERO(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK));
	ZERO(pthread_mutex_init(&m, &a));
	ZERO(pthread_mutex_lock(&m));
	EQ(pthread_mutex_lock(&m), EDEADLK);
	EQ(trylock_elsewhere(&m), EBUSY);
	ZERO(pthread_mutex_unlock(&m));
	EQ(pthread_mutex_unlock(&m), EPERM);
	ok("recursive and error-checking mutexes");

	all(producer_consumer);
	EQ(consumed, (long)THREADS / 2 * ROUNDS * (ROUNDS - 1) / 2);
	EQ(head, tail);
	ok("condition variables");

	ZERO(pthread_barrier_init(&bar, NULL, THREADS));
	all(barrier);
	EQ(serial, 50);
	ok("barrier");

	all(readwrite);
	EQ(pair[0], 2 * ROUNDS);
	EQ(pair[1], 2 * ROUNDS);
	ZERO(pthread_rwlock_rdlock(&rw));
	ZERO(pthread_rwlock_tryrdlock(&rw));
	EQ(pthread_rwlock_trywrlock(&rw), EBUSY);
	ok("rwlock");

	CHECK(sem_init(&tokens, 0, 3) == 0 && sem_init(&done, 0, 0) == 0);
	all(semaphore);
	int v;
	CHECK(sem_getvalue(&done, &v) == 0);
	EQ(v, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(sem_trywait(&done) == 0);
	FAILS(sem_trywait(&done), EAGAIN);
	CHECK(most >= 1 && most <= 3);
	ok("semaphore");

	all(run_once);
	ok("once");

	ZERO(pthread_spin_init(&spin, 0));
	counter = 0;
	all(spinlock);
	EQ(counter, THREADS * 500);
	ok("spin lock");
	return 0;
}
