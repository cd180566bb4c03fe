// unshare, setns, clone3 with a pidfd, a child's signal before wait returns, and policies.
#include "check.h"
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#ifndef CLONE_NEWUTS
#define CLONE_NEWUTS 0x04000000
#endif
#ifndef CLONE_NEWUSER
#define CLONE_NEWUSER 0x10000000
#endif

static volatile int children;

static void child_ended(int sig)
{
	(void)sig;
	children++;
}

static void wait_ok(pid_t p)
{
	int st;
	CHECK(waitpid(p, &st, 0) == p);
	EQ(st, 0);
}

// Own files: what is closed and where one stands is one's own. A user namespace needs no right.
static void namespaces(void)
{
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		CHECK(unshare(CLONE_FILES | CLONE_FS) == 0);
		CHECK(chdir("/") == 0);
		char b[64];
		CHECK(getcwd(b, sizeof b) && strcmp(b, "/") == 0);
		if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) == 0) {
			struct utsname u;
			CHECK(sethostname("apart", 5) == 0);
			for (int i = 0; i < 50; i++) {
				CHECK(uname(&u) == 0);
				CHECK(strcmp(u.nodename, "apart") == 0);
			}
			pid_t q = fork();
			CHECK(q >= 0);
			if (q == 0) {
				CHECK(uname(&u) == 0 && strcmp(u.nodename, "apart") == 0);
				_exit(0);
			}
			wait_ok(q);
		} else {
			CHECK(errno == EPERM || errno == ENOSPC);
		}
		FAILS(unshare(-1), EINVAL);
		_exit(0);
	}
	wait_ok(p);
	FAILS(syscall(SYS_setns, -1, 0), EBADF);
}

static void pidfds(void)
{
	int fd = -1;
	uint64_t a[11] = {0x1000 /* CLONE_PIDFD */, (uintptr_t)&fd, 0, 0, SIGCHLD};
	long p = syscall(435, a, sizeof a);
	CHECK(p >= 0);
	if (p == 0)
		_exit(0);
	CHECK(fd >= 0);
	struct pollfd f = {fd, POLLIN, 0};
	EQ(poll(&f, 1, 5000), 1);
	wait_ok(p);
	close(fd);
	uint64_t big[16] = {0, 0, 0, 0, SIGCHLD};
	big[12] = 1;
	FAILS(syscall(435, big, sizeof big), E2BIG);
	FAILS(syscall(435, a, 8), EINVAL);
	FAILS(syscall(435, NULL, sizeof a), EFAULT);
}

int main(void)
{
	struct sigaction sa = {.sa_handler = child_ended};
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	for (int i = 0; i < 40; i++) {
		children = 0;
		pid_t p = fork();
		CHECK(p >= 0);
		if (p == 0)
			_exit(0);
		int st;
		while (waitpid(p, &st, 0) != p)
			CHECK(errno == EINTR);
		EQ(children, 1); // and not later
	}
	ok("signal before wait returns");
	sa.sa_handler = SIG_DFL;
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	namespaces();
	pidfds();
	struct { // libraries that implement POSIX to the letter have no such functions
		int sched_priority;
	} sp = {0};
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &sp) == 0);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_BATCH);
	sp.sched_priority = 200;
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &sp), EINVAL);
	ok("apart");
	return 0;
}
