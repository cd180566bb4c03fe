/* SPDX-License-Identifier: Apache-2.0
 *
 * futex-wake: FUTEX_WAKE on a word that nobody waits for: the call that an
 * unlock makes for nothing. */
#define _GNU_SOURCE
#include "bench.h"
#include <linux/futex.h>
#include <sys/syscall.h>

static int word;

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		long n = syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		if (n)
			bench_die("FUTEX_WAKE woke somebody", n < 0 ? errno : 0);
	}
	return iters;
}

int main(int argc, char **argv)
{
	int status = bench_main(argc, argv, "futex-wake", run);
	return status;
}
