// /proc/self as programs read it: it must describe the program, its mappings and its threads, whatever path leads there.
#include "check.h"
#include <dirent.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static char text[1 << 18];

static char *slurp_fd(int fd)
{
	CHECK(fd >= 0);
	size_t n = 0;
	ssize_t k;
	while ((k = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += k;
	CHECK(k == 0);
	CHECK(close(fd) == 0);
	text[n] = 0;
	return text;
}

static char *slurp(const char *path) { return slurp_fd(open(path, O_RDONLY | O_CLOEXEC)); }

// The line of maps that holds an address.
static char *line_at(const void *p)
{
	static char line[4096];
	char *at = slurp("/proc/self/maps");
	unsigned long last = 0, lo, hi;
	line[0] = 0;
	for (char *l = strtok(at, "\n"); l; l = strtok(NULL, "\n")) {
		CHECK(sscanf(l, "%lx-%lx ", &lo, &hi) == 2);
		CHECK(lo >= last && hi > lo);
		last = hi;
		if ((unsigned long)p >= lo && (unsigned long)p < hi)
			snprintf(line, sizeof line, "%s", l);
		CHECK(!strstr(l, "skerry run") && !strstr(l, "/bin/skerry"));
	}
	return line;
}

static long field(const char *path, const char *key)
{
	char *p = strstr(slurp(path), key);
	CHECK(p);
	return strtol(p + strlen(key), NULL, 10);
}

static char *line_of(const char *path, const char *key)
{
	char *p = strstr(slurp(path), key);
	CHECK(p != NULL);
	return p;
}

static pthread_barrier_t born, done;
static pid_t tids[3];

static void *worker(void *arg)
{
	long i = (long)arg;
	tids[i] = syscall(SYS_gettid);
	char name[16];
	snprintf(name, sizeof name, "worker-%ld", i);
	CHECK(prctl(PR_SET_NAME, name) == 0);
	pthread_barrier_wait(&born);
	pthread_barrier_wait(&done);
	// Another thread has renamed this one.
	CHECK(prctl(PR_GET_NAME, name) == 0);
	CHECK(strncmp(name, "other", 5) == 0 && name[5] == '0' + i);
	char link[64] = {0}, want[64];
	CHECK(readlink("/proc/thread-self", link, sizeof link - 1) > 0);
	snprintf(want, sizeof want, "%d/task/%d", getpid(), tids[i]);
	CHECK(strcmp(link, want) == 0);
	CHECK(strncmp(slurp("/proc/thread-self/comm"), "other", 5) == 0);
	return NULL;
}

static void mappings(void)
{
	static int data = 1;
	char exe[PATH_MAX] = {0};
	CHECK(readlink("/proc/self/exe", exe, sizeof exe - 1) > 0);
	CHECK(strstr(line_at((void *)mappings), exe));
	CHECK(strstr(line_at(&data), exe));
	CHECK(strstr(line_at(exe), "[stack]"));
	CHECK(strstr(line_at((void *)getauxval(AT_SYSINFO_EHDR)), "[vdso]"));
	char *brk = sbrk(8192);
	if (brk != (char *)-1) // not in musl
		CHECK(strstr(line_at(brk), "[heap]"));
	int fd = open("mapped file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 4 * 4096) == 0);
	char *m = mmap(NULL, 2 * 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
	char *sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *z = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED && sh != MAP_FAILED && z != MAP_FAILED);
	struct stat st;
	CHECK(fstat(fd, &st) == 0);
	char *l = line_at(m);
	unsigned long lo, hi, off, ino;
	char perm[5], dev[16];
	CHECK(sscanf(l, "%lx-%lx %4s %lx %15s %lu", &lo, &hi, perm, &off, dev, &ino) == 6);
	CHECK(lo == (unsigned long)m && hi == lo + 8192 && off == 4096 && ino == st.st_ino && strcmp(perm, "r--p") == 0);
	CHECK(strstr(l, "/mapped file"));
	CHECK(strstr(line_at(sh), "rw-s 00000000") && strstr(line_at(sh), "/mapped file"));
	CHECK(strstr(line_at(z), "/dev/zero (deleted)"));
	CHECK(unlink("mapped file") == 0);
	CHECK(strstr(line_at(m), "/mapped file (deleted)"));
	CHECK(mprotect(m + 4096, 4096, PROT_NONE) == 0);
	CHECK(strstr(line_at(m + 4096), "---p 00002000"));
	CHECK(munmap(m, 8192) == 0);
	CHECK(line_at(m)[0] == 0);
	close(fd);
	ok("maps");

	char *big = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(big != MAP_FAILED);
	memset(big, 1, 64 * 4096);
	long rss = 0, here = 0;
	unsigned long a = 0, b = 0;
	int in = 0;
	for (char *s = strtok(slurp("/proc/self/smaps"), "\n"); s; s = strtok(NULL, "\n")) {
		if (sscanf(s, "%lx-%lx ", &a, &b) == 2)
			in = (unsigned long)big >= a && (unsigned long)big < b;
		if (strncmp(s, "Rss:", 4) == 0) {
			rss += atol(s + 4);
			if (in)
				here = atol(s + 4);
		}
	}
	CHECK(here >= 256 && rss > here && rss < 1 << 20);
	CHECK(field("/proc/self/smaps_rollup", "Rss:") >= 256);
	long size, resident;
	CHECK(sscanf(slurp("/proc/self/statm"), "%ld %ld", &size, &resident) == 2);
	CHECK(size > 64 && size < 1 << 20 && resident > 64 && resident < size + 8192);
	CHECK(field("/proc/self/status", "VmSize:") < 4 << 20);
	CHECK(field("/proc/self/status", "VmRSS:") >= 256);
	ok("sizes");
}

static void strings(int argc, char **argv, char **env)
{
	char *p = slurp("/proc/self/cmdline");
	for (int i = 0; i < argc; i++, p += strlen(p) + 1)
		CHECK(strcmp(p, argv[i]) == 0);
	p = slurp("/proc/self/environ");
	for (int i = 0; env[i]; i++, p += strlen(p) + 1)
		CHECK(strcmp(p, env[i]) == 0);
	unsigned long *v = (unsigned long *)slurp("/proc/self/auxv");
	int seen = 0;
	for (; v[0]; v += 2) {
		if (v[0] == AT_PHDR || v[0] == AT_ENTRY || v[0] == AT_RANDOM || v[0] == AT_EXECFN) {
			CHECK(getauxval(v[0]) == v[1]);
			seen++;
		}
	}
	EQ(seen, 4);
	memset(argv[0], 'x', strlen(argv[0])); // as setproctitle does
	CHECK(slurp("/proc/self/cmdline")[0] == 'x');
	ok("cmdline, environ, auxv");
}

static void signals(void)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGUSR2);
	CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
	// Whoever started us may ignore some (nohup, a shell's background job).
	char want[64], *was = strstr(slurp("/proc/self/status"), "SigIgn:");
	CHECK(was);
	snprintf(want, sizeof want, "SigIgn:\t%016llx\n", strtoull(was + 7, NULL, 16) | 1);
	signal(SIGHUP, SIG_IGN);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(kill(getpid(), SIGUSR2) == 0);
	char *t = slurp("/proc/self/status");
	CHECK(strstr(t, "SigPnd:\t0000000000000200\n"));
	CHECK(strstr(t, "ShdPnd:\t0000000000000800\n"));
	CHECK(strstr(t, "SigBlk:\t0000000000000a00\n"));
	CHECK(strstr(t, want));
	int sig;
	CHECK(sigwait(&s, &sig) == 0 && sigwait(&s, &sig) == 0);
	CHECK(sigprocmask(SIG_UNBLOCK, &s, NULL) == 0);
	ok("signals of status");
}

static int word;

// waker sees that the first thread sleeps: not while it looks itself.
static void *waker(void *path)
{
	struct timespec nap = {0, 1000000};
	for (;;) {
		char *p = strrchr(slurp(path), ')');
		CHECK(p != NULL);
		if (p[2] == 'S')
			break;
		nanosleep(&nap, NULL);
	}
	CHECK(strncmp(line_of("/proc/thread-self/status", "State:"), "State:\tR", 8) == 0);
	while (syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0) != 1)
		nanosleep(&nap, NULL);
	return NULL;
}

