/* SPDX-License-Identifier: Apache-2.0
 *
 * epoll-socketpair: a byte to another thread over a socket pair and back,
 * where both wait in epoll_wait before they read: what an event loop does. */
#define _GNU_SOURCE
#include "bench.h"
#include <sys/epoll.h>
#include <sys/socket.h>

static int ends[2];

static int watch(int fd)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = {.events = EPOLLIN};
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
		bench_die("epoll", errno);
	return ep;
}

/* Waits for a byte and takes it; 0 at the end. */
static int take(int ep, int fd)
{
	struct epoll_event e;
	char c;
	int n;
	while ((n = epoll_wait(ep, &e, 1, -1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		bench_die("epoll_wait", errno);
	ssize_t got = read(fd, &c, 1);
	if (got < 0)
		bench_die("read of a socket", errno);
	return got == 1;
}

static void give(int fd)
{
	if (write(fd, "x", 1) != 1)
		bench_die("write to a socket", errno);
}

static int mine;

static uint64_t run(uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		give(ends[0]);
		if (!take(mine, ends[0]))
			bench_die("the other end is gone", 0);
	}
	return iters;
}

static void *peer(void *arg)
{
	int ep = watch(ends[1]);
	while (take(ep, ends[1]))
		give(ends[1]);
	return arg;
}

int main(int argc, char **argv)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		bench_die("socketpair", errno);
	mine = watch(ends[0]);
	pthread_t t = bench_spawn(peer);
	int status = bench_main(argc, argv, "epoll-socketpair", run);
	shutdown(ends[0], SHUT_WR);
	bench_join(t);
	return status;
}
