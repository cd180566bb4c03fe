// Credentials: what is changed holds for every later call, in children and over execve; what is dropped
// is gone. Root changes ids for real; others see the refusals.
#include "check.h"
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

static long capabilities(unsigned long long *effective)
{
	struct {
		uint32_t version;
		int pid;
	} h = {0x20080522, getpid()};
	struct {
		uint32_t effective, permitted, inheritable;
	} d[2];
	long r = syscall(SYS_capget, &h, d);
	*effective = d[0].effective | (unsigned long long)d[1].effective << 32;
	return r;
}

// Many calls at once, so that each of the threads that serve them is asked.
static void *look(void *arg)
{
	for (int i = 0; i < 200; i++) {
		EQ(geteuid(), *(uid_t *)arg);
		FAILS(open("creds.secret", O_RDONLY), EACCES);
	}
	return NULL;
}

static void dropped(void)
{
	uid_t r, e, s;
	gid_t g[4];
	unsigned long long caps;
	uid_t me = 65534;
	CHECK(setgroups(0, NULL) == 0);
	gid_t two[2] = {7, 9};
	CHECK(setgroups(2, two) == 0);
	EQ(getgroups(4, g), 2);
	EQ(g[1], 9);
	CHECK(setresgid(65534, 65534, 65534) == 0);
	EQ(getegid(), 65534);
	// For a while, and back.
	CHECK(seteuid(65534) == 0);
	FAILS(open("creds.secret", O_RDONLY), EACCES);
	CHECK(seteuid(0) == 0);
	int fd = open("creds.secret", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	EQ(setfsuid(65534), 0);
	FAILS(open("creds.secret", O_RDONLY), EACCES);
	EQ(setfsuid(0), 65534);
	fd = open("creds.secret", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	// Descriptors and calls that are under way stay.
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(setuid(65534) == 0);
	CHECK(getresuid(&r, &e, &s) == 0);
	CHECK(r == 65534 && e == 65534 && s == 65534);
	CHECK(capabilities(&caps) == 0 && caps == 0);
	FAILS(setuid(0), EPERM);
	FAILS(setgroups(0, NULL), EPERM);
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		ZERO(pthread_create(&t[i], NULL, look, &me));
	for (int i = 0; i < 8; i++)
		ZERO(pthread_join(t[i], NULL));
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		look(&me);
		char *argv[] = {"/bin/sh", "-c", "test -r creds.secret", NULL};
		execv(argv[0], argv);
		_exit(9);
	}
	int st;
	CHECK(waitpid(p, &st, 0) == p);
	EQ(st, 1 << 8);
	_exit(0);
}

static void *quiet(void *arg)
{
	char c;
	CHECK(read(*(int *)arg, &c, 1) == 1);
	EQ(geteuid(), 65534);
	EQ(getegid(), 65534);
	FAILS(open("creds.secret", O_RDONLY), EACCES);
	return NULL;
}

// A C library makes each thread drop: also one that waits in a call.
static void together(void)
{
	int fd[2];
	pthread_t t[4];
	CHECK(pipe(fd) == 0);
	for (int i = 0; i < 4; i++)
		ZERO(pthread_create(&t[i], NULL, quiet, &fd[0]));
	sleep_ms(20);
	CHECK(setgid(65534) == 0);
	CHECK(setuid(65534) == 0);
	CHECK(write(fd[1], "xxxx", 4) == 4);
	for (int i = 0; i < 4; i++)
		ZERO(pthread_join(t[i], NULL));
	_exit(0);
}

static void in_child(void (*f)(void))
{
	int st;
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0)
		f();
	CHECK(waitpid(p, &st, 0) == p);
	EQ(st, 0);
}

int main(void)
{
	int fd = open("creds.secret", O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	close(fd);
	CHECK(chmod(".", 0755) == 0);
	if (geteuid() != 0) {
		FAILS(setuid(0), EPERM);
		FAILS(setgroups(0, NULL), EPERM);
		CHECK(setuid(getuid()) == 0);
		CHECK(setresuid(-1, -1, -1) == 0);
		puts("not root");
	} else {
		in_child(dropped);
		in_child(together);
		EQ(geteuid(), 0);
	}
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ok("creds");
	return 0;
}
