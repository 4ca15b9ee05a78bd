//go:build gc && !purego && !stackalloc_cgo

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// The mechanism is that of trampoline_amd64.s, where it is explained.
//
// Register ABI: arguments in R0 R1 R2 R3 R4, result in R0, context R26, g R28.
#define PROBE   R0
#define LENGTH  R1
#define FUNC    R2
#define SIZE    R3
#define PATTERN R4
#define BLOCK   R0
#define CONTEXT R26
#define COUNT   R2

#define MOV(FROM, TO)    MOVD FROM, TO
#define SET(N, R)        MOVD $N, R
#define CACHE_LINE(R)    AND $~63, R, R
#define RETURN_FALSE     MOVD ZR, R0; RET
#define NOTHING          NOOP

// PROVEN leaves the stack's bounds in R5 and R6.
#define PROVEN(NO)                           \
	MOVD  0(g), R5;                      \
	MOVD  8(g), R6;                      \
	CMP   R5, R0;                        \
	BLO   NO;                            \
	CMP   R6, R0;                        \
	BHS   NO

#define CHECK(ROOM)                          \
	MOVD  $·control(SB), R8;             \
	MOVD  controls_limit(R8), R5;        \
	CMP   R5, R3;                        \
	BHI   refused;                       \
	PROVEN(refused);                     \
	MOVD  RSP, R7;                       \
	SUB   $(ROOM), R7, R7;               \
	CMP   R5, R7;                        \
	BLT   refused

// CALLBACK calls the closure at R26 on R1 elements at R0.
#define CALLBACK(MAP)                        \
	MOVD  R1, R2;                        \
	MOVD  (R26), R4;                     \
	PCDATA $PCDATA_StackMapIndex, $MAP;  \
	CALL  (R4);                          \
	MOVD  $1, R0

#define CLEAR64_AT(X)                        \
	STP   (ZR, ZR), (X)(R0);             \
	STP   (ZR, ZR), (X+16)(R0);          \
	STP   (ZR, ZR), (X+32)(R0);          \
	STP   (ZR, ZR), (X+48)(R0)
#define CLEAR64       CLEAR64_AT(0)
#define CLEAR128      CLEAR64_AT(0); CLEAR64_AT(64)
#define CLEAR256      CLEAR64_AT(0); CLEAR64_AT(64); CLEAR64_AT(128); CLEAR64_AT(192)
#define CLEAR_SIZE    MOVD R3, R2; CALL clear<>(SB)

#define CLEAR512      CLEAR_SIZE

#define FILL64_AT(X)                         \
	STP   (R4, R4), (X)(R0);             \
	STP   (R4, R4), (X+16)(R0);          \
	STP   (R4, R4), (X+32)(R0);          \
	STP   (R4, R4), (X+48)(R0)
#define FILL64        FILL64_AT(0)
#define FILL128       FILL64_AT(0); FILL64_AT(64)
#define FILL_SIZE     MOVD R3, R2; CALL fill<>(SB)

// LARGE is a rung in two parts: its own check of the room, and a function whose prologue
// checks again. That may still give way to other goroutines, and then starts again with the
// registers that every Go function finds there (the context, for which NEEDCTXT asks, g)
// and no others. The rest goes to the spill space.
#define LARGE(CHECKED, FRAMED, BYTES, FRAME, ARGS, SPILL, CLEAR, REFUSED) \
TEXT CHECKED(SB), NOSPLIT|NOFRAME, $0-ARGS;  \
	CHECK(BYTES+const_rungNeed);         \
	MOVD  R2, R26;                       \
	MOVD  R1, n+8(FP);                   \
	SPILL;                               \
	JMP   FRAMED(SB);                    \
refused:                                     \
	JMP   REFUSED(SB);                   \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-ARGS;      \
	NO_LOCAL_POINTERS;                   \
	MOVD  n+8(FP), R1;                   \
	MOVD  $block-BYTES(SP), R0;          \
	CACHE_LINE(R0);                      \
	CLEAR;                               \
	CALLBACK(0);                         \
	RET

