// Offsets of hal.Context and core for the assembly; asserted in layout_unsafe.go.
#define CTX_RAX 0
#define CTX_RBX 8
#define CTX_RCX 16
#define CTX_RDX 24
#define CTX_RSI 32
#define CTX_RDI 40
#define CTX_RBP 48
#define CTX_RSP 56
#define CTX_R8 64
#define CTX_R9 72
#define CTX_R10 80
#define CTX_R11 88
#define CTX_R12 96
#define CTX_R13 104
#define CTX_R14 112
#define CTX_R15 120
#define CTX_RIP 128
#define CTX_RFLAGS 136
#define CTX_FSBASE 144
#define CTX_EXT 152
#define CTX_XMM 160
#define CTX_RESTART 416
#define CTX_SIG 424
#define CTX_SIGCODE 428
#define CTX_SIGADDR 432
#define CTX_TRAPERR 440
#define CTX_TRAPNO 448
#define CTX_CR2 456

#define CORE_RIP 8
#define CORE_SP 16
#define CORE_BP 24
#define CORE_GOFS 32
#define CORE_CTX 40
#define CORE_USER 48
#define CORE_KICK 52
#define CORE_ENTRY 56
#define CORE_PID 64
#define CORE_TID 68
#define CORE_FAST 72
#define CORE_SHADOW 80
#define CORE_CURFS 88
#define CORE_REALG 96
#define CORE_RINGING 148

// What enter returns: hal.Trap's values, and a system call that came by signal, from a call site
// that may be rewritten.
#define TRAP_SYSCALL 0
#define TRAP_FAULT 1
#define TRAP_KICK 2
#define TRAP_SIGNAL 3
#define TRAP_SITE 4

#define SAVE_XMM(base) \
	MOVUPS X0, (CTX_XMM+0)(base) \
	MOVUPS X1, (CTX_XMM+16)(base) \
	MOVUPS X2, (CTX_XMM+32)(base) \
	MOVUPS X3, (CTX_XMM+48)(base) \
	MOVUPS X4, (CTX_XMM+64)(base) \
	MOVUPS X5, (CTX_XMM+80)(base) \
	MOVUPS X6, (CTX_XMM+96)(base) \
	MOVUPS X7, (CTX_XMM+112)(base) \
	MOVUPS X8, (CTX_XMM+128)(base) \
	MOVUPS X9, (CTX_XMM+144)(base) \
	MOVUPS X10, (CTX_XMM+160)(base) \
	MOVUPS X11, (CTX_XMM+176)(base) \
	MOVUPS X12, (CTX_XMM+192)(base) \
	MOVUPS X13, (CTX_XMM+208)(base) \
	MOVUPS X14, (CTX_XMM+224)(base) \
	MOVUPS X15, (CTX_XMM+240)(base)

#define LOAD_XMM(base) \
	MOVUPS (CTX_XMM+0)(base), X0 \
	MOVUPS (CTX_XMM+16)(base), X1 \
	MOVUPS (CTX_XMM+32)(base), X2 \
	MOVUPS (CTX_XMM+48)(base), X3 \
	MOVUPS (CTX_XMM+64)(base), X4 \
	MOVUPS (CTX_XMM+80)(base), X5 \
	MOVUPS (CTX_XMM+96)(base), X6 \
	MOVUPS (CTX_XMM+112)(base), X7 \
	MOVUPS (CTX_XMM+128)(base), X8 \
	MOVUPS (CTX_XMM+144)(base), X9 \
	MOVUPS (CTX_XMM+160)(base), X10 \
	MOVUPS (CTX_XMM+176)(base), X11 \
	MOVUPS (CTX_XMM+192)(base), X12 \
	MOVUPS (CTX_XMM+208)(base), X13 \
	MOVUPS (CTX_XMM+224)(base), X14 \
	MOVUPS (CTX_XMM+240)(base), X15
