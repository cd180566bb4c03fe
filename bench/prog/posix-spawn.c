/* SPDX-License-Identifier: Apache-2.0
 *
 * posix-spawn: posix_spawn of this same program with an argument that makes
 * it end at once, and waitpid. */
#define _GNU_SOURCE
#include "bench.h"
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static uint64_t run(uint64_t iters)
{
	char *args[] = {"posix-spawn", "--child", NULL};
	for (uint64_t i = 0; i < iters; i++) {
		pid_t child;
		int status, err = posix_spawn(&child, "/proc/self/exe", NULL, NULL, args, environ);
		if (err)
			bench_die("posix_spawn", err);
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
			bench_die("waitpid gave another status than the child's", errno);
	}
	return iters;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--child"))
		return 7;
	return bench_main(argc, argv, "posix-spawn", run);
}
