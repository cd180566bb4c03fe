// Shared by the test programs: strict checks, and "ok NAME" lines on success.
// A failed check says where and with which errno, and ends the process with status 99.
// Kernel constants are written out because musl-gcc does not see the kernel's headers.
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void check_failed(const char *file, int line, const char *what, int err)
{
	char b[512];
	int n = snprintf(b, sizeof b, "FAIL %s:%d: %s (errno %d: %s)\n", file, line, what, err, strerror(err));
	fflush(stdout);
	if (n > (int)sizeof b - 1)
		n = sizeof b - 1;
	if (write(2, b, n) < 0) {
	}
	_exit(99);
}

#define CHECK(c)                                                       \
	do {                                                           \
		if (!(c))                                              \
			check_failed(__FILE__, __LINE__, #c, errno);   \
	} while (0)

// A call that must fail with the given errno.
#define FAILS(c, e)                                                    \
	do {                                                           \
		errno = 0;                                             \
		if ((long)(c) != -1 || errno != (e))                   \
			check_failed(__FILE__, __LINE__, #c " must fail with " #e, errno); \
	} while (0)

// pthread functions return their error.
#define ZERO(c)                                                        \
	do {                                                           \
		int zero_ = (c);                                       \
		if (zero_ != 0)                                        \
			check_failed(__FILE__, __LINE__, #c " must return 0", zero_); \
	} while (0)

#define EQ(a, b)                                                       \
	do {                                                           \
		long long a_ = (long long)(a), b_ = (long long)(b);    \
		if (a_ != b_) {                                        \
			char m_[256];                                  \
			snprintf(m_, sizeof m_, "%s is %lld, not %s = %lld", #a, a_, #b, b_); \
			check_failed(__FILE__, __LINE__, m_, errno);   \
		}                                                      \
	} while (0)

static inline void ok(const char *name)
{
	printf("ok %s\n", name);
	fflush(stdout);
}

static inline void *run_thread(void *(*f)(void *), void *arg)
{
	pthread_t t;
	void *r = NULL;
	ZERO(pthread_create(&t, NULL, f, arg));
	ZERO(pthread_join(t, &r));
	return r;
}

static inline struct timespec after_ms(clockid_t clock, long ms)
{
	struct timespec t;
	CHECK(clock_gettime(clock, &t) == 0);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static inline int not_before(struct timespec now, struct timespec then)
{
	return now.tv_sec > then.tv_sec || (now.tv_sec == then.tv_sec && now.tv_nsec >= then.tv_nsec);
}

static inline void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
	while (nanosleep(&t, &t) == -1 && errno == EINTR) {
	}
}

#endif
