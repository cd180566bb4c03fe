// Runs until it is killed, busy in the way that its argument names. Says "running" once it does.
#include "check.h"
#include <sched.h>

static void running(void)
{
	CHECK(write(1, "running\n", 8) == 8);
}

static void *compute(void *arg)
{
	for (;;)
		++*(volatile long *)arg;
	return NULL;
}

static void *lock(void *arg)
{
	static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
	for (;;) {
		pthread_mutex_lock(&mu);
		++*(long *)arg;
		pthread_mutex_unlock(&mu);
		sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static long n;
	pthread_t t;
	CHECK(argc == 2);
	if (strcmp(argv[1], "compute") == 0) {
		running();
		compute(&n);
	}
	if (strcmp(argv[1], "sleep") == 0) {
		running();
		for (;;)
			sleep(1000);
	}
	if (strcmp(argv[1], "threads") == 0) {
		for (int i = 0; i < 20; i++)
			ZERO(pthread_create(&t, NULL, i % 4 ? lock : compute, &n));
		running();
		lock(&n);
	}
	if (strcmp(argv[1], "io") == 0) {
		char b[4096];
		int fd = open("data", O_RDWR | O_CREAT, 0644), p[2];
		CHECK(fd >= 0 && pipe(p) == 0);
		running();
		for (;;) {
			CHECK(pwrite(fd, b, sizeof b, 0) == sizeof b);
			CHECK(write(p[1], b, 100) == 100 && read(p[0], b, 100) == 100);
		}
	}
	if (strcmp(argv[1], "memory") == 0) {
		running();
		for (;;) {
			char *m = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			CHECK(m != MAP_FAILED);
			memset(m, 1, 8 << 20);
			CHECK(munmap(m, 8 << 20) == 0);
		}
	}
	return 2;
}
