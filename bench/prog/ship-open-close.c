/* SPDX-License-Identifier: Apache-2.0
 *
 * ship-open-close: open and close of a file that exists: two calls. */
#define _GNU_SOURCE
#include "bench.h"
#include <fcntl.h>

static int file;
static char path[4096];

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || close(fd))
			bench_die(path, errno);
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
	close(file);
	int status = bench_main(argc, argv, "ship-open-close", run);
	unlink(path);
	return status;
}
