// The futex call itself: wait, wake, bitsets, requeue, wake_op, timeouts and errors.
#include "check.h"

enum {
	WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, WAIT_BITSET = 9, WAKE_BITSET = 10,
	PRIVATE = 128, REALTIME = 256,
};

static long futex(uint32_t *a, int op, uint32_t val, const void *timeout, uint32_t *b, uint32_t val3)
{
	return syscall(SYS_futex, a, op, val, timeout, b, val3);
}

static uint32_t word, other;
static int woken;

struct wait {
	uint32_t bits;
	int op;
};

static void *waiter(void *arg)
{
	struct wait *w = arg;
	EQ(futex(&word, w->op, 0, NULL, NULL, w->bits), 0);
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

// wake until n waiters have been woken: they may not be waiting yet.
static void wake_n(uint32_t *a, int op, uint32_t bits, int n)
{
	while (n > 0) {
		long r = futex(a, op, 1, NULL, NULL, bits);
		CHECK(r == 0 || r == 1);
		n -= r;
		if (r == 0)
			sched_yield();
	}
}

static void join(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		ZERO(pthread_join(t[i], NULL));
}

int main(void)
{
	pthread_t t[8];
	FAILS(futex(&word, WAIT, 1, NULL, NULL, 0), EAGAIN);
	EQ(futex(&word, WAKE, 100, NULL, NULL, 0), 0);
	struct timespec short_time = {0, 3000000}, zero = {0, 0}, bad = {0, 1000000000};
	FAILS(futex(&word, WAIT, 0, &short_time, NULL, 0), ETIMEDOUT);
	FAILS(futex(&word, WAIT | PRIVATE, 0, &zero, NULL, 0), ETIMEDOUT);
	FAILS(futex(&word, WAIT, 0, &bad, NULL, 0), EINVAL);
	FAILS(futex((uint32_t *)((char *)&word + 1), WAIT, 0, NULL, NULL, 0), EINVAL);
	FAILS(futex((uint32_t *)16, WAIT, 0, NULL, NULL, 0), EFAULT);
	FAILS(futex(&word, WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	FAILS(futex(&word, 77, 0, NULL, NULL, 0), ENOSYS);
	struct timespec until = after_ms(CLOCK_MONOTONIC, 5), now;
	FAILS(futex(&word, WAIT_BITSET | PRIVATE, 0, &until, NULL, ~0u), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && not_before(now, until));
	until = after_ms(CLOCK_REALTIME, 5);
	FAILS(futex(&word, WAIT_BITSET | REALTIME, 0, &until, NULL, ~0u), ETIMEDOUT);
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && not_before(now, until));
	ok("timeouts and errors");

	struct wait plain = {0, WAIT | PRIVATE};
	for (int i = 0; i < 8; i++)
		ZERO(pthread_create(&t[i], NULL, waiter, &plain));
	wake_n(&word, WAKE | PRIVATE, 0, 3);
	wake_n(&word, WAKE | PRIVATE, 0, 5);
	join(t, 8);
	EQ(woken, 8);
	ok("wait and wake");

	struct wait one = {1, WAIT_BITSET | PRIVATE}, two = {2, WAIT_BITSET | PRIVATE};
	woken = 0;
	ZERO(pthread_create(&t[0], NULL, waiter, &one));
	ZERO(pthread_create(&t[1], NULL, waiter, &two));
	EQ(futex(&word, WAKE_BITSET | PRIVATE, 100, NULL, NULL, 4), 0);
	wake_n(&word, WAKE_BITSET | PRIVATE, 2, 1);
	join(t + 1, 1);
	EQ(woken, 1);
	wake_n(&word, WAKE_BITSET | PRIVATE, 3, 1);
	join(t, 1);
	ok("bitsets");

	// Requeue: every waiter is on word or on other; all of them are woken in the end, and counted once.
	woken = 0;
	for (int i = 0; i < 6; i++)
		ZERO(pthread_create(&t[i], NULL, waiter, &plain));
	FAILS(futex(&word, CMP_REQUEUE | PRIVATE, 1, (void *)10ul, &other, 5), EAGAIN);
	long moved = 0;
	while (moved < 6) {
		long r = futex(&word, CMP_REQUEUE | PRIVATE, 0, (void *)100ul, &other, 0);
		CHECK(r >= 0);
		moved += r;
		sched_yield();
	}
	EQ(moved, 6);
	EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), 0);
	EQ(woken, 0);
	EQ(futex(&other, REQUEUE | PRIVATE, 1, (void *)2ul, &word, 0), 3);
	EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), 2);
	EQ(futex(&other, WAKE | PRIVATE, 100, NULL, NULL, 0), 3);
	join(t, 6);
	EQ(woken, 6);
	ok("requeue");

	// WAKE_OP: other = other + 5, and wake other's waiters when it was 0.
	woken = 0;
	other = 0;
	ZERO(pthread_create(&t[0], NULL, waiter, &plain));
	for (;;) {
		uint32_t op = 1u << 28 | 0u << 24 | 5u << 12 | 0u; // add 5, old == 0
		long r = futex(&word, WAKE_OP | PRIVATE, 1, (void *)1ul, &other, op);
		CHECK(r == 0 || r == 1);
		CHECK(other % 5 == 0 && other > 0);
		if (r == 1)
			break;
		sched_yield();
	}
	join(t, 1);
	EQ(woken, 1);
	other = 7;
	EQ(futex(&word, WAKE_OP | PRIVATE, 1, (void *)1ul, &other, 4u << 28 | 4u << 24 | 2u << 12 | 3u), 0); // xor 2, old > 3
	EQ(other, 5);
	ok("wake_op");

	// A shared futex is the same one through two mappings, and in a child.
	int fd = memfd_create("futex", 0);
	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
	uint32_t *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint32_t *b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		while (__atomic_load_n(a, __ATOMIC_SEQ_CST) == 0)
			futex(a, WAIT, 0, NULL, NULL, 0);
		_exit(5);
	}
	sleep_ms(5);
	__atomic_store_n(b, 1, __ATOMIC_SEQ_CST);
	CHECK(futex(b, WAKE, 1, NULL, NULL, 0) >= 0);
	int st;
	CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 5);
	ok("shared between mappings and processes");
	return 0;
}
