//go:build gc && !purego

#define MOVE MOVW
#define LESS SUB
#define A R0
#define B R1
#define C R2
#define D R3
#define BELOW MOVW $0, D; CMP C, A; MOVW.LO $1, D
#define WORD 4
#define FLAG 5
#define PAIR 8

#include "bounds.h"
