#include "textflag.h"
#include "go_asm.h"
#include "macros.h"

// Between the program (ring 3) and the LWK (ring 0). In ring 0 interrupts are off, always, but in
// halt below; GS is the core's cpu structure, FS the Go runtime's thread-local storage. The program's
// stack is never touched.

// func enter(c *cpu, ctx *hal.Context) uintptr
//
// Resumes the program, and returns at its next trap with the vector, or 256 for a system call. By its
// convention (ABI0) there are no registers to keep but SP and BP; the caller restores g and X15.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ c+0(FP), DI
	MOVQ ctx+8(FP), SI
	MOVQ SP, cpu_rsp(DI)
	MOVQ BP, cpu_rbp(DI)
	MOVQ SI, cpu_ctx(DI)
	RDFSBASEQ AX
	MOVQ AX, cpu_gofs(DI)
	// Whoever changes page tables or kicks does it the other way round: first the change, then the
	// question whether we are in the program.
	MOVL $1, AX
	XCHGL AX, cpu_inUser(DI)
	CMPL cpu_kick(DI), $0
	JNE  kicked
	MOVL ·tablesChanged(SB), AX
	CMPL AX, cpu_seen(DI)
	JEQ  current
	MOVL AX, cpu_seen(DI)
	MOVQ CR3, AX
	MOVQ AX, CR3               // all but global entries, which are the LWK's
current:
	LOAD_XMM(SI, context_Xmm)
	MOVQ context_FSBase(SI), AX
	WRFSBASEQ AX
	// SYSRET takes RIP from RCX and the flags from R11: right after a system call whose registers
	// nobody changed. Its trap on a bad RIP would be ours: run has checked that it is the program's.
	MOVQ context_RIP(SI), AX
	MOVQ context_RFLAGS(SI), BX
	CMPQ context_RCX(SI), AX
	JNE  byIret
	CMPQ context_R11(SI), BX
	JNE  byIret
	TESTL $0x10100, BX         // TF, RF
	JNE  byIret
	MOVQ context_RAX(SI), AX
	MOVQ context_RBX(SI), BX
	MOVQ context_RCX(SI), CX
	MOVQ context_RDX(SI), DX
	MOVQ context_RDI(SI), DI
	BYTE $0x48; BYTE $0x8b; BYTE $0x6e; BYTE $context_RBP // MOVQ context_RBP(SI), BP: not a frame that vet should look for
	MOVQ context_R8(SI), R8
	MOVQ context_R9(SI), R9
	MOVQ context_R10(SI), R10
	MOVQ context_R11(SI), R11
	MOVQ context_R12(SI), R12
	MOVQ context_R13(SI), R13
	MOVQ context_R14(SI), R14
	MOVQ context_R15(SI), R15
	MOVQ context_RSP(SI), SP
	MOVQ context_RSI(SI), SI
	SWAPGS
	BYTE $0x48; BYTE $0x0f; BYTE $0x07 // SYSRETQ
byIret:
	LEAQ cpu_iret(DI), SP
	MOVQ AX, 0(SP)
	MOVQ $const_userCS, 8(SP)
	MOVQ BX, 16(SP)
	MOVQ context_RSP(SI), AX
	MOVQ AX, 24(SP)
	MOVQ $const_userSS, 32(SP)
	MOVQ context_RAX(SI), AX
	MOVQ context_RBX(SI), BX
	MOVQ context_RCX(SI), CX
	MOVQ context_RDX(SI), DX
	MOVQ context_RDI(SI), DI
	BYTE $0x48; BYTE $0x8b; BYTE $0x6e; BYTE $context_RBP // MOVQ context_RBP(SI), BP: not a frame that vet should look for
	MOVQ context_R8(SI), R8
	MOVQ context_R9(SI), R9
	MOVQ context_R10(SI), R10
	MOVQ context_R11(SI), R11
	MOVQ context_R12(SI), R12
	MOVQ context_R13(SI), R13
	MOVQ context_R14(SI), R14
	MOVQ context_R15(SI), R15
	MOVQ context_RSI(SI), SI
	SWAPGS
	IRETQ
