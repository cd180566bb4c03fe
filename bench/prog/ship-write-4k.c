/* SPDX-License-Identifier: Apache-2.0
 *
 * ship-write-4k: pwrite of 4096 bytes over the first page of a file in the
 * page cache. */
#define _GNU_SOURCE
#include "bench.h"

static int file;
static char path[4096];
static char buffer[4096] __attribute__((aligned(4096)));

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		ssize_t n = pwrite(file, buffer, sizeof buffer, 0);
		if (n != (ssize_t)sizeof buffer)
			bench_die("pwrite of 4096 bytes", n < 0 ? errno : EIO);
	}
	return iters;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	int n = snprintf(path, sizeof path, "%s/skerry-bench-XXXXXX", dir && *dir ? dir : "/tmp");
	if (n < 0 || (size_t)n >= sizeof path)
		bench_die("TMPDIR is too long", 0);
	file = mkstemp(path);
	if (file < 0)
		bench_die(path, errno);
	if (unlink(path))
		bench_die(path, errno);
	memset(buffer, 0x5a, sizeof buffer);
	int status = bench_main(argc, argv, "ship-write-4k", run);
	return status;
}
