// Code made at run time: written into executable memory, run, rewritten, run again, with its own system calls.
#include "check.h"

typedef long (*fn)(long, long, long);

int main(void)
{
	unsigned char *m = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED);

	// mov $39,%eax; syscall; ret: getpid in the form that compilers give it
	static const unsigned char getpid_code[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
	memcpy(m, getpid_code, sizeof getpid_code);
	for (int i = 0; i < 1000; i++)
		EQ(((fn)m)(0, 0, 0), getpid());
	ok("mov and syscall");

	// mov %rdi,%rax; mov %rsi,%rdi; mov %rdx,%rsi; syscall; ret: the number comes in a register
	static const unsigned char any_code[] = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x0f, 0x05, 0xc3};
	memcpy(m + 100, any_code, sizeof any_code);
	for (int i = 0; i < 100; i++) {
		EQ(((fn)(m + 100))(SYS_getpid, 0, 0), getpid());
		EQ(((fn)(m + 100))(SYS_getppid, 0, 0), getppid());
		EQ(((fn)(m + 100))(SYS_close, 9999, 0), -EBADF);
		EQ(((fn)(m + 100))(5000, 0, 0), -ENOSYS);
	}
	ok("any number");

	// The same place, rewritten after its calls have run: nothing of the old code may be left over.
	for (int round = 0; round < 200; round++) {
		unsigned char *at = m + 4096 + (round % 7) * 3;
		memset(m + 4096, 0x90, 64);
		memcpy(at, getpid_code, sizeof getpid_code);
		EQ(((fn)(m + 4096))(0, 0, 0), getpid());
		// mov $imm,%eax; ret
		at[5] = 0xc3;
		at[1] = round;
		EQ(((fn)(m + 4096))(0, 0, 0), round & 0xff);
		at[1] = 110; // getppid
		at[5] = 0x0f;
		EQ(((fn)(m + 4096))(0, 0, 0), getppid());
	}
	ok("rewritten code");

	// A jump straight to the syscall instruction, past the mov before it.
	memcpy(m + 200, getpid_code, sizeof getpid_code);
	EQ(((fn)(m + 200))(0, 0, 0), getpid());
	// mov $110,%eax; jmp to m+205
	unsigned char jumper[] = {0xb8, 110, 0, 0, 0, 0xe9, 0, 0, 0, 0};
	int32_t rel = (int32_t)(205 - (300 + 10));
	memcpy(jumper + 6, &rel, 4);
	memcpy(m + 300, jumper, sizeof jumper);
	for (int i = 0; i < 10; i++) {
		EQ(((fn)(m + 300))(0, 0, 0), getppid());
		EQ(((fn)(m + 200))(0, 0, 0), getpid());
	}
	ok("a jump to the instruction itself");

	// The syscall instruction is the last two bytes of a page, and the page ends the mapping's code.
	memcpy(m + 2 * 4096 - 7, getpid_code, 8);
	for (int i = 0; i < 10; i++)
		EQ(((fn)(m + 2 * 4096 - 7))(0, 0, 0), getpid());
	ok("across a page's end");

	// Write, then protect: executable but not writable, and then gone and mapped anew with other code.
	for (int i = 0; i < 20; i++) {
		unsigned char *w = mmap(m, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		CHECK(w == m);
		memcpy(w, getpid_code, sizeof getpid_code);
		if (i & 1)
			w[1] = 110;
		CHECK(mprotect(w, 4096, PROT_READ | PROT_EXEC) == 0);
		for (int k = 0; k < 3; k++)
			EQ(((fn)w)(0, 0, 0), i & 1 ? getppid() : getpid());
	}
	ok("write, then execute");

	// From two mappings of one file: what runs in one is read in the other as it was written.
	int fd = memfd_create("jit", 0);
	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
	unsigned char *rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned char *rx = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	CHECK(rw != MAP_FAILED && rx != MAP_FAILED);
	memcpy(rw, getpid_code, sizeof getpid_code);
	for (int i = 0; i < 5; i++)
		EQ(((fn)rx)(0, 0, 0), getpid());
	CHECK(memcmp(rw, getpid_code, sizeof getpid_code) == 0);
	rw[1] = 110;
	EQ(((fn)rx)(0, 0, 0), getppid());
	ok("two mappings of the code");
	return 0;
}
