// The numbers of process and threads, asked for by system calls from several threads that take turns, and
// the monotonic clock: each thread keeps its own number, the call changes no register but rax, rcx and
// r11, and time does not run backwards.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 3000 };

static long tids[THREADS], pid;

static void fail(const char *what)
{
	printf("wrong: %s\n", what);
	exit(1);
}

static long ask(long nr)
{
	register long r8 __asm__("r8") = 8, r9 __asm__("r9") = 9, r10 __asm__("r10") = 10, r12 __asm__("r12") = 12, r15 __asm__("r15") = 15;
	long ret, di = 1, si = 2, dx = 3;
	unsigned char carry;
	double x = 1.5;
	__asm__ volatile("stc\n\tsyscall\n\tsetc %1"
			 : "=a"(ret), "=q"(carry), "+D"(di), "+S"(si), "+d"(dx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12), "+r"(r15), "+x"(x)
			 : "0"(nr)
			 : "rcx", "r11", "memory", "cc");
	if (!carry || di != 1 || si != 2 || dx != 3 || r8 != 8 || r9 != 9 || r10 != 10 || r12 != 12 || r15 != 15 || x != 1.5)
		fail("a register changed");
	return ret;
}

static void *turn(void *arg)
{
	long me = tids[(long)arg] = ask(SYS_gettid);
	struct timespec a, b;
	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &a))
		fail("clock_gettime");
	for (int i = 0; i < ROUNDS; i++) {
		if (ask(SYS_gettid) != me || ask(SYS_getpid) != pid)
			fail("a number changed");
		if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &b) || b.tv_nsec < 0 || b.tv_nsec >= 1000000000 || b.tv_sec < a.tv_sec ||
		    (b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec))
			fail("the clock ran backwards");
		a = b;
		if (i % 3 == 0)
			sched_yield();
	}
	return arg;
}

int main(void)
{
	pthread_t t[THREADS];
	pid = ask(SYS_getpid);
	if (pid != getpid() || pid != ask(SYS_gettid) || ask(0x100000000L + SYS_getpid) != pid)
		fail("the first thread's number");
	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)1) != -1)
		fail("clock_gettime to a bad address");
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, turn, (void *)i))
			fail("pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < THREADS; i++)
		for (int j = 0; j < i; j++)
			if (tids[i] == tids[j] || tids[i] == pid)
				fail("two threads have one number");
	puts("numbers are kept");
	return 0;
}
