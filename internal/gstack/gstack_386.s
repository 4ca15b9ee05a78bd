//go:build gc && !purego

#include "textflag.h"

// g is in thread-local storage. Scratch: AX g, CX, DX.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-5
	MOVL (TLS), AX
	MOVL p+0(FP), CX
	MOVL 4(AX), DX
	SUBL 0(AX), CX // p - lo, huge for p < lo
	SUBL 0(AX), DX
	CMPL CX, DX
	SETCS ret+4(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-8
	MOVL (TLS), AX
	MOVL 0(AX), CX
	MOVL 4(AX), DX
	MOVL CX, lo+0(FP)
	MOVL DX, hi+4(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-8
	MOVL (TLS), AX
	MOVL 4(AX), CX
	SUBL p+0(FP), CX
	MOVL CX, ret+4(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-8
	MOVL (TLS), AX
	MOVL 4(AX), CX
	SUBL above+0(FP), CX
	MOVL 0(CX), CX
	MOVL CX, ret+4(FP)
	RET
