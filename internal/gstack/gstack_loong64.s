//go:build gc && !purego

#define MOVE MOVV
#define LESS SUBVU
#define A R4
#define B R5
#define C R6
#define D R7
#define BELOW SGTU C, A, D
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
