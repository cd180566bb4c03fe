// Timers of timer_create(2) and the limit on queued signals, where a signal of Linux's and one that a
// thread takes are not the same thing.
#include "check.h"
#include <sys/resource.h>

#define TO_THREAD 4 // SIGEV_THREAD_ID

static volatile sig_atomic_t fired, missed, told;
static timer_t timer;

static void expired(int sig, siginfo_t *info, void *ctx) {
	(void)sig;
	(void)ctx;
	struct itimerspec off = {0};
	if (fired++)
		return;
	told = info->si_overrun;
	missed = timer_getoverrun(timer);
	timer_settime(timer, 0, &off, NULL);
}

static timer_t make(int notify) {
	struct sigevent ev = {.sigev_notify = notify, .sigev_signo = SIGUSR1};
	timer_t t = 0;
	if (notify == TO_THREAD)
		((int *)&ev)[4] = (int)syscall(SYS_gettid);
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	return t;
}

static void arm(timer_t t, long sec, long nsec, long every) {
	struct itimerspec s = {.it_value = {sec, nsec}, .it_interval = {0, every}};
	CHECK(timer_settime(t, 0, &s, NULL) == 0);
}

// What a handler is told that it missed is what timer_getoverrun(2) says, and as much as it was.
static void overruns(void) {
	struct sigaction sa = {.sa_sigaction = expired, .sa_flags = SA_SIGINFO};
	struct timespec nap = {0, 50000000};
	sigset_t usr1;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	timer = make(SIGEV_SIGNAL);
	CHECK(timer_getoverrun(timer) == 0);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	arm(timer, 0, 1000000, 1000000);
	nanosleep(&nap, NULL); // all of these are one signal
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	CHECK(fired >= 1);
	CHECK(missed >= 40);
	EQ(told, missed);

	// More than can be counted: the timer was due since the clock began.
	struct itimerspec s = {.it_value = {1, 0}, .it_interval = {0, 1}};
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > 10) {
		fired = 0;
		CHECK(timer_settime(timer, TIMER_ABSTIME, &s, NULL) == 0);
		while (!fired)
			;
		CHECK(missed == INT_MAX && told == INT_MAX);
	}
	CHECK(timer_delete(timer) == 0);
	FAILS(timer_getoverrun(timer), EINVAL);
}

static void *another(void *arg) {
	(void)arg;
	struct timespec long_enough = {5, 0};
	siginfo_t info;
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	timer_t t = make(TO_THREAD);
	arm(t, 0, 1000000, 0);
	CHECK(sigtimedwait(&usr1, &info, &long_enough) == SIGUSR1 && info.si_code == SI_TIMER);
	CHECK(timer_getoverrun(t) == info.si_overrun);
	CHECK(timer_delete(t) == 0);
	return NULL;
}

// A forked process has none of its parent's timers, and numbers its own as it likes.
static void children(void) {
	int status;
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	timer_t mine[4];
	for (int i = 0; i < 4; i++)
		mine[i] = make(TO_THREAD);
	pid_t pid = fork();
	if (pid == 0) {
		run_thread(another, NULL);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	for (int i = 0; i < 4; i++)
		CHECK(timer_delete(mine[i]) == 0);
}

// A real-time signal that would be queued is refused when RLIMIT_SIGPENDING is reached; one by kill(2)
// and those that exist once are not.
static void limit(void) {
	sigset_t both;
	struct rlimit none = {0, 0};
	union sigval v = {.sival_int = 1};
	siginfo_t info;
	struct timespec now = {0, 0};
	sigemptyset(&both);
	sigaddset(&both, SIGRTMIN + 1);
	sigaddset(&both, SIGUSR2);
	sigprocmask(SIG_BLOCK, &both, NULL);
	CHECK(setrlimit(RLIMIT_SIGPENDING, &none) == 0);
	FAILS(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGRTMIN + 1), EAGAIN);
	FAILS(sigqueue(getpid(), SIGRTMIN + 1, v), EAGAIN);
	FAILS(sigtimedwait(&both, &info, &now), EAGAIN);
	CHECK(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2) == 0);
	CHECK(sigtimedwait(&both, &info, &now) == SIGUSR2);
	CHECK(kill(getpid(), SIGRTMIN + 1) == 0);
	CHECK(sigtimedwait(&both, &info, &now) == SIGRTMIN + 1);
}

int main(void) {
	overruns();
	ok("overruns");
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		fired = 0;
		overruns();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	ok("overruns in a forked process");
	children();
	ok("children");
	limit();
	ok("limit");
	return 0;
}
