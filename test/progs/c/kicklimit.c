// Without room for queued signals (RLIMIT_SIGPENDING): time slices, interrupted calls, changes in every thread.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static volatile int go, ready;
static int pipefd[2];

static void none(int sig) { (void)sig; }

static void *sets(void *arg)
{
	(void)arg;
	go = 1;
	return NULL;
}

static void *reads(void *arg)
{
	char b;
	(void)arg;
	ready = 1;
	long n = read(pipefd[0], &b, 1);
	return (void *)(long)(n == -1 && errno == EINTR);
}

int main(void)
{
	struct sigaction sa = {.sa_handler = none};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && pipe(pipefd) == 0);
	struct rlimit r = {0, 0};
	CHECK(setrlimit(RLIMIT_SIGPENDING, &r) == 0);
	pthread_t t;
	void *ret;

	for (int i = 0; i < 10; i++) {
		go = 0;
		CHECK(pthread_create(&t, NULL, sets, NULL) == 0);
		while (!go) {
		}
		pthread_join(t, NULL);
	}
	ok("slices");

	for (int i = 0; i < 10; i++) {
		ready = 0;
		CHECK(pthread_create(&t, NULL, reads, NULL) == 0);
		while (!ready)
			sched_yield();
		sleep_ms(5);
		CHECK(pthread_kill(t, SIGUSR1) == 0 && pthread_join(t, &ret) == 0);
		CHECK(ret);
	}
	ok("an interrupted call");

	CHECK(syscall(SYS_setuid, getuid()) == 0 && syscall(SYS_setgid, getgid()) == 0);
	ok("credentials");

	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		CHECK(unshare(CLONE_FILES) == 0);
		_exit(close(pipefd[0]) == 0 ? 7 : 8);
	}
	int st;
	CHECK(waitpid(p, &st, 0) == p);
	EQ(st, 7 << 8);
	CHECK(write(pipefd[1], "x", 1) == 1);
	ok("parting");

	p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		sleep_ms(2);
		_exit(kill(getppid(), SIGUSR1));
	}
	while (waitpid(p, &st, 0) != p)
		CHECK(errno == EINTR);
	EQ(st, 0);
	ok("from a process");
	return 0;
}