kicked:
	XORL AX, AX
	MOVL AX, cpu_kick(DI)
	MOVL AX, cpu_inUser(DI)
	MOVQ $const_vectorKicked, AX
	MOVQ AX, ret+16(FP)
	RET

// systemCall is where SYSCALL goes (MSR LSTAR): from the program, or from the Go runtime in ring 0, which
// thinks that Linux is there. The two are told apart by the return address: ring 3 executes nothing
// in the upper half. Interrupts are off (MSR FMASK).
TEXT ·systemCall(SB), NOSPLIT|NOFRAME, $0
	TESTQ CX, CX
	JMI  runtime
	SWAPGS
	CMPL AX, $39               // getpid
	JEQ  process
	CMPL AX, $186              // gettid
	JEQ  number
slow:
	MOVQ SP, cpu_usp(GS)
	MOVQ cpu_ctx(GS), SP       // no stack meanwhile: whatever may come has its own
	MOVQ AX, context_RAX(SP)
	MOVQ BX, context_RBX(SP)
	MOVQ CX, context_RCX(SP)
	MOVQ CX, context_RIP(SP)
	MOVQ DX, context_RDX(SP)
	MOVQ SI, context_RSI(SP)
	MOVQ DI, context_RDI(SP)
	MOVQ BP, context_RBP(SP)
	MOVQ R8, context_R8(SP)
	MOVQ R9, context_R9(SP)
	MOVQ R10, context_R10(SP)
	MOVQ R11, context_R11(SP)
	MOVQ R11, context_RFLAGS(SP)
	MOVQ R12, context_R12(SP)
	MOVQ R13, context_R13(SP)
	MOVQ R14, context_R14(SP)
	MOVQ R15, context_R15(SP)
	MOVQ cpu_usp(GS), AX
	MOVQ AX, context_RSP(SP)
	SUBQ $2, CX
	MOVQ CX, context_Restart(SP)
	SAVE_XMM(SP, context_Xmm)
	RDFSBASEQ AX
	MOVQ AX, context_FSBase(SP)
	MOVQ $256, AX
	JMP  ·leave(SB)

	// Two numbers that are known here. We stay in the program meanwhile, as the other cores see it: what
	// they want of this one comes as an interrupt, which waits until we are back. A program that is being
	// stepped (TF), or whose numbers nobody told yet, goes the long way.
process:
	TESTL $0x10100, R11
	JNE  slow
	CMPL cpu_pid(GS), $0
	JEQ  slow
	MOVL cpu_pid(GS), AX
	SWAPGS
	BYTE $0x48; BYTE $0x0f; BYTE $0x07 // SYSRETQ
number:
	TESTL $0x10100, R11
	JNE  slow
	CMPL cpu_tid(GS), $0
	JEQ  slow
	MOVL cpu_tid(GS), AX
	SWAPGS
	BYTE $0x48; BYTE $0x0f; BYTE $0x07 // SYSRETQ

runtime:
	// R11 and RCX are free. The thread's registers go to its structure.
	MOVQ cpu_thread(GS), R11
	MOVQ AX, thread_ax(R11)
	MOVQ BX, thread_bx(R11)
	MOVQ CX, thread_ip(R11)
	MOVQ DX, thread_dx(R11)
	MOVQ SI, thread_si(R11)
	MOVQ DI, thread_di(R11)
	MOVQ BP, thread_bp(R11)
	MOVQ SP, thread_sp(R11)
	MOVQ R8, thread_r8(R11)
	MOVQ R9, thread_r9(R11)
	MOVQ R10, thread_r10(R11)
	MOVQ R12, thread_r12(R11)
	MOVQ R13, thread_r13(R11)
	MOVQ R14, thread_r14(R11)
	MOVQ R15, thread_r15(R11)
	RDFSBASEQ AX
	MOVQ AX, thread_fs(R11)
	MOVQ cpu_ksp(GS), SP
	MOVQ R11, 0(SP)
	CALL ·kernelCall(SB)
	JMP  ·resumeThread(SB)

