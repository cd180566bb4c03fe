// mseal(2): what a sealed mapping refuses, and what it does not. Linux 6.12 or later.
#include "check.h"
#include <sys/utsname.h>

enum { PAGE = 4096, PAGES = 8, SIZE = PAGE * PAGES };

static char *map(int prot)
{
	char *p = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

static long seal(void *p, size_t n) { return syscall(462, p, n, 0ul); }

static void refused(void)
{
	char *p = map(PROT_READ | PROT_WRITE), *to = map(PROT_READ);
	memset(p, 'x', SIZE);
	FAILS(syscall(462, p, SIZE, 1ul), EINVAL);
	FAILS(seal(p + 1, PAGE), EINVAL);
	FAILS(seal(p, -1ul), EINVAL);
	CHECK(seal(p, 0) == 0);
	CHECK(seal(p + 2 * PAGE, PAGE) == 0);
	CHECK(seal(p + 2 * PAGE, 1) == 0); // once more
	FAILS(munmap(p, SIZE), EPERM);
	FAILS(munmap(p + 2 * PAGE, PAGE), EPERM);
	FAILS(mprotect(p + 2 * PAGE, PAGE, PROT_READ), EPERM);
	FAILS(mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE), EPERM);
	FAILS(mremap(p + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EPERM);
	FAILS(mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), EPERM);
	FAILS(mremap(to, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * PAGE), EPERM);
	FAILS(mmap(p, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EPERM);
	for (int i = 0; i < SIZE; i++)
		CHECK(p[i] == 'x');
	ok("refused");

	p[2 * PAGE] = 'y'; // who may write may also give up
	CHECK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED) == 0 && p[2 * PAGE] == 0);
	CHECK(madvise(p, SIZE, MADV_WILLNEED) == 0);
	CHECK(munmap(p, 2 * PAGE) == 0 && munmap(p + 3 * PAGE, SIZE - 3 * PAGE) == 0);
	FAILS(seal(p, SIZE), ENOMEM);
	CHECK(p[2 * PAGE] == 0);
	CHECK(munmap(to, SIZE) == 0);
	ok("allowed");

	// Shrinking goes over several mappings.
	p = map(PROT_READ | PROT_WRITE);
	p[0] = 'a';
	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	CHECK(mremap(p, SIZE, SIZE, 0) == p);
	FAILS(mremap(p, SIZE, 2 * SIZE, MREMAP_MAYMOVE), EFAULT);
	CHECK(mremap(p, SIZE, 4 * PAGE, 0) == p);
	to = map(PROT_READ);
	CHECK(mremap(p, 4 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to && to[0] == 'a');
	FAILS(msync(p, 4 * PAGE, MS_ASYNC), ENOMEM);
	ok("shrunk");
}

static void readable(void)
{
	char *p = map(PROT_READ | PROT_WRITE);
	memset(p, 'x', SIZE);
	CHECK(mprotect(p, SIZE, PROT_READ) == 0 && seal(p, SIZE) == 0);
	FAILS(madvise(p, SIZE, MADV_DONTNEED), EPERM);
	FAILS(madvise(p, SIZE, 8 /* MADV_FREE */), EPERM);
	FAILS(madvise(p, SIZE, MADV_DONTFORK), EPERM);
	CHECK(p[SIZE - 1] == 'x');
	pid_t child = fork();
	if (child == 0) {
		FAILS(munmap(p, SIZE), EPERM);
		_exit(p[PAGE] == 'x' ? 3 : 4);
	}
	int st;
	CHECK(waitpid(child, &st, 0) == child && WEXITSTATUS(st) == 3);
	ok("readable");
}

static void heap(void)
{
	char *lo = (char *)syscall(SYS_brk, 0); // musl has no sbrk
	CHECK((char *)syscall(SYS_brk, lo + 4 * PAGE) == lo + 4 * PAGE);
	lo = (char *)(((uintptr_t)lo + PAGE - 1) & -(uintptr_t)PAGE);
	CHECK(seal(lo, PAGE) == 0);
	lo[0] = 'h';
	void *end = (void *)syscall(SYS_brk, 0);
	CHECK((void *)syscall(SYS_brk, lo) == end); // not below
	CHECK(lo[0] == 'h');
	ok("heap");
}

int main(void)
{
	struct utsname u;
	int major = 0, minor = 0;
	CHECK(uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2);
	if (major < 6 || (major == 6 && minor < 12))
		return 0;
	refused();
	readable();
	heap();
	return 0;
}
