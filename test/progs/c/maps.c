// /proc/self/maps as programs read it: it must know the program's text, stack, heap mappings and protections.
#include "check.h"

static int perms_at(uintptr_t addr, char perms[5])
{
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f);
	char line[PATH_MAX + 128];
	int found = 0;
	while (fgets(line, sizeof line, f)) {
		unsigned long lo, hi;
		char p[5];
		CHECK(sscanf(line, "%lx-%lx %4s", &lo, &hi, p) == 3);
		CHECK(lo < hi);
		if (addr >= lo && addr < hi) {
			memcpy(perms, p, 5);
			found = 1;
		}
	}
	fclose(f);
	return found;
}

static int data = 1;

int main(void)
{
	char p[5];
	int local = 0;
	CHECK(perms_at((uintptr_t)&main, p) && p[0] == 'r' && p[2] == 'x');
	ok("text");
	CHECK(perms_at((uintptr_t)&data, p) && p[0] == 'r' && p[1] == 'w');
	ok("data");
	CHECK(perms_at((uintptr_t)&local, p) && p[0] == 'r' && p[1] == 'w');
	ok("stack");
	char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED);
	CHECK(mprotect(m + 4096, 4096, PROT_READ) == 0);
	CHECK(perms_at((uintptr_t)m, p) && strcmp(p, "rw-p") == 0);
	CHECK(perms_at((uintptr_t)m + 4096, p) && strcmp(p, "r--p") == 0);
	CHECK(perms_at((uintptr_t)m + 8192, p) && strcmp(p, "rw-p") == 0);
	CHECK(munmap(m, 3 * 4096) == 0);
	ok("mapping");
	pthread_attr_t a;
	void *addr;
	size_t size;
	ZERO(pthread_getattr_np(pthread_self(), &a));
	ZERO(pthread_attr_getstack(&a, &addr, &size));
	CHECK((char *)&local > (char *)addr && (char *)&local < (char *)addr + size);
	ok("pthread_getattr_np of the main thread");
	return 0;
}
