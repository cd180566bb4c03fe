#include "textflag.h"

// func deliver(page uintptr, target, command, harmless uint32) (seen uint32)
//
// Writes the target, reads it back, and writes the command: the given one if the target was still
// there, else the harmless one. No branch, no call, nothing between the read and the write that takes
// time: an interrupt has to hit exactly there for the command to go to a target of Linux's.
TEXT ·deliver(SB), NOSPLIT|NOFRAME, $0-28
	MOVQ page+0(FP), DI
	MOVL target+8(FP), AX
	MOVL command+12(FP), CX
	MOVL harmless+16(FP), DX
	MOVL AX, 0x310(DI)
	MOVL 0x310(DI), BX
	CMPL BX, AX
	CMOVLNE DX, CX
	MOVL CX, 0x300(DI)
	MOVL BX, seen+24(FP)
	RET
