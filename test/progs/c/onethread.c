// Calls of a process of one thread, and signals: what interrupts a call, what does not, and that a second
// thread changes nothing. Each part runs in the first process and in a forked one.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

static volatile sig_atomic_t came[65];

static void note(int sig) { came[sig]++; }

static void handle(int sig, int flags)
{
	struct sigaction sa = {0};
	sa.sa_handler = note;
	sa.sa_flags = flags;
	EQ(sigaction(sig, &sa, NULL), 0);
	came[sig] = 0;
}

// A process that sends sig to its parent again and again, until the pipe it reads is closed: whatever a call
// of the parent's waits for happens only when that call has ended.
static pid_t hail(int sig, int *end)
{
	int p[2];
	EQ(pipe(p), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(p[1]);
		for (;;) {
			struct pollfd f = {.fd = p[0], .events = POLLIN};
			if (poll(&f, 1, 5) != 0)
				_exit(0);
			kill(getppid(), sig);
		}
	}
	close(p[0]);
	*end = p[1];
	return pid;
}

static void over(pid_t pid, int end)
{
	int st;
	close(end);
	pid_t r;
	while ((r = waitpid(pid, &st, 0)) < 0 && errno == EINTR)
		;
	EQ(r, pid);
	EQ(st, 0);
}

// A wait with a time ends, and a long write is whole, whatever comes that nobody takes.
static void untouched(int sig, int blocked)
{
	sigset_t s, old;
	int end, p[2], st;
	EQ(sigemptyset(&s), 0);
	EQ(sigaddset(&s, sig), 0);
	if (blocked)
		EQ(sigprocmask(SIG_BLOCK, &s, &old), 0);
	pid_t pid = hail(sig, &end);
	struct pollfd none = {.fd = -1};
	EQ(poll(&none, 1, 100), 0);
	struct timespec t = {0, 100000000};
	EQ(select(0, NULL, NULL, NULL, &(struct timeval){0, 100000}), 0);
	EQ(ppoll(&none, 1, &t, NULL), 0);

	EQ(pipe(p), 0);
	enum { SIZE = 1 << 20 };
	static char data[SIZE];
	pid_t reader = fork();
	CHECK(reader >= 0);
	if (reader == 0) {
		close(p[1]);
		size_t sum = 0;
		for (ssize_t n; (n = read(p[0], data, 4096)) > 0; sum += (size_t)n)
			poll(&none, 1, sum % 65536 == 0 ? 5 : 0);
		_exit(sum == SIZE ? 0 : 1);
	}
	close(p[0]);
	EQ(write(p[1], data, SIZE), SIZE);
	close(p[1]);
	EQ(waitpid(reader, &st, 0), reader);
	EQ(st, 0);
	over(pid, end);
	if (blocked) {
		EQ(sigpending(&s), 0);
		EQ(sigismember(&s, sig), 1);
		EQ(signal(sig, SIG_IGN) != SIG_ERR, 1); // throws it away
		EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
		EQ(signal(sig, SIG_DFL) != SIG_ERR, 1);
	}
}

// A handler ends a call with EINTR, or has it made again.
static void interrupted(void)
{
	int end, p[2];
	char c;
	EQ(pipe(p), 0);
	handle(SIGUSR1, 0);
	pid_t pid = hail(SIGUSR1, &end);
	FAILS(read(p[0], &c, 1), EINTR);
	FAILS(poll(&(struct pollfd){.fd = p[0], .events = POLLIN}, 1, -1), EINTR);
	CHECK(came[SIGUSR1] > 0);
	over(pid, end);

	handle(SIGUSR1, SA_RESTART);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 20; i++) {
			kill(getppid(), SIGUSR1);
			poll(NULL, 0, 2);
		}
		_exit(write(p[1], "x", 1) == 1 ? 0 : 1);
	}
	EQ(read(p[0], &c, 1), 1);
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	EQ(st, 0);
	CHECK(came[SIGUSR1] > 0);
	EQ(signal(SIGUSR1, SIG_DFL) != SIG_ERR, 1);
	close(p[0]);
	close(p[1]);
}

// A signal reaches a process that makes no calls.
static void computing(void)
{
	handle(SIGUSR2, 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	while (came[SIGUSR2] == 0)
		;
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	EQ(came[SIGUSR2], 1);
}

// Each child is told of once, and nobody else sends SIGCHLD; it is there when wait returns.
static void children(void)
{
	handle(SIGCHLD, SA_RESTART);
	for (int i = 1; i <= 20; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			_exit(0);
		EQ(waitpid(pid, NULL, 0), pid);
		EQ(came[SIGCHLD], i);
	}
	EQ(signal(SIGCHLD, SIG_DFL) != SIG_ERR, 1);
}

static void *waits(void *arg)
{
	char c;
	EQ(read(*(int *)arg, &c, 1), 1);
	return NULL;
}

// A call that blocks holds up nobody, and signals come as before.
static void threads(void)
{
	int p[2], end;
	pthread_t t;
	EQ(pipe(p), 0);
	EQ(pthread_create(&t, NULL, waits, &p[0]), 0);
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = hail(SIGUSR1, &end);
	while (came[SIGUSR1] < 3)
		poll(NULL, 0, 1);
	over(pid, end);
	EQ(write(p[1], "x", 1), 1);
	EQ(pthread_join(t, NULL), 0);
	EQ(signal(SIGUSR1, SIG_DFL) != SIG_ERR, 1);
	children();
}

static void all(void)
{
	children();
	untouched(SIGWINCH, 0);
	untouched(SIGUSR1, 1);
	interrupted();
	computing();
	threads();
}

int main(void)
{
	all();
	puts("ok first");
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		all();
		puts("ok forked");
		fflush(stdout);
		_exit(0);
	}
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	EQ(st, 0);
	return 0;
}