// resumeThread goes on with the core's thread of the Go runtime.
TEXT ·resumeThread(SB), NOSPLIT|NOFRAME, $0
	MOVQ cpu_thread(GS), R11
	MOVQ thread_fs(R11), AX
	WRFSBASEQ AX
	MOVQ thread_ax(R11), AX
	MOVQ thread_bx(R11), BX
	MOVQ thread_ip(R11), CX
	MOVQ thread_dx(R11), DX
	MOVQ thread_si(R11), SI
	MOVQ thread_di(R11), DI
	BYTE $0x49; BYTE $0x8b; BYTE $0x6b; BYTE $thread_bp // MOVQ thread_bp(R11), BP, unseen by vet
	MOVQ thread_sp(R11), SP
	MOVQ thread_r8(R11), R8
	MOVQ thread_r9(R11), R9
	MOVQ thread_r10(R11), R10
	MOVQ thread_r12(R11), R12
	MOVQ thread_r13(R11), R13
	MOVQ thread_r14(R11), R14
	MOVQ thread_r15(R11), R15
	XORPS X15, X15
	JMP  CX

// leave is the way back into Go from the program: AX is what enter returns.
TEXT ·leave(SB), NOSPLIT|NOFRAME, $0
	MOVQ cpu_gofs(GS), CX
	WRFSBASEQ CX
	MOVQ cpu_rsp(GS), SP
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x2c; BYTE $0x25; LONG $cpu_rbp // MOVQ cpu_rbp(GS), BP, likewise
	MOVL $0, cpu_inUser(GS)
	PUSHQ $2
	POPFQ                      // no direction flag, no AC (which would switch SMAP off)
	MOVQ AX, 24(SP)            // ret+16(FP)
	RET

// Exceptions and interrupts. Each vector has five bytes, a call, whose return address tells the vector.
#define V1 CALL ·noError(SB)
#define V8 V1; V1; V1; V1; V1; V1; V1; V1
#define V64 V8; V8; V8; V8; V8; V8; V8; V8
TEXT ·vectors(SB), NOSPLIT|NOFRAME, $0
	V64; V64; V64; V64
	RET

#define E1 CALL ·withError(SB)
#define E8 E1; E1; E1; E1; E1; E1; E1; E1
TEXT ·errorVectors(SB), NOSPLIT|NOFRAME, $0
	E8; E8; E8; E8
	RET

TEXT ·noError(SB), NOSPLIT|NOFRAME, $0
	PUSHQ AX
	PUSHQ BX
	MOVQ 16(SP), AX
	LEAQ ·vectors+5(SB), BX
	SUBQ BX, AX
	POPQ BX
	MOVQ $0, 8(SP)
	JMP  ·trap(SB)

// With an error code there is one word more: the return address and the error change places.
TEXT ·withError(SB), NOSPLIT|NOFRAME, $0
	XCHGQ AX, 0(SP)
	PUSHQ BX
	LEAQ ·errorVectors+5(SB), BX
	SUBQ BX, AX
	POPQ BX
	JMP  ·trap(SB)

