// Locked memory, mappings of a shared file in another order, and signals of descriptors for a thread.
#include "check.h"

#ifndef F_SETOWN_EX
#define F_SETOWN_EX 15
#endif
struct own { int type, pid; };

static int locked_kib(void)
{
	char line[200];
	int kib = -1;
	FILE *f = fopen("/proc/self/status", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "VmLck: %d", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static int resident(char *p, size_t n)
{
	unsigned char v[64];
	int sum = 0;
	CHECK(mincore(p, n * 4096, v) == 0);
	for (size_t i = 0; i < n; i++)
		sum += v[i] & 1;
	return sum;
}

// What sticks to memory (a lock, a policy) goes with its mapping, and is not there in the next one.
static void next_mapping(void)
{
	enum { PAGES = 8, SIZE = PAGES * 4096 };
	char *a = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(a != MAP_FAILED && locked_kib() == 0);
	memset(a, 1, SIZE);
	CHECK(mlock(a, SIZE) == 0);
	EQ(locked_kib(), SIZE >> 10);
	CHECK(munmap(a, SIZE) == 0);
	EQ(locked_kib(), 0);
	unsigned long node0 = 1;
	int mode = -1;
	char *b = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(b != MAP_FAILED && b[0] == 0 && b[SIZE - 1] == 0);
	if (syscall(SYS_mbind, b, SIZE, 2 /* MPOL_BIND */, &node0, 64, 0) == 0) { // else a kernel without policies
		CHECK(syscall(SYS_get_mempolicy, &mode, NULL, 0, b, 2 /* MPOL_F_ADDR */) == 0 && mode == 2);
		b[1] = 1;
		CHECK(munmap(b, SIZE) == 0);
		b = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(b != MAP_FAILED && b[1] == 0);
		CHECK(syscall(SYS_get_mempolicy, &mode, NULL, 0, b, 2) == 0 && mode == 0);
	}
	CHECK(munmap(b, SIZE) == 0);
}

int main(void)
{
	next_mapping();
	ok("locks and policies go with their mapping");
	FAILS(mlockall(0), EINVAL);
	FAILS(mlockall(MCL_FUTURE << 5), EINVAL);
	CHECK(mlockall(MCL_CURRENT) == 0);
	ok("mlockall of what there is");
	CHECK(mlockall(MCL_FUTURE) == 0);
	char *a = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(a != MAP_FAILED);
	EQ(resident(a, 16), 16);
	CHECK(munlockall() == 0);
	CHECK(munmap(a, 16 * 4096) == 0);
	pid_t child = fork();
	if (child == 0)
		_exit(munlockall() == 0 ? 5 : 6);
	int st;
	CHECK(waitpid(child, &st, 0) == child && WEXITSTATUS(st) == 5);
	ok("mlockall of what is to come");

	int fd = open("shared", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 4 * 4096) == 0);
	volatile char *m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		m[i * 4096] = 'a' + i;
	CHECK(syscall(SYS_remap_file_pages, m, 4096, 0, 3, 0) == 0);
	CHECK(m[0] == 'd' && m[4096] == 'b' && m[3 * 4096] == 'd');
	m[0] = 'z';
	CHECK(m[3 * 4096] == 'z');
	FAILS(syscall(SYS_remap_file_pages, m, 4096, PROT_READ, 3, 0), EINVAL);
	CHECK(munmap((void *)m, 4 * 4096) == 0);
	FAILS(syscall(SYS_remap_file_pages, m, 4096, 0, 3, 0), EINVAL);
	ok("remap_file_pages");

	int p[2];
	sigset_t set;
	siginfo_t info;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(pipe(p) == 0);
	struct own own = {0, syscall(SYS_gettid)}; // F_OWNER_TID
	CHECK(fcntl(p[0], F_SETOWN_EX, &own) == 0);
	CHECK(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
	CHECK(write(p[1], "x", 1) == 1);
	struct timespec t = {20, 0};
	EQ(sigtimedwait(&set, &info, &t), SIGIO);
	own.pid = 1 << 28;
	FAILS(fcntl(p[0], F_SETOWN_EX, &own), ESRCH);
	ok("a thread owns a descriptor");
	return 0;
}
