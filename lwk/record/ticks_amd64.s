#include "textflag.h"

// func Ticks() uint64
//
// RDTSC as it is: neither serialising nor ordered, which is as exact as a record needs.
TEXT ·Ticks(SB), NOSPLIT|NOFRAME, $0-8
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// ticksCode is the code of the func value ticks() uint64, called by Go's register convention: the
// result in AX; it keeps R14 (g) and X15.
TEXT ·ticksCode(SB), NOSPLIT|NOFRAME, $0
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	RET

// func ticksAddress() uintptr
TEXT ·ticksAddress(SB), NOSPLIT|NOFRAME, $0-8
	LEAQ ·ticksCode(SB), AX
	MOVQ AX, ret+0(FP)
	RET
