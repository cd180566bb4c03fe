// Cancellation: deferred in blocking calls, asynchronous, disabled; cleanup handlers; detach; join.
#include "check.h"
#include <semaphore.h>

static int pipes[2];
static sem_t ready;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static char trace[64];
static int traced;

static void note(void *p)
{
	trace[traced++] = *(char *)p;
}

static void unlock(void *p)
{
	ZERO(pthread_mutex_unlock(p));
}

static void *in_read(void *arg)
{
	(void)arg;
	char c;
	pthread_cleanup_push(note, "a");
	pthread_cleanup_push(note, "b");
	CHECK(sem_post(&ready) == 0);
	(void)!read(pipes[0], &c, 1);
	CHECK(!"read returned");
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *in_cond(void *arg)
{
	(void)arg;
	ZERO(pthread_mutex_lock(&mu));
	pthread_cleanup_push(unlock, &mu);
	CHECK(sem_post(&ready) == 0);
	for (;;)
		pthread_cond_wait(&never, &mu);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *in_sleep(void *arg)
{
	(void)arg;
	CHECK(sem_post(&ready) == 0);
	sleep(1000);
	CHECK(!"sleep returned");
	return NULL;
}

static void *in_sem(void *arg)
{
	CHECK(sem_post(&ready) == 0);
	sem_wait(arg);
	CHECK(!"sem_wait returned");
	return NULL;
}

static void *in_spin(void *arg)
{
	int old;
	ZERO(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old));
	EQ(old, PTHREAD_CANCEL_DEFERRED);
	CHECK(sem_post(&ready) == 0);
	for (;;)
		++*(volatile long *)arg;
	return NULL;
}

static sem_t canceled;

static void *disabled(void *arg)
{
	(void)arg;
	int old;
	ZERO(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
	EQ(old, PTHREAD_CANCEL_ENABLE);
	CHECK(sem_post(&ready) == 0);
	while (sem_wait(&canceled) != 0) {
	}
	pthread_testcancel();
	note("d");
	ZERO(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old));
	pthread_testcancel();
	CHECK(!"testcancel returned");
	return NULL;
}

static void *leave(void *arg)
{
	pthread_cleanup_push(note, "x");
	pthread_exit(arg);
	pthread_cleanup_pop(0);
	return NULL;
}

static pthread_t start(void *(*f)(void *), void *arg)
{
	pthread_t t;
	ZERO(pthread_create(&t, NULL, f, arg));
	while (sem_wait(&ready) != 0)
		CHECK(errno == EINTR);
	return t;
}

static void cancel(pthread_t t)
{
	void *r;
	sleep_ms(2); // most often the thread is inside its call by now; both must work
	ZERO(pthread_cancel(t));
	ZERO(pthread_join(t, &r));
	CHECK(r == PTHREAD_CANCELED);
}

int main(void)
{
	CHECK(pipe(pipes) == 0 && sem_init(&ready, 0, 0) == 0 && sem_init(&canceled, 0, 0) == 0);

	cancel(start(in_read, NULL));
	CHECK(strcmp(trace, "ba") == 0);
	ok("in read, handlers in reverse order");

	for (int i = 0; i < 20; i++)
		cancel(start(in_cond, NULL));
	ZERO(pthread_mutex_trylock(&mu));
	ZERO(pthread_mutex_unlock(&mu));
	ok("in pthread_cond_wait, mutex held again");

	cancel(start(in_sleep, NULL));
	sem_t s;
	CHECK(sem_init(&s, 0, 0) == 0);
	cancel(start(in_sem, &s));
	ok("in sleep and sem_wait");

	long spun = 0;
	cancel(start(in_spin, &spun));
	ok("asynchronous");

	traced = 0;
	pthread_t t = start(disabled, NULL);
	ZERO(pthread_cancel(t));
	CHECK(sem_post(&canceled) == 0);
	void *r;
	ZERO(pthread_join(t, &r));
	CHECK(r == PTHREAD_CANCELED && trace[0] == 'd');
	ok("disabled, then enabled");

	traced = 0;
	CHECK(run_thread(leave, &s) == &s);
	EQ(traced, 1);
	ok("pthread_exit runs handlers");

	// The process-directed side effects of a canceled read: the pipe still works.
	char c;
	EQ(write(pipes[1], "k", 1), 1);
	EQ(read(pipes[0], &c, 1), 1);
	CHECK(c == 'k');
	ok("pipe after cancellation");
	return 0;
}
