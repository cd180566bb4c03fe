/* SPDX-License-Identifier: Apache-2.0
 *
 * memcpy: a control. Copies a 1 MiB buffer; no system call. Both buffers lie
 * in one aligned run that asks for huge pages, so that the result does not
 * hang on which physical pages a run happens to get. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/mman.h>

enum { SIZE = 1 << 20, HUGE = 2 << 20 };

static char *from, *to;

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		from[i % SIZE]++;
		memcpy(to, from, SIZE);
		bench_use((uint64_t)(uintptr_t)to);
	}
	if (memcmp(to, from, 4096))
		bench_die("memcpy left other bytes than it copied", 0);
	return iters;
}

int main(int argc, char **argv)
{
	char *p = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		bench_die("mmap of 4 MiB", errno);
	from = (char *)(((uintptr_t)p + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	to = from + SIZE;
	(void)madvise(from, HUGE, MADV_HUGEPAGE); /* advice: fine without */
	memset(from, 1, SIZE);
	memset(to, 2, SIZE);
	return bench_main(argc, argv, "memcpy", run);
}
