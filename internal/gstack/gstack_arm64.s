//go:build gc && !purego

#define MOVE MOVD
#define LESS SUB
#define A R0
#define B R1
#define C R2
#define D R3
#define BELOW CMP C, A; CSET LO, D
#define BOTH LDP 0(g), (B, C)
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
