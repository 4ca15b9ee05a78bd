//go:build gc && !purego

#define MOVE MOV
#define LESS SUB
#define A X5
#define B X6
#define C X7
#define D X8
#define BELOW SLTU C, A, D
#define WORD 8
#define FLAG 9
#define PAIR 16

#include "bounds.h"
