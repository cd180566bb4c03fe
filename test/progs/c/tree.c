// A tree of seven processes, each busy in another way, that runs until each is killed: one with threads, one that was
// executed, one that was spawned, two that exchange bytes. Each says "running" when it does.
#include "check.h"
#include <sched.h>
#include <spawn.h>

extern char **environ;

static void running(void)
{
	CHECK(write(1, "running\n", 8) == 8);
}

static void forever(void)
{
	for (;;)
		pause();
}

static void *compute(void *arg)
{
	for (volatile long n = 0;; n++)
		if (n % 100000 == 0)
			sched_yield();
	return arg;
}

static void *sleeps(void *arg)
{
	for (;;)
		sleep_ms(1);
	return arg;
}

static void with_threads(void)
{
	pthread_t t;
	for (int i = 0; i < 4; i++)
		ZERO(pthread_create(&t, NULL, i % 2 ? sleeps : compute, NULL));
	running();
	forever();
}

// What is read is written; when the other side is gone there is nothing left to do.
static void exchange(int in, int out)
{
	char b;
	running();
	while (read(in, &b, 1) == 1 && write(out, &b, 1) == 1) {
	}
	forever();
}

int main(int argc, char **argv)
{
	static char self[4096];
	CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	if (argc == 2 && strcmp(argv[1], "executed") == 0) {
		char *args[] = {"tree", "spawned", NULL};
		pid_t pid;
		ZERO(posix_spawn(&pid, self, NULL, NULL, args, environ));
		with_threads();
	}
	if (argc == 2 && strcmp(argv[1], "spawned") == 0) {
		running();
		forever();
	}
	int p[2], q[2];
	CHECK(pipe(p) == 0 && pipe(q) == 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (fork() == 0) {
			close(p[0]);
			close(q[1]);
			exchange(q[0], p[1]);
		}
		close(p[1]);
		close(q[0]);
		CHECK(write(q[1], "x", 1) == 1);
		exchange(p[0], q[1]);
	}
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		if (fork() == 0)
			with_threads();
		running();
		for (;;)
			compute(NULL);
	}
	CHECK((pid = fork()) >= 0);
	if (pid == 0) {
		execl(self, "tree", "executed", (char *)NULL);
		_exit(98);
	}
	running();
	forever();
}