static void sleepers(void)
{
	char path[64];
	pthread_t t;
	snprintf(path, sizeof path, "/proc/%d/stat", getpid());
	CHECK(strrchr(slurp(path), ')')[2] == 'R');
	for (int i = 0; i < 20; i++) {
		ZERO(pthread_create(&t, NULL, waker, i & 1 ? "/proc/self/stat" : path));
		CHECK(syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0) == 0);
		ZERO(pthread_join(t, NULL));
	}
	ok("sleepers");
}

static void threads(void)
{
	pthread_t t[3];
	ZERO(pthread_barrier_init(&born, NULL, 4));
	ZERO(pthread_barrier_init(&done, NULL, 4));
	for (long i = 0; i < 3; i++)
		ZERO(pthread_create(&t[i], NULL, worker, (void *)i));
	pthread_barrier_wait(&born);
	EQ(field("/proc/self/status", "Threads:"), 4);
	DIR *d = opendir("/proc/self/task");
	CHECK(d);
	for (int round = 0; round < 2; round++) {
		int found = 0, others = 0;
		for (struct dirent *e; (e = readdir(d));) {
			if (e->d_name[0] == '.')
				continue;
			pid_t tid = atoi(e->d_name);
			if (tid == getpid() || tid == tids[0] || tid == tids[1] || tid == tids[2])
				found++;
			else
				others++;
		}
		EQ(found, 4);
		EQ(others, 0);
		rewinddir(d);
	}
	for (int i = 0; i < 3; i++) {
		char path[64], want[64], b[64] = {0};
		snprintf(path, sizeof path, "%d/comm", tids[i]);
		snprintf(want, sizeof want, "worker-%d\n", i);
		CHECK(strcmp(slurp_fd(openat(dirfd(d), path, O_RDONLY)), want) == 0);
		snprintf(path, sizeof path, "/proc/self/task/%d/status", tids[i]);
		snprintf(want, sizeof want, "Name:\tworker-%d\n", i);
		CHECK(strncmp(slurp(path), want, strlen(want)) == 0);
		EQ(field(path, "\nPid:\t"), tids[i]);
		EQ(field(path, "\nTgid:\t"), getpid());
		snprintf(path, sizeof path, "/proc/%d/task/%d/stat", getpid(), tids[i]);
		snprintf(want, sizeof want, "%d (worker-%d) ", tids[i], i);
		CHECK(strncmp(slurp(path), want, strlen(want)) == 0);
		snprintf(path, sizeof path, "/proc/self/task/%d", tids[i]);
		struct stat st;
		CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
		// What pthread_setname_np does for another thread.
		snprintf(path, sizeof path, "/proc/self/task/%d/comm", tids[i]);
		int fd = open(path, O_RDWR);
		CHECK(fd >= 0);
		EQ(snprintf(b, sizeof b, "other%d", i), 6);
		EQ(write(fd, b, 6), 6);
		CHECK(close(fd) == 0);
	}
	closedir(d);
	pthread_barrier_wait(&done);
	for (int i = 0; i < 3; i++)
		ZERO(pthread_join(t[i], NULL));
	FAILS(open("/proc/self/task/99999999/comm", O_RDONLY), ENOENT);
	EQ(field("/proc/self/status", "Threads:"), 1);
	ok("threads");
}

