// Processor exceptions arrive as the right signal with the right siginfo, and their handler may repair the cause.
#include "check.h"
#include <ucontext.h>

static volatile int sig_seen, code_seen;
static void *volatile addr_seen;
static char *page;

static void handler(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;
	greg_t *r = uc->uc_mcontext.gregs;
	sig_seen = sig;
	code_seen = si->si_code;
	addr_seen = si->si_addr;
	switch (sig) {
	case SIGFPE:
		CHECK(si->si_addr == (void *)r[REG_RIP]);
		EQ(r[REG_TRAPNO], 0);
		r[REG_RCX] = 7; // the divisor
		break;
	case SIGILL:
		CHECK(si->si_addr == (void *)r[REG_RIP]);
		EQ(r[REG_TRAPNO], 6);
		r[REG_RIP] += 2; // over ud2
		break;
	case SIGSEGV:
		if (r[REG_TRAPNO] == 14) {
			EQ(r[REG_CR2], (greg_t)(uintptr_t)si->si_addr);
			EQ(r[REG_ERR] & 6, 6); // a write, from user mode
			CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
		} else {
			EQ(r[REG_TRAPNO], 13);
			r[REG_RIP] += 1; // over hlt
		}
		break;
	case SIGTRAP:
		break; // RIP is already behind int3
	}
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	int sigs[] = {SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGBUS};
	for (int i = 0; i < 5; i++)
		CHECK(sigaction(sigs[i], &sa, NULL) == 0);

	long q = 100, d = 0, rem = 0;
	__asm__ volatile("idivq %%rcx" : "+a"(q), "+c"(d), "+d"(rem) : : "cc");
	EQ(sig_seen, SIGFPE);
	EQ(code_seen, FPE_INTDIV);
	EQ(q, 14);
	EQ(rem, 2);
	EQ(d, 7);
	ok("SIGFPE, repaired");

	__asm__ volatile("ud2");
	EQ(sig_seen, SIGILL);
	EQ(code_seen, ILL_ILLOPN);
	ok("SIGILL, skipped");

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	*(volatile int *)(page + 100) = 5;
	EQ(sig_seen, SIGSEGV);
	EQ(code_seen, SEGV_ACCERR);
	CHECK(addr_seen == page + 100);
	EQ(*(int *)(page + 100), 5);
	ok("SIGSEGV, repaired");

	__asm__ volatile("hlt");
	EQ(sig_seen, SIGSEGV);
	EQ(code_seen, SI_KERNEL);
	ok("privileged instruction");

	__asm__ volatile("int3");
	EQ(sig_seen, SIGTRAP);
	EQ(code_seen, SI_KERNEL);
	ok("SIGTRAP");

	for (int i = 0; i < 1000; i++) {
		CHECK(mprotect(page, 4096, PROT_READ) == 0);
		*(volatile int *)(page + 4 * i) = i;
		EQ(sig_seen, SIGSEGV);
		CHECK(addr_seen == page + 4 * i);
	}
	ok("1000 faults repaired");

	// SSE exceptions, unmasked: MXCSR comes back from the handler as it was.
	unsigned mxcsr = 0x1f80 & ~(1u << 9), seen;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	__asm__ volatile("stmxcsr %0" : "=m"(seen));
	EQ(seen, mxcsr);
	mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	ok("MXCSR");
	return 0;
}
