// Ways to end: the argument says which; the caller compares the wait status and what was printed before.
#include "check.h"
#include <sys/resource.h>

static void at1(void) { printf("atexit one\n"); }
static void at2(void) { printf("atexit two\n"); }

__attribute__((destructor)) static void destructor(void) { printf("destructor\n"); }

static void *exit_7(void *arg)
{
	(void)arg;
	exit(7);
}

static void *group_8(void *arg)
{
	(void)arg;
	fflush(stdout);
	syscall(SYS_exit_group, 8);
	return NULL;
}

static void *late(void *arg)
{
	(void)arg;
	sleep_ms(20);
	printf("the last thread\n");
	return NULL;
}

static void *fault(void *arg)
{
	(void)arg;
	fflush(stdout);
	*(volatile int *)8 = 1;
	return NULL;
}

static void *spin(void *arg)
{
	for (;;)
		++*(volatile long *)arg;
	return NULL;
}

static void quiet(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	CHECK(argc >= 2);
	const char *how = argv[1];
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	printf("ending by %s\n", how);
	fflush(stdout);
	static long n;
	pthread_t t;

	if (strcmp(how, "code") == 0)
		return atoi(argv[2]);
	if (strcmp(how, "atexit") == 0) {
		atexit(at1);
		atexit(at2);
		exit(3);
	}
	if (strcmp(how, "_exit") == 0) {
		atexit(at1);
		_exit(4);
	}
	if (strcmp(how, "kill") == 0) {
		kill(getpid(), atoi(argv[2]));
		for (;;)
			pause();
	}
	if (strcmp(how, "raise") == 0) {
		raise(atoi(argv[2]));
		return 98;
	}
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "abort-handled") == 0) {
		signal(SIGABRT, quiet);
		abort();
	}
	if (strcmp(how, "segv") == 0)
		fault(NULL);
	if (strcmp(how, "segv-blocked") == 0) {
		sigset_t s;
		sigfillset(&s);
		sigprocmask(SIG_BLOCK, &s, NULL);
		fault(NULL);
	}
	if (strcmp(how, "segv-thread") == 0)
		run_thread(fault, NULL);
	if (strcmp(how, "fpe") == 0) {
		volatile int zero = 0;
		int q = 1;
		__asm__ volatile("cltd; idivl %1" : "+a"(q) : "m"(zero) : "edx");
		return 97;
	}
	if (strcmp(how, "ill") == 0)
		__asm__ volatile("ud2");
	if (strcmp(how, "trap") == 0)
		__asm__ volatile("int3");
	if (strcmp(how, "overflow") == 0) {
		// The stack runs out and there is no other: death by SIGSEGV.
		struct rlimit small = {1 << 20, 1 << 20};
		setrlimit(RLIMIT_STACK, &small);
		volatile char *sp = __builtin_frame_address(0);
		for (;;)
			*(sp -= 4096) = 1;
	}
	if (strcmp(how, "thread-exit") == 0)
		run_thread(exit_7, NULL);
	if (strcmp(how, "group-exit") == 0) {
		// One thread spins, one ends the process.
		ZERO(pthread_create(&t, NULL, spin, &n));
		ZERO(pthread_create(&t, NULL, group_8, NULL));
		for (;;)
			pause();
	}
	if (strcmp(how, "main-leaves") == 0) {
		ZERO(pthread_create(&t, NULL, late, NULL));
		pthread_exit(NULL);
	}
	if (strcmp(how, "threads-left") == 0) {
		for (int i = 0; i < 4; i++)
			ZERO(pthread_create(&t, NULL, spin, &n));
		return 5;
	}
	if (strcmp(how, "pipe") == 0) {
		int p[2];
		CHECK(pipe(p) == 0);
		close(p[0]);
		(void)!write(p[1], "x", 1);
		return 96;
	}
	if (strcmp(how, "alarm") == 0) {
		alarm(1);
		for (;;)
			pause();
	}
	printf("came back\n");
	return 95;
}
