//go:build gc && !go1.28 && !race && !purego

#include "go_asm.h"
#include "textflag.h"

// Why no lock is needed stands in rows.go. In every TEXT here: R8 is the m, BX
// the line. All registers are scratch in ABI0.

#define g_m 48
#define m_g0 0

// MROW sets R8 to the m and BX to the row where it is looked for first, or to 0.
#define MROW                                   \
	MOVQ (TLS), R8;                        \
	MOVQ g_m(R8), R8;                      \
	MOVQ ·front(SB), DX;                   \
	MOVQ R8, BX;                           \
	SHRQ $11, BX;                          \
	MOVQ R8, CX;                           \
	SHRQ $17, CX;                          \
	XORQ CX, BX;                           \
	ANDQ $const_maxMask, BX;               \
	ANDQ DX, BX;                           \
	SHLQ $const_rowShift, BX;              \
	ANDQ $~const_maxMask, DX;              \
	ADDQ DX, BX

// OWN continues at its end with the row of this m, in a time when pointers may
// be moved without a write barrier, or at slow.
#define OWN                                    \
	TESTQ BX, BX;                          \
	JEQ  slow;                             \
	CMPQ (BX), R8;                         \
	JEQ  own;                              \
	XORQ $const_rowSize, BX;               \
	CMPQ (BX), R8;                         \
	JEQ  own;                              \
	XORQ $(2*const_rowSize), BX;           \
	CMPQ (BX), R8;                         \
	JEQ  own;                              \
	XORQ $const_rowSize, BX;               \
	CMPQ (BX), R8;                         \
	JNE  slow;                             \
own:                                           \
	CMPL runtime·writeBarrier(SB), $0;     \
	JNE  slow

// The number of a class is 2·b - 10 + (bit b-1 of size-1), b being the number of
// the highest bit of size-1, at least 5.
//
// POP takes the last block of the line for CX bytes, at most rowMax, out of the
// row at BX, into AX.
#define POP                                    \
	MOVQ size+0(FP), CX;                   \
	CMPQ CX, $const_rowMax;                \
	JHI  slow;                             \
	SUBQ $1, CX;                           \
	ADCQ $0, CX;                           \
	MOVL $(const_minBlock-1), DX;          \
	CMPQ CX, DX;                           \
	CMOVQCS DX, CX;                        \
	BSRQ CX, AX;                           \
	LEAQ -1(AX), DX;                       \
	BTQ  DX, CX;                           \
	ADCQ AX, AX;                           \
	SHLQ $6, AX;                           \
	LEAQ (-10*const_lineSize)(BX)(AX*1), BX; \
	MOVQ line_count(BX), DX;               \
	SUBQ $1, DX;                           \
	JCS  slow;                             \
	MOVQ line_blocks(BX)(DX*8), AX;        \
	MOVQ $0, line_blocks(BX)(DX*8);        \
	MOVQ DX, line_count(BX)

#define CLEAR64(at)                            \
	MOVOU X0, at;                          \
	MOVOU X0, 16+at;                       \
	MOVOU X0, 32+at;                       \
	MOVOU X0, 48+at

// func get(size uintptr) *Block
TEXT ·get(SB), NOSPLIT|NOFRAME, $0-16
	MROW
	OWN
	POP
	MOVQ AX, ret+8(FP)
	RET
slow:
	JMP  ·getSlow(SB)

// func getZero(size uintptr) *Block
//
// CX has become size-1, but at least that of the smallest block.
TEXT ·getZero(SB), NOSPLIT|NOFRAME, $0-16
	MROW
	OWN
	POP
	MOVQ AX, ret+8(FP)
	MOVQ Block_Data(AX), DI
	CMPQ CX, $const_clearSmall
	JCC  large
	LEAQ -63(DI)(CX*1), SI // the last 64 bytes: what is cleared twice saves a branch
	PXOR X0, X0
	CMPQ CX, $128
	JCS  last
	CLEAR64(0(DI))
	ADDQ $64, DI
	CLEAR64(-64(SI))
last:
	CLEAR64(0(DI))
	CLEAR64(0(SI))
	RET
large:
	CMPQ CX, $(const_clearRep-1)
	JCS  left
	ADDQ $8, CX
	SHRQ $3, CX
	XORL AX, AX
	REP; STOSQ
left:
	RET
slow:
	JMP  ·getZeroSlow(SB)

// func put(h *head)
TEXT ·put(SB), NOSPLIT|NOFRAME, $0-8
	MROW
	OWN
	MOVQ h+0(FP), CX
	ADDQ head_line(CX), BX
	MOVQ head_key(CX), SI
	MOVQ line_count(BX), DX
	CMPQ DX, head_limit(CX)
	JCC  slow
	CMPQ line_key(BX), SI
	JNE  other
push:
	MOVQ CX, line_blocks(BX)(DX*8)
	INCQ DX
	MOVQ DX, line_count(BX)
	RET
other:
	TESTQ DX, DX
	JNE  slow
	MOVQ SI, line_key(BX)
	JMP  push
slow:
	JMP  ·putSlow(SB)

// func take(line, key uintptr) unsafe.Pointer
TEXT ·take(SB), NOSPLIT|NOFRAME, $0-24
	MROW
	OWN
	ADDQ line+0(FP), BX
	MOVQ key+8(FP), SI
	CMPQ line_key(BX), SI
	JNE  other
pop:
	MOVQ line_count(BX), CX
	SUBQ $1, CX
	JCS  slow
	MOVQ line_blocks(BX)(CX*8), AX
	MOVQ $0, line_blocks(BX)(CX*8)
	MOVQ CX, line_count(BX)
	MOVQ AX, ret+16(FP)
	RET
other:
	CMPQ SI, $const_anyKey
	JEQ  pop
slow:
	MOVQ $0, ret+16(FP)
	RET

// func claim() int
TEXT ·claim(SB), NOSPLIT|NOFRAME, $0-8
	MROW
	TESTQ BX, BX
	JEQ  none
	MOVQ m_g0(R8), R9
	MOVQ (TLS), R10
	CMPQ R9, R10
	JEQ  unknown
	CMPQ g_m(R9), R8
	JNE  unknown

	// A row of this m?
	MOVQ R8, R11
	ORQ  $const_flagged, R11
	MOVQ $const_rowSize, DX
	MOVQ $4, CX
find:
	CMPQ (BX), R8
	JEQ  had
	MOVQ R11, AX
	CMPQ (BX), AX
	JNE  next
	LOCK
	CMPXCHGQ R8, (BX)
	JEQ  back
next:
	XORQ DX, BX
	XORQ $(3*const_rowSize), DX
	DECQ CX
	JNE  find

	// One of nobody?
	MOVQ $4, CX
free:
	XORL AX, AX
	CMPQ (BX), AX
	JNE  other
	LOCK
	CMPXCHGQ R8, (BX)
	JEQ  had
other:
	XORQ DX, BX
	XORQ $(3*const_rowSize), DX
	DECQ CX
	JNE  free
none:
had:
	MOVQ $const_claimNothing, ret+0(FP)
	RET
back:
	MOVQ $const_claimFlagged, ret+0(FP)
	RET
unknown:
	MOVQ $const_claimUnknown, ret+0(FP)
	RET
