/* SPDX-License-Identifier: Apache-2.0
 *
 * pipe-processes: a byte to a forked child through a pipe, and a byte back
 * through a second one. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/wait.h>

static int there[2], back[2];

static void take(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);
	if (n != 1)
		bench_die("read of a pipe", n < 0 ? errno : EPIPE);
}

static void give(int fd)
{
	if (write(fd, "x", 1) != 1)
		bench_die("write to a pipe", errno);
}

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		give(there[1]);
		take(back[0]);
	}
	return iters;
}

static void echo(void)
{
	char c;
	while (read(there[0], &c, 1) == 1)
		give(back[1]);
}

int main(int argc, char **argv)
{
	if (pipe(there) || pipe(back))
		bench_die("pipe", errno);
	pid_t child = fork();
	if (child < 0)
		bench_die("fork", errno);
	if (!child) {
		close(there[1]);
		echo();
		_exit(0);
	}
	close(there[0]);
	int status = bench_main(argc, argv, "pipe-processes", run);
	close(there[1]);
	if (waitpid(child, NULL, 0) != child)
		bench_die("waitpid", errno);
	return status;
}
