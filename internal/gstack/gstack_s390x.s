//go:build gc && !purego

#include "textflag.h"

// Scratch: R1 to R4.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVD p+0(FP), R1
	MOVD 0(g), R2
	MOVD 8(g), R3
	SUB  R2, R1 // p - lo, huge for p < lo
	SUB  R2, R3
	MOVD $0, R4
	CMPUBGE R1, R3, done
	MOVD $1, R4
done:
	MOVB R4, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVD 0(g), R2
	MOVD 8(g), R3
	MOVD R2, lo+0(FP)
	MOVD R3, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R1
	MOVD 8(g), R3
	SUB  R1, R3
	MOVD R3, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVD above+0(FP), R1
	MOVD 8(g), R3
	SUB  R1, R3
	MOVD 0(R3), R3
	MOVD R3, ret+8(FP)
	RET
