/* A program that misbehaves in every way it can think of, survives by its signal handlers, and tells what
 * it got each time. Linux on the same processor is the reference. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile long rounds;

static void handler(int sig, siginfo_t *si, void *p)
{
	__asm__ volatile("pushf\nandl $~0x40000, (%%rsp)\npopf" ::: "memory"); /* Linux leaves AC set */
	ucontext_t *u = p;
	greg_t *g = u->uc_mcontext.gregs;
	int at = (uint64_t)si->si_addr == (uint64_t)g[REG_RIP];
	printf(" signal %d code %d addr %s%#lx trap %lld error %lld\n", sig, si->si_code, at ? "rip " : "",
	       at ? 0 : (long)si->si_addr, (long long)g[REG_TRAPNO], (long long)g[REG_ERR]);
	siglongjmp(back, 1);
}

static void badreturn(int sig, siginfo_t *si, void *p)
{
	((ucontext_t *)p)->uc_mcontext.gregs[REG_RIP] = (greg_t)0x8000000000000000ull;
	signal(sig, SIG_DFL);
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	sigaction(SIGSEGV, &a, 0);
}

static void badflags(int sig, siginfo_t *si, void *p)
{
	/* Everything that is not the program's: I/O privilege, virtual interrupts, interrupts off. */
	((ucontext_t *)p)->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 0x1a0000;
	((ucontext_t *)p)->uc_mcontext.gregs[REG_EFL] &= ~0x200;
}

static __attribute__((noinline)) int deep(volatile char *p)
{
	volatile char room[4096];
	room[0] = p ? p[0] : 1;
	return deep(room) + room[0];
}

static char data[64] __attribute__((aligned(64))) = {(char)0xc3};

#define TRY(name, ...)                                                                                        \
	do {                                                                                                  \
		printf("%s:", name);                                                                          \
		fflush(stdout);                                                                               \
		if (!sigsetjmp(back, 1)) {                                                                    \
			__VA_ARGS__;                                                                          \
			printf(" nothing\n");                                                                 \
		}                                                                                             \
		fflush(stdout);                                                                               \
	} while (0)

#define ASM(...) __asm__ volatile(__VA_ARGS__)

static void answer(long r) { printf(" %ld %s\n", r, r < 0 ? strerror(errno) : ""); siglongjmp(back, 1); }

