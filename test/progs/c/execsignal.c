// Signals that come while a process is being made or executes a program: none is lost, none comes twice.
// An argument is the number of rounds; "child ..." is the program that the rounds execute.
#include "check.h"
#include <sched.h>

static char *self;

static void exits(pid_t pid, int status)
{
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	EQ(WIFSIGNALED(st) ? WTERMSIG(st) : 0, 0);
	EQ(WEXITSTATUS(st), status);
}

static void dies(pid_t pid)
{
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	EQ(WIFSIGNALED(st) ? WTERMSIG(st) : 0, SIGTERM);
}

// Computes for a time that differs from round to round, in the range of a fork and an execve.
static void delay(int i)
{
	for (volatile int k = (int)((unsigned)i * 2654435761u >> 10) % 2000000; k > 0; k--) {
	}
}

static void execute(const char *what)
{
	char *argv[] = {"execsignal", "child", (char *)what, NULL};
	execv(self, argv);
	_exit(97);
}

static int child(const char *what)
{
	if (strcmp(what, "die") == 0)
		for (;;)
			pause();
	if (strcmp(what, "wait") == 0) {
		// SIGUSR1 and SIGRTMIN are blocked: one of each, with their values, and no other.
		sigset_t s;
		siginfo_t si;
		int seen[2] = {0, 0};
		CHECK(sigemptyset(&s) == 0 && sigaddset(&s, SIGUSR1) == 0 && sigaddset(&s, SIGRTMIN) == 0);
		for (int i = 0; i < 2; i++) {
			struct timespec t = {60, 0};
			int sig = sigtimedwait(&s, &si, &t);
			CHECK(sig == SIGUSR1 || sig == SIGRTMIN);
			EQ(si.si_pid, getppid());
			EQ(si.si_code, SI_QUEUE);
			EQ(si.si_value.sival_int, sig == SIGUSR1 ? 11 : 22);
			seen[sig == SIGRTMIN]++;
		}
		CHECK(seen[0] == 1 && seen[1] == 1);
		struct timespec none = {0, 0};
		FAILS(sigtimedwait(&s, &si, &none), EAGAIN);
		return 5;
	}
	return 96;
}

static void *in_thread(void *arg)
{
	execute(arg);
	return NULL;
}

static void *yields(void *arg)
{
	for (;;)
		sched_yield();
	return arg;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return child(argv[2]);
	int rounds = argc == 2 ? atoi(argv[1]) : 15;
	static char path[4096];
	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
	self = path;
	pid_t pid;
	for (int i = 0; i < rounds; i++) {
		CHECK((pid = fork()) >= 0);
		if (pid == 0)
			execute("die");
		delay(i);
		CHECK(kill(pid, SIGTERM) == 0);
		dies(pid);
	}
	ok("a fatal signal at any moment");

	sigset_t s, old;
	CHECK(sigemptyset(&s) == 0 && sigaddset(&s, SIGUSR1) == 0 && sigaddset(&s, SIGRTMIN) == 0);
	CHECK(sigprocmask(SIG_BLOCK, &s, &old) == 0);
	for (int i = 0; i < rounds; i++) {
		CHECK((pid = fork()) >= 0);
		if (pid == 0)
			execute("wait");
		delay(i);
		CHECK(sigqueue(pid, SIGUSR1, (union sigval){.sival_int = 11}) == 0);
		delay(i + 1000);
		CHECK(sigqueue(pid, SIGRTMIN, (union sigval){.sival_int = 22}) == 0);
		exits(pid, 5);
	}
	ok("blocked signals over an execve");

	for (int i = 0; i < rounds; i++) {
		CHECK((pid = fork()) >= 0);
		if (pid == 0) {
			// Another thread than the first executes, others run.
			pthread_t t;
			for (int k = 0; k < 2; k++)
				ZERO(pthread_create(&t, NULL, yields, NULL));
			ZERO(pthread_create(&t, NULL, in_thread, i % 2 ? "die" : "wait"));
			for (;;)
				pause();
		}
		delay(i);
		if (i % 2 == 0) {
			CHECK(sigqueue(pid, SIGUSR1, (union sigval){.sival_int = 11}) == 0);
			CHECK(sigqueue(pid, SIGRTMIN, (union sigval){.sival_int = 22}) == 0);
			exits(pid, 5);
		} else {
			CHECK(kill(pid, SIGTERM) == 0);
			dies(pid);
		}
	}
	ok("execve by a thread");

	for (int i = 0; i < rounds; i++) {
		pid = vfork();
		CHECK(pid >= 0);
		if (pid == 0) {
			// What a child of vfork sends itself is its own, and not its parent's.
			kill(getpid(), SIGUSR1);
			execlp("sh", "sh", "-c", "exit 4", (char *)NULL);
			_exit(95);
		}
		exits(pid, 4);
		CHECK(sigpending(&s) == 0 && !sigismember(&s, SIGUSR1));
	}
	ok("signals of a child of vfork");
	// What failed has changed nothing.
	CHECK(raise(SIGUSR1) == 0);
	char *none[] = {"none", NULL};
	FAILS(execv("/dev/null", none), EACCES);
	FAILS(execv("/does/not/exist", none), ENOENT);
	CHECK(sigpending(&s) == 0 && sigismember(&s, SIGUSR1));
	siginfo_t si;
	struct timespec now = {0, 0};
	EQ(sigtimedwait(&s, &si, &now), SIGUSR1);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	ok("an execve that fails");
	return 0;
}
