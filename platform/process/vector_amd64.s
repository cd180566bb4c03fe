#include "textflag.h"
#include "offsets.h"

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

// func saveHigh(area uintptr): the opmask registers and vector registers 16 to 31, 1088 bytes.
TEXT ·saveHighCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	KMOVQ K0, 0(DI)
	KMOVQ K1, 8(DI)
	KMOVQ K2, 16(DI)
	KMOVQ K3, 24(DI)
	KMOVQ K4, 32(DI)
	KMOVQ K5, 40(DI)
	KMOVQ K6, 48(DI)
	KMOVQ K7, 56(DI)
	VMOVDQU64 Z16, 64(DI)
	VMOVDQU64 Z17, 128(DI)
	VMOVDQU64 Z18, 192(DI)
	VMOVDQU64 Z19, 256(DI)
	VMOVDQU64 Z20, 320(DI)
	VMOVDQU64 Z21, 384(DI)
	VMOVDQU64 Z22, 448(DI)
	VMOVDQU64 Z23, 512(DI)
	VMOVDQU64 Z24, 576(DI)
	VMOVDQU64 Z25, 640(DI)
	VMOVDQU64 Z26, 704(DI)
	VMOVDQU64 Z27, 768(DI)
	VMOVDQU64 Z28, 832(DI)
	VMOVDQU64 Z29, 896(DI)
	VMOVDQU64 Z30, 960(DI)
	VMOVDQU64 Z31, 1024(DI)
	RET

// func loadHigh(area uintptr)
TEXT ·loadHighCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ AX, DI
	KMOVQ 0(DI), K0
	KMOVQ 8(DI), K1
	KMOVQ 16(DI), K2
	KMOVQ 24(DI), K3
	KMOVQ 32(DI), K4
	KMOVQ 40(DI), K5
	KMOVQ 48(DI), K6
	KMOVQ 56(DI), K7
	VMOVDQU64 64(DI), Z16
	VMOVDQU64 128(DI), Z17
	VMOVDQU64 192(DI), Z18
	VMOVDQU64 256(DI), Z19
	VMOVDQU64 320(DI), Z20
	VMOVDQU64 384(DI), Z21
	VMOVDQU64 448(DI), Z22
	VMOVDQU64 512(DI), Z23
	VMOVDQU64 576(DI), Z24
	VMOVDQU64 640(DI), Z25
	VMOVDQU64 704(DI), Z26
	VMOVDQU64 768(DI), Z27
	VMOVDQU64 832(DI), Z28
	VMOVDQU64 896(DI), Z29
	VMOVDQU64 960(DI), Z30
	VMOVDQU64 1024(DI), Z31
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
	KMOVQ K0, 64(DI)
	KMOVQ K1, 72(DI)
	KMOVQ K2, 80(DI)
	KMOVQ K3, 88(DI)
	KMOVQ K4, 96(DI)
	KMOVQ K5, 104(DI)
	KMOVQ K6, 112(DI)
	KMOVQ K7, 120(DI)
	VMOVDQU64 Z16, 128(DI)
	VMOVDQU64 Z17, 192(DI)
	VMOVDQU64 Z18, 256(DI)
	VMOVDQU64 Z19, 320(DI)
	VMOVDQU64 Z20, 384(DI)
	VMOVDQU64 Z21, 448(DI)
	VMOVDQU64 Z22, 512(DI)
	VMOVDQU64 Z23, 576(DI)
	VMOVDQU64 Z24, 640(DI)
	VMOVDQU64 Z25, 704(DI)
	VMOVDQU64 Z26, 768(DI)
	VMOVDQU64 Z27, 832(DI)
	VMOVDQU64 Z28, 896(DI)
	VMOVDQU64 Z29, 960(DI)
	VMOVDQU64 Z30, 1024(DI)
	VMOVDQU64 Z31, 1088(DI)
	KMOVQ 64(SI), K0
	KMOVQ 72(SI), K1
	KMOVQ 80(SI), K2
	KMOVQ 88(SI), K3
	KMOVQ 96(SI), K4
	KMOVQ 104(SI), K5
	KMOVQ 112(SI), K6
	KMOVQ 120(SI), K7
	VMOVDQU64 128(SI), Z16
	VMOVDQU64 192(SI), Z17
	VMOVDQU64 256(SI), Z18
	VMOVDQU64 320(SI), Z19
	VMOVDQU64 384(SI), Z20
	VMOVDQU64 448(SI), Z21
	VMOVDQU64 512(SI), Z22
	VMOVDQU64 576(SI), Z23
	VMOVDQU64 640(SI), Z24
	VMOVDQU64 704(SI), Z25
	VMOVDQU64 768(SI), Z26
	VMOVDQU64 832(SI), Z27
	VMOVDQU64 896(SI), Z28
	VMOVDQU64 960(SI), Z29
	VMOVDQU64 1024(SI), Z30
	VMOVDQU64 1088(SI), Z31
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
