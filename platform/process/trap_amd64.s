#include "textflag.h"
#include "offsets.h"

// Offsets in the signal frame's ucontext (Linux, x86-64).
#define UC_R8 40
#define UC_R9 48
#define UC_R10 56
#define UC_R11 64
#define UC_R12 72
#define UC_R13 80
#define UC_R14 88
#define UC_R15 96
#define UC_RDI 104
#define UC_RSI 112
#define UC_RBP 120
#define UC_RBX 128
#define UC_RDX 136
#define UC_RAX 144
#define UC_RCX 152
#define UC_RSP 160
#define UC_RIP 168
#define UC_FLAGS 176
#define UC_ERR 192
#define UC_TRAPNO 200
#define UC_CR2 216
#define UC_FPSTATE 224

#define SIGTRAP 5
#define SIGBUS 7
#define SIGSEGV 11
#define SIGSYS 31
#define SIGKICK 16
#define SI_TKILL -6
#define SYS_USER_DISPATCH 2
#define SYNCSIGNALS 0x400004d8 // SIGSYS SEGV FPE BUS TRAP ILL, as syncSignals in Go

// sighandler is the process's handler for all signals. It runs on the thread's
// alternate stack (the Go runtime's signal stack), for faults and kicks with an empty mask (SA_NODEFER).
//
// On a core that was in the program it never returns to Linux: it copies the frame to the context
// and continues as the return of enter. That is sound because Linux keeps no state about a handler
// in progress: the mask is what it is to be, and being "on the alternate stack" is a matter of where
// the stack pointer is. Linux has put the vector state into the frame and given the handler a fresh
// one, so the frame's is loaded first; it then stays live as after any other trap.
//
// In the LWK itself (or elsewhere) it handles kicks, faults of the user-copy routines and
// interruptions of shipped calls, and leaves the rest to the Go runtime's handler.
TEXT ·sighandler(SB), NOSPLIT|NOFRAME, $0
	CMPL DI, $SIGKICK
	JNE  whose
	MOVL 8(SI), AX             // si_code
	CMPL AX, $SI_TKILL         // kicks are sent by tgkill(2), by nobody else
	JEQ  turn
	ORL  16(SI), AX            // si_pid; nothing is known of a kick beyond RLIMIT_SIGPENDING
	JEQ  turn
	// The program's own signal 16, from outside. On a core it is a kick as well: there is a message now.
	RDGSBASEQ AX
	TESTQ AX, AX
	JEQ  forward
	PUSHQ DI
	PUSHQ SI
	PUSHQ DX
	RDFSBASEQ CX
	PUSHQ CX
	MOVQ CORE_GOFS(AX), CX     // Go's convention reads the word below it
	WRFSBASEQ CX
	SUBQ $8, SP                // the alignment that a call wants
	MOVQ SI, 0(SP)
	CALL ·forwardSignal(SB)
	ADDQ $8, SP
	POPQ CX
	WRFSBASEQ CX
	POPQ DX
	POPQ SI
	POPQ DI
	JMP  whose
turn:
	CALL ·takeTurn(SB)         // and whatever it was: several kicks come as one
whose:
	RDGSBASEQ AX
	TESTQ AX, AX
	JEQ  foreign
	CMPL DI, $SIGKICK
	JEQ  mine
	LEAQ -1(DI), CX
	MOVQ $SYNCSIGNALS, BX
	BTQ  CX, BX
	JCS  mine
	// The program's, at an open core (own_unsafe.go): a message, and with it a kick.
	PUSHQ SI
	PUSHQ DX
	PUSHQ AX
	RDFSBASEQ CX
	PUSHQ CX
	MOVQ CORE_GOFS(AX), CX     // Go's convention reads the word below it
	WRFSBASEQ CX
	SUBQ $24, SP               // keeps the alignment that a call wants
	MOVQ SI, 0(SP)
	MOVQ DX, 8(SP)
	MOVQ AX, 16(SP)
	CALL ·ownSignal(SB)
	ADDQ $24, SP
	POPQ CX
	WRFSBASEQ CX
	POPQ AX
	POPQ DX
	POPQ SI
	MOVL $SIGKICK, DI
