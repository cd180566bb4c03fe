#include "textflag.h"
#include "go_asm.h"
#include "macros.h"

// The image's entry point (linker flag -E), for each core: 64-bit mode, interrupts off, the first page
// tables (abi.Boot); no stack, nothing else to rely on. It finds out which core this is, takes the
// core's kernel stack, and has setup.go do the rest. Core 0 goes on into the Go runtime, as its first
// thread; the others wait for threads to run (kernel_unsafe.go).

// The runtime's environment: as on the process platform, no AVX in its assembly (vector registers beyond
// XMM stay the program's), no asynchronous preemption, no collection.
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
DATA ·godebug<>+168(SB)/8, $0x0000000000303d73
GLOBL ·godebug<>(SB), RODATA, $176

DATA ·gogc<>+0(SB)/8, $"GOGC=off"
DATA ·gogc<>+8(SB)/8, $0x0000000000000000
GLOBL ·gogc<>(SB), RODATA, $16

DATA ·argv0<>+0(SB)/8, $"skerry\x00\x00"
GLOBL ·argv0<>(SB), RODATA, $8

TEXT ·Entry(SB), NOSPLIT|NOFRAME, $0
	CLI
	CLD
	// The id of this core's interrupt controller: 32 bits from leaf 0xb, if there is one, else 8.
	XORL AX, AX
	CPUID
	CMPL AX, $0xb
	JLT  narrow
	MOVL $0xb, AX
	XORL CX, CX
	CPUID
	MOVL DX, R8
	TESTL BX, BX
	JNE  known
narrow:
	MOVL $1, AX
	CPUID
	SHRL $24, BX
	MOVL BX, R8
known:
	MOVQ $const_linearBase, R9
	MOVL const_bootNCores(R9), R10
	XORL R12, R12
find:
	CMPL R12, R10
	JGE  stranger
	CMPL const_bootAPIC(R9)(R12*4), R8
	JEQ  found
	INCL R12
	JMP  find
stranger:
	CLI
	HLT
	JMP  stranger
found:
	LEAQ 1(R12), AX
	IMULQ $const_kernelStack, AX
	LEAQ ·kernelStacks(SB), SP
	ADDQ AX, SP
	// FS points at a word that may be read: Go's wrappers load g from -8(FS).
	MOVL $0xc0000100, CX
	LEAQ ·dummyTLS(SB), AX
	ADDQ $64, AX
	MOVQ AX, DX
	SHRQ $32, DX
	WRMSR
	TESTL R12, R12
	JNE  other
	SUBQ $32, SP
	MOVQ R12, 24(SP)
	CALL ·setupFirst(SB)
	MOVQ 24(SP), R12
	JMP  each
other:
	SUBQ $32, SP
wait:
	PAUSE
	MOVL ·firstReady(SB), AX
	TESTL AX, AX
	JEQ  wait
each:
	MOVQ R12, 24(SP)
	MOVQ R12, 0(SP)
	CALL ·setupCore(SB)
	MOVQ 24(SP), R12
	TESTL R12, R12
	JNE  idle
	// The first thread of the Go runtime: argc, argv, environment, auxiliary vector. It has a stack of
	// its own.
	LEAQ ·firstStack(SB), SP
	ADDQ $(const_firstStackSize-256), SP
	MOVQ $1, 0(SP)
	LEAQ ·argv0<>(SB), AX
	MOVQ AX, 8(SP)
	MOVQ $0, 16(SP)
	LEAQ ·godebug<>(SB), AX
	MOVQ AX, 24(SP)
	LEAQ ·gogc<>(SB), AX
	MOVQ AX, 32(SP)
	MOVQ $0, 40(SP)
	MOVQ $6, 48(SP)            // AT_PAGESZ
	MOVQ $4096, 56(SP)
	MOVQ $25, 64(SP)           // AT_RANDOM
	LEAQ ·randomBytes(SB), AX
	MOVQ AX, 72(SP)
	MOVQ $0, 80(SP)
	MOVQ $0, 88(SP)
	LEAQ ·vdsoClock(SB), AX
	MOVQ AX, runtime·vdsoClockgettimeSym(SB)
	XORL AX, AX
	JMP  _rt0_amd64_linux(SB)
idle:
	CALL ·schedule(SB)
	JMP  ·resumeThread(SB)

// vdsoClock is clock_gettime(2) by the C convention (DI: clock, SI: struct timespec), for the Go runtime.
TEXT ·vdsoClock(SB), NOSPLIT|NOFRAME, $0
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	SUBQ ·clockTicks(SB), AX
	MOVQ ·clockScale(SB), CX   // nanoseconds for a tick, 32.32 bits
	MULQ CX
	SHRQ $32, AX
	SHLQ $32, DX
	ORQ  DX, AX
	ADDQ ·clockBase(SB), AX
	XORL DX, DX
	MOVQ $1000000000, CX
	DIVQ CX
	MOVQ AX, 0(SI)
	MOVQ DX, 8(SI)
	XORL AX, AX
	RET
