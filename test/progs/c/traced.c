// A process that asks to be traced: its parent sees each stop, and the program that it executes.
#include "check.h"
#include <sys/ptrace.h>

#ifndef PTRACE_TRACEME // musl has macros, glibc has both
#define PTRACE_TRACEME PT_TRACE_ME
#endif

static volatile int handled;

static void note(int sig) { handled = sig; }

// follow tells what a traced child does until it ends. It passes signals on or keeps them from the child.
static void follow(const char *what, pid_t p, int pass)
{
	int st;
	printf("%s:", what);
	for (;;) {
		CHECK(waitpid(p, &st, 0) == p);
		if (!WIFSTOPPED(st))
			break;
		int sig = WSTOPSIG(st);
		printf(" stop %d", sig);
		if (sig == SIGSTOP || sig == SIGTRAP || !pass)
			sig = 0;
		CHECK(ptrace(PTRACE_CONT, p, NULL, (void *)(long)sig) == 0);
	}
	if (WIFEXITED(st))
		printf(" exit %d\n", WEXITSTATUS(st));
	else
		printf(" killed %d\n", WTERMSIG(st));
	fflush(stdout);
}

static pid_t child(void)
{
	fflush(stdout);
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		handled = 0;
		CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		FAILS(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
	}
	return p;
}

int main(int argc, char **argv)
{
	pid_t p;
	char self[4096] = "";
	if (argc == 2)
		return 7;
	CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	signal(SIGUSR1, note);
	for (int i = 0; i < 12; i++) // calls that are made often are made in another way
		CHECK(kill(getpid(), 0) == 0 && raise(SIGURG) == 0);

	if ((p = child()) == 0) {
		execl(self, argv[0], "again", (char *)NULL);
		_exit(1);
	}
	follow("executes", p, 1);
	if ((p = child()) == 0) {
		raise(SIGSTOP);
		execl(self, argv[0], "again", (char *)NULL);
		_exit(1);
	}
	follow("stops and executes", p, 1);
	if ((p = child()) == 0) {
		execl("/nowhere/at/all", argv[0], (char *)NULL);
		_exit(errno == ENOENT ? 8 : 9);
	}
	follow("cannot execute", p, 1);
	for (int pass = 0; pass < 2; pass++) {
		static const int sigs[] = {SIGUSR1, SIGURG, SIGTERM, SIGSEGV, SIGCHLD, SIGTSTP};
		for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
			if ((p = child()) == 0) {
				kill(getpid(), sigs[i]);
				_exit(20 + handled);
			}
			follow(pass ? "passed on" : "kept away", p, pass);
		}
	}
	if ((p = child()) == 0) {
		*(volatile int *)8 = 1;
		_exit(1);
	}
	follow("fault", p, 1);
	if ((p = child()) == 0)
		_exit(5);
	follow("nothing", p, 1);
	return 0;
}