mine:
	CMPL CORE_USER(AX), $0
	JEQ  kernel
	MOVQ UC_RIP(DX), CX
	CMPQ CX, ·textLow(SB)
	JB   program
	CMPQ CX, ·textHigh(SB)
	JB   kernel

program:
	MOVQ AX, R13               // core
	MOVQ CORE_CTX(R13), R12    // context
	MOVQ DX, R14               // ucontext
	MOVQ UC_RAX(R14), AX
	MOVQ AX, CTX_RAX(R12)
	MOVQ UC_RBX(R14), AX
	MOVQ AX, CTX_RBX(R12)
	MOVQ UC_RCX(R14), AX
	MOVQ AX, CTX_RCX(R12)
	MOVQ UC_RDX(R14), AX
	MOVQ AX, CTX_RDX(R12)
	MOVQ UC_RSI(R14), AX
	MOVQ AX, CTX_RSI(R12)
	MOVQ UC_RDI(R14), AX
	MOVQ AX, CTX_RDI(R12)
	MOVQ UC_RBP(R14), AX
	MOVQ AX, CTX_RBP(R12)
	MOVQ UC_RSP(R14), AX
	MOVQ AX, CTX_RSP(R12)
	MOVQ UC_R8(R14), AX
	MOVQ AX, CTX_R8(R12)
	MOVQ UC_R9(R14), AX
	MOVQ AX, CTX_R9(R12)
	MOVQ UC_R10(R14), AX
	MOVQ AX, CTX_R10(R12)
	MOVQ UC_R11(R14), AX
	MOVQ AX, CTX_R11(R12)
	MOVQ UC_R12(R14), AX
	MOVQ AX, CTX_R12(R12)
	MOVQ UC_R13(R14), AX
	MOVQ AX, CTX_R13(R12)
	MOVQ UC_R14(R14), AX
	MOVQ AX, CTX_R14(R12)
	MOVQ UC_R15(R14), AX
	MOVQ AX, CTX_R15(R12)
	MOVQ UC_RIP(R14), AX
	MOVQ AX, CTX_RIP(R12)
	MOVQ UC_FLAGS(R14), AX
	MOVQ AX, CTX_RFLAGS(R12)
	RDFSBASEQ AX
	MOVQ AX, CTX_FSBASE(R12)
	MOVL DI, CTX_SIG(R12)
	MOVL 8(SI), BX             // si_code
	MOVL BX, CTX_SIGCODE(R12)
	MOVQ 16(SI), AX            // si_addr, or pid and uid
	MOVQ AX, CTX_SIGADDR(R12)
	MOVQ UC_ERR(R14), AX
	MOVQ AX, CTX_TRAPERR(R12)
	MOVQ UC_TRAPNO(R14), AX
	MOVQ AX, CTX_TRAPNO(R12)
	MOVQ UC_CR2(R14), AX
	MOVQ AX, CTX_CR2(R12)

	MOVQ $TRAP_FAULT, R11
	CMPL DI, $SIGKICK
	JNE  notkick
	MOVL $0, CORE_RINGING(R13)
	MOVL $0, CORE_KICK(R13)
	MOVQ $TRAP_KICK, R11
	JMP  leave
notkick:
	CMPL BX, $0                // SI_USER and below: sent, not raised by the processor
	JGT  raised
	MOVQ $TRAP_SIGNAL, R11
	JMP  leave
raised:
	CMPL DI, $SIGSYS
	JNE  leave
	CMPL BX, $SYS_USER_DISPATCH
	JNE  leave
	CMPL 28(SI), $0xc000003e   // si_arch: AUDIT_ARCH_X86_64
	JEQ  native
	MOVQ $-1, AX               // INT 0x80: a 32-bit call, of no number that there is here
	MOVQ AX, CTX_RAX(R12)
native:
	MOVQ CTX_RIP(R12), AX
	SUBQ $2, AX
	MOVQ AX, CTX_RESTART(R12)
	MOVQ $TRAP_SITE, R11

leave:
	// R11: what enter returns. R12: context, R13: core, R14: ucontext.
	MOVQ UC_FPSTATE(R14), BX
	MOVL $-1, AX
	MOVL $-1, DX
	XRSTOR64 (BX)
	SAVE_XMM(R12)
