/* SPDX-License-Identifier: Apache-2.0
 *
 * mprotect-4k: makes one page read-only and writable again; the cost of one
 * of the two calls is half of it, what is reported is both. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/mman.h>

static char *page;

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		if (mprotect(page, 4096, PROT_READ) || mprotect(page, 4096, PROT_READ | PROT_WRITE))
			bench_die("mprotect", errno);
		page[0]++;
	}
	return iters;
}

int main(int argc, char **argv)
{
	page = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		bench_die("mmap", errno);
	int status = bench_main(argc, argv, "mprotect-4k", run);
	return status;
}
