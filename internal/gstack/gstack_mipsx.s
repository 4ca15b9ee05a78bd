//go:build (mips || mipsle) && gc && !purego

#include "textflag.h"

// Scratch: R1 to R4.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-5
	MOVW p+0(FP), R1
	MOVW 0(g), R2
	MOVW 4(g), R3
	SUBU R2, R1 // p - lo, huge for p < lo
	SUBU R2, R3
	SGTU R3, R1, R4
	MOVB R4, ret+4(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-8
	MOVW 0(g), R2
	MOVW 4(g), R3
	MOVW R2, lo+0(FP)
	MOVW R3, hi+4(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-8
	MOVW p+0(FP), R1
	MOVW 4(g), R3
	SUBU R1, R3
	MOVW R3, ret+4(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-8
	MOVW above+0(FP), R1
	MOVW 4(g), R3
	SUBU R1, R3
	MOVW 0(R3), R3
	MOVW R3, ret+4(FP)
	RET
