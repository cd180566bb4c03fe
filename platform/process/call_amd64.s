#include "textflag.h"

// func rawThread(flags, stack, fn, arg, tls, id uintptr) (tid uintptr)
//
// clone(2) of a thread that the Go runtime does not know. It runs fn(arg) (the entry of an ABI0 Go
// function that is nosplit all the way down) on its own stack, with a dummy TLS block (so that the
// g that Go's wrappers load is nil) and no GS, and ends itself when fn returns.
TEXT ·rawThread(SB), NOSPLIT|NOFRAME, $0-56
	MOVQ 8(SP), DI
	MOVQ 16(SP), SI
	MOVQ 24(SP), R12
	MOVQ 32(SP), R13
	MOVQ 40(SP), R14
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	MOVQ $56, AX
	SYSCALL
	TESTQ AX, AX
	JEQ  child
	MOVQ AX, ret+48(FP)
	RET
child:
	WRFSBASEQ R14
	XORL AX, AX
	WRGSBASEQ AX
	XORL BP, BP
	SUBQ $16, SP
	MOVQ R13, 0(SP)
	CALL R12
	XORL DI, DI
	MOVQ $60, AX
	SYSCALL
	INT $3

// markCode is the code of the func value mark(m *markPoint) uintptr (light_unsafe.go): it keeps where
// it was called from, and returns 0. adoptThread returns there once more, with 1. Sound because
// Go's register convention has no registers but SP and BP that outlive a call, and because the caller's
// frame stays as it is: it calls nothing afterwards that returns.
TEXT ·markCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ 0(SP), CX
	MOVQ CX, 0(AX)             // pc
	LEAQ 8(SP), CX
	MOVQ CX, 8(AX)             // sp
	MOVQ BP, 16(AX)            // bp
	XORL AX, AX
	RET

// func adoptThread(flags uintptr, m *markPoint, fs, gs uintptr) (tid uintptr)
//
// clone(2) of a thread that goes on as the goroutine that called mark: on its stack, with its
// thread-local storage, which make it the thread of the runtime's structures. In a forked child only,
// where the thread that had them does not exist.
TEXT ·adoptThread(SB), NOSPLIT|NOFRAME, $0-40
	MOVQ 8(SP), DI
	MOVQ 16(SP), R12
	MOVQ 24(SP), R13
	MOVQ 32(SP), R15
	MOVQ 8(R12), SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	MOVQ $56, AX
	SYSCALL
	TESTQ AX, AX
	JEQ  adopted
	MOVQ AX, ret+32(FP)
	RET
adopted:
	WRFSBASEQ R13
	WRGSBASEQ R15
	MOVQ -8(R13), R14          // g
	MOVQ 16(R12), BP
	XORPS X15, X15
	MOVL $1, AX
	MOVQ 0(R12), CX
	JMP  CX

