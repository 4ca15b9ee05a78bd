//go:build gc && !purego

#include "textflag.h"

// Scratch: X5 to X8.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOV  p+0(FP), X5
	MOV  0(g), X6
	MOV  8(g), X7
	SUB  X6, X5 // p - lo, huge for p < lo
	SUB  X6, X7
	SLTU X7, X5, X8
	MOVB X8, ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOV 0(g), X6
	MOV 8(g), X7
	MOV X6, lo+0(FP)
	MOV X7, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOV p+0(FP), X5
	MOV 8(g), X7
	SUB X5, X7
	MOV X7, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOV above+0(FP), X5
	MOV 8(g), X7
	SUB X5, X7
	MOV 0(X7), X7
	MOV X7, ret+8(FP)
	RET
