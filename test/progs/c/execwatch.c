// What Linux is asked before a program is executed: those who watch a file see that it was executed, and
// a program that has restricted itself executes what it allowed, and nothing else. Linux 6.14 or later;
// before, this does nothing.
#include "check.h"
#include <poll.h>
#include <sys/prctl.h>

#ifndef O_PATH
#define O_PATH 0x200000
#endif

static char self[4096], other[] = "copy";

static int run(const char *path)
{
	int st;
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		execl(path, path, "child", (char *)NULL);
		_exit(errno);
	}
	CHECK(waitpid(p, &st, 0) == p && WIFEXITED(st));
	return WEXITSTATUS(st);
}

static void copy(void)
{
	char b[65536];
	ssize_t n;
	int in = open(self, O_RDONLY), out = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, b, sizeof b)) > 0)
		CHECK(write(out, b, n) == n);
	CHECK(n == 0);
	close(in);
	close(out);
}

// An event of struct fanotify_event_metadata: length, version and lengths, mask, descriptor, process.
struct event {
	uint32_t len;
	uint8_t version, reserved;
	uint16_t metadata;
	uint64_t mask __attribute__((aligned(8)));
	int32_t fd, pid;
};

static void watched(void)
{
	char b[4096];
	int fd = syscall(SYS_fanotify_init, 0x200 | 2 | 1, 0); // FAN_REPORT_FID, NONBLOCK, CLOEXEC
	if (fd < 0)
		return;
	if (syscall(SYS_fanotify_mark, fd, 1, 0x1000ull /* FAN_OPEN_EXEC */, -100, other) == 0) {
		EQ(run(other), 7);
		struct pollfd p = {fd, POLLIN, 0};
		EQ(poll(&p, 1, 20000), 1);
		ssize_t n = read(fd, b, sizeof b);
		CHECK(n >= (ssize_t)sizeof(struct event));
		CHECK(((struct event *)b)->mask & 0x1000);
	}
	close(fd);
}

static void allow(int rules, const char *path)
{
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) rule = {1 | 4, open(path, O_PATH | O_CLOEXEC)}; // to execute and read
	CHECK(rule.fd >= 0);
	CHECK(syscall(445, rules, 1, &rule, 0) == 0);
	close(rule.fd);
}

static void restricted(void)
{
	uint64_t denied = 1; // to execute
	int rules = syscall(444, &denied, sizeof denied, 0);
	if (rules < 0)
		return; // no Landlock here
	close(rules);
	denied = 1 | 4; // and to read files
	rules = syscall(444, &denied, sizeof denied, 0);
	CHECK(rules >= 0);
	char line[4600], *path;
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		if ((path = strchr(line, '/')) != NULL)
			allow(rules, path); // the program, its libraries, its loader
	}
	fclose(f);
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) readable = {4, open(other, O_PATH | O_CLOEXEC)};
	CHECK(readable.fd >= 0 && syscall(445, rules, 1, &readable, 0) == 0);
	CHECK(prctl(38, 1, 0, 0, 0) == 0);
	CHECK(syscall(446, rules, 0) == 0);
	EQ(run(self), 7);
	EQ(run(other), EACCES);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "child") == 0)
		return 7;
	char *none[] = {NULL};
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(n > 0);
	copy();
	EQ(run(other), 7);
	if (syscall(SYS_execveat, -1, "", none, none, 0x1000 | 0x10000) == -1 && errno == EBADF) { // AT_EXECVE_CHECK is known
		watched();
		restricted();
		ok("asked");
	}
	return 0;
}
