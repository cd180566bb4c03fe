/* Threads that keep sums in the upper halves of vector registers while they are interrupted, make system
 * calls and change places: each must find its own. */
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

static void *work(void *p)
{
	long id = (long)p;
	__m256i sum = _mm256_set1_epi64x(id), one = _mm256_set1_epi64x(id + 1);
	for (long i = 0; i < 3000000; i++) {
		sum = _mm256_add_epi64(sum, one);
		__asm__ volatile("" : "+x"(sum), "+x"(one));
		if (i % 1000 == 0)
			sched_yield();
	}
	long v[4];
	_mm256_storeu_si256((__m256i *)v, sum);
	for (int i = 0; i < 4; i++)
		if (v[i] != id + 3000000 * (id + 1))
			return "wrong";
	return "right";
}

int main(void)
{
	pthread_t t[5];
	for (long i = 0; i < 5; i++)
		pthread_create(&t[i], 0, work, (void *)i);
	for (int i = 0; i < 5; i++) {
		void *r;
		pthread_join(t[i], &r);
		puts(r);
	}
	return 0;
}
