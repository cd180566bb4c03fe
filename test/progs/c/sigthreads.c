// Signals and threads: masks are per thread, pthread_kill goes where it says, process signals to who takes them.
#include "check.h"
#include <semaphore.h>

static sem_t ready, got;
static pthread_t handled_by;
static int handled;

static void handler(int sig)
{
	(void)sig;
	handled_by = pthread_self();
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
	sem_post(&got);
}

static volatile int stop;

static void *unblocked(void *arg)
{
	(void)arg;
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	ZERO(pthread_sigmask(SIG_UNBLOCK, &s, NULL));
	sem_post(&ready);
	while (!stop)
		sleep_ms(1);
	return NULL;
}

static void *blocked_spin(void *arg)
{
	(void)arg;
	sem_post(&ready);
	while (!stop) {
	}
	return NULL;
}

static void *mask(void *arg)
{
	sigset_t now;
	ZERO(pthread_sigmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
	CHECK(!sigismember(&now, SIGUSR2));
	sigemptyset(&now);
	sigaddset(&now, SIGUSR2);
	ZERO(pthread_sigmask(SIG_SETMASK, &now, NULL));
	return arg;
}

static void *waits(void *arg)
{
	sigset_t s;
	int sig;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	ZERO(pthread_sigmask(SIG_BLOCK, &s, NULL));
	sem_post(&ready);
	ZERO(sigwait(&s, &sig));
	*(int *)arg = sig;
	return NULL;
}

static void *eintr(void *arg)
{
	int fd = *(int *)arg;
	char c;
	sem_post(&ready);
	errno = 0;
	ssize_t n = read(fd, &c, 1);
	CHECK(n == -1 && errno == EINTR);
	return NULL;
}

static void wait_sem(sem_t *s)
{
	while (sem_wait(s) != 0)
		CHECK(errno == EINTR);
}

int main(void)
{
	CHECK(sem_init(&ready, 0, 0) == 0 && sem_init(&got, 0, 0) == 0);
	struct sigaction sa = {.sa_handler = handler};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	ZERO(pthread_sigmask(SIG_BLOCK, &s, NULL));
	run_thread(mask, NULL);
	sigset_t now;
	ZERO(pthread_sigmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
	ok("inherited and per thread");

	pthread_t t, u;
	ZERO(pthread_create(&t, NULL, unblocked, NULL));
	wait_sem(&ready);
	for (int i = 0; i < 5; i++) {
		CHECK(kill(getpid(), SIGUSR1) == 0);
		wait_sem(&got);
		CHECK(pthread_equal(handled_by, t));
	}
	ok("a process's signal goes to the thread that takes it");
	stop = 1;
	ZERO(pthread_join(t, NULL));

	stop = 0;
	ZERO(pthread_sigmask(SIG_UNBLOCK, &s, NULL));
	ZERO(pthread_create(&t, NULL, unblocked, NULL));
	ZERO(pthread_create(&u, NULL, blocked_spin, NULL)); // spins, and takes its signal all the same
	wait_sem(&ready);
	wait_sem(&ready);
	pthread_t to[3] = {t, u, pthread_self()};
	for (int i = 0; i < 12; i++) {
		ZERO(pthread_kill(to[i % 3], SIGUSR1));
		wait_sem(&got);
		CHECK(pthread_equal(handled_by, to[i % 3]));
	}
	stop = 1;
	ZERO(pthread_join(t, NULL));
	ZERO(pthread_join(u, NULL));
	ok("pthread_kill");

	int sig = 0;
	ZERO(pthread_create(&t, NULL, waits, &sig));
	wait_sem(&ready);
	ZERO(pthread_kill(t, SIGUSR2));
	ZERO(pthread_join(t, NULL));
	EQ(sig, SIGUSR2);
	ok("sigwait in a thread");

	int p[2];
	CHECK(pipe(p) == 0);
	handled = 0;
	ZERO(pthread_create(&t, NULL, eintr, &p[0]));
	wait_sem(&ready);
	// The thread may not be in read yet: keep on until it has returned.
	while (pthread_tryjoin_np(t, NULL) == EBUSY) {
		if (pthread_kill(t, SIGUSR1) != 0)
			break;
		sleep_ms(2);
	}
	CHECK(handled >= 1);
	ok("EINTR in a thread's read");
	return 0;
}
