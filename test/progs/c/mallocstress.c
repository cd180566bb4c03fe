// malloc, realloc, calloc and free in several threads at once, every block's content checked.
#include "check.h"
#include <malloc.h>

enum { SLOTS = 400, ROUNDS = 20000 };

static uint32_t next(uint32_t *s)
{
	return *s = *s * 1664525u + 1013904223u;
}

static void *work(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	struct { unsigned char *p; size_t n; unsigned char v; } slot[SLOTS];
	memset(slot, 0, sizeof slot);
	uint64_t sum = 0;
	for (int i = 0; i < ROUNDS; i++) {
		int k = (next(&seed) >> 8) % SLOTS;
		size_t n = (next(&seed) >> 8) % (i % 500 == 0 ? 400000 : 3000) + 1;
		unsigned char v = next(&seed) >> 24;
		if (slot[k].p) {
			CHECK(slot[k].p[0] == slot[k].v && slot[k].p[slot[k].n - 1] == slot[k].v && slot[k].p[slot[k].n / 2] == slot[k].v);
			sum += slot[k].n;
		}
		if (slot[k].p && (v & 1)) {
			unsigned char *r = realloc(slot[k].p, n);
			CHECK(r && r[0] == slot[k].v && r[(n < slot[k].n ? n : slot[k].n) - 1] == slot[k].v);
			slot[k].p = r;
		} else {
			free(slot[k].p);
			if (v & 2) {
				slot[k].p = calloc(1, n);
				CHECK(slot[k].p);
				for (size_t j = 0; j < n; j++)
					CHECK(slot[k].p[j] == 0);
			} else {
				CHECK((slot[k].p = malloc(n)));
			}
		}
		slot[k].n = n;
		slot[k].v = v;
		memset(slot[k].p, v, n);
	}
	for (int k = 0; k < SLOTS; k++)
		free(slot[k].p);
	return (void *)(uintptr_t)sum;
}

int main(void)
{
	pthread_t t[4];
	for (uintptr_t i = 0; i < 4; i++)
		ZERO(pthread_create(&t[i], NULL, work, (void *)(i + 1)));
	for (int i = 0; i < 4; i++) {
		void *r;
		ZERO(pthread_join(t[i], &r));
		printf("thread %d sum %llu\n", i, (unsigned long long)(uintptr_t)r);
	}
	for (size_t align = 16; align <= 1 << 21; align *= 2) {
		void *p;
		ZERO(posix_memalign(&p, align, 100));
		CHECK(((uintptr_t)p & (align - 1)) == 0);
		free(p);
	}
	char *big = malloc(64 << 20);
	CHECK(big);
	for (size_t i = 0; i < 64u << 20; i += 4096)
		big[i] = 1;
	free(big);
	CHECK(malloc(1ul << 62) == NULL && errno == ENOMEM);
	ok("malloc stress");
	return 0;
}
