// Programs that are spawned leave nothing of their arguments in the memory of who spawned them.
#include "check.h"
#include <spawn.h>

extern char **environ;

// resident is the process's memory in KiB.
static long resident(void)
{
	long all, pages;
	FILE *f = fopen("/proc/self/statm", "r");
	CHECK(f && fscanf(f, "%ld %ld", &all, &pages) == 2);
	fclose(f);
	return pages * 4;
}

static void *nothing(void *arg) { return arg; }

static void spawn(char *self, int times)
{
	static char words[20][1000];
	char *args[24] = {self, "child"};
	for (int i = 0; i < 20; i++) {
		memset(words[i], 'a' + i, sizeof words[i] - 1);
		args[2 + i] = words[i];
	}
	for (int i = 0; i < times; i++) {
		pid_t p;
		int st;
		ZERO(posix_spawn(&p, self, NULL, NULL, args, environ));
		CHECK(waitpid(p, &st, 0) == p);
		EQ(st, 5 << 8);
	}
}

static void bounded(char *self)
{
	spawn(self, 20);
	long before = resident();
	spawn(self, 150);
	CHECK(resident() - before < 150 * 15);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 5;
	bounded(argv[0]);
	run_thread(nothing, NULL);
	bounded(argv[0]);
	ok("one's own");
	pid_t p = fork();
	CHECK(p >= 0);
	if (p == 0) {
		bounded(argv[0]);
		_exit(6);
	}
	int st;
	CHECK(waitpid(p, &st, 0) == p);
	EQ(st, 6 << 8);
	ok("a forked process's");
	return 0;
}
