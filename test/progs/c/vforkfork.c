// A child of vfork makes processes of its own before it ends or executes a program.
#include "check.h"
#include <sched.h>

static volatile int shared, handled;

static void note(int sig)
{
	(void)sig;
	handled++;
}

static void *work(void *arg)
{
	for (long *n = arg; !__atomic_load_n(&n[1], __ATOMIC_RELAXED);)
		n[0]++;
	return NULL;
}

static int ends(pid_t p)
{
	int st;
	if (waitpid(p, &st, 0) != p || !WIFEXITED(st))
		return 99;
	return WEXITSTATUS(st);
}

// made is the life of a process that the child has forked: it writes to its memory, waits, gets a signal, has threads and
// a child.
static int made(char *self)
{
	shared = 100;
	sleep_ms(1);
	if (kill(getpid(), SIGUSR1) != 0 || handled != 1)
		return 90;
	long n[2] = {0, 0};
	pthread_t t;
	if (pthread_create(&t, NULL, work, n) != 0)
		return 91;
	pid_t p = fork();
	if (p == 0) {
		execl(self, self, "end", (char *)NULL);
		_exit(92);
	}
	int st = ends(p);
	__atomic_store_n(&n[1], 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	return st;
}

static void round_(char *self, int executes)
{
	shared = handled = 0;
	pid_t p = vfork();
	CHECK(p >= 0);
	if (p == 0) {
		shared = 1;
		pid_t q = fork();
		if (q == 0)
			_exit(made(self));
		pid_t r = vfork();
		if (r == 0)
			_exit(4);
		if (q < 0 || r < 0 || ends(q) != 6 || ends(r) != 4 || shared != 1)
			_exit(97);
		shared = 2;
		if (executes)
			execl(self, self, "end", (char *)NULL);
		_exit(5);
	}
	EQ(ends(p), executes ? 6 : 5);
	EQ(shared, 2);
	EQ(handled, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 6;
	CHECK(signal(SIGUSR1, note) != SIG_ERR);
	for (int i = 0; i < 10; i++)
		round_(argv[0], i % 2);
	ok("one thread");
	long n[2] = {0, 0};
	pthread_t t;
	ZERO(pthread_create(&t, NULL, work, n));
	for (int i = 0; i < 10; i++)
		round_(argv[0], i % 2);
	__atomic_store_n(&n[1], 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	CHECK(raise(SIGUSR1) == 0);
	EQ(handled, 1);
	ok("two threads");
	return 0;
}
