//go:build gc && !purego

#include "textflag.h"

// Scratch: R4 to R7.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVV p+0(FP), R4
	MOVV 0(g), R5
	MOVV 8(g), R6
	SUBVU R5, R4 // p - lo, huge for p < lo
	SUBVU R5, R6
	SGTU R6, R4, R7
	MOVB R7, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVV 0(g), R5
	MOVV 8(g), R6
	MOVV R5, lo+0(FP)
	MOVV R6, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVV p+0(FP), R4
	MOVV 8(g), R6
	SUBVU R4, R6
	MOVV R6, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVV above+0(FP), R4
	MOVV 8(g), R6
	SUBVU R4, R6
	MOVV 0(R6), R6
	MOVV R6, ret+8(FP)
	RET
