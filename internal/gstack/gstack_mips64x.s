//go:build (mips64 || mips64le) && gc && !purego

#include "textflag.h"

// Scratch: R1 to R4.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVV p+0(FP), R1
	MOVV 0(g), R2
	MOVV 8(g), R3
	SUBVU R2, R1 // p - lo, huge for p < lo
	SUBVU R2, R3
	SGTU R3, R1, R4
	MOVB R4, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVV 0(g), R2
	MOVV 8(g), R3
	MOVV R2, lo+0(FP)
	MOVV R3, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVV p+0(FP), R1
	MOVV 8(g), R3
	SUBVU R1, R3
	MOVV R3, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVV above+0(FP), R1
	MOVV 8(g), R3
	SUBVU R1, R3
	MOVV 0(R3), R3
	MOVV R3, ret+8(FP)
	RET
