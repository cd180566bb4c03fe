// Processes: fork, vfork, posix_spawn, system, popen, wait statuses, SIGCHLD, pipes between parent and child.
#include "check.h"
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>

extern char **environ;
static volatile sig_atomic_t children;

static void on_child(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	if (si->si_code == CLD_EXITED && si->si_status == 9)
		children++;
}

static int status_of(pid_t pid)
{
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	return st;
}

static int global = 1;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static char order[8];
static int ordered;
static void prepare(void) { order[ordered++] = 'p'; }
static void parent(void) { order[ordered++] = 'P'; }
static void child(void) { order[ordered++] = 'C'; }

static volatile int stop;

static void *busy(void *arg)
{
	(void)arg;
	while (!stop) {
		ZERO(pthread_mutex_lock(&mu));
		ZERO(pthread_mutex_unlock(&mu));
		sched_yield();
	}
	return NULL;
}

static void *thread_in_child(void *arg)
{
	return (void *)((uintptr_t)arg + 1);
}

int main(void)
{
	int p[2], q[2];
	pid_t me = getpid();
	CHECK(pipe(p) == 0 && pipe(q) == 0);
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(getppid() == me && getpid() != me);
		global = 2;
		char b[10];
		EQ(read(p[0], b, 5), 5);
		for (int i = 0; i < 5; i++)
			b[i]++;
		EQ(write(q[1], b, 5), 5);
		_exit(42);
	}
	EQ(write(p[1], "HAL--", 5), 5);
	char b[10];
	EQ(read(q[0], b, 5), 5);
	CHECK(memcmp(b, "IBM..", 5) == 0);
	int st = status_of(pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 42 && global == 1);
	ok("fork, pipes, wait");

	pid = fork();
	if (pid == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	st = status_of(pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	EQ(waitpid(pid, &st, WNOHANG), 0);
	CHECK(kill(pid, SIGKILL) == 0);
	st = status_of(pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		_exit(6);
	}
	EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK(kill(pid, SIGCONT) == 0);
	st = status_of(pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 6);
	FAILS(waitpid(-1, &st, 0), ECHILD);
	struct rusage ru;
	pid = fork();
	if (pid == 0)
		_exit(1);
	EQ(wait4(pid, &st, 0, &ru), pid);
	siginfo_t wi;
	pid = fork();
	if (pid == 0)
		_exit(11);
	CHECK(waitid(P_PID, pid, &wi, WEXITED) == 0);
	CHECK(wi.si_pid == pid && wi.si_code == CLD_EXITED && wi.si_status == 11 && wi.si_signo == SIGCHLD);
	ok("wait statuses");

	struct sigaction sa = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	for (int i = 1; i <= 5; i++) {
		pid = fork();
		if (pid == 0)
			_exit(9);
		status_of(pid);
		while (children < i)
			sched_yield();
	}
	CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	ok("SIGCHLD");

	// An ignored SIGCHLD leaves no child to wait for.
	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	pid = fork();
	if (pid == 0)
		_exit(0);
	FAILS(waitpid(pid, &st, 0), ECHILD);
	CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	ok("SIGCHLD ignored");

	char *argv[] = {"sh", "-c", "echo from sh: $0 $1; exit 12", "zero", "one", NULL};
	pid = fork();
	if (pid == 0) {
		execv("/bin/sh", argv);
		_exit(1);
	}
	st = status_of(pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 12);
	ok("fork and exec");

	pid = vfork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	EQ(status_of(pid), 0);
	volatile int shared = 0;
	pid = vfork();
	if (pid == 0) {
		shared = 5; // vfork shares memory on Linux; a plain copy is allowed by POSIX, so it is not checked
		(void)shared;
		_exit(33);
	}
	st = status_of(pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 33);
	ok("vfork");

	posix_spawn_file_actions_t fa;
	ZERO(posix_spawn_file_actions_init(&fa));
	ZERO(posix_spawn_file_actions_addopen(&fa, 1, "spawned", O_CREAT | O_WRONLY | O_TRUNC, 0644));
	char *echo[] = {"echo", "spawn", "output", NULL};
	ZERO(posix_spawn(&pid, "/bin/echo", &fa, NULL, echo, environ));
	EQ(status_of(pid), 0);
	ZERO(posix_spawnp(&pid, "true", NULL, NULL, echo, environ));
	EQ(status_of(pid), 0);
	EQ(posix_spawn(&pid, "/does/not/exist", NULL, NULL, echo, environ), ENOENT);
	FAILS(waitpid(-1, &st, 0), ECHILD);
	ok("posix_spawn");

	st = system("echo in system; exit 7");
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	st = system("kill -9 $$");
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == 9);
	FILE *f = popen("cat spawned; echo and more", "r");
	CHECK(f);
	char line[100];
	int lines = 0;
	while (fgets(line, sizeof line, f)) {
		printf("popen: %s", line);
		lines++;
	}
	EQ(lines, 2);
	EQ(pclose(f), 0);
	f = popen("cat >popened; exit 3", "w");
	CHECK(f && fprintf(f, "written to the pipe\n") > 0);
	st = pclose(f);
	CHECK(WEXITSTATUS(st) == 3);
	fflush(stdout);
	ok("system and popen");

	ZERO(pthread_atfork(prepare, parent, child));
	pthread_t t[3];
	for (int i = 0; i < 3; i++)
		ZERO(pthread_create(&t[i], NULL, busy, NULL));
	for (int i = 0; i < 10; i++) {
		ordered = 0;
		memset(order, 0, sizeof order);
		ZERO(pthread_mutex_lock(&mu));
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			CHECK(strcmp(order, "pC") == 0);
			ZERO(pthread_mutex_unlock(&mu));
			ZERO(pthread_mutex_lock(&mu));
			CHECK(run_thread(thread_in_child, (void *)5) == (void *)6);
			char *m = malloc(100000);
			memset(m, 1, 100000);
			free(m);
			_exit(21);
		}
		ZERO(pthread_mutex_unlock(&mu));
		CHECK(strcmp(order, "pP") == 0);
		st = status_of(pid);
		CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 21);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		ZERO(pthread_join(t[i], NULL));
	ok("fork with threads, threads in the child");

	pid_t kids[20];
	for (int i = 0; i < 20; i++) {
		kids[i] = fork();
		CHECK(kids[i] >= 0);
		if (kids[i] == 0)
			_exit(i);
	}
	int sum = 0;
	for (int i = 0; i < 20; i++) {
		CHECK(wait(&st) > 0 && WIFEXITED(st));
		sum += WEXITSTATUS(st);
	}
	EQ(sum, 190);
	// A grandchild, and a new session.
	pid = fork();
	if (pid == 0) {
		CHECK(setsid() == getpid() && getpgrp() == getpid());
		pid_t g = fork();
		if (g == 0)
			_exit(13);
		_exit(WEXITSTATUS(status_of(g)) + 1);
	}
	st = status_of(pid);
	EQ(WEXITSTATUS(st), 14);
	ok("many children and a grandchild");
	return 0;
}
