/* SPDX-License-Identifier: Apache-2.0
 *
 * fork-wait: fork, the child ends at once, the parent waits for it. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/wait.h>

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		pid_t child = fork();
		if (child < 0)
			bench_die("fork", errno);
		if (!child)
			_exit(7);
		int status;
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
			bench_die("waitpid gave another status than the child's", errno);
	}
	return iters;
}

int main(int argc, char **argv)
{
	int status = bench_main(argc, argv, "fork-wait", run);
	return status;
}
