#include "textflag.h"

// Offset in the signal frame's ucontext (Linux, x86-64).
#define UC_RIP 168
#define UC_SIGMASK 296

// What a thread blocks once it got a signal that was not meant for it: all but what the processor raises, what
// the Go runtime sends its threads (SIGURG, 33), and the kick.
#define FORGOOD 0x7ffffffebfbffb27

#define SIGURG 23
#define SIGQUIET 32
#define SIGKICK 64
#define SI_TKILL -6
#define SYNCSIGNALS 0x400004d8 // SIGSYS SEGV FPE BUS TRAP ILL, as SyncSignals in Go
#define SYS_TGKILL 234

// The queue of signals, as passed in Go: 64 slots of 64 bytes, then the number of the next.
#define PASSED_SLOTS 64
#define PASSED_NEXT 4096

// func Call(cancel *uint32, nr uintptr, args *[6]uint64) int64
//
// A kick between callBegin and callMade moves the instruction pointer to callCancel, one that comes
// later makes Linux end the call with EINTR.
TEXT ·Call(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ 8(SP), BX
	MOVQ 16(SP), AX
	MOVQ 24(SP), R12
	MOVQ 0(R12), DI
	MOVQ 8(R12), SI
	MOVQ 16(R12), DX
	MOVQ 24(R12), R10
	MOVQ 32(R12), R8
	MOVQ 40(R12), R9
	JMP  ·callBegin(SB)

// Written as bytes, because the handler must know where the SYSCALL ends: callBegin+7 (callMade).
TEXT ·callBegin(SB), NOSPLIT|NOFRAME, $0
	BYTE $0x83; BYTE $0x3b; BYTE $0x00                         // +0 CMPL (BX), $0
	BYTE $0x75; BYTE $0x08                                     // +3 JNE +13
	BYTE $0x0f; BYTE $0x05                                     // +5 SYSCALL
	BYTE $0x48; BYTE $0x89; BYTE $0x44; BYTE $0x24; BYTE $0x20 // +7 MOVQ AX, 32(SP)
	BYTE $0xc3                                                 // +12 RET
	JMP  ·callCancel(SB)                                       // +13

TEXT ·callCancel(SB), NOSPLIT|NOFRAME, $0
	MOVQ $-512, 32(SP)
	RET

// func addresses(out *[3]uintptr)
TEXT ·addresses(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(SP), DI
	LEAQ ·callBegin(SB), AX
	MOVQ AX, 0(DI)
	LEAQ ·callCancel(SB), AX
	MOVQ AX, 8(DI)
	LEAQ ·handler(SB), AX
	MOVQ AX, 16(DI)
	RET

// func restorer(out *uintptr)
TEXT ·restorer(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(SP), DI
	LEAQ ·sigreturn(SB), AX
	MOVQ AX, 0(DI)
	RET

// handler runs on a thread's signal stack, as Linux calls it: DI signal, SI siginfo, DX ucontext. It
// uses registers that a C function may change, and no memory but the frame's, passedOn and owner, process.
TEXT ·handler(SB), NOSPLIT|NOFRAME, $0
	CMPL DI, $SIGKICK
	JNE  other
	MOVQ UC_RIP(DX), CX
	LEAQ ·callBegin(SB), R8
	CMPQ CX, R8
	JB   return
	ADDQ $7, R8                // callMade: the call was made, its result stands
	CMPQ CX, R8
	JAE  return
	LEAQ ·callCancel(SB), R8
	MOVQ R8, UC_RIP(DX)
return:
	RET
other:
	MOVL 8(SI), R9             // si_code: SI_USER and below are sent
	CMPL DI, $32
	JA   forward
	MOVL $1, AX
	MOVL DI, CX
	DECL CX
	SHLQ CX, AX
	MOVQ $SYNCSIGNALS, R8
	TESTQ AX, R8
	JEQ  asked
	CMPL R9, $0
	JGT  goruntime             // a fault of this process itself
	JMP  forward
asked:
	CMPL DI, $SIGURG           // the runtime asks its own threads to yield
	JNE  forward
	CMPL R9, $SI_TKILL
	JEQ  goruntime
forward:
	// The Go runtime unblocks some signals on its own threads. This one gets no more of them.
	MOVQ $FORGOOD, AX
	ORQ  AX, UC_SIGMASK(DX)
	CMPL DI, $SIGQUIET
	JNE  sent
	CMPL R9, $SI_TKILL
	JEQ  return                // it was asked for no more than that
sent:
	MOVQ ·owner(SB), AX
	TESTQ AX, AX
	JEQ  return                // nobody yet
	// Into a slot of the queue, and a kick to the owner. (Linux lets a thread queue a siginfo that is not
	// its own to itself only.)
	MOVQ AX, R11               // tid
	MOVL $1, AX
	LOCK
	XADDQ AX, ·passedOn+PASSED_NEXT(SB)
	ANDQ $(PASSED_SLOTS-1), AX
	SHLQ $6, AX
	LEAQ ·passedOn(SB), R8
	ADDQ AX, R8
	CMPQ 48(R8), $0
	JNE  return                // full: as a signal that is pending already
	MOVQ 0(SI), R9
	MOVQ R9, 0(R8)
	MOVQ 8(SI), R9
	MOVQ R9, 8(R8)
	MOVQ 16(SI), R9
	MOVQ R9, 16(R8)
	MOVQ 24(SI), R9
	MOVQ R9, 24(R8)
	MOVQ 32(SI), R9
	MOVQ R9, 32(R8)
	MOVQ 40(SI), R9
	MOVQ R9, 40(R8)
	MOVQ $1, 48(R8)            // last: it is whole
	MOVQ ·process(SB), DI
	MOVQ R11, SI
	MOVL $SIGKICK, DX
	MOVQ $SYS_TGKILL, AX
	SYSCALL
	RET
goruntime:
	JMP  runtime·sigtramp(SB)

// sigreturn is the restorer that the handler returns to.
TEXT ·sigreturn(SB), NOSPLIT|NOFRAME, $0
	MOVQ $15, AX
	SYSCALL
	INT $3

// func Pause()
TEXT ·Pause(SB), NOSPLIT|NOFRAME, $0-0
	PAUSE
	RET
