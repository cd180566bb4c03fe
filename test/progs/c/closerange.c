// close_range with CLOSE_RANGE_UNSHARE: of a process by itself, and of one that shares its descriptors with another.
#include "check.h"
#include <sched.h>

#define CLOSE_RANGE_UNSHARE 2
#define CLOSE_RANGE_CLOEXEC 4

static long range(unsigned a, unsigned b, unsigned f) { return syscall(436, a, b, f); }
static int open_at(int fd) { return fcntl(fd, F_GETFD) != -1; }

static int child_of(unsigned long flags, int (*f)(void))
{
	pid_t p = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	CHECK(p >= 0);
	if (p == 0)
		_exit(f());
	int st;
	CHECK(waitpid(p, &st, 0) == p && WIFEXITED(st));
	return WEXITSTATUS(st);
}

static int closes(void)
{
	CHECK(range(40, 60, CLOSE_RANGE_UNSHARE) == 0);
	CHECK(!open_at(41) && !open_at(50) && open_at(1));
	CHECK(dup2(1, 45) == 45 && write(45, "", 0) == 0); // wherever the call is made
	for (int i = 0; i < 20; i++)
		CHECK(open_at(45) && !open_at(41));
	return 7;
}

static int marks(void)
{
	CHECK(range(40, ~0u, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) == 0);
	CHECK(fcntl(41, F_GETFD) == FD_CLOEXEC && fcntl(1, F_GETFD) == 0);
	return 8;
}

int main(void)
{
	CHECK(dup2(1, 41) == 41 && dup2(1, 50) == 50);
	EQ(child_of(0, closes), 7);
	CHECK(open_at(41) && open_at(50) && !open_at(45));
	ok("a forked process");
	for (int i = 0; i < 30; i++) // a child that is just being set up must part wholly as well
		EQ(child_of(CLONE_FILES, closes), 7);
	CHECK(open_at(41) && open_at(50) && !open_at(45));
	EQ(child_of(CLONE_FILES, marks), 8);
	CHECK(fcntl(41, F_GETFD) == 0);
	ok("one that shares its descriptors");
	FAILS(range(50, 40, CLOSE_RANGE_UNSHARE), EINVAL);
	FAILS(range(40, 50, 1), EINVAL);
	EQ(closes(), 7);
	ok("oneself");
	return 0;
}