// func vforkClone(flags, save, room uintptr) int64
//
// clone(2) of a process that shares this memory, this stack included: the parent, which stands still
// until the child is gone, finds its stack as it left it, from here to the goroutine's end (g.stack.hi,
// the second word of g), because it is copied to save before and back after. -ENOMEM if it is larger
// than room. The child uses the stack itself, and must not make it grow (runCore sees to its size).
TEXT ·vforkClone(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ flags+0(FP), R12
	MOVQ save+8(FP), R13
	MOVQ room+16(FP), R14
	MOVQ (TLS), AX
	MOVQ 8(AX), R15
	SUBQ SP, R15               // bytes of stack in use
	MOVQ $-12, AX
	CMPQ R15, R14
	JHI  done
	CLD
	MOVQ SP, SI
	MOVQ R13, DI
	MOVQ R15, CX
	REP; MOVSB
	MOVQ R12, DI
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	MOVQ $56, AX
	SYSCALL
	TESTQ AX, AX
	JEQ  done
	CLD
	MOVQ R13, SI
	MOVQ SP, DI
	MOVQ R15, CX
	REP; MOVSB
done:
	MOVQ AX, ret+24(FP)
	RET

// func takeTurn()
//
// Makes the call in turn (everywhere_unsafe.go) if it is the calling thread's turn; AX says so. Keeps
// all registers but AX, CX and R11. Called by handlers and by the listener: no stack but a few words.
TEXT ·takeTurn(SB), NOSPLIT|NOFRAME, $0-0
	CMPL ·turn+0(SB), $1
	JNE  notmine
	MOVQ $186, AX              // gettid
	SYSCALL
	CMPL AX, ·turn+4(SB)
	JNE  notmine
	PUSHQ DI
	PUSHQ SI
	PUSHQ DX
	PUSHQ R10
	PUSHQ R8
	PUSHQ R9
	MOVQ ·turn+8(SB), AX
	MOVQ ·turn+16(SB), DI
	MOVQ ·turn+24(SB), SI
	MOVQ ·turn+32(SB), DX
	MOVQ ·turn+40(SB), R10
	MOVQ ·turn+48(SB), R8
	MOVQ ·turn+56(SB), R9
	SYSCALL
	MOVQ AX, ·turn+64(SB)
	MOVL $2, ·turn+0(SB)
	LEAQ ·turn+0(SB), DI
	MOVL $129, SI              // FUTEX_WAKE|FUTEX_PRIVATE_FLAG
	MOVL $1, DX
	MOVL $202, AX
	SYSCALL
	POPQ R9
	POPQ R8
	POPQ R10
	POPQ DX
	POPQ SI
	POPQ DI
	MOVL $1, AX
	RET
notmine:
	XORL AX, AX
	RET

// func setGS(base uintptr)
TEXT ·setGS(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(SP), AX
	WRGSBASEQ AX
	RET

// func getFS() uintptr
TEXT ·getFS(SB), NOSPLIT|NOFRAME, $0-8
	RDFSBASEQ AX
	MOVQ AX, ret+0(FP)
	RET

// func pause()
TEXT ·pause(SB), NOSPLIT|NOFRAME, $0-0
	PAUSE
	RET

// func fence(): a full memory barrier
TEXT ·fence(SB), NOSPLIT|NOFRAME, $0-0
	LOCK
	ADDL $0, -8(SP)            // orders as MFENCE does, and is faster
	RET

// func addresses(out *[nsymbols]uintptr): what the Go side must know of the image and of this
// assembly, in the order of the constants in asm.go.
TEXT ·addresses(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(SP), DI
	LEAQ runtime·text(SB), AX
	MOVQ AX, 0(DI)
	LEAQ runtime·etext(SB), AX
	MOVQ AX, 8(DI)
	LEAQ ·entrySyscall(SB), AX
	MOVQ AX, 16(DI)
	LEAQ ·sighandler(SB), AX
	MOVQ AX, 24(DI)
	LEAQ ·sigreturn(SB), AX
	MOVQ AX, 32(DI)
	LEAQ ·proxyEntry(SB), AX
	MOVQ AX, 40(DI)
	LEAQ ·monitorEntry(SB), AX
	MOVQ AX, 48(DI)
	LEAQ ·listenerEntry(SB), AX
	MOVQ AX, 56(DI)
	LEAQ runtime·end(SB), AX
	MOVQ AX, 64(DI)
	LEAQ ·enterCode(SB), AX
	MOVQ AX, 72(DI)
	LEAQ ·settleCode(SB), AX
	MOVQ AX, 80(DI)
	LEAQ ·pauseCode(SB), AX
	MOVQ AX, 88(DI)
	LEAQ ·inUseCode(SB), AX
	MOVQ AX, 96(DI)
	LEAQ ·getMXCSRCode(SB), AX
	MOVQ AX, 104(DI)
	LEAQ ·setMXCSRCode(SB), AX
	MOVQ AX, 112(DI)
	LEAQ ·saveHighCode(SB), AX
	MOVQ AX, 120(DI)
	LEAQ ·loadHighCode(SB), AX
	MOVQ AX, 128(DI)
	LEAQ ·userCopyCode(SB), AX
	MOVQ AX, 136(DI)
	LEAQ ·userZeroCode(SB), AX
	MOVQ AX, 144(DI)
	LEAQ ·userLoad32Code(SB), AX
	MOVQ AX, 152(DI)
	LEAQ ·userStore32Code(SB), AX
	MOVQ AX, 160(DI)
	LEAQ ·userLoad64Code(SB), AX
	MOVQ AX, 168(DI)
	LEAQ ·userStore64Code(SB), AX
	MOVQ AX, 176(DI)
	LEAQ ·userCAS32Code(SB), AX
	MOVQ AX, 184(DI)
	LEAQ ·switchCode(SB), AX
	MOVQ AX, 192(DI)
	LEAQ ·nowCode(SB), AX
	MOVQ AX, 200(DI)
	LEAQ ·markCode(SB), AX
	MOVQ AX, 208(DI)
	LEAQ ·entryAll(SB), AX
	MOVQ AX, 216(DI)
	RET

// nowCode is the code of the func value now() int64 (light_unsafe.go): the monotonic clock from the
// vDSO, whose address the runtime has found; on the caller's own stack, which is large.
TEXT ·nowCode(SB), NOSPLIT|NOFRAME, $0
	PUSHQ BP
	MOVQ SP, BP                // kept by C code
	SUBQ $32, SP
	ANDQ $~15, SP
	MOVL $1, DI                // CLOCK_MONOTONIC
	MOVQ SP, SI
	MOVQ runtime·vdsoClockgettimeSym(SB), AX
	TESTQ AX, AX
	JEQ  novdso
	CALL AX
	JMP  read
novdso:
	MOVL $228, AX
	SYSCALL
read:
	MOVQ 0(SP), AX
	MOVQ 8(SP), DX
	MOVQ BP, SP
	POPQ BP
	IMULQ $1000000000, AX
	ADDQ DX, AX
	XORPS X15, X15
	RET

// pauseCode is the code of the func value lookAway() (light_unsafe.go).
TEXT ·pauseCode(SB), NOSPLIT|NOFRAME, $0
	PAUSE
	RET

TEXT ·proxyEntry(SB), NOSPLIT, $8-8
	MOVQ arg+0(FP), AX
	MOVQ AX, 0(SP)
	CALL ·proxyMain(SB)
	RET

TEXT ·monitorEntry(SB), NOSPLIT, $8-8
	MOVQ arg+0(FP), AX
	MOVQ AX, 0(SP)
	CALL ·monitorMain(SB)
	RET

TEXT ·listenerEntry(SB), NOSPLIT, $8-8
	MOVQ arg+0(FP), AX
	MOVQ AX, 0(SP)
	CALL ·listenerMain(SB)
	RET

// func growStack(): the assembler puts the test of the stack's bound, and its growth, in front. The frame
// is stackRoom.
TEXT ·growStack(SB), 0, $131072-0
	RET
