//go:build (mips || mipsle) && gc && !purego

#define MOVE MOVW
#define LESS SUBU
#define A R1
#define B R2
#define C R3
#define D R4
#define BELOW SGTU C, A, D
#define WORD 4
#define FLAG 5
#define PAIR 8

#include "bounds.h"
