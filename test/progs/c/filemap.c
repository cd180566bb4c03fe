// Files mapped shared and private, their coherence with read and write, and faults past the end.
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static void *fault_addr;
static int fault_code;

static void on_bus(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	fault_addr = si->si_addr;
	fault_code = si->si_code;
	siglongjmp(back, sig);
}

int main(void)
{
	const size_t size = 5 * 4096 + 100;
	int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0 && ftruncate(fd, size) == 0);
	char *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(s != MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		CHECK(s[i] == 0);
	memcpy(s + 4090, "across pages", 12);
	char b[16] = {0};
	EQ(pread(fd, b, 12, 4090), 12);
	CHECK(memcmp(b, "across pages", 12) == 0);
	EQ(pwrite(fd, "written", 7, 9000), 7);
	CHECK(memcmp(s + 9000, "written", 7) == 0);
	CHECK(msync(s, size, MS_SYNC) == 0);
	ok("shared mapping and file agree");

	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p + 4090, "across pages", 12) == 0);
	p[0] = 'P';
	CHECK(s[0] == 0);
	s[4096 * 2] = 'S';
	CHECK(p[4096 * 2] == 'S');
	CHECK(p[0] == 'P');
	ok("private mapping copies on write");

	char *q = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
	CHECK(q != MAP_FAILED && memcmp(q, s + 4096, 4096) == 0);
	CHECK(munmap(q, 4096) == 0);
	FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
	FAILS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
	int ro = open("data", O_RDONLY);
	CHECK(ro >= 0);
	FAILS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0), EACCES);
	ok("offsets and errors");

	// Past the end of the file within the last page: zeros; beyond that page: SIGBUS.
	char *t = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(t != MAP_FAILED);
	CHECK(t[size + 50] == 0);
	struct sigaction sa = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
	CHECK(sigaction(SIGBUS, &sa, NULL) == 0);
	int sig = sigsetjmp(back, 1);
	if (sig == 0) {
		*(volatile char *)(t + 7 * 4096) = 1;
		CHECK(!"no SIGBUS");
	}
	EQ(sig, SIGBUS);
	EQ(fault_code, BUS_ADRERR);
	CHECK(fault_addr == t + 7 * 4096);
	ok("SIGBUS past the end");

	// A mapping outlives its descriptor, and a child shares it.
	CHECK(close(fd) == 0 && close(ro) == 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		s[100] = 'C';
		p[100] = 'C';
		_exit(0);
	}
	int st;
	CHECK(waitpid(pid, &st, 0) == pid && st == 0);
	CHECK(s[100] == 'C');
	ok("shared with a child");

	// Anonymous shared memory, and MAP_FIXED of a file over anonymous memory.
	char *a = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(a != MAP_FAILED);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		strcpy(a + 5000, "from the child");
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid && st == 0);
	CHECK(strcmp(a + 5000, "from the child") == 0);
	char *anon = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(anon != MAP_FAILED);
	memset(anon, 7, 4 * 4096);
	fd = open("data", O_RDWR);
	CHECK(mmap(anon + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == anon + 4096);
	CHECK(anon[4095] == 7 && anon[8192] == 7 && memcmp(anon + 4096, s, 4096) == 0);
	ok("anonymous shared and fixed");

	// A memfd is a file like another.
	int mfd = memfd_create("case", 0);
	CHECK(mfd >= 0 && ftruncate(mfd, 8192) == 0);
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, mfd, 0);
	CHECK(m != MAP_FAILED);
	strcpy(m + 4096, "memfd");
	EQ(pread(mfd, b, 6, 4096), 6);
	CHECK(strcmp(b, "memfd") == 0);
	ok("memfd");
	return 0;
}
