// What a signal does to a call that blocks: EINTR, or the call goes on when SA_RESTART is set.
#include "check.h"
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>

static volatile sig_atomic_t ticks;
static int p[2];
static int feed_at; // the handler writes to the pipe at this tick

static void tick(int sig)
{
	(void)sig;
	if (++ticks == feed_at)
		CHECK(write(p[1], "x", 1) == 1);
}

static void install(int flags, int feed)
{
	struct sigaction sa = {.sa_handler = tick, .sa_flags = flags};
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	ticks = 0;
	feed_at = feed;
}

static void every_ms(int first, int each)
{
	struct itimerval it = {{0, each * 1000}, {0, first * 1000}};
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

int main(void)
{
	char c;
	CHECK(pipe(p) == 0);

	// Each signal comes again and again: the first may come before the call that it is to interrupt.
	install(0, 0);
	every_ms(5, 5);
	FAILS(read(p[0], &c, 1), EINTR);
	CHECK(ticks >= 1);
	ok("read: EINTR");

	install(SA_RESTART, 3);
	every_ms(5, 5);
	EQ(read(p[0], &c, 1), 1);
	CHECK(ticks >= 3);
	every_ms(0, 0);
	ok("read: SA_RESTART");

	install(SA_RESTART, 0);
	every_ms(5, 5);
	struct pollfd pf = {.fd = p[0], .events = POLLIN};
	FAILS(poll(&pf, 1, -1), EINTR); // never restarted
	fd_set r;
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	FAILS(select(p[0] + 1, &r, NULL, NULL, NULL), EINTR);
	struct timespec t = {1000, 0}, rem = {0, 0};
	FAILS(nanosleep(&t, &rem), EINTR);
	CHECK(rem.tv_sec >= 900 && rem.tv_sec < 1000);
	EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &rem), EINTR);
	CHECK(rem.tv_sec >= 900 && rem.tv_sec < 1000);
	FAILS(pause(), EINTR);
	ok("poll, select, nanosleep, pause: EINTR in spite of SA_RESTART");

	sigset_t usr;
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	FAILS(syscall(SYS_rt_sigtimedwait, &usr, NULL, &t, 8), EINTR); // musl's own function goes on
	every_ms(0, 0);
	ok("sigtimedwait: EINTR");

	install(SA_RESTART, 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		sleep_ms(40);
		_exit(3);
	}
	every_ms(5, 5);
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	every_ms(0, 0);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3 && ticks >= 1);
	ok("waitpid: SA_RESTART");

	install(0, 0);
	struct itimerval it = {{0, 0}, {500, 0}}, left;
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
	EQ(alarm(0), 500);
	CHECK(getitimer(ITIMER_REAL, &left) == 0);
	EQ(left.it_value.tv_sec + left.it_value.tv_usec, 0);
	EQ(alarm(100), 0);
	CHECK(alarm(0) > 90);
	ok("alarm");

	// A write that has moved something returns that; a blocked empty one fails.
	signal(SIGPIPE, SIG_IGN);
	char big[1 << 17] = {0};
	every_ms(10, 10);
	ssize_t n = write(p[1], big, sizeof big);
	CHECK(n > 0 && n < (ssize_t)sizeof big);
	FAILS(write(p[1], big, sizeof big), EINTR);
	every_ms(0, 0);
	CHECK(close(p[0]) == 0);
	FAILS(write(p[1], "x", 1), EPIPE);
	ok("write");
	return 0;
}
