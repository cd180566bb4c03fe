// Signals 64 and 16, by which a kernel may call its own threads, from another process: to a thread that computes, sleeps, or waits for the sender.
#include "check.h"

static volatile int seen, from, number;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen++;
	from = info->si_pid;
}

static pid_t sender(long ms, int queue)
{
	seen = 0;
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		if (ms)
			sleep_ms(ms);
		union sigval v = {.sival_int = 7};
		CHECK((queue ? sigqueue(getppid(), number, v) : kill(getppid(), number)) == 0);
		_exit(0);
	}
	return p;
}

static void ended(pid_t p)
{
	int st;
	while (waitpid(p, &st, 0) != p)
		CHECK(errno == EINTR);
	EQ(st, 0);
	EQ(seen, 1);
	EQ(from, p);
}

static void try(int sig)
{
	struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
	number = sig;
	CHECK(sigaction(sig, &sa, NULL) == 0);
	for (int i = 0; i < 50; i++)
		ended(sender(0, 0));
	ok("waiting");
	for (int i = 0; i < 20; i++) {
		pid_t p = sender(1, 1);
		while (!seen) {
		}
		ended(p);
	}
	ok("computing");
	for (int i = 0; i < 20; i++) {
		pid_t p = sender(1, 0);
		while (!seen)
			usleep(200);
		ended(p);
	}
	ok("sleeping");
}

int main(void)
{
	try(64);
	try(16);
	return 0;
}
