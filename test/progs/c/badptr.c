// Bad pointers and numbers from the program are errors to it, and nothing worse.
#include "check.h"
#include <poll.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>

int main(void)
{
	char *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(gone != MAP_FAILED);
	memset(gone, 'x', 8192);
	CHECK(munmap(gone + 4096, 4096) == 0);
	char *edge = gone + 4096; // the first byte that is not there
	void *bad[] = {(void *)8, edge, (void *)-4096l, (void *)0x7ffffffff000ul};
	int p[2];
	CHECK(pipe(p) == 0);
	EQ(write(p[1], "0123456789", 10), 10);
	for (int i = 0; i < 4; i++) {
		void *b = bad[i];
		FAILS(syscall(SYS_read, p[0], b, 5), EFAULT);
		FAILS(syscall(SYS_write, p[1], b, 5), EFAULT);
		FAILS(syscall(SYS_open, b, O_RDONLY), EFAULT);
		FAILS(syscall(SYS_stat, ".", b), EFAULT);
		FAILS(syscall(SYS_pipe, b), EFAULT);
		FAILS(syscall(SYS_uname, b), EFAULT);
		FAILS(syscall(SYS_nanosleep, b, NULL), EFAULT);
		FAILS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, b), EFAULT);
		FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, b, NULL, 8), EFAULT);
		FAILS(syscall(SYS_rt_sigaction, SIGUSR1, b, NULL, 8), EFAULT);
		FAILS(syscall(SYS_rt_sigpending, b, 8), EFAULT);
		FAILS(syscall(SYS_sigaltstack, b, NULL), EFAULT);
		FAILS(syscall(SYS_futex, (char *)((uintptr_t)b & ~7ul), 0, 0, NULL, NULL, 0), EFAULT);
		FAILS(syscall(SYS_futex, &p[0], 0, p[0], b, NULL, 0), EFAULT);
		FAILS(syscall(SYS_poll, b, 1, 0), EFAULT);
		FAILS(syscall(SYS_readv, p[0], b, 1), EFAULT);
		FAILS(syscall(SYS_getcwd, b, 4096), EFAULT);
		FAILS(syscall(SYS_sched_getaffinity, 0, 128, b), EFAULT);
		FAILS(syscall(SYS_sched_setaffinity, 0, 128, b), EFAULT);
		FAILS(syscall(SYS_getrlimit, 7, b), EFAULT);
		FAILS(syscall(SYS_setitimer, 0, b, NULL), EFAULT);
	}
	ok("EFAULT");

	// What lies before the edge is used, what lies behind is not.
	EQ(syscall(SYS_write, p[1], edge - 3, 3), 3);
	struct iovec v[2] = {{edge - 2, 2}, {(void *)8, 0}};
	EQ(syscall(SYS_readv, p[0], v, 2), 2);
	CHECK(edge[-2] == '0' && edge[-1] == '1');
	struct timespec *t = (struct timespec *)(edge - sizeof *t);
	CHECK(clock_gettime(CLOCK_REALTIME, t) == 0);
	FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, edge - 4, 8), EFAULT);
	ok("at the edge of a mapping");

	FAILS(syscall(1000), ENOSYS);
	FAILS(syscall(-1), ENOSYS);
	FAILS(syscall(100000000000l), ENOSYS);
	FAILS(syscall(SYS_read, -1, gone, 1), EBADF);
	FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, gone, NULL, 7), EINVAL);
	FAILS(syscall(SYS_rt_sigprocmask, 99, gone, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, 99, NULL, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, SIGKILL, gone, NULL, 8), EINVAL);
	FAILS(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, getpid(), getpid(), 99), EINVAL);
	FAILS(syscall(SYS_mmap, 0, -4096l, 3, 0x22, -1, 0), ENOMEM);
	FAILS(syscall(SYS_mmap, 123, 4096, 3, 0x32, -1, 0), EINVAL);
	FAILS(syscall(SYS_munmap, 4096, -4096l), EINVAL);
	FAILS(syscall(SYS_mremap, gone, 4096, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_mprotect, gone, 4096, 0xff00), EINVAL);
	FAILS(syscall(SYS_set_robust_list, gone, 1), EINVAL);
	FAILS(syscall(SYS_clone, 0x10000 /* CLONE_THREAD without SIGHAND */, 0, 0, 0, 0), EINVAL);
	ok("bad numbers");
	return 0;
}
