#include "textflag.h"

// The functions of gstack.go where g is in a register and arithmetic is in registers.
// Each architecture defines
//
//	WORD   the size of a pointer
//	FLAG   that of a pointer and a bool, PAIR that of two pointers
//	MOVE   moves a word
//	LESS   subtracts the first word from the second
//	A…D    registers, scratch in ABI0
//	BELOW  makes D 1 if A is below C, as numbers without a sign, and 0 if not
//	BOTH   loads lo into B and hi into C, where one instruction does that

#ifndef BOTH
#define BOTH MOVE 0(g), B; MOVE WORD(g), C
#endif

// func Contains(p unsafe.Pointer) bool
TEXT ·Contains(SB), NOSPLIT, $0-FLAG
	MOVE p+0(FP), A
	BOTH
	LESS B, A // p - lo, huge for p < lo
	LESS B, C
	BELOW
	MOVB D, ret+WORD(FP)
	RET

// func Bounds() (lo, hi uintptr)
TEXT ·Bounds(SB), NOSPLIT, $0-PAIR
	BOTH
	MOVE B, lo+0(FP)
	MOVE C, hi+WORD(FP)
	RET

// func Above(p unsafe.Pointer) uintptr
TEXT ·Above(SB), NOSPLIT, $0-PAIR
	MOVE p+0(FP), A
	MOVE WORD(g), C
	LESS A, C
	MOVE C, ret+WORD(FP)
	RET

// func Load(above uintptr) unsafe.Pointer
TEXT ·Load(SB), NOSPLIT, $0-PAIR
	MOVE above+0(FP), A
	MOVE WORD(g), C
	LESS A, C
	MOVE 0(C), C
	MOVE C, ret+WORD(FP)
	RET
