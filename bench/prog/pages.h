/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for measurements, by page size: --pages default (what the system
 * gives without being asked), small (4 KiB) or huge (asks for huge pages, and
 * gets them where the system has some). */
#ifndef SKERRY_BENCH_PAGES_H
#define SKERRY_BENCH_PAGES_H

#include "bench.h"
#include <sys/mman.h>

static inline int bench_pages(int *argc, char **argv)
{
	const char *pages = bench_option(argc, argv, "--pages", "default");
	if (!strcmp(pages, "default"))
		return 0;
	if (!strcmp(pages, "small"))
		return MADV_NOHUGEPAGE;
	if (!strcmp(pages, "huge"))
		return MADV_HUGEPAGE;
	fprintf(stderr, "--pages needs default, small or huge\n");
	exit(2);
}

/* A fresh mapping; size is a multiple of 2 MiB, and the start is, too, if
 * advice was given. */
static inline char *bench_map(size_t size, int advice)
{
	const size_t huge = 2u << 20;
	char *p = mmap(NULL, size + (advice ? huge : 0), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		bench_die("mmap", errno);
	if (advice) {
		char *start = (char *)(((uintptr_t)p + huge - 1) & ~(uintptr_t)(huge - 1));
		if (start > p && munmap(p, (size_t)(start - p)))
			bench_die("munmap", errno);
		if (munmap(start + size, (size_t)(p + huge - start)) && start < p + huge)
			bench_die("munmap", errno);
		p = start;
		(void)madvise(p, size, advice); /* advice: fine without */
	}
	return p;
}

#endif
