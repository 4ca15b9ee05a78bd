//go:build (ppc64 || ppc64le) && gc && !purego

#include "textflag.h"

// Scratch: R3 to R6.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVD p+0(FP), R3
	MOVD 0(g), R4
	MOVD 8(g), R5
	SUB  R4, R3 // p - lo, huge for p < lo
	SUB  R4, R5
	MOVD $0, R6
	CMPU R3, R5
	BGE  done
	MOVD $1, R6
done:
	MOVB R6, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVD 0(g), R4
	MOVD 8(g), R5
	MOVD R4, lo+0(FP)
	MOVD R5, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R3
	MOVD 8(g), R5
	SUB  R3, R5
	MOVD R5, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVD above+0(FP), R3
	MOVD 8(g), R5
	SUB  R3, R5
	MOVD 0(R5), R5
	MOVD R5, ret+8(FP)
	RET
