#include "textflag.h"

// The image's entry point (linker flag -E): before the Go runtime starts, on the stack that Linux
// made, with nothing initialized.
//
// For every verb but those that run a program it goes on to the runtime at once. For those it
//   1. keeps the stack's address (arguments, environment and auxiliary vector as they came),
//   2. records which signals were ignored and which of the descriptors 0 to 2 were closed, and
//      the limit on open files, all of which the Go runtime changes during its start,
//   3. blocks all signals, so that no thread of the runtime ever takes one that is the program's,
//   4. takes the pending signals that the runtime is going to unblock, and lose,
//   5. puts three variables in front of the environment: the runtime reads GODEBUG (no AVX in its
//      assembly, no asynchronous preemption, stacks that never shrink), GOGC (no collection) and GOMAXPROCS from
//      there only. With one processor it wakes no threads to look for work; Boot's caller wants more if there are cores,
//   6. keeps the runtime's monitor from waking every 20 us, by the timer slack that its thread inherits,
//   7. in a program that was executed in an enclave, keeps the runtime from reading files that say how many
//      processors and what pages there are: by a limit of no descriptors, which it raises afterwards.
// Step 5 moves argc, argv and its terminator down by three words; the rest stays where it is.

DATA ·godebug<>+0(SB)/8, $"GODEBUG="
DATA ·godebug<>+8(SB)/8, $"cpu.avx="
DATA ·godebug<>+16(SB)/8, $"off,cpu."
DATA ·godebug<>+24(SB)/8, $"avx2=off"
DATA ·godebug<>+32(SB)/8, $",cpu.avx"
DATA ·godebug<>+40(SB)/8, $"512f=off"
DATA ·godebug<>+48(SB)/8, $",cpu.avx"
DATA ·godebug<>+56(SB)/8, $"512cd=of"
DATA ·godebug<>+64(SB)/8, $"f,cpu.av"
DATA ·godebug<>+72(SB)/8, $"x512bw=o"
DATA ·godebug<>+80(SB)/8, $"ff,cpu.a"
DATA ·godebug<>+88(SB)/8, $"vx512dq="
DATA ·godebug<>+96(SB)/8, $"off,cpu."
DATA ·godebug<>+104(SB)/8, $"avx512vl"
DATA ·godebug<>+112(SB)/8, $"=off,asy"
DATA ·godebug<>+120(SB)/8, $"ncpreemp"
DATA ·godebug<>+128(SB)/8, $"toff=1,c"
DATA ·godebug<>+136(SB)/8, $"ontainer"
DATA ·godebug<>+144(SB)/8, $"maxprocs"
DATA ·godebug<>+152(SB)/8, $"=0,updat"
DATA ·godebug<>+160(SB)/8, $"emaxproc"
DATA ·godebug<>+168(SB)/8, $"s=0,gcsh"
DATA ·godebug<>+176(SB)/8, $"rinkstac"
DATA ·godebug<>+184(SB)/8, $0x0000313d66666f6b
GLOBL ·godebug<>(SB), RODATA, $192

DATA ·gogc<>+0(SB)/8, $"GOGC=off"
DATA ·gogc<>+8(SB)/8, $0x0000000000000000
GLOBL ·gogc<>(SB), RODATA, $16

DATA ·procs<>+0(SB)/8, $"GOMAXPRO"
DATA ·procs<>+8(SB)/8, $0x00000000313d5343 // "CS=1"
GLOBL ·procs<>(SB), RODATA, $16

#define SYS_rt_sigaction 13
#define SYS_prctl 157
#define SYS_rt_sigprocmask 14
#define SYS_fcntl 72
#define SYS_rt_sigtimedwait 128
#define SYS_prlimit64 302
#define SYS_membarrier 324

#define EARLY 32 // maxEarly