int main(void)
{
	static char alt[65536];
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
	sigaltstack(&ss, 0);
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	for (int s = 4; s <= 11; s++)
		if (s != 9)
			sigaction(s, &a, 0);
	volatile char *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *ro = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*ro)
		return 1;
	volatile char *rw = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY("read null", *(volatile int *)0);
	TRY("write null", *(volatile int *)8 = 1);
	TRY("read linear map", *(volatile int *)0xffff800000000000);
	TRY("write linear map", *(volatile int *)0xffff800000001000 = 1);
	TRY("read kernel image", *(volatile int *)0xffffffff80300000);
	TRY("write kernel image", *(volatile int *)0xffffffff80201000 = 1);
	TRY("read kernel heap", *(volatile int *)0xffffc00000000000);
	TRY("write interrupt controller", *(volatile int *)0xffffffffffe00300 = 0xc4500);
	TRY("jump to kernel image", ((void (*)(void))0xffffffff80201000)());
	TRY("read not canonical", *(volatile int *)0x800000000000);
	TRY("jump not canonical", ((void (*)(void))0x800000000000)());
	TRY("push not canonical", ASM("mov %%rsp, %%rbx\nmov %0, %%rsp\npush %%rax\nmov %%rbx, %%rsp" ::"r"(0x8000000000000000) : "rbx", "memory"));
	TRY("jump null", ((void (*)(void))0)());
	TRY("execute data", ((void (*)(void))data)());
	TRY("execute stack", char c[1] = {(char)0xc3}; ((void (*)(void))c)());
	TRY("no access", if (*none) return 1);
	TRY("write read-only", *(char *)ro = 1);
	TRY("write text", *(volatile char *)main = 1);
	TRY("hlt", ASM("hlt"));
	TRY("cli", ASM("cli"));
	TRY("sti", ASM("sti"));
	TRY("in", ASM("in $0x60, %%al" ::: "rax"));
	TRY("out", ASM("out %%al, $0x80" ::: "rax"));
	TRY("outsb", ASM("rep outsb" ::"c"(1), "S"(data), "d"(0x80)));
	TRY("wrmsr", ASM("wrmsr" ::"c"(0x10), "a"(0), "d"(0)));
	TRY("rdmsr", ASM("rdmsr" ::"c"(0x10) : "rax", "rdx"));
	TRY("mov to cr3", ASM("mov %0, %%cr3" ::"r"(0L)));
	TRY("mov from cr4", ASM("mov %%cr4, %0" : "=r"(rounds)));
	TRY("mov to dr7", ASM("mov %0, %%dr7" ::"r"(0L)));
	TRY("lgdt", ASM("lgdt (%0)" ::"r"(data)));
	TRY("lidt", ASM("lidt (%0)" ::"r"(data)));
	TRY("ltr", ASM("ltr %%ax" ::"a"(0x40)));
	TRY("invlpg", ASM("invlpg (%0)" ::"r"(data)));
	TRY("swapgs", ASM("swapgs"));
	TRY("wbinvd", ASM("wbinvd"));
	TRY("clts", ASM("clts"));
	TRY("sysret", ASM("sysretq"));
	TRY("iret to ring 0", ASM("mov %%rsp, %%rbx\npush $0x18\npush %%rbx\npush $0x2\npush $0x10\nlea 1f(%%rip), %%rax\npush %%rax\niretq\n1: mov %%rbx, %%rsp" ::: "rax", "rbx", "memory"));
	TRY("far return to ring 0", ASM("mov %%rsp, %%rbx\npush $0x10\nlea 1f(%%rip), %%rax\npush %%rax\nlretq\n1: mov %%rbx, %%rsp" ::: "rax", "rbx", "memory"));
	TRY("load ss 0x18", ASM("mov %0, %%ss" ::"r"(0x18)));
	TRY("load ds 0x1238", ASM("mov %0, %%ds" ::"r"(0x1238)));
	TRY("stac", ASM(".byte 0x0f, 0x01, 0xcb"));
	TRY("xsetbv", ASM("xsetbv" ::"c"(0), "a"(7), "d"(0)));
	TRY("ud2", ASM("ud2"));
	TRY("int3", ASM("int3"));
	TRY("int 0x0e", ASM("int $0x0e"));
	TRY("int 0x41", ASM("int $0x41"));
	TRY("int 2", ASM("int $2"));
	TRY("int 8", ASM("int $8"));
	TRY("divide", ASM("div %%ecx" ::"a"(1), "d"(0), "c"(0)));
	TRY("divide overflow", ASM("idiv %%ecx" ::"a"(0x80000000), "d"(0xffffffff), "c"(-1)));
	TRY("single step", ASM("pushf\norl $0x100, (%%rsp)\npopf\nnop\nnop" ::: "memory"));
	ASM("pushf\nandl $~0x100, (%%rsp)\npopf" ::: "memory");
	TRY("alignment check", ASM("pushf\norl $0x40000, (%%rsp)\npopf\nmovl 1(%0), %%eax\npushf\nandl $~0x40000, (%%rsp)\npopf" ::"r"(data) : "rax", "memory"));
	ASM("pushf\nandl $~0x40000, (%%rsp)\npopf" ::: "memory");
	TRY("x87 divide", uint16_t cw = 0x360; ASM("fninit\nfldcw %0\nfld1\nfldz\nfdivrp\nfwait" ::"m"(cw)); ASM("fwait"));
	ASM("fninit");
	TRY("sse divide", uint32_t m = 0x1d80, z = 0; ASM("ldmxcsr %0\nmovss %1, %%xmm1\nmov $0x3f800000, %%eax\nmovd %%eax, %%xmm0\ndivss %%xmm1, %%xmm0" ::"m"(m), "m"(z) : "rax", "xmm0", "xmm1"));
	uint32_t mx = 0x1f80;
	ASM("ldmxcsr %0" ::"m"(mx));
	TRY("stack overflow", deep(0));
	TRY("system call with stack 0", ASM("mov %%rsp, %%rbx\nxor %%esp, %%esp\nmov $39, %%eax\nsyscall\nmov %%rbx, %%rsp" ::: "rax", "rbx", "rcx", "r11", "memory"));
	TRY("system call with a kernel stack", ASM("mov %%rsp, %%rbx\nmov %0, %%rsp\nmov $39, %%eax\nsyscall\nmov %%rbx, %%rsp" ::"r"(0xffff800000002000) : "rax", "rbx", "rcx", "r11", "memory"));
	TRY("direction flag over a system call", long f; ASM("std\nmov $39, %%eax\nsyscall\npushf\npop %0\ncld" : "=r"(f)::"rax", "rcx", "r11", "memory"); printf(" df %ld", f >> 10 & 1));
	TRY("nested task flag", ASM("pushf\norl $0x4000, (%%rsp)\npopf\nmov $39, %%eax\nsyscall\npushf\nandl $~0x4000, (%%rsp)\npopf" ::: "rax", "rcx", "r11", "memory"));

	TRY("write(2) from null", answer(write(1, 0, 4)));
	TRY("write(2) from the kernel", answer(write(1, (void *)0xffff800000000000, 4)));
	TRY("write(2) from no access", answer(write(1, (void *)none, 4)));
	TRY("read(2) to read-only", int p[2]; pipe(p); write(p[1], "x", 1); answer(read(p[0], (void *)ro, 1)));
	TRY("read(2) to the kernel", int p[2]; pipe(p); write(p[1], "x", 1); answer(read(p[0], (void *)0xffffffff80201000, 1)));
	TRY("writev(2) of a bad vector", struct iovec v = {(void *)0xffff800000000000, 8}; answer(writev(1, &v, 1)));
	TRY("write(2) wraps", answer(write(1, (void *)-8, 4096)));
	TRY("open(2) of null", answer(syscall(SYS_open, 0, 0)));
	TRY("stat(2) to the kernel", answer(syscall(SYS_stat, "/", 0xffff800000000000)));
	TRY("nanosleep(2) from the kernel", answer(syscall(SYS_nanosleep, 0xffff800000000000, 0)));
	TRY("futex(2) on the kernel", answer(syscall(SYS_futex, 0xffff800000000000, 0, 0, 0)));
	TRY("rt_sigaction(2) from the kernel", answer(syscall(SYS_rt_sigaction, 10, 0xffff800000000000, 0, 8)));
	TRY("clock_gettime(2) to the kernel", answer(syscall(SYS_clock_gettime, 0, 0xffff800000000000)));
	TRY("mmap(2) at the kernel", answer((long)mmap((void *)0xffff800000000000, 4096, 3, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
	TRY("munmap(2) of the kernel", answer(munmap((void *)0xffff800000000000, 4096)));
	TRY("mprotect(2) of the kernel", answer(mprotect((void *)0xffffffff80201000, 4096, 7)));
	TRY("no such call", answer(syscall(100000)));
	TRY("a negative call", answer(syscall(-5)));
	TRY("set_robust_list(2)", answer(syscall(SYS_set_robust_list, 0xffff800000000000, 24)));
	TRY("arch_prctl(2) of a kernel address", answer(syscall(SYS_arch_prctl, 0x1002, 0xffff800000000000)));

	a.sa_sigaction = badreturn;
	sigaction(SIGUSR1, &a, 0);
	TRY("return to not canonical", raise(SIGUSR1));
	a.sa_sigaction = badflags;
	sigaction(SIGUSR1, &a, 0);
	TRY("return with all flags", raise(SIGUSR1); ASM("pushf\npopq %0" : "=r"(rounds)); printf(" %lx", rounds & 0x1a3200));
	TRY("cli after that", ASM("cli"));

	/* After all this, the memory and the registers are as they should be. */
	rw[0] = 42;
	madvise((void *)rw, 8192, MADV_DONTNEED);
	printf("end %d %d\n", rw[0], rw[4096]);
	return 0;
}