#define SPILL_SIZE    MOVD R3, size+24(FP)
#define SPILL_WORD    SPILL_SIZE; MOVD R4, word+32(FP)
#define CLEAR_LARGE   MOVD size+24(FP), R2; CALL clear<>(SB)
#define FILL_LARGE    MOVD size+24(FP), R2; MOVD word+32(FP), R4; CALL fill<>(SB)

#define POINTERS_LARGE(CHECKED, FRAMED, BYTES, FRAME, MAP) \
TEXT CHECKED(SB), NOSPLIT|NOFRAME, $0-32;    \
	CHECK(BYTES+const_rungNeed);         \
	MOVD  R2, R26;                       \
	MOVD  R1, n+8(FP);                   \
	MOVD  R3, size+24(FP);               \
	JMP   FRAMED(SB);                    \
refused:                                     \
	RETURN_FALSE;                        \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-32;        \
	FUNCDATA $FUNCDATA_ArgsPointerMaps, gclocals·none<>(SB); \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	MOVD  n+8(FP), R1;                   \
	MOVD  $block-BYTES(SP), R0;          \
	MOVD  $(BYTES/4*3), R2;              \
	MOVD  size+24(FP), R3;               \
	CMP   R2, R3;                        \
	BHI   whole;                         \
	CALL  clearPointers<>(SB);           \
	CALLBACK(0);                         \
	RET;                                 \
whole:                                       \
	MOVD  $BYTES, R2;                    \
	CALL  clearPointers<>(SB);           \
	CALLBACK(1);                         \
	RET

#define LARGE_ENTRY(INDEX, CHECKED, FRAMED) ENTRY(INDEX, CHECKED)

#define ABI0(NAME, BYTES, FRAME)              \
TEXT NAME(SB), 0, $FRAME-41;                 \
	NO_LOCAL_POINTERS;                   \
	MOVD  $block-BYTES(SP), R0;           \
	AND   $~63, R0, R0;                  \
	MOVBU zero+32(FP), R2;               \
	CBZ   R2, ready;                     \
	MOVD  size+24(FP), R2;               \
	CALL  clear<>(SB);                   \
ready:                                       \
	MOVD  f+16(FP), R3;                  \
	MOVD  n+8(FP), R1;                   \
	MOVD  R3, 8(RSP);                    \
	MOVD  R0, 16(RSP);                   \
	MOVD  R1, 24(RSP);                   \
	MOVD  R1, 32(RSP);                   \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  ·invoke(SB);                   \
	MOVD  $1, R0;                        \
	MOVB  R0, ret+40(FP);                \
	RET

#include "ladder.h"

// COUNT_MISS expects the stack's bounds where PROVEN leaves them.
#define COUNT_MISS(NO, SPARE)                \
	MOVD  $·control(SB), R11;            \
	MOVD  controls_limit(R11), R7;       \
	CMP   R7, R3;                        \
	BHI   SPARE;                         \
	LSR   $const_missUnit, R5, R7;       \
	AND   $const_missMask, R7, R7;       \
	MOVD  $·misses(SB), R8;              \
	ADD   R7<<6, R8, R8;                 \
	MOVD  0(R8), R7;                     \
	CMP   R5, R7;                        \
	BEQ   count;                         \
	MOVD  R5, 0(R8);                     \
	MOVD  ZR, 8(R8);                     \
count:                                       \
	MOVD  8(R8), R7;                     \
	ADD   $1, R7, R7;                    \
	MOVD  R7, 8(R8);                     \
	MOVD  RSP, R9;                       \
	SUB   R9, R6, R6;                    \
	LSR   $const_missShift, R6, R6;      \
	MOVD  controls_patience(R11), R9;    \
	ADD   R9, R6, R6;                    \
	CMP   R6, R7;                        \
	BGE   NO

