#include "textflag.h"
#include "offsets.h"

#define STACKGUARD 928 // what the runtime keeps free below a frame

// Between the LWK and the program. The GS base of a core's thread is its core structure all the
// time (the Go runtime on Linux does not use GS); the FS base is Go's thread-local storage in the
// LWK and the program's own in the program. The program's stack is never touched: its red zone is
// its own.

// enterCode is the code of the func value enter(c *core, ctx *hal.Context) uintptr (light.go), called
// by Go's register convention: AX, BX in, AX out; R14 is g. It resumes the program; it returns, from
// trap_amd64.s or entrySyscall below, with a TRAP value. That convention has no callee-saved
// registers but SP and BP, so nothing else is kept.
//
// It returns with the shadow g in R14 and the program's FS base in place; see light.go. The stack's
// bounds are brought up to date there when it is called with the real g.
TEXT ·enterCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	MOVQ BX, SI
	MOVQ SP, CORE_SP(DI)
	MOVQ BP, CORE_BP(DI)
	MOVQ SI, CORE_CTX(DI)
	MOVQ CORE_SHADOW(DI), CX
	CMPQ CX, R14
	JEQ  ready
	MOVQ R14, CORE_REALG(DI)
	MOVQ 0(R14), DX            // g.stack.lo
	MOVQ DX, 0(CX)
	ADDQ $STACKGUARD, DX
	MOVQ DX, 16(CX)            // g.stackguard0
	MOVQ 8(R14), DX            // g.stack.hi
	MOVQ DX, 8(CX)
ready:
	JMP  ·resume(SB)

// From here to resumeEnd the context is still whole in memory: a kick that arrives in between can
// abandon the resumption (trap_amd64.s does), one that arrived before is seen by the first test. So
// no kick is lost.
TEXT ·resume(SB), NOSPLIT|NOFRAME, $0
	CMPL CORE_KICK(DI), $0
	JNE  kicked
	LOAD_XMM(SI)
	MOVQ CTX_RIP(SI), AX
	MOVQ AX, CORE_RIP(DI)
	MOVL $1, CORE_USER(DI)
	MOVQ CTX_FSBASE(SI), AX
	CMPQ AX, CORE_CURFS(DI)
	JEQ  samefs
	WRFSBASEQ AX
	MOVQ AX, CORE_CURFS(DI)
samefs:
	PUSHQ CTX_RFLAGS(SI)
	POPFQ
	MOVQ CTX_RAX(SI), AX
	MOVQ CTX_RBX(SI), BX
	MOVQ CTX_RCX(SI), CX
	MOVQ CTX_RDX(SI), DX
	BYTE $0x48; BYTE $0x8b; BYTE $0x6e; BYTE $CTX_RBP // MOVQ CTX_RBP(SI), BP: not a frame that vet should look for
	MOVQ CTX_R8(SI), R8
	MOVQ CTX_R9(SI), R9
	MOVQ CTX_R10(SI), R10
	MOVQ CTX_R11(SI), R11
	MOVQ CTX_R12(SI), R12
	MOVQ CTX_R13(SI), R13
	MOVQ CTX_R14(SI), R14
	MOVQ CTX_R15(SI), R15
	MOVQ CTX_RSP(SI), SP
	MOVQ CTX_RDI(SI), DI
	MOVQ CTX_RSI(SI), SI
	// JMP *%gs:CORE_RIP
	BYTE $0x65; BYTE $0xff; BYTE $0x24; BYTE $0x25; LONG $CORE_RIP
kicked:
	MOVL $0, CORE_KICK(DI)
	MOVQ $TRAP_KICK, AX
	MOVQ CORE_SHADOW(DI), R14
	XORPS X15, X15
	RET

TEXT ·resumeEnd(SB), NOSPLIT|NOFRAME, $0
	RET

// ENTER_KERNEL makes the call a return of enter: all registers go to the context, R11 being where to go on
// in the stub, whose LEA and JMP, 15 bytes before, make the call again; RCX is free.
#define ENTER_KERNEL \
	MOVQ CORE_CTX(GS), CX; \
	MOVQ AX, CTX_RAX(CX); \
	MOVQ BX, CTX_RBX(CX); \
	MOVQ DX, CTX_RDX(CX); \
	MOVQ SI, CTX_RSI(CX); \
	MOVQ DI, CTX_RDI(CX); \
	MOVQ BP, CTX_RBP(CX); \
	MOVQ SP, CTX_RSP(CX); \
	MOVQ R8, CTX_R8(CX); \
	MOVQ R9, CTX_R9(CX); \
	MOVQ R10, CTX_R10(CX); \
	MOVQ R12, CTX_R12(CX); \
	MOVQ R13, CTX_R13(CX); \
	MOVQ R14, CTX_R14(CX); \
	MOVQ R15, CTX_R15(CX); \
	MOVQ R11, CTX_RCX(CX); \
	MOVQ R11, CTX_RIP(CX); \
	MOVQ CORE_SP(GS), SP; \
	PUSHFQ; \
	POPQ AX; \
	MOVQ AX, CTX_RFLAGS(CX); \
	MOVQ AX, CTX_R11(CX); \
	CLD; \
	LEAQ -15(R11), AX; \
	MOVQ AX, CTX_RESTART(CX); \
	SAVE_XMM(CX); \
	RDFSBASEQ AX; \
	MOVQ AX, CTX_FSBASE(CX); \
	MOVQ AX, CORE_CURFS(GS); \
	MOVL $0, CORE_USER(GS); \
	MOVQ CORE_BP(GS), BP; \
	MOVQ CORE_SHADOW(GS), R14; \
	XORPS X15, X15; \
	MOVQ $TRAP_SYSCALL, AX; \
	RET

// entrySyscall is where rewritten call sites jump to: RAX the call's number, RCX where to go on in
// the stub, everything else the program's. RCX and R11 are free, as a system call clobbers them;
// flags are not, so that the tests are by JCXZ.
TEXT ·entrySyscall(SB), NOSPLIT|NOFRAME, $0
	MOVQ CX, R11
	LEAQ -39(AX), CX
	JCXZQ getpid
	LEAQ -186(AX), CX
	JCXZQ gettid
	JMP  slow
getpid:
	MOVQ CORE_FAST(GS), CX
	MOVQ (CX), AX
	LEAQ 1(AX), AX             // no flags
	MOVQ AX, (CX)
	MOVL CORE_PID(GS), AX
	MOVQ R11, CX
	JMP  R11
gettid:
	MOVQ CORE_FAST(GS), CX
	MOVQ (CX), AX
	LEAQ 1(AX), AX
	MOVQ AX, (CX)
	MOVL CORE_TID(GS), AX
	MOVQ R11, CX
	JMP  R11
slow:
	ENTER_KERNEL

// entryAll is an entry that answers nothing in assembly, for who wants to see every call.
TEXT ·entryAll(SB), NOSPLIT|NOFRAME, $0
	MOVQ CX, R11
	ENTER_KERNEL

// settleCode is the code of the func value settle(c *core): Go's own FS base and g.
TEXT ·settleCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ CORE_REALG(AX), CX
	TESTQ CX, CX
	JEQ  none                  // the core has not run anything yet
	MOVQ CX, R14
	MOVQ CORE_GOFS(AX), CX
	CMPQ CX, CORE_CURFS(AX)
	JEQ  none
	MOVQ CX, CORE_CURFS(AX)
	WRFSBASEQ CX
none:
	RET
