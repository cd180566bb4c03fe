//go:build linux && amd64

#include "textflag.h"

// Offsets in area (through GS) and in State.
#define area_state 16
#define area_sp 24
#define area_rcx 32
#define area_entries 40
#define area_scratch 48
#define area_bp 56
#define state_flags 128
#define state_xmm 144

// func run(pc uintptr, s *State)
// It has no frame, so that exit, which has the stack pointer of here, can return for it.
TEXT ·run(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ BP, AX
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x04; BYTE $0x25; LONG $area_bp // mov %rax,%gs:area_bp
	MOVQ SP, AX
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x04; BYTE $0x25; LONG $area_sp // mov %rax,%gs:area_sp
	MOVQ pc+0(FP), CX
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x0c; BYTE $0x25; LONG $area_scratch // mov %rcx,%gs:area_scratch
	MOVQ s+8(FP), AX
	MOVUPS (state_xmm+0)(AX), X0
	MOVUPS (state_xmm+16)(AX), X1
	MOVUPS (state_xmm+32)(AX), X2
	MOVUPS (state_xmm+48)(AX), X3
	MOVUPS (state_xmm+64)(AX), X4
	MOVUPS (state_xmm+80)(AX), X5
	MOVUPS (state_xmm+96)(AX), X6
	MOVUPS (state_xmm+112)(AX), X7
	MOVUPS (state_xmm+128)(AX), X8
	MOVUPS (state_xmm+144)(AX), X9
	MOVUPS (state_xmm+160)(AX), X10
	MOVUPS (state_xmm+176)(AX), X11
	MOVUPS (state_xmm+192)(AX), X12
	MOVUPS (state_xmm+208)(AX), X13
	MOVUPS (state_xmm+224)(AX), X14
	MOVUPS (state_xmm+240)(AX), X15
	PUSHQ state_flags(AX)
	POPFQ
	MOVQ 8(AX), CX
	MOVQ 16(AX), DX
	MOVQ 24(AX), BX
	MOVQ 40(AX), BP
	MOVQ 48(AX), SI
	MOVQ 56(AX), DI
	MOVQ 64(AX), R8
	MOVQ 72(AX), R9
	MOVQ 80(AX), R10
	MOVQ 88(AX), R11
	MOVQ 96(AX), R12
	MOVQ 104(AX), R13
	MOVQ 112(AX), R14
	MOVQ 120(AX), R15
	MOVQ 32(AX), SP
	MOVQ 0(AX), AX
	BYTE $0x65; BYTE $0xff; BYTE $0x24; BYTE $0x25; LONG $area_scratch // jmp *%gs:area_scratch

// exit is where code ends; it continues as the end of run.
TEXT exit<>(SB), NOSPLIT|NOFRAME, $0-0
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x04; BYTE $0x25; LONG $area_scratch // mov %rax,%gs:area_scratch
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x04; BYTE $0x25; LONG $area_state // mov %gs:area_state,%rax
	MOVQ CX, 8(AX)
	MOVQ DX, 16(AX)
	MOVQ BX, 24(AX)
	MOVQ SP, 32(AX)
	MOVQ BP, 40(AX)
	MOVQ SI, 48(AX)
	MOVQ DI, 56(AX)
	MOVQ R8, 64(AX)
	MOVQ R9, 72(AX)
	MOVQ R10, 80(AX)
	MOVQ R11, 88(AX)
	MOVQ R12, 96(AX)
	MOVQ R13, 104(AX)
	MOVQ R14, 112(AX)
	MOVQ R15, 120(AX)
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x0c; BYTE $0x25; LONG $area_sp // mov %gs:area_sp,%rcx
	MOVQ CX, SP
	PUSHFQ
	POPQ state_flags(AX)
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x0c; BYTE $0x25; LONG $area_scratch // mov %gs:area_scratch,%rcx
	MOVQ CX, 0(AX)
	MOVUPS X0, (state_xmm+0)(AX)
	MOVUPS X1, (state_xmm+16)(AX)
	MOVUPS X2, (state_xmm+32)(AX)
	MOVUPS X3, (state_xmm+48)(AX)
	MOVUPS X4, (state_xmm+64)(AX)
	MOVUPS X5, (state_xmm+80)(AX)
	MOVUPS X6, (state_xmm+96)(AX)
	MOVUPS X7, (state_xmm+112)(AX)
	MOVUPS X8, (state_xmm+128)(AX)
	MOVUPS X9, (state_xmm+144)(AX)
	MOVUPS X10, (state_xmm+160)(AX)
	MOVUPS X11, (state_xmm+176)(AX)
	MOVUPS X12, (state_xmm+192)(AX)
	MOVUPS X13, (state_xmm+208)(AX)
	MOVUPS X14, (state_xmm+224)(AX)
	MOVUPS X15, (state_xmm+240)(AX)
	CLD
	XORPS X15, X15
	MOVQ (TLS), R14
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x04; BYTE $0x25; LONG $area_bp // mov %gs:area_bp,%rax
	MOVQ AX, BP
	RET

// entry is the stand-in for the kernel: the real system call, then on at rcx. Flags stay as they are.
TEXT entry<>(SB), NOSPLIT|NOFRAME, $0-0
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x0c; BYTE $0x25; LONG $area_rcx // mov %rcx,%gs:area_rcx
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x0c; BYTE $0x25; LONG $area_entries // mov %gs:area_entries,%rcx
	LEAQ 1(CX), CX
	BYTE $0x65; BYTE $0x48; BYTE $0x89; BYTE $0x0c; BYTE $0x25; LONG $area_entries // mov %rcx,%gs:area_entries
	SYSCALL
	BYTE $0x65; BYTE $0x48; BYTE $0x8b; BYTE $0x0c; BYTE $0x25; LONG $area_rcx // mov %gs:area_rcx,%rcx
	BYTE $0x65; BYTE $0xff; BYTE $0x24; BYTE $0x25; LONG $area_rcx // jmp *%gs:area_rcx

TEXT ·exitPC(SB), NOSPLIT, $0-8
	LEAQ exit<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT ·entryPC(SB), NOSPLIT, $0-8
	LEAQ entry<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