// earlySignal is the handler for 32 to 34 until Boot installs its own: it keeps the signal.
TEXT ·earlySignal(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, AX
	LOCK
	XADDL AX, ·nearly(SB)
	CMPL AX, $EARLY
	JAE  full
	SHLQ $7, AX
	LEAQ ·early(SB), DI
	ADDQ AX, DI
	MOVL $16, CX
	CLD
	REP; MOVSQ
full:
	RET

TEXT ·start(SB), NOSPLIT|NOFRAME, $0
	MOVQ 0(SP), AX             // argc
	CMPQ AX, $2
	JLT  inherited
	MOVQ 16(SP), BX            // argv[1]
	CMPL 0(BX), $0x006e7572    // "run\0"
	JEQ  enclave

inherited:
	// A program that was started by execve from an enclave: its first variable says so.
	MOVQ 16(SP)(AX*8), BX      // envp[0]
	TESTQ BX, BX
	JEQ  plain
	MOVQ $0x455f595252454b53, CX // "SKERRY_E"
	CMPQ 0(BX), CX
	JEQ  executed

plain:
	JMP _rt0_amd64_linux(SB)

executed:
	MOVL $1, ·startExecuted(SB)
enclave:
	MOVQ SP, ·startSP(SB)
	SUBQ $160, SP

	// Ignored signals: the handler is SIG_IGN (1).
	MOVQ $1, R12
sigloop:
	MOVQ R12, DI
	XORL SI, SI
	LEAQ 0(SP), DX
	MOVQ $8, R10
	MOVL $SYS_rt_sigaction, AX
	SYSCALL
	TESTQ AX, AX
	JNE  signext
	CMPQ 0(SP), $1
	JNE  signext
	LEAQ -1(R12), CX
	MOVQ $1, BX
	SHLQ CX, BX
	ORQ  BX, ·startIgnored(SB)
signext:
	INCQ R12
	CMPQ R12, $65
	JNE  sigloop

	// All blocked from here.
	MOVQ $-1, AX
	MOVQ AX, 0(SP)
	MOVQ $2, DI                // SIG_SETMASK
	LEAQ 0(SP), SI
	LEAQ ·startMask(SB), DX
	MOVQ $8, R10
	MOVL $SYS_rt_sigprocmask, AX
	SYSCALL

	// What the runtime unblocks: SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM, SIGSTKFLT, SIGCHLD, SIGPROF, 32
	// to 34. Boot gives it back.
	MOVQ $0x38401c027, AX
	MOVQ AX, 0(SP)
	MOVQ $0, 8(SP)             // no waiting
	MOVQ $0, 16(SP)
takeloop:
	MOVL ·nearly(SB), SI
	CMPL SI, $EARLY
	JAE  taken
	SHLQ $7, SI                // the size of a siginfo
	LEAQ ·early(SB), DX
	ADDQ DX, SI
	LEAQ 0(SP), DI
	LEAQ 8(SP), DX
	MOVQ $8, R10
	MOVL $SYS_rt_sigtimedwait, AX
	SYSCALL
	TESTQ AX, AX
	JLE  taken
	INCL ·nearly(SB)
	JMP  takeloop
taken:
	// For the last three it has no handler, so that they would end the process.
	LEAQ ·earlySignal(SB), AX
	MOVQ AX, 0(SP)
	MOVQ $0x04000004, 8(SP)    // SA_RESTORER|SA_SIGINFO
	LEAQ ·sigreturn(SB), AX
	MOVQ AX, 16(SP)
	MOVQ $0, 24(SP)
	MOVQ $32, R12
earlyloop:
	MOVQ R12, DI
	LEAQ 0(SP), SI
	XORL DX, DX
	MOVQ $8, R10
	MOVL $SYS_rt_sigaction, AX
	SYSCALL
	INCQ R12
	CMPQ R12, $35
	JNE  earlyloop

	// The runtime raises the soft limit on open files.
	XORL DI, DI
	MOVQ $7, SI                // RLIMIT_NOFILE
	XORL DX, DX
	LEAQ ·startFiles(SB), R10
	MOVL $SYS_prlimit64, AX
	SYSCALL

	// Registering for expedited barriers is free while there is one thread; later it waits for all
	// CPUs, some milliseconds.
	MOVQ $(1<<4), DI           // REGISTER_PRIVATE_EXPEDITED
	XORL SI, SI
	MOVL $SYS_membarrier, AX
	SYSCALL
	MOVQ $(1<<6), DI           // REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
	XORL SI, SI
	MOVL $SYS_membarrier, AX
	SYSCALL

	XORL R12, R12
fdloop:
	MOVQ R12, DI
	MOVQ $1, SI                // F_GETFD
	MOVL $SYS_fcntl, AX
	SYSCALL
	CMPQ AX, $-9               // EBADF
	JNE  fdnext
	MOVQ R12, CX
	MOVQ $1, BX
	SHLQ CX, BX
	ORQ  BX, ·startClosed(SB)
fdnext:
	INCQ R12
	CMPQ R12, $3
	JNE  fdloop

	// The runtime opens /dev/null where a descriptor is closed, and cannot go on without.
	CMPL ·startExecuted(SB), $0
	JEQ  manyfiles
	CMPQ ·startClosed(SB), $0
	JNE  manyfiles
	CMPQ ·startFiles+8(SB), $64
	JB   manyfiles
	MOVQ $0, 0(SP)
	MOVQ ·startFiles+8(SB), AX
	MOVQ AX, 8(SP)
	XORL DI, DI
	MOVQ $7, SI
	LEAQ 0(SP), DX
	XORL R10, R10
	MOVL $SYS_prlimit64, AX
	SYSCALL
manyfiles:
	MOVQ $30, DI               // PR_GET_TIMERSLACK
	MOVL $SYS_prctl, AX
	SYSCALL
	TESTQ AX, AX
	JLE  noslack
	MOVQ AX, ·startSlack(SB)
	MOVQ $29, DI               // PR_SET_TIMERSLACK
	MOVQ $20000000, SI         // ns
	MOVL $SYS_prctl, AX
	SYSCALL
noslack:

	// Three more variables.
	ADDQ $160, SP
	MOVQ SP, SI
	SUBQ $24, SP
	MOVQ SP, DI
	MOVQ 0(SI), CX
	ADDQ $2, CX                // argc, argv[argc], NULL
	CLD
	REP; MOVSQ
	LEAQ ·godebug<>(SB), AX
	MOVQ AX, 0(DI)
	LEAQ ·gogc<>(SB), AX
	MOVQ AX, 8(DI)
	LEAQ ·procs<>(SB), AX
	MOVQ AX, 16(DI)
	JMP _rt0_amd64_linux(SB)
