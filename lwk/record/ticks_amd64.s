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