// trap: AX is the vector times five; the stack has the old AX, an error code, RIP, CS, RFLAGS, RSP, SS.
TEXT ·trap(SB), NOSPLIT|NOFRAME, $0
	TESTL $3, 24(SP)
	JEQ  kernel
	SWAPGS
	MOVQ AX, cpu_vector(GS)
	POPQ AX
	MOVQ CX, cpu_usp(GS)       // a place to keep it
	MOVQ cpu_ctx(GS), CX
	MOVQ AX, context_RAX(CX)
	MOVQ BX, context_RBX(CX)
	MOVQ DX, context_RDX(CX)
	MOVQ SI, context_RSI(CX)
	MOVQ DI, context_RDI(CX)
	MOVQ BP, context_RBP(CX)
	MOVQ R8, context_R8(CX)
	MOVQ R9, context_R9(CX)
	MOVQ R10, context_R10(CX)
	MOVQ R11, context_R11(CX)
	MOVQ R12, context_R12(CX)
	MOVQ R13, context_R13(CX)
	MOVQ R14, context_R14(CX)
	MOVQ R15, context_R15(CX)
	MOVQ cpu_usp(GS), AX
	MOVQ AX, context_RCX(CX)
	MOVQ 0(SP), AX
	MOVQ AX, context_TrapErr(CX)
	MOVQ 8(SP), AX
	MOVQ AX, context_RIP(CX)
	MOVQ 24(SP), AX
	MOVQ AX, context_RFLAGS(CX)
	MOVQ 32(SP), AX
	MOVQ AX, context_RSP(CX)
	MOVQ CR2, AX
	MOVQ AX, context_CR2(CX)
	SAVE_XMM(CX, context_Xmm)
	RDFSBASEQ AX
	MOVQ AX, context_FSBase(CX)
	MOVQ cpu_vector(GS), AX
	XORL DX, DX
	MOVL $5, CX
	DIVL CX
	JMP  ·leave(SB)

kernel:
	// In the LWK: a page of the runtime's memory that is not there yet, an interrupt in halt, or a
	// mistake. GS is not relied on: the core is known by its task register.
	PUSHQ BX
	PUSHQ CX
	PUSHQ DX
	PUSHQ SI
	PUSHQ DI
	PUSHQ BP
	PUSHQ R8
	PUSHQ R9
	PUSHQ R10
	PUSHQ R11
	PUSHQ R12
	PUSHQ R13
	PUSHQ R14
	PUSHQ R15
	PUSHQ $2
	POPFQ                      // no direction flag, and no AC
	MOVQ SP, BX
	SUBQ $304, SP
	ANDQ $~15, SP
	SAVE_XMM(SP, 48)
	XORPS X15, X15
	XORL DX, DX
	MOVL $5, CX
	DIVL CX
	MOVQ BX, 0(SP)
	MOVQ AX, 8(SP)
	XORL AX, AX
	BYTE $0x0f; BYTE $0x00; BYTE $0xc8 // STR EAX
	SUBQ $const_firstTSS, AX
	SHRQ $4, AX
	MOVQ AX, 16(SP)
	MOVQ BX, 24(SP)
	RDFSBASEQ AX
	MOVQ AX, 32(SP)
	LEAQ ·dummyTLS(SB), AX
	ADDQ $64, AX
	WRFSBASEQ AX
	CALL ·kernelTrap(SB)
	MOVQ 32(SP), AX
	WRFSBASEQ AX
	LOAD_XMM(SP, 48)
	MOVQ 24(SP), SP
	POPQ R15
	POPQ R14
	POPQ R13
	POPQ R12
	POPQ R11
	POPQ R10
	POPQ R9
	POPQ R8
	POPQ BP
	POPQ DI
	POPQ SI
	POPQ DX
	POPQ CX
	POPQ BX
	POPQ AX
	ADDQ $8, SP
	IRETQ

// nonMaskable counts, and halts for good when the enclave is being stopped. It needs neither GS nor Go.
TEXT ·nonMaskable(SB), NOSPLIT|NOFRAME, $0
	LOCK
	INCQ ·nmis(SB)
	CMPL ·stopping(SB), $0
	JNE  stop
	IRETQ
stop:
	MFENCE
	XORL AX, AX
	BYTE $0x0f; BYTE $0x00; BYTE $0xc8 // STR EAX
	SUBL $const_firstTSS, AX
	SHRL $4, AX
	SHLQ $7, AX                // size of a CoreBlock
	MOVQ $(const_linearBase+const_coresAt), CX
	ADDQ AX, CX
	MOVL $const_coreParked, 0(CX)
forever:
	CLI
	HLT
	JMP  forever

// func halt()
//
// Waits for an interrupt. One that came before is taken as soon as the instruction after STI has begun.
TEXT ·halt(SB), NOSPLIT|NOFRAME, $0-0
	STI
	HLT
	CLI
	RET

