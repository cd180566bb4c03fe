// Forks from a program whose threads are all busy in the kernel: each child must find every lock free and every table
// whole. Arguments: the number of forks for each forking thread (20).
#include "check.h"
#include <sched.h>

#define FORKERS 3

static volatile int over;
static int rounds = 20;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t caught;
static char *self;

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void *maps(void *arg)
{
	while (!over) {
		size_t n = 4096u << rand() % 8;
		char *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(m != MAP_FAILED);
		m[n - 1] = 1;
		CHECK(mprotect(m, n, PROT_READ) == 0 && munmap(m, n) == 0);
	}
	return arg;
}

static void *signals(void *arg)
{
	while (!over) {
		CHECK(kill(getpid(), SIGUSR1) == 0 && pthread_kill(pthread_self(), SIGUSR2) == 0);
		CHECK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}) == 0);
	}
	return arg;
}

static void *locks(void *arg)
{
	while (!over) {
		ZERO(pthread_mutex_lock(&mu));
		sched_yield();
		ZERO(pthread_mutex_unlock(&mu));
		struct timespec t = {0, 1000};
		nanosleep(&t, NULL);
	}
	return arg;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *files(void *arg)
{
	char b[64];
	int fd = open("/dev/zero", O_RDONLY);
	CHECK(fd >= 0);
	while (!over) {
		EQ(read(fd, b, sizeof b), sizeof b);
		CHECK(run_thread(nothing, b) == b);
	}
	return arg;
}

static volatile int met;

static void *meet(void *arg)
{
	__atomic_add_fetch(&met, 1, __ATOMIC_SEQ_CST);
	while (met < 3)
		sched_yield();
	return arg;
}

// A child's life: memory, signals, files, threads; then it ends or executes a program.
static void child(int i)
{
	alarm(60); // what hangs shows as a death by SIGALRM
	char *m = malloc(50000);
	CHECK(m);
	memset(m, i, 50000);
	free(m);
	int before = caught;
	CHECK(raise(SIGUSR1) == 0 && kill(getpid(), SIGUSR2) == 0);
	CHECK(caught >= before + 2);
	int fd = open("/dev/null", O_WRONLY);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	if (i % 3 == 0) {
		pthread_t t[3];
		for (int k = 0; k < 3; k++)
			ZERO(pthread_create(&t[k], NULL, meet, NULL));
		for (int k = 0; k < 3; k++)
			ZERO(pthread_join(t[k], NULL));
	}
	if (i % 4 == 1) {
		char *argv[] = {"forkstorm", "child", NULL};
		execv(self, argv);
		_exit(90);
	}
	if (i % 4 == 2) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			_exit(8);
		int st;
		EQ(waitpid(pid, &st, 0), pid);
		EQ(WEXITSTATUS(st), 8);
	}
	_exit(7);
}

static void *forks(void *arg)
{
	for (int i = 0; i < rounds; i++) {
		int st;
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			child(i + (int)(long)arg);
		while (waitpid(pid, &st, 0) != pid)
			EQ(errno, EINTR);
		EQ(WIFSIGNALED(st) ? WTERMSIG(st) : 0, 0);
		EQ(WEXITSTATUS(st), 7);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "child") == 0)
		return 7;
	if (argc == 2)
		rounds = atoi(argv[1]);
	static char path[4096];
	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
	self = path;
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGUSR2, &sa, NULL) == 0);
	CHECK(sigaction(SIGRTMIN + 1, &sa, NULL) == 0);
	pthread_t busy[4], f[FORKERS];
	void *(*work[])(void *) = {maps, signals, locks, files};
	for (int i = 0; i < 4; i++)
		ZERO(pthread_create(&busy[i], NULL, work[i], NULL));
	for (long i = 0; i < FORKERS; i++)
		ZERO(pthread_create(&f[i], NULL, forks, (void *)i));
	for (int i = 0; i < FORKERS; i++)
		ZERO(pthread_join(f[i], NULL));
	over = 1;
	for (int i = 0; i < 4; i++)
		ZERO(pthread_join(busy[i], NULL));
	CHECK(caught > 0);
	ok("forks from a busy program");
	return 0;
}