leavekernel:
	CLD
	RDFSBASEQ AX
	MOVQ AX, CORE_CURFS(R13)
	MOVL $0, CORE_USER(R13)
	MOVQ CORE_SP(R13), SP
	MOVQ CORE_BP(R13), BP
	MOVQ CORE_SHADOW(R13), R14
	MOVQ R11, AX
	XORPS X15, X15
	RET

kernel:
	// On a core, in the LWK.
	CMPL DI, $SIGKICK
	JNE  notkick2
	MOVL $0, CORE_RINGING(AX)
	MOVL $1, CORE_KICK(AX)
	MOVQ UC_RIP(DX), CX
	CMPQ CX, ·cutFrom(SB)    // a call of its own, not made yet: as for a proxy, below
	JB   notcall
	CMPQ CX, ·cutTo(SB)
	JAE  notcall
	MOVQ ·cutAt(SB), BX
	MOVQ BX, UC_RIP(DX)
	RET
notcall:
	LEAQ ·resume(SB), BX
	CMPQ CX, BX
	JB   return
	LEAQ ·resumeEnd(SB), BX
	CMPQ CX, BX
	JAE  return
	// In the middle of a resumption: give it up. The context is whole, but the vector registers
	// may be half loaded, and those beyond XMM are in the frame.
	MOVQ AX, R13
	MOVQ DX, R14
	MOVL $0, CORE_KICK(R13)
	MOVQ $TRAP_KICK, R11
	MOVQ UC_FPSTATE(R14), BX
	MOVL $-1, AX
	MOVL $-1, DX
	XRSTOR64 (BX)
	JMP  leavekernel
notkick2:
	CMPL 8(SI), $0             // si_code: sent by somebody, although it looks like a fault
	JLE  forward
	CMPL DI, $SIGSEGV
	JEQ  copyfault
	CMPL DI, $SIGBUS
	JNE  goruntime
copyfault:
	MOVQ UC_RIP(DX), CX
	LEAQ ·userBegin(SB), BX
	CMPQ CX, BX
	JB   goruntime
	LEAQ ·userEnd(SB), BX
	CMPQ CX, BX
	JAE  goruntime
	LEAQ ·userFault(SB), BX
	MOVQ BX, UC_RIP(DX)
return:
	RET

foreign:
	// Not a core: a proxy whose call is to be interrupted, or a thread of the Go runtime.
	CMPL DI, $SIGKICK
	JNE  notkick3
	MOVQ UC_RIP(DX), CX
	CMPQ CX, ·cutFrom(SB)
	JB   return
	CMPQ CX, ·cutTo(SB)     // the call was made, its result stands
	JAE  return
	MOVQ ·cutAt(SB), BX
	MOVQ BX, UC_RIP(DX)
	RET
notkick3:
	// The runtime unblocks on its own threads some of what we block. What Linux or another process
	// sends there is the program's: forwarded as by the listener; from then on the thread blocks what
	// the listener takes. Faults are the runtime's own.
	MOVL $1, AX
	MOVQ DI, CX
	DECQ CX
	SHLQ CX, AX
	MOVQ $SYNCSIGNALS, BX
	TESTQ AX, BX
	JEQ  block
	CMPL 8(SI), $0             // si_code: SI_USER and below are sent
	JGT  goruntime
	JMP  forward
block:
	SUBQ $24, SP               // keeps the alignment that a call wants
	MOVQ SI, 0(SP)
	MOVQ DX, 8(SP)
	CALL ·foreignSignal(SB)
	ADDQ $24, SP
	RET
forward:
	SUBQ $24, SP               // keeps the alignment that a call wants
	MOVQ SI, 0(SP)
	CALL ·forwardSignal(SB)
	ADDQ $24, SP
	RET

goruntime:
	// On a core, the FS base may be the program's.
	RDGSBASEQ AX
	TESTQ AX, AX
	JEQ  crash
	MOVQ CORE_GOFS(AX), AX
	WRFSBASEQ AX
crash:
	JMP  runtime·sigtramp(SB)

// sigreturn is the restorer that the handler returns to.
TEXT ·sigreturn(SB), NOSPLIT|NOFRAME, $0
	MOVQ $15, AX
	SYSCALL
	INT $3
