// personality(2): what is asked for is what is answered, goes with fork and execve, and readable memory
// may be executed when it is said so.
#include "check.h"
#include <sys/personality.h>

static void *map(int prot) { return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

// The protection of the mapping at p, as /proc/self/maps has it.
static const char *rights(void *p)
{
	static char r[8];
	char line[4600];
	unsigned long lo, hi;
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	strcpy(r, "none");
	while (fgets(line, sizeof line, f)) {
		char have[8];
		if (sscanf(line, "%lx-%lx %4s", &lo, &hi, have) == 3 && (unsigned long)p >= lo && (unsigned long)p < hi)
			strcpy(r, have);
	}
	fclose(f);
	return r;
}

int main(int argc, char **argv)
{
	const int start = personality(0xffffffff);
	CHECK(start != -1);
	if (argc == 2) {
		printf("after execve %x\n", start & 0xfff80ff);
		return 0;
	}
	static const unsigned asked[] = {0x0040000, 0x0200000, 0x0100000, 0x0800000, 0x8000000, 0x4000000, 0x0400000, 0x4000001 | 0x0100000, 6 | 0x2000000, 0};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		CHECK(personality(asked[i]) != -1);
		EQ(personality(0xffffffff), asked[i]);
	}
	ok("answers");

	CHECK(personality(0x0400000) == 0); // READ_IMPLIES_EXEC
	unsigned char *code = map(PROT_READ | PROT_WRITE);
	CHECK(code != MAP_FAILED);
	memcpy(code, "\xb8\x2a\x00\x00\x00\xc3", 6); // mov $42, %eax; ret
	EQ(((int (*)(void))(uintptr_t)code)(), 42);
	CHECK(strcmp(rights(code), "rwxp") == 0);
	CHECK(mprotect(code, 4096, PROT_NONE) == 0 && strcmp(rights(code), "---p") == 0);
	CHECK(mprotect(code, 4096, PROT_READ) == 0 && strcmp(rights(code), "r-xp") == 0);
	CHECK(personality(0) == 0x0400000);
	void *plain = map(PROT_READ | PROT_WRITE);
	CHECK(strcmp(rights(plain), "rw-p") == 0);
	ok("to read is to execute");

	CHECK(personality(0x0400000 | 0x0200000 | 0x4000000) != -1);
	pid_t p = fork();
	if (p == 0) {
		EQ(personality(0xffffffff), 0x4600000);
		fflush(stdout);
		execl("/proc/self/exe", argv[0], "again", (char *)NULL);
		_exit(1);
	}
	int st;
	CHECK(waitpid(p, &st, 0) == p && st == 0);
	CHECK(personality(start) != -1);
	ok("goes on");
	return 0;
}
