// Signals of a program to itself: what handlers get, masks, pending and queued ones, waiting for them.
#include "check.h"
#include <ucontext.h>

static volatile sig_atomic_t count, depth, deepest, inner_blocked;
static volatile siginfo_t last; // kill() is a leaf to the compiler: without volatile it may keep old values

static void record(int sig, siginfo_t *si, void *uc)
{
	CHECK(sig == si->si_signo);
	CHECK(uc != NULL && ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] != 0);
	last = *si;
	count++;
}

static void nest(int sig)
{
	sigset_t now;
	depth++;
	if (depth > deepest)
		deepest = depth;
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	inner_blocked = sigismember(&now, sig);
	if (depth < 3 && ++count < 10)
		raise(sig);
	depth--;
}

static volatile int order[8], ordered;

static void in_order(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	(void)sig;
	order[ordered++] = si->si_value.sival_int;
}

static void install(int sig, void (*f)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = {.sa_sigaction = f, .sa_flags = SA_SIGINFO | flags};
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

int main(void)
{
	install(SIGUSR1, record, 0);
	ZERO(raise(SIGUSR1));
	EQ(count, 1);
	EQ(last.si_signo, SIGUSR1);
	EQ(last.si_code, SI_TKILL);
	EQ(last.si_pid, getpid());
	EQ(last.si_uid, getuid());
	CHECK(kill(getpid(), SIGUSR1) == 0);
	EQ(count, 2);
	EQ(last.si_code, SI_USER);
	EQ(last.si_pid, getpid());
	CHECK(kill(getpid(), 0) == 0);
	FAILS(kill(getpid(), 65), EINVAL);
	CHECK(setpgid(0, 0) == 0 || getpgrp() == getpid());
	for (int i = 0; i < 100; i++) { // one has come when the call is over
		CHECK(kill(i & 1 ? 0 : -getpid(), SIGUSR1) == 0);
		EQ(count, 3 + i);
	}
	int self = syscall(434 /* pidfd_open */, getpid(), 0);
	CHECK(self >= 0);
	for (int i = 0; i < 100; i++) {
		CHECK(syscall(424 /* pidfd_send_signal */, self, SIGUSR1, NULL, 0) == 0);
		EQ(count, 103 + i);
	}
	CHECK(close(self) == 0);
	count = 2;
	ok("raise and kill");

	union sigval v = {.sival_int = 12345};
	CHECK(sigqueue(getpid(), SIGUSR1, v) == 0);
	EQ(count, 3);
	EQ(last.si_code, SI_QUEUE);
	EQ(last.si_value.sival_int, 12345);
	ok("sigqueue");

	sigset_t set, old, pending;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	CHECK(!sigismember(&old, SIGUSR1));
	raise(SIGUSR1);
	raise(SIGUSR1);
	EQ(count, 3);
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2));
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	EQ(count, 4); // a standard signal does not queue
	CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGUSR1));
	ok("blocked, pending, delivered once");

	int rt = SIGRTMIN + 3;
	install(rt, in_order, 0);
	install(rt + 1, in_order, 0);
	sigemptyset(&set);
	sigaddset(&set, rt);
	sigaddset(&set, rt + 1);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	for (int i = 0; i < 3; i++) {
		v.sival_int = 10 + i;
		CHECK(sigqueue(getpid(), rt, v) == 0);
	}
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	EQ(ordered, 3);
	for (int i = 0; i < 3; i++)
		EQ(order[i], 10 + i);
	ok("real-time signals queue in order");

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	raise(SIGUSR1);
	int before = count;
	sigset_t none;
	sigemptyset(&none);
	FAILS(sigsuspend(&none), EINTR);
	EQ(count, before + 1);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &pending) == 0 && sigismember(&pending, SIGUSR1));
	ok("sigsuspend");

	siginfo_t si;
	v.sival_int = 77;
	CHECK(sigqueue(getpid(), SIGUSR1, v) == 0);
	EQ(sigwaitinfo(&set, &si), SIGUSR1);
	EQ(si.si_code, SI_QUEUE);
	EQ(si.si_value.sival_int, 77);
	struct timespec shortly = {0, 3000000}, zero = {0, 0};
	FAILS(sigtimedwait(&set, &si, &shortly), EAGAIN);
	FAILS(sigtimedwait(&set, &si, &zero), EAGAIN);
	raise(SIGUSR1);
	EQ(sigtimedwait(&set, &si, &shortly), SIGUSR1);
	int sig;
	raise(SIGUSR1);
	ZERO(sigwait(&set, &sig));
	EQ(sig, SIGUSR1);
	EQ(count, before + 1);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	ok("sigwaitinfo, sigtimedwait, sigwait");

	struct sigaction sa = {.sa_handler = nest};
	count = 0;
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	raise(SIGUSR2);
	EQ(deepest, 1); // blocked while its handler runs, so one after the other
	EQ(inner_blocked, 1);
	EQ(depth, 0);
	count = 0;
	deepest = 0;
	sa.sa_flags = SA_NODEFER;
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	raise(SIGUSR2);
	EQ(deepest, 3);
	EQ(inner_blocked, 0);
	ok("nested, SA_NODEFER");

	sa.sa_handler = nest;
	sa.sa_flags = SA_RESETHAND;
	count = 100;
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	raise(SIGUSR2);
	CHECK(sigaction(SIGUSR2, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	ok("SA_RESETHAND");

	// sa_mask holds others back until the handler is done.
	install(SIGUSR1, record, 0);
	CHECK(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
	raise(SIGUSR2);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
	CHECK(signal(SIGWINCH, SIG_DFL) != SIG_ERR);
	raise(SIGWINCH);
	raise(SIGURG);
	raise(SIGCHLD);
	raise(SIGCONT);
	FAILS((long)signal(SIGKILL, SIG_IGN), EINVAL);
	FAILS((long)signal(SIGSTOP, record == NULL ? SIG_DFL : SIG_IGN), EINVAL);
	ok("ignored ones");
	return 0;
}