// func split() (child uint64)
//
// Leaves the calling instance so that switchTo can go on with it from here, and has makeCopy copy it: the copy, when it
// is switched to, returns 1. The caller's stack must not grow meanwhile.
TEXT ·split(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ $1, child+0(FP)
	PUSHQ BP
	RDFSBASEQ CX
	PUSHQ CX
	LEAQ ·switchArea+63(SB), DI
	ANDQ $~63, DI
	MOVL $-1, AX
	MOVL $-1, DX
	XSAVE64 (DI)
	MOVQ SP, ·switchSP(SB)
	CALL ·makeCopy(SB)
	POPQ CX
	POPQ BP
	MOVQ $0, child+0(FP)
	RET

// func switchTo(cr3 uint64)
//
// Goes on with the instance whose page tables these are, where it called switchTo or split. Code, stacks for
// traps and the core's structures are at the same addresses in all of them. Global translations are the
// LWK's private memory: all go.
TEXT ·switchTo(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(SP), R8
	PUSHQ BP
	RDFSBASEQ CX
	PUSHQ CX
	LEAQ ·switchArea+63(SB), DI
	ANDQ $~63, DI
	MOVL $-1, AX
	MOVL $-1, DX
	XSAVE64 (DI)
	MOVQ SP, ·switchSP(SB)
	MOVQ CR4, R9
	MOVQ R9, R10
	ANDQ $~128, R10            // PGE
	MOVQ R10, CR4
	MOVQ R8, CR3
	MOVQ R9, CR4
	MOVQ ·switchSP(SB), SP
	MOVL $-1, AX
	MOVL $-1, DX
	XRSTOR64 (DI)
	POPQ CX
	WRFSBASEQ CX
	POPQ BP
	XORPS X15, X15
	RET

// func getCPU() *cpu
TEXT ·getCPU(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 0(GS), AX
	MOVQ AX, ret+0(FP)
	RET

// func readMSR(nr uint32) uint64
TEXT ·readMSR(SB), NOSPLIT|NOFRAME, $0-16
	MOVL nr+0(FP), CX
	RDMSR
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+8(FP)
	RET

// func writeMSR(nr uint32, v uint64)
TEXT ·writeMSR(SB), NOSPLIT|NOFRAME, $0-16
	MOVL nr+0(FP), CX
	MOVQ v+8(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	WRMSR
	RET

// func cpuid(leaf, sub uint32) (a, b, c, d uint32)
TEXT ·cpuid(SB), NOSPLIT|NOFRAME, $0-24
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	MOVL DX, d+20(FP)
	RET

// func control(cr0, cr4, xcr0 uint64): sets the control registers; xcr0 0 leaves that one.
TEXT ·control(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ cr4+8(FP), AX
	MOVQ AX, CR4
	MOVQ cr0+0(FP), AX
	MOVQ AX, CR0
	MOVQ xcr0+16(FP), AX
	TESTQ AX, AX
	JEQ  none
	MOVQ AX, DX
	SHRQ $32, DX
	XORL CX, CX
	BYTE $0x0f; BYTE $0x01; BYTE $0xd1 // XSETBV
none:
	XORL AX, AX
	BYTE $0x0f; BYTE $0x23; BYTE $0xf8 // MOV RAX, DR7: no breakpoints
	BYTE $0xdb; BYTE $0xe3             // FNINIT
	RET

// func loadTables(gdt, idt *pointer, tss uintptr)
TEXT ·loadTables(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ gdt+0(FP), AX
	LGDT (AX)
	MOVQ idt+8(FP), AX
	LIDT (AX)
	MOVQ tss+16(FP), AX
	LTR  AX
	XORL AX, AX
	LLDT AX
	// A far return to the kernel's own code segment.
	MOVL $const_kernelSS, AX
	MOVW AX, SS
	MOVW AX, DS
	MOVW AX, ES
	POPQ CX
	PUSHQ $const_kernelCS
	PUSHQ CX
	RETFQ

// func setCR3(v uint64)
TEXT ·setCR3(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ v+0(FP), AX
	MOVQ AX, CR3
	RET

// func getCR3() uint64
TEXT ·getCR3(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ CR3, AX
	MOVQ AX, ret+0(FP)
	RET

// func getCR2() uint64
TEXT ·getCR2(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ CR2, AX
	MOVQ AX, ret+0(FP)
	RET

// func invalidate(addr uintptr)
TEXT ·invalidate(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ addr+0(FP), AX
	INVLPG (AX)
	RET

// func rdtsc() uint64
TEXT ·rdtsc(SB), NOSPLIT|NOFRAME, $0-8
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func pause()
TEXT ·pause(SB), NOSPLIT|NOFRAME, $0-0
	PAUSE
	RET

// func zero(addr, n uintptr): n is a multiple of 8.
TEXT ·zero(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ addr+0(FP), DI
	MOVQ n+8(FP), CX
	SHRQ $3, CX
	XORL AX, AX
	REP; STOSQ
	RET

// func move(dst, src, n uintptr)
TEXT ·move(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ CX, DX
	SHRQ $3, CX
	REP; MOVSQ
	MOVQ DX, CX
	ANDQ $7, CX
	REP; MOVSB
	RET

// func stopForever()
TEXT ·stopForever(SB), NOSPLIT|NOFRAME, $0-0
again:
	CLI
	HLT
	JMP  again

// func addresses(out *[8]uintptr): of assembly and of the image.
TEXT ·addresses(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ out+0(FP), DI
	LEAQ ·systemCall(SB), AX
	MOVQ AX, 0(DI)
	LEAQ ·vectors(SB), AX
	MOVQ AX, 8(DI)
	LEAQ ·errorVectors(SB), AX
	MOVQ AX, 16(DI)
	LEAQ ·nonMaskable(SB), AX
	MOVQ AX, 24(DI)
	LEAQ runtime·text(SB), AX
	MOVQ AX, 32(DI)
	LEAQ runtime·end(SB), AX
	MOVQ AX, 40(DI)
	RET

// func fence(): a full memory barrier
TEXT ·fence(SB), NOSPLIT|NOFRAME, $0-0
	LOCK
	ADDL $0, -8(SP)
	RET

// func floatStatus() uint64
TEXT ·floatStatus(SB), NOSPLIT|NOFRAME, $0-8
	BYTE $0xdf; BYTE $0xe0     // FNSTSW AX
	MOVWLZX AX, AX
	BYTE $0xd9; BYTE $0x7c; BYTE $0x24; BYTE $0xf8 // FNSTCW -8(SP)
	MOVWLZX -8(SP), CX
	SHLQ $32, CX
	ORQ  CX, AX
	MOVQ AX, ret+0(FP)
	RET

// func getMXCSR() uint32
TEXT ·getMXCSR(SB), NOSPLIT|NOFRAME, $0-4
	STMXCSR ret+0(FP)
	RET

// func setMXCSR(v uint32)
TEXT ·setMXCSR(SB), NOSPLIT|NOFRAME, $0-4
	LDMXCSR v+0(FP)
	RET

// func xsave(area uintptr, mask uint64)
TEXT ·xsave(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ area+0(FP), DI
	MOVQ mask+8(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XSAVE64 (DI)
	RET

// func xrstor(area uintptr, mask uint64)
TEXT ·xrstor(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ area+0(FP), DI
	MOVQ mask+8(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XRSTOR64 (DI)
	XORPS X15, X15
	RET

// func xsaveWith(ctx *context, area uintptr, mask uint64): the state with ctx's XMM registers.
TEXT ·xsaveWith(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ ctx+0(FP), SI
	MOVQ area+8(FP), DI
	MOVQ mask+16(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	LOAD_XMM(SI, context_Xmm)
	XSAVE64 (DI)
	XORPS X15, X15
	RET

// func xrstorTo(ctx *context, area uintptr, mask uint64): loads the state, and XMM into ctx.
TEXT ·xrstorTo(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ ctx+0(FP), SI
	MOVQ area+8(FP), DI
	MOVQ mask+16(FP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XRSTOR64 (DI)
	SAVE_XMM(SI, context_Xmm)
	XORPS X15, X15
	RET
