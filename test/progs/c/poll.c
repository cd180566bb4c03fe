// Waiting for descriptors: poll, select, epoll, eventfd, timerfd, signalfd, socket pairs, pipes between threads.
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static void *write_later(void *arg)
{
	sleep_ms(10);
	EQ(write(*(int *)arg, "x", 1), 1);
	return NULL;
}

enum { TOTAL = 1 << 20 };

static void *pump(void *arg)
{
	char b[7000];
	int fd = *(int *)arg;
	size_t sent = 0;
	while (sent < TOTAL) {
		size_t n = sizeof b < TOTAL - sent ? sizeof b : TOTAL - sent;
		for (size_t i = 0; i < n; i++)
			b[i] = (sent + i) * 31 >> 3;
		ssize_t w = write(fd, b, n);
		CHECK(w > 0);
		sent += w;
	}
	CHECK(close(fd) == 0);
	return NULL;
}

static void drain(int fd)
{
	char b[5000];
	size_t got = 0;
	ssize_t n;
	while ((n = read(fd, b, sizeof b)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			CHECK(b[i] == (char)((got + i) * 31 >> 3));
		got += n;
	}
	EQ(n, 0);
	EQ(got, TOTAL);
}

static void *echo(void *arg)
{
	int fd = *(int *)arg;
	char c;
	ssize_t n;
	while ((n = recv(fd, &c, 1, 0)) == 1) {
		c++;
		EQ(send(fd, &c, 1, 0), 1);
	}
	EQ(n, 0);
	return NULL;
}

int main(void)
{
	int p[2];
	char c;
	pthread_t t;
	CHECK(pipe(p) == 0);
	struct pollfd pf[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
	EQ(poll(pf, 1, 0), 0);
	EQ(poll(pf, 1, 3), 0);
	EQ(poll(pf, 2, -1), 1);
	EQ(pf[1].revents, POLLOUT);
	ZERO(pthread_create(&t, NULL, write_later, &p[1]));
	EQ(poll(pf, 1, -1), 1);
	EQ(pf[0].revents, POLLIN);
	EQ(read(p[0], &c, 1), 1);
	ZERO(pthread_join(t, NULL));
	ok("poll");

	fd_set r;
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	struct timeval tv = {0, 2000};
	EQ(select(p[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(!FD_ISSET(p[0], &r));
	FD_SET(p[0], &r);
	ZERO(pthread_create(&t, NULL, write_later, &p[1]));
	EQ(select(p[0] + 1, &r, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(p[0], &r));
	EQ(read(p[0], &c, 1), 1);
	ZERO(pthread_join(t, NULL));
	ok("select");

	int e = eventfd(0, 0), ep = epoll_create1(EPOLL_CLOEXEC);
	CHECK(e >= 0 && ep >= 0);
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0x1122334455667788}, got[4];
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	ev.data.u64 = 2;
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev) == 0);
	EQ(epoll_wait(ep, got, 4, 2), 0);
	ZERO(pthread_create(&t, NULL, write_later, &p[1]));
	EQ(epoll_wait(ep, got, 4, -1), 1);
	CHECK(got[0].data.u64 == 0x1122334455667788 && got[0].events == EPOLLIN);
	ZERO(pthread_join(t, NULL));
	uint64_t v = 5;
	EQ(write(e, &v, 8), 8);
	EQ(write(e, &v, 8), 8);
	EQ(epoll_wait(ep, got, 4, -1), 2);
	EQ(read(e, &v, 8), 8);
	EQ(v, 10);
	EQ(read(p[0], &c, 1), 1);
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL), ENOENT);
	ok("epoll and eventfd");

	int tf = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK(tf >= 0);
	struct itimerspec it = {{0, 2000000}, {0, 2000000}};
	CHECK(timerfd_settime(tf, 0, &it, NULL) == 0);
	uint64_t expired = 0;
	while (expired < 3) {
		EQ(read(tf, &v, 8), 8);
		CHECK(v >= 1);
		expired += v;
	}
	CHECK(close(tf) == 0);
	ok("timerfd");

	ZERO(pthread_create(&t, NULL, pump, &p[1]));
	drain(p[0]);
	ZERO(pthread_join(t, NULL));
	int sv[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ZERO(pthread_create(&t, NULL, pump, &sv[1]));
	drain(sv[0]);
	ZERO(pthread_join(t, NULL));
	ok("1 MiB through a pipe and a socket pair");

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ZERO(pthread_create(&t, NULL, echo, &sv[1]));
	for (int i = 0; i < 200; i++) {
		c = i;
		EQ(send(sv[0], &c, 1, 0), 1);
		EQ(recv(sv[0], &c, 1, 0), 1);
		EQ(c, (char)(i + 1));
	}
	CHECK(shutdown(sv[0], SHUT_WR) == 0);
	ZERO(pthread_join(t, NULL));
	ok("ping-pong between threads");

	// A descriptor sent in a message.
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == 0 && pipe(p) == 0);
	char ctl[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {"m", 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &p[1], sizeof(int));
	EQ(sendmsg(sv[0], &m, 0), 1);
	iov.iov_base = &c;
	EQ(recvmsg(sv[1], &m, 0), 1);
	int passed;
	memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	EQ(write(passed, "z", 1), 1);
	EQ(read(p[0], &c, 1), 1);
	CHECK(c == 'z');
	ok("SCM_RIGHTS");

	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
	int sf = signalfd(-1, &s, SFD_NONBLOCK);
	CHECK(sf >= 0);
	struct signalfd_siginfo si;
	FAILS(read(sf, &si, sizeof si), EAGAIN);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	EQ(read(sf, &si, sizeof si), sizeof si);
	EQ(si.ssi_signo, SIGUSR1);
	EQ(si.ssi_pid, getpid());
	ok("signalfd");
	return 0;
}