static void paths(void)
{
	char name[16], path[64], b[PATH_MAX], want[PATH_MAX];
	CHECK(prctl(PR_SET_NAME, "renamed") == 0);
	CHECK(strcmp(slurp("/proc/self/comm"), "renamed\n") == 0);
	int fd = open("/proc/self/comm", O_WRONLY);
	CHECK(fd >= 0 && write(fd, "again", 5) == 5 && close(fd) == 0);
	CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "again") == 0);
	snprintf(path, sizeof path, "/proc/%d/status", getpid());
	CHECK(strncmp(slurp(path), "Name:\tagain\n", 12) == 0);
	int dir = open("/proc/self", O_RDONLY | O_DIRECTORY), proc = open("/proc", O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && proc >= 0);
	EQ(atoi(slurp_fd(openat(dir, "stat", O_RDONLY))), getpid());
	CHECK(strstr(slurp_fd(openat(dir, "maps", O_RDONLY)), "[stack]"));
	CHECK(strstr(slurp_fd(openat(proc, "self/maps", O_RDONLY)), "[stack]"));
	CHECK(strstr(slurp_fd(openat(proc, path + 6, O_RDONLY)), "Name:\tagain\n"));
	memset(b, 0, sizeof b);
	memset(want, 0, sizeof want);
	CHECK(readlinkat(dir, "exe", b, sizeof b - 1) > 0 && readlink("/proc/self/exe", want, sizeof want - 1) > 0);
	CHECK(strcmp(b, want) == 0);
	CHECK(chdir("/proc/self") == 0);
	CHECK(strncmp(slurp("status"), "Name:\tagain\n", 12) == 0);
	CHECK(strncmp(slurp("./comm"), "again\n", 6) == 0);
	CHECK(chdir("/") == 0);
	CHECK(strstr(slurp("proc/self/maps"), "[stack]"));
	FAILS(open("/proc/self/nothing", O_RDONLY), ENOENT);
	FAILS(openat(dir, "task/1/comm", O_RDONLY), ENOENT);
	ok("paths");
}

static void processors(void)
{
	cpu_set_t set;
	CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
	int n = 0;
	for (char *p = strtok(slurp("/proc/cpuinfo"), "\n"); p; p = strtok(NULL, "\n"))
		n += strncmp(p, "processor", 9) == 0;
	CHECK(n == sysconf(_SC_NPROCESSORS_ONLN));
	CHECK(n >= CPU_COUNT(&set) && n <= sysconf(_SC_NPROCESSORS_CONF));
	char *p = slurp("/proc/stat");
	int lines = 0;
	for (p = strtok(p, "\n"); p; p = strtok(NULL, "\n"))
		lines += strncmp(p, "cpu", 3) == 0 && p[3] != ' ';
	EQ(lines, n);
	ok("processors");
}

int main(int argc, char **argv, char **env)
{
	strings(argc, argv, env);
	mappings();
	signals();
	threads();
	sleepers();
	paths();
	processors();
	return 0;
}
