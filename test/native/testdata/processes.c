// Processes: what a child has and what it changes, on both sides of a fork. Prints the same on Linux.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <unistd.h>

extern char **environ;
static char *self;

static void say(const char *s) { write(1, s, strlen(s)); }

static int wait_for(pid_t p) {
	int st;
	while (waitpid(p, &st, 0) < 0)
		if (errno != EINTR) return -errno;
	return WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st);
}

static unsigned sum(const unsigned char *p, size_t n) {
	unsigned s = 0;
	for (size_t i = 0; i < n; i += 509) s = s * 31 + p[i];
	return s;
}

// Both sides write, and see their own.
static void copies(void) {
	size_t n = 12 << 20;
	unsigned char *big = mmap(0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *heap = malloc(100000);
	int here = 5, up[2], down[2];
	for (size_t i = 0; i < n; i++) big[i] = i * 7;
	memset(heap, 9, 100000);
	unsigned before = sum(big, n);
	pipe(up);
	pipe(down);
	pid_t p = fork();
	if (p == 0) {
		char c;
		unsigned seen[3] = {sum(big, n) == before, heap[99999] == 9, here == 5};
		memset(big, 1, n / 2);
		heap[5] = 77;
		here = 6;
		write(up[1], "x", 1);
		read(down[0], &c, 1);
		// The parent has written elsewhere meanwhile.
		seen[0] = seen[0] && big[0] == 1 && big[n - 1] == (unsigned char)((n - 1) * 7) && heap[6] == 9;
		// What Linux writes is this process's, too.
		int fd = open(self, O_RDONLY);
		seen[1] = seen[1] && read(fd, big + n / 2 + 5, 4) == 4 && !memcmp(big + n / 2 + 6, "ELF", 3);
		_exit(seen[0] | seen[1] << 1 | seen[2] << 2);
	}
	char c;
	read(up[0], &c, 1);
	int ok = sum(big, n) == before && heap[5] == 9 && here == 5;
	memset(big + n / 2, 3, n / 2);
	heap[6] = 66;
	int fd = open(self, O_RDONLY);
	ok = ok && read(fd, big + 100, 4) == 4 && !memcmp(big + 101, "ELF", 3);
	close(fd);
	write(down[1], "y", 1);
	int st = wait_for(p);
	ok = ok && big[n - 1] == 3 && big[50] == (unsigned char)(50 * 7);
	printf("copies: parent %d child %d\n", ok, st);
	for (int i = 0; i < 2; i++) close(up[i]), close(down[i]);
	munmap(big, n);
	free(heap);
}

// Vectors: addresses that only Linux looks at.
static void vectors(void) {
	static char a[8192], b[8192];
	int fd[2];
	memset(a, 'a', sizeof a);
	memset(b, 'b', sizeof b);
	pipe(fd);
	pid_t p = fork();
	if (p == 0) {
		write(fd[1], "childchild", 10);
		struct iovec v[2] = {{a + 4000, 6}, {b + 100, 4}};
		int n = readv(fd[0], v, 2);
		_exit(n == 10 && !memcmp(a + 4000, "childc", 6) && !memcmp(b + 100, "hild", 4));
	}
	int st = wait_for(p);
	printf("vectors: child %d parent %d\n", st, a[4000] == 'a' && b[100] == 'b');
	close(fd[0]);
	close(fd[1]);
}

static int waker(int *w) { return syscall(SYS_futex, w, FUTEX_WAKE, 100, 0, 0, 0); }

// Memory that is shared, before and after it was touched, and futexes in it.
static void shared(void) {
	int *a = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *b = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *c = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	a[0] = 1;
	c[0] = 1;
	pid_t p = fork();
	if (p == 0) {
		a[0]++;
		a[1 << 20] = 42;
		c[0]++;
		pid_t q = fork();
		if (q == 0) {
			a[1]++;
			while (__atomic_load_n(&b[0], __ATOMIC_SEQ_CST) == 0)
				syscall(SYS_futex, &b[0], FUTEX_WAIT, 0, 0, 0, 0);
			b[1] = 17;
			_exit(0);
		}
		_exit(wait_for(q));
	}
	usleep(20000);
	__atomic_store_n(&b[0], 1, __ATOMIC_SEQ_CST);
	waker(&b[0]);
	int st = wait_for(p);
	printf("shared: %d %d %d %d %d private %d status %d\n", a[0], a[1], a[1 << 20], b[0], b[1], c[0], st);
	munmap(a, 8 << 20);
	munmap(b, 4096);
}

static void vforks(void) {
	volatile int seen = 1;
	pid_t p = vfork();
	if (p == 0) {
		seen = 2;
		_exit(3);
	}
	int st = wait_for(p);
	printf("vfork: seen %d status %d\n", seen, st);
	fflush(stdout);
	if ((p = vfork()) == 0) {
		execl("/bin/echo", "echo", "from vfork", (char *)0);
		_exit(1);
	}
	printf("vfork, exec: %d\n", wait_for(p));
	fflush(stdout);
	char *args[] = {"sh", "-c", "echo spawned $X; exit 4", 0}, *env[] = {"X=value", "PATH=/bin:/usr/bin", 0};
	int e = posix_spawn(&p, "/bin/sh", 0, 0, args, env);
	printf("posix_spawn: %d status %d\n", e, wait_for(p));
	e = posix_spawn(&p, "/nonexistent", 0, 0, args, env);
	printf("posix_spawn of nothing: %s\n", strerror(e));
	posix_spawn_file_actions_t f;
	int fd[2];
	char b[64];
	pipe(fd);
	posix_spawn_file_actions_init(&f);
	posix_spawn_file_actions_adddup2(&f, fd[1], 1);
	e = posix_spawnp(&p, "echo", &f, 0, (char *[]){"echo", "to the pipe", 0}, environ);
	close(fd[1]);
	int n = read(fd[0], b, sizeof b);
	printf("posix_spawnp: %d %.*s", e, n, b);
	printf("status %d\n", wait_for(p));
	close(fd[0]);
}

static int other(void *arg) {
	*(int *)arg += 1;
	return 23;
}

static void clones(void) {
	static char stack[65536] __attribute__((aligned(16)));
	int v = 1, tid = 0;
	pid_t p = clone(other, stack + sizeof stack, SIGCHLD, &v);
	printf("clone: status %d v %d\n", wait_for(p), v);
	p = clone(other, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &v);
	printf("clone, VM and VFORK: status %d v %d\n", wait_for(p), v);
	p = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &tid, &tid, 0);
	if (p == 0) _exit(tid == getpid());
	printf("clone, tids: parent %d child %d\n", tid == p, wait_for(p));
	int fd = -1;
	p = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (p == 0) _exit(9);
	struct pollfd pf = {fd, POLLIN, 0};
	int n = poll(&pf, 1, 20000);
	printf("clone, pidfd: %d flags %d", n, fcntl(fd, F_GETFD));
	printf(" status %d\n", wait_for(p));
	close(fd);
}