// TAKE_SPARE reads the busy bytes with acquire order: the block may have been given back
// on another core.
#define TAKE_SPARE(CLEAR, NO)                \
	MOVD  $const_spareSize, R9;          \
	CMP   R9, R3;                        \
	BHI   NO;                            \
	MOVD  const_goroutineM(g), R9;       \
	MOVW  $const_spareHash, R10;         \
	MULW  R10, R9, R10;                  \
	LSRW  $const_spareShift, R10, R10;   \
	MOVD  $·spares(SB), R5;              \
	MOVD  (R5)(R10<<3), R5;              \
	CBZ   R5, NO;                        \
	MOVD  spareSet_owner(R5), R10;       \
	CMP   R10, R9;                       \
	BNE   NO;                            \
	ADD   $spareSet_busy, R5, R10;       \
	LDARW (R10), R9;                     \
	MVNW  R9, R9;                        \
	ANDW  $const_allBusy, R9, R9;        \
	CBZW  R9, NO;                        \
	RBITW R9, R9;                        \
	CLZW  R9, R9;                        \
	LSRW  $3, R9, R9;                    \
	ADD   $spareSet_blocks, R5, R12;     \
	MOVD  (R12)(R9<<3), R0;              \
	CBZ   R0, NO;                        \
	MOVD  spareSet_uses(R5), R12;        \
	ADD   $1, R12, R12;                  \
	MOVD  R12, spareSet_uses(R5);        \
	ADD   R9, R10, R10;                  \
	MOVD  $1, R12;                       \
	MOVB  R12, (R10);                    \
	MOVD  R0, block+0(FP);               \
	MOVD  R1, n+8(FP);                   \
	MOVD  R10, busy+24(FP);              \
	MOVD  R2, R26;                       \
	CLEAR;                               \
	RET   ·rungSpare(SB)

TEXT orSpare<>(SB), NOSPLIT, $0-32
	PROVEN(no)
	COUNT_MISS(no, spare)
spare:
	TAKE_SPARE(NOTHING, no)
no:
	RETURN_FALSE

TEXT orSpareZero<>(SB), NOSPLIT, $0-32
	PROVEN(no)
	COUNT_MISS(no, spare)
spare:
	TAKE_SPARE(CLEAR_SIZE, no)
no:
	RETURN_FALSE

TEXT orSpareFill<>(SB), NOSPLIT, $0-40
	PROVEN(no)
	COUNT_MISS(no, spare)
spare:
	TAKE_SPARE(FILL_SIZE, no)
no:
	RETURN_FALSE

// The busy byte is given back with release order: its next taker may be on another
// core.
TEXT ·rungSpare(SB), NEEDCTXT, $40-32
	NO_LOCAL_POINTERS
	MOVD  block+0(FP), R0
	MOVD  n+8(FP), R1
	CALLBACK(0)
	MOVD  busy+24(FP), R8
	STLRB ZR, (R8)
	RET

// clear<> zeroes R2 bytes, rounded up to 16 (rungs are multiples of 16), at R0,
// which is 64-byte aligned. Keeps R0 R1 R4 R26.
//
// From zvaFrom bytes it takes DC ZVA, if the system permits it and its block is
// the 64 bytes of every core since 2012.
TEXT clear<>(SB), NOSPLIT|NOFRAME, $0-0
	ADD  $15, R2, R2
	AND  $~15, R2, R2
	MOVD R0, R5
	ADD  R0, R2, R6 // end
	CMP  $const_zvaFrom, R2
	BLO  plain
	MRS  DCZID_EL0, R7
	AND  $31, R7, R7
	CMP  $4, R7
	BNE  plain
	AND  $~63, R2, R7
	ADD  R0, R7, R7
zva:
	WORD $0xd50b7425 // DC ZVA, R5
	ADD  $64, R5, R5
	CMP  R7, R5
	BLO  zva
	B    tail
plain:
	SUB  $64, R6, R7
	CMP  R0, R7
	BLO  tail
loop:
	STP  (ZR, ZR), 0(R5)
	STP  (ZR, ZR), 16(R5)
	STP  (ZR, ZR), 32(R5)
	STP  (ZR, ZR), 48(R5)
	ADD  $64, R5, R5
	CMP  R7, R5
	BLS  loop
