// Rounding modes and exception flags are each thread's own: MXCSR and the x87 control word.
#include "check.h"
#include <fenv.h>
#include <sched.h>

static volatile double one = 1, three = 3;
static volatile long double lone = 1, lthree = 3;

static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

static uint64_t bits(double d)
{
	uint64_t u;
	memcpy(&u, &d, 8);
	return u;
}

static void *work(void *arg)
{
	int mode = modes[(intptr_t)arg % 4];
	EQ(fegetround(), FE_TONEAREST); // the creator's, at that moment
	CHECK(fesetround(mode) == 0);
	uint64_t want = bits(one / three), wantneg = bits(-one / three);
	if (mode == FE_UPWARD)
		EQ(want, 0x3fd5555555555556);
	else
		EQ(want, 0x3fd5555555555555);
	if (mode == FE_DOWNWARD)
		EQ(wantneg, 0xbfd5555555555556);
	long double lwant = lone / lthree;
	for (int i = 0; i < 2000; i++) {
		if (i % 3 == 0)
			sched_yield();
		EQ(bits(one / three), want);
		EQ(bits(-one / three), wantneg);
		CHECK(lone / lthree == lwant);
		EQ(fegetround(), mode);
		unsigned mxcsr;
		unsigned short cw;
		__asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(mxcsr), "=m"(cw));
		EQ((mxcsr >> 13) & 3, (cw >> 10) & 3);
	}
	return NULL;
}

static void *inherits(void *arg)
{
	EQ(fegetround(), *(int *)arg);
	return NULL;
}

int main(void)
{
	pthread_t t[8];
	for (intptr_t i = 0; i < 8; i++)
		ZERO(pthread_create(&t[i], NULL, work, (void *)i));
	for (int i = 0; i < 8; i++)
		ZERO(pthread_join(t[i], NULL));
	EQ(fegetround(), FE_TONEAREST);
	ok("rounding mode per thread");

	for (int i = 0; i < 4; i++) {
		int mode = modes[i];
		CHECK(fesetround(mode) == 0);
		run_thread(inherits, &mode);
	}
	CHECK(fesetround(FE_TONEAREST) == 0);
	ok("inherited by a new thread");

	feclearexcept(FE_ALL_EXCEPT);
	volatile double zero = 0, inf = one / zero;
	(void)inf;
	sched_yield();
	getppid();
	CHECK(fetestexcept(FE_DIVBYZERO));
	CHECK(!fetestexcept(FE_INVALID));
	ok("exception flags across system calls");
	return 0;
}