static volatile sig_atomic_t caught, children;
static void on_usr(int s) { caught++; }
static void on_child(int s) { children++; }

static void signals(void) {
	signal(SIGUSR1, on_usr);
	sigset_t m, old;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR2);
	sigprocmask(SIG_BLOCK, &m, &old);
	signal(SIGHUP, SIG_IGN);
	pid_t p = fork();
	if (p == 0) {
		sigset_t now;
		sigprocmask(SIG_BLOCK, 0, &now);
		kill(getpid(), SIGHUP);
		kill(getpid(), SIGUSR2);
		int pending = (sigpending(&m), sigismember(&m, SIGUSR2));
		while (!caught) usleep(1000);
		_exit(sigismember(&now, SIGUSR2) | pending << 1 | (caught == 1) << 2);
	}
	kill(p, SIGUSR1);
	printf("signals: child %d parent %d\n", wait_for(p), (int)caught);
	sigprocmask(SIG_SETMASK, &old, 0);
	signal(SIGHUP, SIG_DFL);
	// A child that computes, one that waits, one that is stopped.
	for (int how = 0; how < 3; how++) {
		if ((p = fork()) == 0) {
			if (how == 0) for (volatile long i = 0;; i++);
			if (how == 2) raise(SIGSTOP);
			for (;;) pause();
		}
		if (how == 2) {
			int st;
			waitpid(p, &st, WUNTRACED);
			printf("stopped by %d\n", WIFSTOPPED(st) ? WSTOPSIG(st) : -1);
		}
		usleep(10000);
		kill(p, how == 1 ? SIGTERM : SIGKILL);
		printf("killed: %d\n", wait_for(p));
	}
	if ((p = fork()) == 0) *(volatile int *)8 = 1;
	printf("fault: %d\n", wait_for(p));
	signal(SIGCHLD, on_child);
	for (int i = 0; i < 3; i++) {
		int n = children;
		if ((p = fork()) == 0) _exit(i);
		int st = wait_for(p);
		while (children == n) usleep(1000);
		printf("SIGCHLD %d status %d\n", (int)children, st);
	}
	signal(SIGCHLD, SIG_IGN);
	if ((p = fork()) == 0) _exit(1);
	printf("ignored: %d\n", wait_for(p) == -ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void descriptors(void) {
	int a = open(self, O_RDONLY), b = open(self, O_RDONLY | O_CLOEXEC);
	char c[4];
	dup2(a, 77);
	pid_t p = fork();
	if (p == 0) {
		int ok = fcntl(a, F_GETFD) == 0 && fcntl(b, F_GETFD) == FD_CLOEXEC && fcntl(77, F_GETFD) == 0 && fcntl(78, F_GETFD) == -1;
		read(a, c, 4);
		close(b);
		umask(027);
		chdir("/");
		_exit(ok);
	}
	int st = wait_for(p);
	printf("descriptors: child %d parent %d offset %ld\n", st, fcntl(b, F_GETFD) == FD_CLOEXEC, (long)lseek(a, 0, SEEK_CUR));
	close(a);
	close(b);
	close(77);
	mode_t m = umask(022);
	umask(m);
	printf("umask %d\n", m != 027);
	p = fork();
	if (p == 0) {
		setsid();
		_exit(getsid(0) == getpid() && getpgrp() == getpid());
	}
	printf("session: child %d\n", wait_for(p));
}

static void *forker(void *arg) {
	pid_t p = fork();
	if (p == 0) _exit(11);
	return (void *)(long)wait_for(p);
}

static int quiet[2];
static void *blocked(void *arg) {
	char *b = arg;
	return (void *)(long)read(quiet[0], b, 4);
}

static void threads(void) {
	pthread_t t[3], r;
	void *v;
	int sum = 0;
	static char buf[8];
	pipe(quiet);
	pthread_create(&r, 0, blocked, buf);
	usleep(10000);
	for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, forker, 0);
	for (int i = 0; i < 3; i++) pthread_join(t[i], &v), sum += (long)v;
	// What another thread was waiting for as we forked comes to the parent's memory.
	pid_t p = fork();
	if (p == 0) {
		write(quiet[1], "late", 4);
		usleep(20000);
		_exit(buf[0]);
	}
	pthread_join(r, &v);
	printf("threads: %d, read %ld %s, child %d\n", sum, (long)v, buf, wait_for(p));
}

