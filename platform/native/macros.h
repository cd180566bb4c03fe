#define SAVE_XMM(base, off) \
	MOVUPS X0, (off+0)(base) \
	MOVUPS X1, (off+16)(base) \
	MOVUPS X2, (off+32)(base) \
	MOVUPS X3, (off+48)(base) \
	MOVUPS X4, (off+64)(base) \
	MOVUPS X5, (off+80)(base) \
	MOVUPS X6, (off+96)(base) \
	MOVUPS X7, (off+112)(base) \
	MOVUPS X8, (off+128)(base) \
	MOVUPS X9, (off+144)(base) \
	MOVUPS X10, (off+160)(base) \
	MOVUPS X11, (off+176)(base) \
	MOVUPS X12, (off+192)(base) \
	MOVUPS X13, (off+208)(base) \
	MOVUPS X14, (off+224)(base) \
	MOVUPS X15, (off+240)(base)

#define LOAD_XMM(base, off) \
	MOVUPS (off+0)(base), X0 \
	MOVUPS (off+16)(base), X1 \
	MOVUPS (off+32)(base), X2 \
	MOVUPS (off+48)(base), X3 \
	MOVUPS (off+64)(base), X4 \
	MOVUPS (off+80)(base), X5 \
	MOVUPS (off+96)(base), X6 \
	MOVUPS (off+112)(base), X7 \
	MOVUPS (off+128)(base), X8 \
	MOVUPS (off+144)(base), X9 \
	MOVUPS (off+160)(base), X10 \
	MOVUPS (off+176)(base), X11 \
	MOVUPS (off+192)(base), X12 \
	MOVUPS (off+208)(base), X13 \
	MOVUPS (off+224)(base), X14 \
	MOVUPS (off+240)(base), X15
