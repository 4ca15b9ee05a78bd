//go:build gc && !purego && !stackalloc_cgo

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// The mechanism is that of trampoline_amd64.s, where it is explained.
//
// Register ABI: arguments in R0 R1 R2 R3, result in R0, context R26, g R28. A rung
// has R0 the probe, R1 the length, R2 the callback, R3 the block's size.

// PROVEN leaves the stack's bounds in R5 and R6.
#define PROVEN(NO)                           \
	MOVD  0(g), R5;                      \
	MOVD  8(g), R6;                      \
	CMP   R5, R0;                        \
	BLO   NO;                            \
	CMP   R6, R0;                        \
	BHS   NO

#define CHECK(ROOM)                          \
	MOVD  $·control(SB), R4;             \
	MOVD  controls_limit(R4), R5;        \
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

// A frame holds the link register, the callback's spill space (24 bytes from
// 8(RSP)), then the block on the next multiple of 64.
#define SMALL(NAME, SIZE, FRAME, CLEAR, ELSEWHERE) \
TEXT NAME(SB), NOSPLIT, $FRAME-0;            \
	NO_LOCAL_POINTERS;                   \
	CHECK(const_roomBelow);              \
	MOVD  R2, R26;                       \
	MOVD  $block-SIZE(SP), R0;           \
	AND   $~63, R0, R0;                  \
	CLEAR;                               \
	CALLBACK(0);                         \
	RET;                                 \
refused:                                     \
	RET   ELSEWHERE(SB)

#define LARGE(NAME, FRAMED, SIZE, FRAME, SPILL, CLEAR, ELSEWHERE) \
TEXT NAME(SB), NOSPLIT|NOFRAME, $0-32;       \
	CHECK(SIZE+const_rungNeed);          \
	MOVD  R2, R26;                       \
	MOVD  R1, n+8(FP);                   \
	SPILL;                               \
	B     FRAMED(SB);                    \
refused:                                     \
	B     ELSEWHERE(SB);                 \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-32;        \
	NO_LOCAL_POINTERS;                   \
	MOVD  n+8(FP), R1;                   \
	MOVD  $block-SIZE(SP), R0;           \
	AND   $~63, R0, R0;                  \
	CLEAR;                               \
	CALLBACK(0);                         \
	RET

#define CLEAR64_AT(X)                        \
	STP   (ZR, ZR), (X)(R0);             \
	STP   (ZR, ZR), (X+16)(R0);          \
	STP   (ZR, ZR), (X+32)(R0);          \
	STP   (ZR, ZR), (X+48)(R0)
#define CLEAR64       CLEAR64_AT(0)
#define CLEAR128      CLEAR64_AT(0); CLEAR64_AT(64)
#define CLEAR256      CLEAR64_AT(0); CLEAR64_AT(64); CLEAR64_AT(128); CLEAR64_AT(192)
#define CLEAR_SIZE    MOVD R3, R2; CALL clear<>(SB)
#define SPILL_SIZE    MOVD R3, size+24(FP)
#define CLEAR_SPILLED MOVD size+24(FP), R2; CALL clear<>(SB)

#define ELSEWHERE(CLEAR)                     \
	PROVEN(no);                          \
	MOVD  $·control(SB), R4;             \
	MOVD  controls_limit(R4), R7;        \
	CMP   R7, R3;                        \
	BHI   spare;                         \
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
	MOVD  controls_patience(R4), R9;     \
	ADD   R9, R6, R6;                    \
	CMP   R6, R7;                        \
	BGE   no;                            \
spare:                                       \
	MOVD  $const_spareSize, R9;          \
	CMP   R9, R3;                        \
	BHI   no;                            \
	MOVD  const_goroutineM(g), R9;       \
	MOVW  $const_spareHash, R10;         \
	MULW  R10, R9, R10;                  \
	LSRW  $const_spareShift, R10, R10;   \
	MOVD  $·spares(SB), R5;              \
	MOVD  (R5)(R10<<3), R5;              \
	CBZ   R5, no;                        \
	MOVD  spareSet_owner(R5), R10;       \
	CMP   R10, R9;                       \
	BNE   no;                            \
	ADD   $spareSet_busy, R5, R10;       \
	LDARW (R10), R9;                     \
	MVNW  R9, R9;                        \
	ANDW  $const_allBusy, R9, R9;        \
	CBZW  R9, no;                        \
	RBITW R9, R9;                        \
	CLZW  R9, R9;                        \
	LSRW  $3, R9, R9;                    \
	ADD   $spareSet_blocks, R5, R12;     \
	MOVD  (R12)(R9<<3), R0;              \
	CBZ   R0, no;                        \
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
	RET   ·rungSpare(SB);                \
no:                                          \
	MOVD  ZR, R0;                        \
	RET

SMALL(·rung64<>, 64, 168, NOOP, elsewhere<>)
SMALL(·rung128<>, 128, 232, NOOP, elsewhere<>)
SMALL(·rung256<>, 256, 360, NOOP, elsewhere<>)
SMALL(·rung512<>, 512, 616, NOOP, elsewhere<>)

SMALL(·rungZero64<>, 64, 168, CLEAR64, elsewhereZero<>)
SMALL(·rungZero128<>, 128, 232, CLEAR128, elsewhereZero<>)
SMALL(·rungZero256<>, 256, 360, CLEAR256, elsewhereZero<>)
SMALL(·rungZero512<>, 512, 616, CLEAR_SIZE, elsewhereZero<>)

