// OpenMP: reductions, critical sections, barriers, tasks, single, ordered, locks; results do not depend on threads.
#include "check.h"
#include <omp.h>

static long fib(int n)
{
	long a, b;
	if (n < 2)
		return n;
#pragma omp task shared(a) if (n > 12)
	a = fib(n - 1);
#pragma omp task shared(b) if (n > 12)
	b = fib(n - 2);
#pragma omp taskwait
	return a + b;
}

int main(void)
{
	enum { N = 200000 };
	static double v[N];
	long sum = 0, crit = 0, at = 0;
	for (int round = 0; round < 20; round++) {
		sum = 0;
#pragma omp parallel for reduction(+ : sum)
		for (int i = 0; i < N; i++)
			sum += i;
		EQ(sum, (long)N * (N - 1) / 2);
	}
	ok("reduction");

#pragma omp parallel for schedule(dynamic, 100)
	for (int i = 0; i < N; i++)
		v[i] = i * 0.5;
#pragma omp parallel for schedule(guided)
	for (int i = 0; i < N; i++)
		v[i] += 1;
	for (int i = 0; i < N; i++)
		CHECK(v[i] == i * 0.5 + 1);
	ok("schedules");

	int threads = 0;
#pragma omp parallel
	{
#pragma omp single
		threads = omp_get_num_threads();
		for (int i = 0; i < 500; i++) {
#pragma omp critical
			crit++;
#pragma omp atomic
			at++;
		}
	}
	EQ(threads, omp_get_max_threads());
	EQ(crit, 500 * threads);
	EQ(at, 500 * threads);
	printf("threads %d\n", threads);
	ok("critical, atomic, single");

	int phase[64] = {0};
#pragma omp parallel
	for (int p = 0; p < 64; p++) {
#pragma omp atomic
		phase[p]++;
#pragma omp barrier
		CHECK(phase[p] == threads);
#pragma omp barrier
	}
	ok("barrier");

	long f = 0;
#pragma omp parallel
#pragma omp single
	f = fib(20);
	EQ(f, 6765);
	ok("tasks");

	char order[11] = {0};
	int at_order = 0;
#pragma omp parallel for ordered schedule(dynamic)
	for (int i = 0; i < 10; i++) {
#pragma omp ordered
		order[at_order++] = '0' + i;
	}
	CHECK(strcmp(order, "0123456789") == 0);
	ok("ordered");

	omp_lock_t lock;
	omp_init_lock(&lock);
	long locked = 0;
#pragma omp parallel for
	for (int i = 0; i < 2000; i++) {
		omp_set_lock(&lock);
		locked++;
		omp_unset_lock(&lock);
	}
	EQ(locked, 2000);
	ok("lock");
	return 0;
}
