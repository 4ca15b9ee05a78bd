//go:build gc && !purego

#include "textflag.h"

// g is a global of the module. Addresses are 64-bit words of which the upper
// half is zero. Scratch: R0, R1.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVD 0(g), R0
	MOVD 8(g), R1
	Get SP
	I64Load p+0(FP)
	Get R0
	I64Sub // p - lo, huge for p < lo
	Set R2
	Get SP
	Get R2
	Get R1
	Get R0
	I64Sub
	I64LtU
	I64ExtendI32U
	I64Store8 ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVD 0(g), R0
	MOVD 8(g), R1
	MOVD R0, lo+0(FP)
	MOVD R1, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVD 8(g), R1
	MOVD p+0(FP), R0
	Get SP
	Get R1
	Get R0
	I64Sub
	I64Store ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVD 8(g), R1
	MOVD above+0(FP), R0
	Get R1
	Get R0
	I64Sub
	Set R1
	MOVD 0(R1), R0
	MOVD R0, ret+8(FP)
	RET
