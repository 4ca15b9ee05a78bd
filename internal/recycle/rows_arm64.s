//go:build gc && !go1.28 && !race && !purego

#include "go_asm.h"
#include "textflag.h"

// Why no lock is needed stands in rows.go. In every TEXT here: R8 is the m, R1
// the row or line. All registers used are scratch in ABI0.

#define g_m 48
#define m_g0 0

// MROW sets R8 to the m and R1 to the row where it is looked for first, or to 0.
#define MROW                                   \
	MOVD g_m(g), R8;                       \
	MOVD ·front(SB), R2;                   \
	LSR  $11, R8, R1;                      \
	LSR  $17, R8, R3;                      \
	EOR  R3, R1;                           \
	AND  $const_maxMask, R1;               \
	AND  R2, R1;                           \
	LSL  $const_rowShift, R1;              \
	BIC  $const_maxMask, R2;               \
	ADD  R2, R1

// OWN continues at its end with the row of this m, in a time when pointers may
// be moved without a write barrier, or at slow.
#define OWN                                    \
	CBZ  R1, slow;                         \
	MOVD (R1), R3;                         \
	CMP  R3, R8;                           \
	BEQ  own;                              \
	EOR  $const_rowSize, R1;               \
	MOVD (R1), R3;                         \
	CMP  R3, R8;                           \
	BEQ  own;                              \
	EOR  $(2*const_rowSize), R1;           \
	MOVD (R1), R3;                         \
	CMP  R3, R8;                           \
	BEQ  own;                              \
	EOR  $const_rowSize, R1;               \
	MOVD (R1), R3;                         \
	CMP  R3, R8;                           \
	BNE  slow;                             \
own:                                           \
	MOVWU runtime·writeBarrier(SB), R3;    \
	CBNZ R3, slow

// func get(size uintptr) *Block
//
// The number of the class is 2·b - 10 + (bit b-1 of size-1), b being the number
// of the highest bit of size-1, at least 5. CLZ gives 63-b.
TEXT ·get(SB), NOSPLIT|NOFRAME, $0-16
	MROW
	OWN
	MOVD size+0(FP), R4
	CMP  $const_rowMax, R4
	BHI  slow
	CBZ  R4, least
	SUB  $1, R4
least:
	MOVD $(const_minBlock-1), R5
	CMP  R5, R4
	CSEL LO, R5, R4, R4
	CLZ  R4, R5
	MOVD $62, R6
	SUB  R5, R6, R6
	LSR  R6, R4, R7
	AND  $1, R7
	ADD  R6<<1, R7
	SUB  $8, R7
	ADD  R7<<6, R1
	MOVD line_count(R1), R4
	CBZ  R4, slow
	SUB  $1, R4
	ADD  R4<<3, R1, R5
	MOVD line_blocks(R5), R6
	MOVD ZR, line_blocks(R5)
	MOVD R4, line_count(R1)
	MOVD R6, ret+8(FP)
	RET
slow:
	JMP  ·getSlow(SB)

// func getZero(size uintptr) *Block
TEXT ·getZero(SB), NOSPLIT|NOFRAME, $0-16
	JMP  ·getZeroSlow(SB)

// func put(h *head)
TEXT ·put(SB), NOSPLIT|NOFRAME, $0-8
	MROW
	OWN
	MOVD h+0(FP), R4
	MOVD head_line(R4), R5
	ADD  R5, R1
	MOVD line_count(R1), R6
	MOVD head_limit(R4), R7
	CMP  R7, R6
	BHS  slow
	MOVD head_key(R4), R5
	MOVD line_key(R1), R7
	CMP  R5, R7
	BNE  other
push:
	ADD  R6<<3, R1, R7
	MOVD R4, line_blocks(R7)
	ADD  $1, R6
	MOVD R6, line_count(R1)
	RET
other:
	CBNZ R6, slow
	MOVD R5, line_key(R1)
	JMP  push
slow:
	JMP  ·putSlow(SB)

// func take(line, key uintptr) unsafe.Pointer
TEXT ·take(SB), NOSPLIT|NOFRAME, $0-24
	MROW
	OWN
	MOVD line+0(FP), R4
	ADD  R4, R1
	MOVD key+8(FP), R5
	MOVD line_key(R1), R6
	CMP  R5, R6
	BNE  other
pop:
	MOVD line_count(R1), R4
	CBZ  R4, slow
	SUB  $1, R4
	ADD  R4<<3, R1, R5
	MOVD line_blocks(R5), R6
	MOVD ZR, line_blocks(R5)
	MOVD R4, line_count(R1)
	MOVD R6, ret+16(FP)
	RET
other:
	CMP  $const_anyKey, R5
	BEQ  pop
slow:
	MOVD ZR, ret+16(FP)
	RET

// func claim() int
TEXT ·claim(SB), NOSPLIT|NOFRAME, $0-8
	MROW
	CBZ  R1, none
	MOVD m_g0(R8), R4
	CMP  R4, g
	BEQ  unknown
	MOVD g_m(R4), R5
	CMP  R5, R8
	BNE  unknown

	// A row of this m?
	ORR  $const_flagged, R8, R4
	MOVD $const_rowSize, R5
	MOVD $4, R6
find:
	LDAXR (R1), R7
	CMP  R7, R8
	BEQ  had
	CMP  R7, R4
	BNE  next
	STLXR R8, (R1), R7
	CBNZ R7, find
	MOVD $const_claimFlagged, R7
	MOVD R7, ret+0(FP)
	RET
next:
	EOR  R5, R1
	EOR  $(3*const_rowSize), R5
	SUB  $1, R6
	CBNZ R6, find

	// One of nobody?
	MOVD $4, R6
free:
	LDAXR (R1), R7
	CBNZ R7, other
	STLXR R8, (R1), R7
	CBNZ R7, free
had:
	CLREX
none:
	MOVD $const_claimNothing, R7
	MOVD R7, ret+0(FP)
	RET
other:
	EOR  R5, R1
	EOR  $(3*const_rowSize), R5
	SUB  $1, R6
	CBNZ R6, free
	JMP  had
unknown:
	MOVD $const_claimUnknown, R7
	MOVD R7, ret+0(FP)
	RET
