//go:build gc && !purego

#include "textflag.h"

// Scratch: R0 to R3.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVD p+0(FP), R0
	LDP  0(g), (R1, R2)
	SUB  R1, R0 // p - lo, huge for p < lo
	SUB  R1, R2
	CMP  R2, R0
	CSET LO, R3
	MOVB R3, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	LDP  0(g), (R1, R2)
	MOVD R1, lo+0(FP)
	MOVD R2, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD 8(g), R2
	SUB  R0, R2
	MOVD R2, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVD above+0(FP), R0
	MOVD 8(g), R2
	SUB  R0, R2
	MOVD 0(R2), R2
	MOVD R2, ret+8(FP)
	RET
