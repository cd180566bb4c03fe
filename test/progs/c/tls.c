// Thread-local variables, keys with destructors, identity of threads, many at a time.
#include "check.h"

static __thread int local = 42;
static __thread char zeroed[5000];
static __thread _Alignas(64) long aligned;
static pthread_key_t key, again;
static int destroyed, again_rounds;

static void destroy(void *p)
{
	__atomic_add_fetch(&destroyed, *(int *)p, __ATOMIC_SEQ_CST);
	free(p);
}

// A destructor that sets its key again is called again, a bounded number of times.
static void destroy_again(void *p)
{
	again_rounds++;
	if ((uintptr_t)p > 1)
		ZERO(pthread_setspecific(again, (void *)((uintptr_t)p - 1)));
}

static void *work(void *arg)
{
	int id = (int)(uintptr_t)arg;
	EQ(local, 42);
	EQ((uintptr_t)&aligned % 64, 0);
	for (size_t i = 0; i < sizeof zeroed; i++)
		CHECK(zeroed[i] == 0);
	CHECK(pthread_getspecific(key) == NULL);
	int *v = malloc(sizeof *v);
	*v = id;
	ZERO(pthread_setspecific(key, v));
	local = id;
	memset(zeroed, id, sizeof zeroed);
	errno = id;
	for (int i = 0; i < 20; i++) {
		sched_yield();
		EQ(local, id);
		EQ(errno, id);
		EQ(*(int *)pthread_getspecific(key), id);
		CHECK(zeroed[i * 100] == (char)id);
	}
	return &local;
}

static void *set_again(void *arg)
{
	ZERO(pthread_setspecific(again, arg));
	return NULL;
}

static void *tid(void *arg)
{
	pid_t *t = arg;
	*t = syscall(SYS_gettid);
	CHECK(*t > 0 && *t != getpid());
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

int main(void)
{
	enum { N = 50 };
	pthread_t t[N];
	ZERO(pthread_key_create(&key, destroy));
	ZERO(pthread_key_create(&again, destroy_again));
	local = 7;
	for (uintptr_t i = 0; i < N; i++)
		ZERO(pthread_create(&t[i], NULL, work, (void *)(i + 1)));
	for (int i = 0; i < N; i++)
		ZERO(pthread_join(t[i], NULL));
	EQ(local, 7);
	EQ(destroyed, N * (N + 1) / 2);
	ok("__thread and keys");
	run_thread(set_again, (void *)3);
	EQ(again_rounds, 3);
	ok("destructors run again");

	EQ(syscall(SYS_gettid), getpid());
	pid_t ids[N];
	pthread_barrier_t b;
	ZERO(pthread_barrier_init(&b, NULL, 1));
	for (int i = 0; i < N; i++)
		ZERO(pthread_create(&t[i], NULL, tid, &ids[i]));
	for (int i = 0; i < N; i++)
		ZERO(pthread_join(t[i], NULL));
	qsort(ids, N, sizeof *ids, by_value);
	int same = 0;
	for (int i = 1; i < N; i++)
		same += ids[i] == ids[i - 1];
	CHECK(same < N - 1);
	CHECK(pthread_equal(pthread_self(), pthread_self()));
	ok("thread ids");
	return 0;
}
