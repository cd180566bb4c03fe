// Threads that return from handlers at the same time keep each its own vector registers.
#include "check.h"

enum { THREADS = 4, ROUNDS = 5000 };

static void none(int sig) { (void)sig; }

static void *signals(void *arg)
{
	unsigned char in[16] __attribute__((aligned(16))), out[16] __attribute__((aligned(16)));
	long pid = getpid(), tid = syscall(SYS_gettid);
	for (int i = 0; i < ROUNDS; i++) {
		memset(in, (int)((long)arg * 16 + i % 16), sizeof in);
		// tgkill(pid, tid, SIGUSR1): the handler runs before the next instruction does.
		__asm__ volatile("movdqa (%0),%%xmm12\n mov %2,%%rdi\n mov %3,%%rsi\n mov $10,%%edx\n mov $234,%%eax\n syscall\n"
				 "movdqa %%xmm12,(%1)\n"
				 : : "r"(in), "r"(out), "r"(pid), "r"(tid)
				 : "memory", "rax", "rcx", "r11", "rdi", "rsi", "rdx", "cc", "xmm12");
		CHECK(memcmp(in, out, sizeof in) == 0);
	}
	return NULL;
}

int main(void)
{
	struct sigaction sa = {.sa_handler = none};
	pthread_t t[THREADS];
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	for (long i = 0; i < THREADS; i++)
		ZERO(pthread_create(&t[i], NULL, signals, (void *)i));
	for (int i = 0; i < THREADS; i++)
		ZERO(pthread_join(t[i], NULL));
	ok("vector registers of threads");
	return 0;
}
