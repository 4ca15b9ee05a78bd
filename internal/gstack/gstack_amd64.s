//go:build gc && !purego

#include "textflag.h"

// g is in thread-local storage; R14 is g in Go code only. Scratch: AX g, CX, DX.

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-9
	MOVQ (TLS), AX
	MOVQ p+0(FP), CX
	MOVQ 8(AX), DX
	SUBQ 0(AX), CX // p - lo, huge for p < lo
	SUBQ 0(AX), DX
	CMPQ CX, DX
	SETCS ret+8(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-16
	MOVQ (TLS), AX
	MOVQ 0(AX), CX
	MOVQ 8(AX), DX
	MOVQ CX, lo+0(FP)
	MOVQ DX, hi+8(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-16
	MOVQ (TLS), AX
	MOVQ 8(AX), CX
	SUBQ p+0(FP), CX
	MOVQ CX, ret+8(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-16
	MOVQ (TLS), AX
	MOVQ 8(AX), CX
	SUBQ above+0(FP), CX
	MOVQ 0(CX), CX
	MOVQ CX, ret+8(FP)
	RET
