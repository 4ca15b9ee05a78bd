//go:build (ppc64 || ppc64le) && gc && !purego

#define MOVE MOVD
#define LESS SUB
#define A R3
#define B R4
#define C R5
#define D R6
#define BELOW MOVD $0, D; CMPU A, C; BGE 2(PC); MOVD $1, D
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
