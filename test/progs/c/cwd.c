// The working directory and resource limits, which children inherit.
#include "check.h"
#include <sys/resource.h>

int main(void)
{
	char start[PATH_MAX], b[PATH_MAX];
	CHECK(getcwd(start, sizeof start) && start[0] == '/');
	FAILS((long)(getcwd(b, 1) ? 0 : -1), ERANGE);
	CHECK(mkdir("one", 0755) == 0 && mkdir("one/two", 0755) == 0);
	CHECK(chdir("one/two") == 0 && getcwd(b, sizeof b));
	CHECK(strncmp(b, start, strlen(start)) == 0 && strcmp(b + strlen(start), "/one/two") == 0);
	int fd = open("here", O_CREAT | O_WRONLY, 0644);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(access("../two/here", F_OK) == 0);
	ssize_t n = readlink("/proc/self/cwd", b, sizeof b - 1);
	CHECK(n > 0);
	b[n] = 0;
	CHECK(strcmp(b + strlen(start), "/one/two") == 0);
	fflush(stdout);
	CHECK(system("basename \"$PWD\"; ls") == 0);
	int dir = open(start, O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && fchdir(dir) == 0 && getcwd(b, sizeof b) && strcmp(b, start) == 0);
	FAILS(chdir("missing"), ENOENT);
	FAILS(chdir("one/two/here"), ENOTDIR);
	FAILS(chdir((char *)8), EFAULT);
	ok("directory");

	struct rlimit old, r, got;
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	r = old;
	r.rlim_cur = 64;
	CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0 && getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 64);
	FAILS(dup2(1, 64), EBADF);
	CHECK(dup2(1, 63) == 63);
	fflush(stdout);
	CHECK(system("ulimit -Sn") == 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
	r.rlim_cur = 100;
	r.rlim_max = 50;
	FAILS(setrlimit(RLIMIT_NOFILE, &r), EINVAL);
	FAILS(getrlimit(999, &r), EINVAL);
	r.rlim_cur = 2000;
	CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
	r = old;
	r.rlim_cur = 2000;
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0 && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	fd = open("limited", O_CREAT | O_WRONLY, 0644);
	CHECK(fd >= 0 && ftruncate(fd, 1990) == 0 && lseek(fd, 0, SEEK_END) == 1990);
	EQ(write(fd, "0123456789abcdef", 16), 10);
	FAILS(write(fd, "x", 1), EFBIG);
	ok("limits");
	return 0;
}