tail:
	CMP  R6, R5
	BHS  done
	STP.P (ZR, ZR), 16(R5)
	B    tail
done:
	RET

// fill<> writes R4 over and over into R2 bytes at R0. Keeps R0 R1 R26.
TEXT fill<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD R0, R5
	ADD  R0, R2, R6
	CMP  $64, R2
	BLO  short
	SUB  $64, R6, R6
loop:
	STP  (R4, R4), 0(R5)
	STP  (R4, R4), 16(R5)
	STP  (R4, R4), 32(R5)
	STP  (R4, R4), 48(R5)
	ADD  $64, R5, R5
	CMP  R6, R5
	BLO  loop
	STP  (R4, R4), 0(R6)
	STP  (R4, R4), 16(R6)
	STP  (R4, R4), 32(R6)
	STP  (R4, R4), 48(R6)
	RET
short:
	CMP  $8, R2
	BLO  bytes
	SUB  $8, R6, R6
words:
	MOVD.P R4, 8(R5)
	CMP  R6, R5
	BLO  words
	MOVD R4, 0(R6)
	RET
bytes:
	CBZ  R2, done
	MOVB.P R4, 1(R5)
	LSR  $8, R4, R4
	SUB  $1, R2, R2
	B    bytes
done:
	RET

// func fillWords(p unsafe.Pointer, size uintptr, word uint64)
TEXT ·fillWords(SB), NOSPLIT, $0-24
	MOVD p+0(FP), R0
	MOVD size+8(FP), R2
	MOVD word+16(FP), R4
	CALL fill<>(SB)
	RET

// clearPointers<> zeroes R2 bytes, a multiple of 128, at R0, and up to 15 before
// them. Keeps R0 R1 R4 R26.
TEXT clearPointers<>(SB), NOSPLIT|NOFRAME, $0-0
	AND  $~15, R0, R5
	ADD  R0, R2, R6
	SUB  $64, R6, R6
loop:
	STP  (ZR, ZR), 0(R5)
	STP  (ZR, ZR), 16(R5)
	STP  (ZR, ZR), 32(R5)
	STP  (ZR, ZR), 48(R5)
	ADD  $64, R5, R5
	CMP  R6, R5
	BLO  loop
	STP  (ZR, ZR), 0(R6)
	STP  (ZR, ZR), 16(R6)
	STP  (ZR, ZR), 32(R6)
	STP  (ZR, ZR), 48(R6)
	RET

// ABI0.

// func enter(probe uintptr, n int, f, size uintptr, zero bool) bool
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-41
	MOVD  size+24(FP), R3
	SUB   $1, R3, R3
	MOVD  $·control(SB), R4
	MOVD  controls_limit(R4), R5
	CMP   R5, R3
	BHS   no
	MOVD  probe+0(FP), R0
	PROVEN(no)
	LSR   $5, R3, R3
	ORR   $1, R3, R3
	CLZ   R3, R3
	MOVD  $63, R4
	SUB   R3, R4, R3
	MOVD  $ladder<>(SB), R4
	ADD   R3<<4, R4, R4
	MOVD  8(R4), R6
	MOVD  RSP, R7
	SUB   R6, R7, R7
	CMP   R5, R7
	BLT   no
	MOVD  0(R4), R4
	JMP   (R4)
no:
	MOVB  ZR, ret+40(FP)
	RET

// func rungEntry(i int) uintptr
TEXT ·rungEntry(SB), NOSPLIT|NOFRAME, $0-16
	MOVD i+0(FP), R1
	MOVD $rungs<>(SB), R0
	MOVD (R0)(R1<<3), R0
	MOVD R0, ret+8(FP)
	RET

// func thread() uintptr
TEXT ·thread(SB), NOSPLIT|NOFRAME, $0-8
	MOVD const_goroutineM(g), R0
	MOVD R0, ret+0(FP)
	RET
