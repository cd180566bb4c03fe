// Vector and x87 registers keep their values across a handler that destroys them, and the handler gets sane ones.
#include "check.h"
#include <sched.h>
#include <sys/time.h>

typedef unsigned char bytes[64] __attribute__((aligned(64)));

static bytes in[32], out[32];
static volatile sig_atomic_t hits;
static int width; // 16, 32 or 64 bytes per register
static int regs;  // 16 or 32

#define EACH16(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define EACH32(f) EACH16(f) f(16) f(17) f(18) f(19) f(20) f(21) f(22) f(23) f(24) f(25) f(26) f(27) f(28) f(29) f(30) f(31)
#define OFF(n) #n "*64(%0)"
#define LD_X(n) "movdqa " OFF(n) ",%%xmm" #n "\n"
#define ST_X(n) "movdqa %%xmm" #n "," #n "*64(%1)\n"
#define LD_Y(n) "vmovdqa " OFF(n) ",%%ymm" #n "\n"
#define ST_Y(n) "vmovdqa %%ymm" #n "," #n "*64(%1)\n"
#define LD_Z(n) "vmovdqa64 " OFF(n) ",%%zmm" #n "\n"
#define ST_Z(n) "vmovdqa64 %%zmm" #n "," #n "*64(%1)\n"
#define ZERO_X(n) "pxor %%xmm" #n ",%%xmm" #n "\n"
#define ZERO_Y(n) "vpxor %%ymm" #n ",%%ymm" #n ",%%ymm" #n "\n"
#define ZERO_Z(n) "vpxord %%zmm" #n ",%%zmm" #n ",%%zmm" #n "\n"

static void clobber(int sig)
{
	(void)sig;
	hits++;
	if (width == 64)
		__asm__ volatile(EACH32(ZERO_Z) "kxnorq %%k1,%%k1,%%k1\n kxnorq %%k7,%%k7,%%k7" : : : "memory");
	else if (width == 32)
		__asm__ volatile(EACH16(ZERO_Y) : : : "memory");
	else
		__asm__ volatile(EACH16(ZERO_X) : : : "memory");
	__asm__ volatile("fninit; fldz; fldz; fldz; fldz" : : : "memory");
	unsigned mxcsr = 0x7f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	__asm__ volatile("fninit");
}

// Registers are loaded, then what sits in the middle runs, then they are stored: all in one asm statement.
#define AROUND(loads, middle, stores)                                                          \
	__asm__ volatile(loads middle stores                                                   \
			 : : "r"(in), "r"(out), "r"((long)pid), "r"((long)tid)                \
			 : "memory", "rax", "rcx", "r11", "rdi", "rsi", "rdx", "cc")

// tgkill(pid, tid, SIGUSR1): the handler runs before the next instruction does.
#define TGKILL "mov %2,%%rdi\n mov %3,%%rsi\n mov $10,%%edx\n mov $234,%%eax\n syscall\n"
#define GETPPID "mov $110,%%eax\n syscall\n"
#define GETTID "mov $186,%%eax\n syscall\n"
#define SCHED_YIELD "mov $24,%%eax\n syscall\n"
static void fill(unsigned seed)
{
	for (int r = 0; r < 32; r++)
		for (int i = 0; i < 64; i++) {
			seed = seed * 1103515245 + 12345;
			in[r][i] = seed >> 16;
		}
	memset(out, 0, sizeof out);
}

static void compare(const char *what)
{
	for (int r = 0; r < regs; r++)
		if (memcmp(in[r], out[r], width) != 0) {
			printf("register %d (%d bytes) changed: %s\n", r, width, what);
			CHECK(!"vector register kept");
		}
}

#define ROUND(middle, what)                                                                     \
	do {                                                                                    \
		fill(++seed);                                                                   \
		if (width == 64)                                                                \
			AROUND(EACH32(LD_Z), middle, EACH32(ST_Z) "vzeroupper\n");              \
		else if (width == 32)                                                           \
			AROUND(EACH16(LD_Y), middle, EACH16(ST_Y) "vzeroupper\n");              \
		else                                                                            \
			AROUND(EACH16(LD_X), middle, EACH16(ST_X));                             \
		compare(what);                                                                  \
	} while (0)

