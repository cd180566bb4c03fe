// exec: itself with new arguments, scripts, what is kept and what is not, and every error with its errno.
#include "check.h"

extern char **environ;

static void handler(int sig)
{
	(void)sig;
}

static void script(const char *name, const char *text, int mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0755);
	CHECK(fd >= 0);
	EQ(write(fd, text, strlen(text)), (long)strlen(text));
	CHECK(close(fd) == 0 && chmod(name, mode) == 0);
}

static int run(const char *path, char **argv)
{
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		execv(path, argv);
		_exit(200 + (errno == EACCES ? 1 : errno == ENOEXEC ? 2 : errno == ENOENT ? 3 : 9));
	}
	int st;
	EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st));
	return WEXITSTATUS(st);
}

static void *exec_in_thread(void *arg)
{
	char **argv = arg;
	execv("/proc/self/exe", argv);
	check_failed(__FILE__, __LINE__, "execv in a thread", errno);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "stage2") == 0) {
		printf("stage2 as %s with %s, %s\n", argv[0], argv[2], getenv("STAGE") ? getenv("STAGE") : "none");
		FAILS(fcntl(50, F_GETFD), EBADF);
		CHECK(fcntl(51, F_GETFD) == 0);
		struct sigaction sa;
		CHECK(sigaction(SIGUSR1, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
		CHECK(sigaction(SIGUSR2, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
		sigset_t now;
		CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
		CHECK(sigismember(&now, SIGHUP) && !sigismember(&now, SIGTERM));
		stack_t st;
		CHECK(sigaltstack(NULL, &st) == 0 && st.ss_flags == SS_DISABLE);
		EQ(getpid(), atoi(argv[3]));
		ok("after exec");
		return 17;
	}

	FAILS(execl("/does/not/exist", "x", (char *)NULL), ENOENT);
	FAILS(execl("/tmp", "x", (char *)NULL), EACCES);
	script("noexec", "#!/bin/sh\n", 0644);
	FAILS(execl("./noexec", "x", (char *)NULL), EACCES);
	script("nointerp", "#!/does/not/exist\n", 0755);
	FAILS(execl("./nointerp", "x", (char *)NULL), ENOENT);
	script("text", "just text\n", 0755);
	FAILS(execl("./text", "x", (char *)NULL), ENOEXEC);
	script("empty", "", 0755);
	FAILS(execl("./empty", "x", (char *)NULL), ENOEXEC);
	script("truncated", "\177ELF\2\1\1", 0755);
	FAILS(execl("./truncated", "x", (char *)NULL), ENOEXEC);
	FAILS(execl("noexec/x", "x", (char *)NULL), ENOTDIR);
	FAILS(execve((char *)8, argv, environ), EFAULT);
	ok("errors");

	char *args[] = {"name", "a b", "", "c", NULL};
	script("script", "#!/bin/sh\necho \"script $0 <$1> <$2> <$3>\"\nexit 5\n", 0755);
	EQ(run("./script", args), 5);
	script("witharg", "#!/bin/sh -e\nfalse\necho not reached\n", 0755);
	EQ(run("./witharg", args), 1);
	script("nested", "#!./script\n", 0755);
	EQ(run("./nested", args), 5);
	ok("scripts");

	struct sigaction sa = {.sa_handler = SIG_IGN};
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	sa.sa_handler = handler;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGHUP);
	CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
	static char alt[32 << 10];
	stack_t st = {.ss_sp = alt, .ss_size = sizeof alt};
	CHECK(sigaltstack(&st, NULL) == 0);
	CHECK(dup3(1, 50, O_CLOEXEC) == 50 && dup2(1, 51) == 51);
	CHECK(setenv("STAGE", "two", 1) == 0);
	char pid[20];
	char *stage2[] = {"a-name", "stage2", "fork", pid, NULL};
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		stage2[2] = i ? "a thread" : "fork";
		pid_t child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			snprintf(pid, sizeof pid, "%d", getpid());
			if (i)
				run_thread(exec_in_thread, stage2);
			else
				execv("/proc/self/exe", stage2);
			_exit(1);
		}
		int w;
		EQ(waitpid(child, &w, 0), child);
		CHECK(WIFEXITED(w) && WEXITSTATUS(w) == 17);
	}
	ok("in a child, from main and from a thread");
	snprintf(pid, sizeof pid, "%d", getpid());
	stage2[2] = "itself";
	execvp(argv[0], stage2);
	return 1;
}
