#include "textflag.h"

// func spawn(args *[11]uint64, size uintptr, image *image) int64
//
// clone3(2) with args, which have CLONE_VM and CLONE_VFORK: the child, which shares all memory and this stack while the
// caller stands still, touches neither but executes image, or leaves the reason in it and ends.
TEXT ·spawn(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ args+0(FP), DI
	MOVQ size+8(FP), SI
	MOVQ image+16(FP), R12
	MOVL $435, AX
	SYSCALL
	TESTQ AX, AX
	JEQ  child
	MOVQ AX, ret+24(FP)
	RET
child:
	MOVQ 0(R12), DI
	MOVQ 8(R12), SI
	MOVQ 16(R12), DX
	MOVL $59, AX
	SYSCALL
	MOVQ AX, 24(R12)
	MOVL $127, DI
	MOVL $231, AX
	SYSCALL
	INT  $3