LARGE(check1K<>, ·rung1K, 1024, 1128, NOOP, NOOP, elsewhere<>)
LARGE(check2K<>, ·rung2K, 2048, 2152, NOOP, NOOP, elsewhere<>)
LARGE(check4K<>, ·rung4K, 4096, 4200, NOOP, NOOP, elsewhere<>)
LARGE(check8K<>, ·rung8K, 8192, 8296, NOOP, NOOP, elsewhere<>)
LARGE(check16K<>, ·rung16K, 16384, 16488, NOOP, NOOP, elsewhere<>)
LARGE(check32K<>, ·rung32K, 32768, 32872, NOOP, NOOP, elsewhere<>)
LARGE(check64K<>, ·rung64K, 65536, 65640, NOOP, NOOP, elsewhere<>)
LARGE(check128K<>, ·rung128K, 131072, 131176, NOOP, NOOP, elsewhere<>)
LARGE(check256K<>, ·rung256K, 262144, 262248, NOOP, NOOP, elsewhere<>)

LARGE(checkZero1K<>, ·rungZero1K, 1024, 1128, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero2K<>, ·rungZero2K, 2048, 2152, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero4K<>, ·rungZero4K, 4096, 4200, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero8K<>, ·rungZero8K, 8192, 8296, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero16K<>, ·rungZero16K, 16384, 16488, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero32K<>, ·rungZero32K, 32768, 32872, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero64K<>, ·rungZero64K, 65536, 65640, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero128K<>, ·rungZero128K, 131072, 131176, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)
LARGE(checkZero256K<>, ·rungZero256K, 262144, 262248, SPILL_SIZE, CLEAR_SPILLED, elsewhereZero<>)

// The frames' sizes are multiples of 16, so that they end where the maps do.
#define POINTERS_SMALL(NAME, SIZE, FRAME, MAP) \
TEXT NAME(SB), NOSPLIT, $FRAME-0;            \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	CHECK(const_roomBelow);              \
	MOVD  R2, R26;                       \
	MOVD  $block-SIZE(SP), R0;           \
	MOVD  $SIZE, R2;                     \
	CALL  clearPointers<>(SB);           \
	CALLBACK(0);                         \
	RET;                                 \
refused:                                     \
	MOVD  ZR, R0;                        \
	RET

#define POINTERS_LARGE(NAME, FRAMED, SIZE, FRAME, MAP) \
TEXT NAME(SB), NOSPLIT|NOFRAME, $0-32;       \
	CHECK(SIZE+const_rungNeed);          \
	MOVD  R2, R26;                       \
	MOVD  R1, n+8(FP);                   \
	MOVD  R3, size+24(FP);               \
	B     FRAMED(SB);                    \
refused:                                     \
	MOVD  ZR, R0;                        \
	RET;                                 \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-32;        \
	FUNCDATA $FUNCDATA_ArgsPointerMaps, gclocals·none<>(SB); \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	MOVD  n+8(FP), R1;                   \
	MOVD  size+24(FP), R3;               \
	MOVD  $block-SIZE(SP), R0;           \
	MOVD  $(SIZE/4*3), R2;               \
	CMP   R2, R3;                        \
	BHI   whole;                         \
	CALL  clearPointers<>(SB);           \
	CALLBACK(0);                         \
	RET;                                 \
whole:                                       \
	MOVD  $SIZE, R2;                     \
	CALL  clearPointers<>(SB);           \
	CALLBACK(1);                         \
	RET

#include "pointermaps.h"

// func rungAddress(i int) unsafe.Pointer
TEXT ·rungAddress(SB), NOSPLIT|NOFRAME, $0-16
	MOVD i+0(FP), R1
	MOVD $rungs<>(SB), R0
	ADD  R1<<3, R0, R0
	MOVD R0, ret+8(FP)
	RET

TEXT elsewhere<>(SB), NOSPLIT, $0-32
	ELSEWHERE(NOOP)

TEXT elsewhereZero<>(SB), NOSPLIT, $0-32
	ELSEWHERE(CLEAR_SIZE)

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

// func enter(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool
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

#define ABI0(NAME, SIZE, FRAME)              \
TEXT NAME(SB), 0, $FRAME-41;                 \
	NO_LOCAL_POINTERS;                   \
	MOVD  $block-SIZE(SP), R0;           \
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

ABI0(·rungABI64, 64, 168)
ABI0(·rungABI128, 128, 232)
ABI0(·rungABI256, 256, 360)
ABI0(·rungABI512, 512, 616)
ABI0(·rungABI1K, 1024, 1128)
ABI0(·rungABI2K, 2048, 2152)
ABI0(·rungABI4K, 4096, 4200)
ABI0(·rungABI8K, 8192, 8296)
ABI0(·rungABI16K, 16384, 16488)
ABI0(·rungABI32K, 32768, 32872)
ABI0(·rungABI64K, 65536, 65640)
ABI0(·rungABI128K, 131072, 131176)
ABI0(·rungABI256K, 262144, 262248)

#include "ladder.h"

// func thread() uintptr
TEXT ·thread(SB), NOSPLIT|NOFRAME, $0-8
	MOVD const_goroutineM(g), R0
	MOVD R0, ret+0(FP)
	RET
