/* SPDX-License-Identifier: Apache-2.0
 *
 * pipe-threads: a byte to another thread through a pipe, and a byte back
 * through a second one. */
#define _GNU_SOURCE
#include "bench.h"

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

static void *peer(void *arg)
{
	echo();
	return arg;
}

int main(int argc, char **argv)
{
	if (pipe(there) || pipe(back))
		bench_die("pipe", errno);
	pthread_t t = bench_spawn(peer);
	int status = bench_main(argc, argv, "pipe-threads", run);
	close(there[1]);
	bench_join(t);
	return status;
}
