#include "textflag.h"
#include "offsets.h"

// The opmask registers and vector registers 16 to 31, 1088 bytes from base+off on.
#define SAVE_HIGH(off, base) \
	KMOVQ K0, (off+0)(base); \
	KMOVQ K1, (off+8)(base); \
	KMOVQ K2, (off+16)(base); \
	KMOVQ K3, (off+24)(base); \
	KMOVQ K4, (off+32)(base); \
	KMOVQ K5, (off+40)(base); \
	KMOVQ K6, (off+48)(base); \
	KMOVQ K7, (off+56)(base); \
	VMOVDQU64 Z16, (off+64)(base); \
	VMOVDQU64 Z17, (off+128)(base); \
	VMOVDQU64 Z18, (off+192)(base); \
	VMOVDQU64 Z19, (off+256)(base); \
	VMOVDQU64 Z20, (off+320)(base); \
	VMOVDQU64 Z21, (off+384)(base); \
	VMOVDQU64 Z22, (off+448)(base); \
	VMOVDQU64 Z23, (off+512)(base); \
	VMOVDQU64 Z24, (off+576)(base); \
	VMOVDQU64 Z25, (off+640)(base); \
	VMOVDQU64 Z26, (off+704)(base); \
	VMOVDQU64 Z27, (off+768)(base); \
	VMOVDQU64 Z28, (off+832)(base); \
	VMOVDQU64 Z29, (off+896)(base); \
	VMOVDQU64 Z30, (off+960)(base); \
	VMOVDQU64 Z31, (off+1024)(base)

#define LOAD_HIGH(off, base) \
	KMOVQ (off+0)(base), K0; \
	KMOVQ (off+8)(base), K1; \
	KMOVQ (off+16)(base), K2; \
	KMOVQ (off+24)(base), K3; \
	KMOVQ (off+32)(base), K4; \
	KMOVQ (off+40)(base), K5; \
	KMOVQ (off+48)(base), K6; \
	KMOVQ (off+56)(base), K7; \
	VMOVDQU64 (off+64)(base), Z16; \
	VMOVDQU64 (off+128)(base), Z17; \
	VMOVDQU64 (off+192)(base), Z18; \
	VMOVDQU64 (off+256)(base), Z19; \
	VMOVDQU64 (off+320)(base), Z20; \
	VMOVDQU64 (off+384)(base), Z21; \
	VMOVDQU64 (off+448)(base), Z22; \
	VMOVDQU64 (off+512)(base), Z23; \
	VMOVDQU64 (off+576)(base), Z24; \
	VMOVDQU64 (off+640)(base), Z25; \
	VMOVDQU64 (off+704)(base), Z26; \
	VMOVDQU64 (off+768)(base), Z27; \
	VMOVDQU64 (off+832)(base), Z28; \
	VMOVDQU64 (off+896)(base), Z29; \
	VMOVDQU64 (off+960)(base), Z30; \
	VMOVDQU64 (off+1024)(base), Z31

// func xcr0() uint64
TEXT ·xcr0(SB), NOSPLIT|NOFRAME, $0-8
	XORL CX, CX
	XGETBV
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// inUseCode, getMXCSRCode, setMXCSRCode, saveHighCode and loadHighCode are the code of func values
// (light_unsafe.go), by Go's register convention.

// func inUse() uint64: the state components that are not in their initial state (XGETBV with ECX=1).
TEXT ·inUseCode(SB), NOSPLIT|NOFRAME, $0
	MOVL $1, CX
	XGETBV
	SHLQ $32, DX
	ORQ  DX, AX
	RET

// func getMXCSR() uint32
TEXT ·getMXCSRCode(SB), NOSPLIT|NOFRAME, $0
	STMXCSR -8(SP)
	MOVL -8(SP), AX
	RET

// func setMXCSR(v uint32)
TEXT ·setMXCSRCode(SB), NOSPLIT|NOFRAME, $0
	MOVL AX, -8(SP)
	LDMXCSR -8(SP)
	RET

// func saveHigh(area uintptr)
TEXT ·saveHighCode(SB), NOSPLIT|NOFRAME, $0
	SAVE_HIGH(0, AX)
	RET

// func loadHigh(area uintptr)
TEXT ·loadHighCode(SB), NOSPLIT|NOFRAME, $0
	LOAD_HIGH(0, AX)
	RET

// switchCode is the code of the func value switchPlain(from, to uintptr, mask uint64) uintptr: the
// whole of SwitchVector for two areas of kind plain, in one go. It returns 0 when it was that, and
// otherwise has done nothing: mask is what counts of the components in use; from has more in use than
// the high registers, or to is of the other kind.
TEXT ·switchCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	MOVQ BX, SI
	MOVQ CX, R8
	CMPL 0(SI), $0
	JNE  other
	MOVL $1, CX
	XGETBV
	MOVL $0x45, CX             // x87, AVX, ZMM_Hi256: more than opmask and Hi16_ZMM
	ANDL R8, CX
	TESTL AX, CX
	JNE  other
	MOVL $0, 0(DI)
	STMXCSR 4(DI)
	TESTL $0x20, R8
	JEQ  low
	SAVE_HIGH(64, DI)
	LOAD_HIGH(64, SI)
low:
	MOVL 4(SI), AX
	CMPL AX, 4(DI)
	JEQ  same
	LDMXCSR 4(SI)
same:
	XORL AX, AX
	RET
other:
	MOVQ $1, AX
	RET

// func xsave(area uintptr, mask uint64)
TEXT ·xsave(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ 8(SP), DI
	MOVQ 16(SP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XSAVE64 (DI)
	RET

// func xrstor(area uintptr, mask uint64)
TEXT ·xrstor(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ 8(SP), DI
	MOVQ 16(SP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XRSTOR64 (DI)
	RET

// func xsaveWith(ctx *hal.Context, area uintptr, mask uint64): the state with ctx's XMM registers.
TEXT ·xsaveWith(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ 8(SP), SI
	MOVQ 16(SP), DI
	MOVQ 24(SP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	LOAD_XMM(SI)
	XSAVE64 (DI)
	RET

// func xrstorTo(ctx *hal.Context, area uintptr, mask uint64): loads the state, and XMM into ctx.
TEXT ·xrstorTo(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ 8(SP), SI
	MOVQ 16(SP), DI
	MOVQ 24(SP), AX
	MOVQ AX, DX
	SHRQ $32, DX
	XRSTOR64 (DI)
	SAVE_XMM(SI)
	RET
