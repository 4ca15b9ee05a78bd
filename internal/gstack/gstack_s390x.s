//go:build gc && !purego

#define MOVE MOVD
#define LESS SUB
#define A R1
#define B R2
#define C R3
#define D R4
#define BELOW MOVD $0, D; CMPUBGE A, C, done; MOVD $1, D; done:
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
