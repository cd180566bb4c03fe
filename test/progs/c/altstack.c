// Alternate signal stacks: a handler runs there, the kernel says so, and a stack overflow is survived.
#include "check.h"
#include <setjmp.h>
#include <sys/resource.h>
#include <ucontext.h>

static char alt[64 << 10] __attribute__((aligned(16)));
static sigjmp_buf back;
static volatile int on_alt, flags_inside;
static void *volatile fault_at;

static int inside(void *p)
{
	return (char *)p >= alt && (char *)p < alt + sizeof alt;
}

static void where(int sig, siginfo_t *si, void *uc)
{
	(void)si;
	(void)sig;
	int local;
	on_alt = inside(&local);
	stack_t st;
	CHECK(sigaltstack(NULL, &st) == 0);
	flags_inside = st.ss_flags;
	CHECK(((ucontext_t *)uc)->uc_stack.ss_sp == alt);
	if (on_alt) {
		stack_t other = {.ss_sp = alt, .ss_size = sizeof alt};
		FAILS(sigaltstack(&other, NULL), EPERM);
	}
}

static void overflowed(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	int local;
	on_alt = inside(&local);
	fault_at = si->si_addr;
	siglongjmp(back, sig);
}

__attribute__((noinline)) static long recurse(volatile char *up)
{
	volatile char frame[1024];
	frame[0] = up ? 1 : 2;
	if (frame[0] == 3) // never: but the compiler need not know
		return 0;
	return recurse(frame) + frame[0];
}

static void *overflow_in_thread(void *arg)
{
	(void)arg;
	static char own[64 << 10];
	stack_t st = {.ss_sp = own, .ss_size = sizeof own}, got;
	CHECK(sigaltstack(NULL, &got) == 0);
	EQ(got.ss_flags, SS_DISABLE); // not inherited by a thread
	CHECK(sigaltstack(&st, NULL) == 0);
	int r = sigsetjmp(back, 1);
	if (r == 0)
		recurse(NULL);
	EQ(r, SIGSEGV);
	int here;
	CHECK((uintptr_t)fault_at < (uintptr_t)&here && (uintptr_t)fault_at > (uintptr_t)&here - (1 << 20));
	return NULL;
}

int main(void)
{
	stack_t st = {.ss_sp = alt, .ss_size = sizeof alt}, got;
	CHECK(sigaltstack(NULL, &got) == 0);
	EQ(got.ss_flags, SS_DISABLE);
	CHECK(sigaltstack(&st, NULL) == 0 && sigaltstack(NULL, &got) == 0);
	CHECK(got.ss_sp == alt && got.ss_size == sizeof alt && got.ss_flags == 0);
	st.ss_size = 100;
	FAILS(sigaltstack(&st, NULL), ENOMEM);

	struct sigaction sa = {.sa_sigaction = where, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
	EQ(on_alt, 1);
	EQ(flags_inside, SS_ONSTACK);
	sa.sa_flags = SA_SIGINFO;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
	EQ(on_alt, 0);
	ok("handler on the alternate stack");

	struct rlimit rl = {256 << 10, 8 << 20};
	CHECK(getrlimit(RLIMIT_STACK, &rl) == 0);
	rl.rlim_cur = 1 << 20;
	CHECK(setrlimit(RLIMIT_STACK, &rl) == 0);
	sa.sa_sigaction = overflowed;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		on_alt = 0;
		int r = sigsetjmp(back, 1);
		if (r == 0)
			recurse(NULL);
		EQ(r, SIGSEGV);
		EQ(on_alt, 1);
		CHECK((char *)fault_at < (char *)&r);
		// Below the stack there is a gap: an overflow must not run into a neighbour.
		char *page = (char *)((uintptr_t)fault_at & -4096ul);
		unsigned char in;
		FAILS(mincore(page, 4096, &in), ENOMEM);
		FAILS(mincore(page - (512 << 10), 4096, &in), ENOMEM);
	}
	ok("stack overflow of the main thread, three times");

	pthread_t t;
	pthread_attr_t a;
	ZERO(pthread_attr_init(&a));
	ZERO(pthread_attr_setstacksize(&a, 256 << 10));
	ZERO(pthread_create(&t, &a, overflow_in_thread, NULL));
	ZERO(pthread_join(t, NULL));
	ok("stack overflow of a thread");
	return 0;
}
