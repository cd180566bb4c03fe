// What the kernel leaves on the first stack, and what /proc says of the program itself.
#include "check.h"
#include <elf.h>
#include <sys/auxv.h>

int main(int argc, char **argv)
{
	(void)argc;
	EQ(getauxval(AT_PAGESZ), 4096);
	EQ(sysconf(_SC_PAGESIZE), 4096);

	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	CHECK(random != NULL);
	int nonzero = 0;
	for (int i = 0; i < 16; i++)
		nonzero |= random[i];
	CHECK(nonzero);
	ok("AT_RANDOM");

	const Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	CHECK(ph != NULL && n > 0 && n < 100);
	EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	int loads = 0, entry_inside = 0;
	unsigned long bias = 0, entry = getauxval(AT_ENTRY);
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_PHDR)
			bias = (unsigned long)ph - ph[i].p_vaddr;
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD) {
			loads++;
			if (bias == 0 && ph[i].p_offset == 0 && (unsigned long)ph - ph[i].p_vaddr > (1ul << 32))
				bias = (unsigned long)ph - sizeof(Elf64_Ehdr) - ph[i].p_vaddr;
			unsigned long lo = bias + ph[i].p_vaddr;
			if ((ph[i].p_flags & PF_X) && entry >= lo && entry < lo + ph[i].p_memsz)
				entry_inside = 1;
		}
	CHECK(loads >= 1);
	CHECK(entry_inside);
	ok("AT_PHDR and AT_ENTRY");

	char path[PATH_MAX], real[PATH_MAX];
	const char *execfn = (const char *)getauxval(AT_EXECFN);
	CHECK(execfn != NULL && execfn[0] == '/');
	CHECK(strcmp(execfn, argv[0]) == 0);
	ok("AT_EXECFN");

	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	CHECK(len > 0);
	path[len] = 0;
	CHECK(realpath(argv[0], real) != NULL);
	if (strcmp(path, real) != 0)
		printf("readlink %s, realpath %s\n", path, real);
	CHECK(strcmp(path, real) == 0);
	struct stat a, b;
	CHECK(stat("/proc/self/exe", &a) == 0 && stat(argv[0], &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	char byname[64];
	snprintf(byname, sizeof byname, "/proc/%d/exe", getpid());
	len = readlink(byname, path, sizeof path - 1);
	CHECK(len > 0);
	path[len] = 0;
	CHECK(strcmp(path, real) == 0);
	ok("/proc/self/exe");

	CHECK(strcmp(program_invocation_name, argv[0]) == 0);
	CHECK(strchr(program_invocation_short_name, '/') == NULL);

	EQ(getauxval(AT_UID), getuid());
	EQ(getauxval(AT_EUID), geteuid());
	EQ(getauxval(AT_GID), getgid());
	EQ(getauxval(AT_EGID), getegid());
	EQ(getauxval(AT_SECURE), 0);
	EQ(getauxval(AT_CLKTCK), sysconf(_SC_CLK_TCK));
	const char *platform = (const char *)getauxval(AT_PLATFORM);
	CHECK(platform && strcmp(platform, "x86_64") == 0);
	ok("ids and platform");

	// argv and envp lie on the stack that grows down from them.
	CHECK((uintptr_t)argv > (uintptr_t)__builtin_frame_address(0));
	CHECK(((uintptr_t)argv & 7) == 0);
	char comm[32];
	int fd = open("/proc/self/comm", O_RDONLY);
	CHECK(fd >= 0);
	ssize_t got = read(fd, comm, sizeof comm - 1);
	CHECK(got > 0);
	comm[got] = 0;
	char want[17];
	snprintf(want, 16, "%s", program_invocation_short_name);
	CHECK(strncmp(comm, want, strlen(want)) == 0 && comm[strlen(want)] == '\n');
	ok("/proc/self/comm");

	char cmd[PATH_MAX + 64];
	fd = open("/proc/self/cmdline", O_RDONLY);
	CHECK(fd >= 0);
	got = read(fd, cmd, sizeof cmd - 1);
	CHECK(got > 0);
	EQ(got, strlen(argv[0]) + 1);
	CHECK(memcmp(cmd, argv[0], got) == 0);
	ok("/proc/self/cmdline");
	return 0;
}