static void orphans(void) {
	int fd[2];
	char b[64];
	pipe(fd);
	pid_t p = fork();
	if (p == 0) {
		pid_t me = getpid();
		if (fork() == 0) {
			while (getppid() == me) usleep(1000);
			write(fd[1], "orphan", 6);
			_exit(0);
		}
		_exit(5);
	}
	close(fd[1]);
	printf("parent of an orphan: %d\n", wait_for(p));
	int n = read(fd[0], b, sizeof b);
	printf("%.*s, then %d\n", n, b, (int)read(fd[0], b, 1));
	close(fd[0]);
}

static void many(void) {
	pid_t p[20];
	int st = 0;
	for (int i = 0; i < 20; i++)
		if ((p[i] = fork()) == 0) {
			for (int k = 0; k < 5; k++) sched_yield();
			_exit(i);
		}
	for (int i = 0; i < 20; i++) st += p[i] > 0 ? wait_for(p[i]) : 1000;
	printf("many: %d\n", st);
	// One after another: what they had is used again.
	for (int i = st = 0; i < 40; i++) {
		pid_t q = fork();
		if (q == 0) _exit(1);
		st += q > 0 ? wait_for(q) : 1000;
	}
	printf("one after another: %d\n", st);
}

static void executes(void) {
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) {
		sigset_t m;
		sigemptyset(&m);
		sigaddset(&m, SIGUSR2);
		sigprocmask(SIG_SETMASK, &m, 0);
		signal(SIGINT, SIG_IGN);
		execl(self, self, "again", "two words", "", (char *)0);
		_exit(1);
	}
	printf("executed: %d\n", wait_for(p));
	if ((p = fork()) == 0) {
		execl("/nonexistent", "x", (char *)0);
		_exit(errno == ENOENT ? 30 : 31);
	}
	printf("not executed: %d\n", wait_for(p));
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IOLBF, 1 << 16);
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "again")) {
		sigset_t m;
		struct sigaction a;
		sigprocmask(SIG_BLOCK, 0, &m);
		sigaction(SIGINT, 0, &a);
		printf("again: %d arguments, %s, mask %d, ignored %d\n", argc, argv[2], sigismember(&m, SIGUSR2), a.sa_handler == SIG_IGN);
		pid_t p = fork();
		if (p == 0) _exit(12);
		return wait_for(p);
	}
	struct { const char *name; void (*f)(void); } all[] = {{"copies", copies}, {"vectors", vectors}, {"shared", shared}, {"vforks", vforks},
		{"clones", clones}, {"signals", signals}, {"descriptors", descriptors}, {"threads", threads}, {"orphans", orphans}, {"many", many}, {"executes", executes}};
	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		int asked = argc == 1;
		for (int k = 1; k < argc; k++) asked |= !strcmp(argv[k], all[i].name);
		if (asked) all[i].f();
		fflush(stdout);
	}
	return 0;
}