static void rounds(int n)
{
	unsigned seed = width;
	int pid = getpid(), tid = syscall(SYS_gettid);
	int before = hits;
	for (int i = 0; i < n; i++) {
		ROUND(TGKILL, "a handler that clobbers");
		ROUND(GETPPID, "getppid");
		ROUND(GETTID, "gettid");
		ROUND(SCHED_YIELD, "sched_yield");
	}
	EQ(hits, before + n);
	// The x87 stack and its control word too.
	double one = 0, pi = 0;
	unsigned short cw = 0x0c7f, seen = 0; // round towards zero
	__asm__ volatile("fninit\n fldcw %[cw]\n fldpi\n fld1\n"
			 "mov %[pid],%%rdi\n mov %[tid],%%rsi\n mov $10,%%edx\n mov $234,%%eax\n syscall\n"
			 "fnstcw %[seen]\n fstpl %[one]\n fstpl %[pi]\n fninit"
			 : [one] "=m"(one), [pi] "=m"(pi), [seen] "=m"(seen)
			 : [pid] "r"((long)pid), [tid] "r"((long)tid), [cw] "m"(cw)
			 : "memory", "rax", "rcx", "r11", "rdi", "rsi", "rdx", "cc");
	EQ(hits, before + n + 1);
	EQ(seen, cw);
	CHECK(one == 1.0 && pi > 3.14159 && pi < 3.1416);
}

static volatile int stop;

static void *noise(void *arg)
{
	(void)arg;
	while (!stop) {
		if (width == 64)
			__asm__ volatile(EACH32(ZERO_Z) "vzeroupper" : : : "memory");
		else if (width == 32)
			__asm__ volatile(EACH16(ZERO_Y) "vzeroupper" : : : "memory");
		else
			__asm__ volatile(EACH16(ZERO_X) : : : "memory");
		sched_yield();
	}
	return NULL;
}

static void timer_hits(void)
{
	// A signal at an arbitrary instruction, not at a system call.
	unsigned seed = 99;
	struct itimerval it = {{0, 0}, {0, 3000}};
	int pid = 0, tid = 0;
	for (int i = 0; i < 10; i++) {
		hits = 0;
		CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
		fill(++seed);
#define WAIT_HIT "1: pause\n cmpl $0,(%4)\n je 1b\n"
#define AROUND2(loads, stores)                                                                  \
	__asm__ volatile(loads WAIT_HIT stores                                                  \
			 : : "r"(in), "r"(out), "r"((long)pid), "r"((long)tid), "r"(&hits)    \
			 : "memory", "cc")
		if (width == 64)
			AROUND2(EACH32(LD_Z), EACH32(ST_Z) "vzeroupper\n");
		else if (width == 32)
			AROUND2(EACH16(LD_Y), EACH16(ST_Y) "vzeroupper\n");
		else
			AROUND2(EACH16(LD_X), EACH16(ST_X));
		compare("a handler at an arbitrary instruction");
	}
}

int main(void)
{
	struct sigaction sa = {.sa_handler = clobber};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGALRM, &sa, NULL) == 0);
	__builtin_cpu_init();
	for (width = 16; width <= 64; width *= 2) {
		if (width == 32 && !__builtin_cpu_supports("avx2"))
			break;
		if (width == 64 && !__builtin_cpu_supports("avx512bw"))
			break;
		regs = width == 64 ? 32 : 16;
		rounds(200);
		timer_hits();
		pthread_t t;
		stop = 0;
		ZERO(pthread_create(&t, NULL, noise, NULL));
		rounds(200);
		timer_hits();
		stop = 1;
		ZERO(pthread_join(t, NULL));
		printf("ok %d-bit registers\n", width * 8);
	}
	ok("vector registers");
	return 0;
}
