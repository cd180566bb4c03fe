// The syscall instruction's contract: it changes RAX, RCX and R11 and nothing else; not the red zone, not the flags,
// not one vector register. In several shapes of code around the instruction.
#include "check.h"

// Written in assembly as whole functions: probe(nr, table) sets every register to a known value, makes the call, and
// stores what the registers are afterwards into the table.
__asm__(
	".text\n"
	".type probe,@function\n"
	"probe:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"mov %rsi, table_at(%rip)\n"
	"mov %rdi, %rax\n"
	"mov $0x1111111111111111,%rbx; mov $0x2222222222222222,%rbp\n"
	"mov $9999,%edi; mov $0x44444444,%esi; mov $0x5555,%edx; mov $0x6666,%r10d; mov $0x8888,%r8d; mov $0x9999,%r9d\n"
	"mov $0x1212121212121212,%r12; mov $0x1313131313131313,%r13\n"
	"mov $0x1414141414141414,%r14; mov $0x1515151515151515,%r15\n"
	"movq $0x7777,-8(%rsp); movq $0x7676,-128(%rsp)\n"
	"stc\n"
	"syscall\n"
	"after_probe:\n"
	"mov table_at(%rip), %r11\n"
	"mov %rax,0(%r11); mov %rbx,8(%r11); mov %rcx,16(%r11); mov %rdx,24(%r11); mov %rsi,32(%r11); mov %rdi,40(%r11)\n"
	"mov %rbp,48(%r11); mov %r8,56(%r11); mov %r9,64(%r11); mov %r10,72(%r11)\n"
	"mov %r12,80(%r11); mov %r13,88(%r11); mov %r14,96(%r11); mov %r15,104(%r11)\n"
	"mov -8(%rsp),%rax; mov %rax,112(%r11)\n"
	"mov -128(%rsp),%rax; mov %rax,120(%r11)\n"
	"pushfq; pop %rax; mov %rax,128(%r11)\n"
	"lea after_probe(%rip),%rax; mov %rax,136(%r11)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"ret\n"
	".size probe,.-probe\n"
	".local table_at\n.comm table_at,8,8\n"

	// Shapes of code around the instruction, each returning getpid's or the given call's result.
	".macro FN name\n.type \\name,@function\n\\name:\n.endm\n"
	"FN shape_cmp\n mov $39,%eax; syscall; cmp $-4096,%rax; ja 1f; ret\n1: mov $-1,%rax; ret\n"
	"FN shape_xor\n mov $39,%eax; xor %edi,%edi; syscall; mov %eax,%edx; mov %rdx,%rax; ret\n"
	"FN shape_test\n push $39; pop %rax; syscall; test %rax,%rax; js 1f; ret\n1: neg %rax; ret\n"
	"FN shape_loop\n mov $100,%r12d; 1: mov $39,%eax; syscall; dec %r12d; jnz 1b; ret\n"
	"FN shape_riprel\n mov $39,%eax; syscall; add shape_zero(%rip),%rax; ret\n"
	"FN shape_double\n mov $110,%eax; syscall; mov $39,%eax; syscall; ret\n"
	"FN shape_sib\n lea 39(,%rdi,1),%rax; nop; syscall; nop; ret\n"
	"FN shape_target\n test %rdi,%rdi; jz 1f; mov $39,%eax; jmp 2f; 1: mov $110,%eax; 2: syscall; ret\n"
	"FN shape_ret\n mov $39,%eax; syscall; ret; nop; nop; nop; nop; nop\n"
	".data\nshape_zero: .quad 0\n.text\n");

extern void probe(long nr, long *table) __attribute__((visibility("hidden")));
#define SHAPE(n) extern long shape_##n(long) __attribute__((visibility("hidden")))
SHAPE(cmp);
SHAPE(xor);
SHAPE(test);
SHAPE(loop);
SHAPE(riprel);
SHAPE(double);
SHAPE(sib);
SHAPE(target);
SHAPE(ret);

static long shape_loop_saved(void)
{
	long r;
	// shape_loop uses r12, which belongs to the caller.
	__asm__ volatile("call shape_loop" : "=a"(r) : : "rcx", "r11", "r12", "memory", "cc");
	return r;
}

static void check_probe(long nr, long want)
{
	long t[18];
	for (int i = 0; i < 5; i++) {
		probe(nr, t);
		EQ(t[0], want);
		EQ(t[1], 0x1111111111111111);
		EQ(t[2], t[17]); // RCX is the address after the instruction
		EQ(t[3], 0x5555);
		EQ(t[4], 0x44444444);
		EQ(t[5], 9999);
		EQ(t[6], 0x2222222222222222);
		EQ(t[7], 0x8888);
		EQ(t[8], 0x9999);
		EQ(t[9], 0x6666);
		EQ(t[10], 0x1212121212121212);
		EQ(t[11], 0x1313131313131313);
		EQ(t[12], 0x1414141414141414);
		EQ(t[13], 0x1515151515151515);
		EQ(t[14], 0x7777); // the red zone
		EQ(t[15], 0x7676);
		EQ(t[16] & 1, 1); // carry, as it was
	}
}

static void *probe_thread(void *arg)
{
	(void)arg;
	check_probe(SYS_getpid, getpid());
	check_probe(SYS_gettid, syscall(SYS_gettid));
	return NULL;
}

int main(void)
{
	check_probe(SYS_getpid, getpid());
	check_probe(SYS_getppid, getppid());
	check_probe(SYS_close, -EBADF);
	check_probe(SYS_sched_yield, 0);
	check_probe(SYS_munmap, -EINVAL);
	check_probe(4000, -ENOSYS);
	check_probe(SYS_read, -EBADF);
	ok("registers, red zone, flags");
	run_thread(probe_thread, NULL);
	ok("in a thread");

	for (int i = 0; i < 3; i++) {
		EQ(shape_cmp(0), getpid());
		EQ(shape_xor(0), getpid());
		EQ(shape_test(0), getpid());
		EQ(shape_loop_saved(), getpid());
		EQ(shape_riprel(0), getpid());
		EQ(shape_double(0), getpid());
		EQ(shape_sib(0), getpid());
		EQ(shape_sib(110 - 39), getppid());
		EQ(shape_target(0), getppid());
		EQ(shape_target(1), getpid());
		EQ(shape_ret(0), getpid());
	}
	ok("shapes of code");
	return 0;
}
