/* SPDX-License-Identifier: Apache-2.0
 *
 * ship-pread-4k: pread of 4096 bytes at offset 0 of a file whose page is in
 * the page cache: a shipped call that moves data. The file is the program's
 * own, without a name once it is open. */
#define _GNU_SOURCE
#include "bench.h"

enum { SIZE = 4096 };

static int file;
static char buffer[SIZE] __attribute__((aligned(4096)));

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		ssize_t n = pread(file, buffer, SIZE, 0);
		if (n != SIZE)
			bench_die("pread of 4096 bytes", n < 0 ? errno : EIO);
	}
	return iters;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/skerry-bench-XXXXXX", dir && *dir ? dir : "/tmp");
	if (n < 0 || (size_t)n >= sizeof path)
		bench_die("TMPDIR is too long", 0);
	file = mkstemp(path);
	if (file < 0)
		bench_die(path, errno);
	if (unlink(path))
		bench_die(path, errno);
	memset(buffer, 0x5a, SIZE);
	if (pwrite(file, buffer, SIZE, 0) != SIZE)
		bench_die("writing the file to read", errno);
	memset(buffer, 0, SIZE);
	int status = bench_main(argc, argv, "ship-pread-4k", run);
	for (int i = 0; i < SIZE; i++)
		if (buffer[i] != 0x5a)
			bench_die("pread gave other bytes than were written", 0);
	return status;
}
