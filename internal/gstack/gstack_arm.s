//go:build gc && !purego

#include "textflag.h"

// Scratch: R0 to R3.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-5
	MOVW p+0(FP), R0
	MOVW 0(g), R1
	MOVW 4(g), R2
	SUB  R1, R0 // p - lo, huge for p < lo
	SUB  R1, R2
	MOVW $0, R3
	CMP  R2, R0
	MOVW.LO $1, R3
	MOVB R3, ret+4(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-8
	MOVW 0(g), R1
	MOVW 4(g), R2
	MOVW R1, lo+0(FP)
	MOVW R2, hi+4(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-8
	MOVW p+0(FP), R0
	MOVW 4(g), R2
	SUB  R0, R2
	MOVW R2, ret+4(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-8
	MOVW above+0(FP), R0
	MOVW 4(g), R2
	SUB  R0, R2
	MOVW 0(R2), R2
	MOVW R2, ret+4(FP)
	RET
