// The address space: every way to get, change and return memory, and what a fault reports.
#include "check.h"
#include <setjmp.h>

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static volatile uintptr_t fault_addr;
static volatile int fault_code, fault_sig;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	fault_sig = sig;
	fault_addr = (uintptr_t)si->si_addr;
	fault_code = si->si_code;
	siglongjmp(back, 1);
}

// touch says which code a fault at p carries, 0 for none.
static int touch(volatile char *p, int write)
{
	if (sigsetjmp(back, 1))
		return fault_addr == (uintptr_t)p && fault_sig == SIGSEGV ? fault_code : -1;
	if (write)
		*p = 1;
	else
		(void)*p;
	return 0;
}

static void all_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8)
		CHECK(*(const uint64_t *)(p + i) == 0);
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);

	for (int round = 0; round < 40; round++) {
		size_t n = (round * 37 % 300 + 1) * PAGE;
		char *p = mmap(NULL, n, RW, ANON, -1, 0);
		CHECK(p != MAP_FAILED && ((uintptr_t)p & (PAGE - 1)) == 0);
		all_zero(p, n);
		memset(p, 0xa5, n);
		CHECK(munmap(p, n) == 0);
	}
	ok("fresh memory is zero");

	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 1, 8 * PAGE);
	CHECK(munmap(p + 2 * PAGE, PAGE) == 0);
	EQ(touch(p + 2 * PAGE + 5, 0), SEGV_MAPERR);
	EQ(touch(p + 2 * PAGE, 1), SEGV_MAPERR);
	CHECK(p[PAGE] == 1 && p[3 * PAGE] == 1);
	ok("hole by munmap");

	CHECK(mprotect(p + 4 * PAGE, PAGE, PROT_READ) == 0);
	EQ(touch(p + 4 * PAGE + 17, 0), 0);
	EQ(touch(p + 4 * PAGE + 17, 1), SEGV_ACCERR);
	CHECK(mprotect(p + 4 * PAGE, PAGE, PROT_NONE) == 0);
	EQ(touch(p + 4 * PAGE + 17, 0), SEGV_ACCERR);
	CHECK(mprotect(p + 4 * PAGE, PAGE, RW) == 0);
	CHECK(p[4 * PAGE + 17] == 1);
	FAILS(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
	FAILS(syscall(SYS_mprotect, p + 1, PAGE, PROT_READ), EINVAL) /* musl rounds */;
	CHECK(mprotect(p, PAGE, RW) == 0);
	ok("mprotect");

	CHECK(madvise(p + 5 * PAGE, 2 * PAGE, MADV_DONTNEED) == 0);
	all_zero(p + 5 * PAGE, 2 * PAGE);
	CHECK(p[7 * PAGE] == 1 && p[4 * PAGE] == 1);
	CHECK(munmap(p, 8 * PAGE) == 0);
	FAILS(munmap(p + 1, PAGE), EINVAL);
	CHECK(munmap(p, 8 * PAGE) == 0); // nothing there: fine
	ok("MADV_DONTNEED zeroes");

	p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		p[i * PAGE] = 'a' + i;
	char *q = mremap(p, 4 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		CHECK(q[i * PAGE] == 'a' + i);
	all_zero(q + 4 * PAGE, 596 * PAGE);
	q[599 * PAGE] = 'z';
	CHECK(mremap(q, 600 * PAGE, 2 * PAGE, 0) == q);
	CHECK(q[PAGE] == 'b');
	EQ(touch(q + 2 * PAGE, 0), SEGV_MAPERR);
	char *to = mmap(NULL, 2 * PAGE, PROT_NONE, ANON, -1, 0);
	CHECK(to != MAP_FAILED);
	CHECK(mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	CHECK(to[0] == 'a' && to[PAGE] == 'b');
	EQ(touch(q, 0), SEGV_MAPERR);
	CHECK(munmap(to, 2 * PAGE) == 0);
	// Growing in place against a neighbour fails without MAYMOVE.
	p = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	FAILS((long)mremap(p, PAGE, 2 * PAGE, 0), ENOMEM);
	FAILS((long)mremap(p + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EINVAL);
	CHECK(munmap(p, 2 * PAGE) == 0);
	ok("mremap");

	char *base = mmap(NULL, 16 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	CHECK(base != MAP_FAILED);
	EQ(touch(base + PAGE, 0), SEGV_ACCERR);
	CHECK(mmap(base + 4 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == base + 4 * PAGE);
	memset(base + 4 * PAGE, 9, 2 * PAGE);
	CHECK(mmap(base + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == base + 5 * PAGE);
	all_zero(base + 5 * PAGE, PAGE);
	CHECK(base[4 * PAGE] == 9);
	EQ(touch(base + 3 * PAGE, 0), SEGV_ACCERR);
	EQ(touch(base + 6 * PAGE, 0), SEGV_ACCERR);
	FAILS(mmap(base + 4 * PAGE, PAGE, RW, ANON | 0x100000 /* MAP_FIXED_NOREPLACE */, -1, 0), EEXIST);
	CHECK(munmap(base, 16 * PAGE) == 0);
	CHECK(mmap(base, PAGE, RW, ANON | 0x100000, -1, 0) == base);
	CHECK(munmap(base, PAGE) == 0);
	CHECK(mmap(base, PAGE, RW, ANON, -1, 0) == base); // a free hint is taken
	CHECK(munmap(base, PAGE) == 0);
	ok("MAP_FIXED");

	size_t tib = 1ul << 40;
	char *huge = mmap(NULL, tib, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	CHECK(huge != MAP_FAILED);
	CHECK(mprotect(huge + tib / 2, 64 * PAGE, RW) == 0);
	all_zero(huge + tib / 2, 64 * PAGE);
	memset(huge + tib / 2, 3, 64 * PAGE);
	EQ(touch(huge + tib / 2 + 64 * PAGE, 1), SEGV_ACCERR);
	EQ(touch(huge + tib - 1, 0), SEGV_ACCERR);
	CHECK(munmap(huge, tib) == 0);
	EQ(touch(huge + tib / 2, 0), SEGV_MAPERR);
	char *sparse = mmap(NULL, 64ul << 30, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(sparse != MAP_FAILED);
	for (size_t off = 0; off < (64ul << 30); off += 1ul << 30) {
		CHECK(sparse[off] == 0);
		sparse[off] = 1;
	}
	CHECK(munmap(sparse, 64ul << 30) == 0);
	FAILS(mmap(NULL, 1ul << 50, RW, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
	ok("reservations");

	char *brk0 = (char *)syscall(SYS_brk, 0);
	CHECK((char *)syscall(SYS_brk, brk0 + 10 * PAGE + 5) == brk0 + 10 * PAGE + 5);
	all_zero((char *)(((uintptr_t)brk0 + 7) & ~7ul), 10 * PAGE);
	memset(brk0, 5, 10 * PAGE);
	CHECK((char *)syscall(SYS_brk, brk0) == brk0);
	CHECK((char *)syscall(SYS_brk, brk0 + 10 * PAGE) == brk0 + 10 * PAGE);
	char *first = (char *)(((uintptr_t)brk0 + PAGE - 1) & ~(PAGE - 1));
	all_zero(first, 9 * PAGE);
	CHECK((char *)syscall(SYS_brk, brk0) == brk0);
	CHECK((char *)syscall(SYS_brk, 1) == brk0); // refused: unchanged
	ok("brk");

	EQ(touch((char *)8, 0), SEGV_MAPERR);
	EQ(touch((char *)8, 1), SEGV_MAPERR);
	// A non-canonical address is a general protection fault: no address is known.
	if (sigsetjmp(back, 1) == 0) {
		(void)*(volatile char *)0x8000000000001234ul;
		CHECK(!"no fault");
	}
	EQ(fault_sig, SIGSEGV);
	EQ(fault_code, SI_KERNEL);
	EQ(fault_addr, 0);
	ok("null and non-canonical");

	char *x = mmap(NULL, PAGE, RW, ANON, -1, 0);
	CHECK(x != MAP_FAILED);
	x[0] = (char)0xc3;
	if (sigsetjmp(back, 1) == 0) {
		((void (*)(void))x)();
		CHECK(!"data was executed");
	}
	EQ(fault_code, SEGV_ACCERR);
	EQ(fault_addr, (uintptr_t)x);
	ok("data does not execute");

	unsigned char vec[4];
	p = mmap(NULL, 4 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	CHECK(p != MAP_FAILED && mincore(p, 4 * PAGE, vec) == 0);
	CHECK(munmap(p, 4 * PAGE) == 0);
	FAILS(mincore(p, 4 * PAGE, vec), ENOMEM);
	FAILS(madvise(p, 4 * PAGE, MADV_DONTNEED), ENOMEM);
	ok("populate, mincore");
	return 0;
}
