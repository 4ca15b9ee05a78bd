//go:build (mips64 || mips64le) && gc && !purego

#define MOVE MOVV
#define LESS SUBVU
#define A R1
#define B R2
#define C R3
#define D R4
#define BELOW SGTU C, A, D
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
