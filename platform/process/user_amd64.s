#include "textflag.h"

// Access to the program's memory. All of these are the code of func values func(a, b, c uintptr) (v,
// err uintptr) (light_unsafe.go), by Go's register convention: AX, BX, CX in, AX, BX out. One fault
// exit serves all: the handler (trap_amd64.s) sends a fault with an instruction pointer between
// userBegin and userEnd to userFault, which returns EFAULT to the caller. They change no stack.

TEXT ·userBegin(SB), NOSPLIT|NOFRAME, $0
	RET

// func userCopy(dst, src, n uintptr) (v, err uintptr)
TEXT ·userCopyCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	MOVQ BX, SI
	CMPQ CX, $256
	JAE  big
	CMPQ CX, $8
	JB   tail
words:
	MOVQ (SI), AX
	MOVQ AX, (DI)
	ADDQ $8, SI
	ADDQ $8, DI
	SUBQ $8, CX
	CMPQ CX, $8
	JAE  words
tail:
	TESTQ CX, CX
	JEQ  done
	MOVB (SI), AX
	MOVB AX, (DI)
	INCQ SI
	INCQ DI
	DECQ CX
	JMP  tail
big:
	CLD
	REP; MOVSB
done:
	XORL AX, AX
	XORL BX, BX
	RET

// func userZero(dst, n, _ uintptr) (v, err uintptr)
TEXT ·userZeroCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	MOVQ BX, CX
	XORL AX, AX
	CLD
	REP; STOSB
	XORL AX, AX
	XORL BX, BX
	RET

// func userLoad32(addr, _, _ uintptr) (v, err uintptr)
TEXT ·userLoad32Code(SB), NOSPLIT|NOFRAME, $0
	MOVL (AX), AX
	XORL BX, BX
	RET

// func userStore32(addr, v, _ uintptr) (v, err uintptr)
TEXT ·userStore32Code(SB), NOSPLIT|NOFRAME, $0
	XCHGL BX, (AX)
	XORL AX, AX
	XORL BX, BX
	RET

// func userLoad64(addr, _, _ uintptr) (v, err uintptr)
TEXT ·userLoad64Code(SB), NOSPLIT|NOFRAME, $0
	MOVQ (AX), AX
	XORL BX, BX
	RET

// func userStore64(addr, v, _ uintptr) (v, err uintptr)
TEXT ·userStore64Code(SB), NOSPLIT|NOFRAME, $0
	MOVQ BX, (AX)
	XORL AX, AX
	XORL BX, BX
	RET

// func userCAS32(addr, old, new uintptr) (v, err uintptr)
TEXT ·userCAS32Code(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	MOVL BX, AX
	LOCK
	CMPXCHGL CX, (DI)
	MOVL AX, AX
	XORL BX, BX
	RET

TEXT ·userEnd(SB), NOSPLIT|NOFRAME, $0
	RET

TEXT ·userFault(SB), NOSPLIT|NOFRAME, $0
	XORL AX, AX
	MOVQ $14, BX               // EFAULT
	RET
