//go:build gc && !purego && !stackalloc_cgo

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// The mechanism is that of trampoline_amd64.s, where it is explained.

// Results in place: enter leaves in the result byte what the rung shall do.
#define FLAG_PLAIN 1 // class plain: call at once
#define FLAG_CLEAR 2 // clear the block first
#define FLAG_ABI0  4 // call through the Go function invoke

// ENTER: R1 n, R2 size in bytes less one, R6 class and flags, R7 probe, R8 control,
// R11 g.stack.lo, R5 ladder entry. All are scratch in ABI0; g is always in its
// register.
#define ENTER(FLAG)                          \
	MOVD  size+8(FP), R2;                \
	MOVD  n+0(FP), R1;                   \
	MOVD  $·control(SB), R8;             \
	MOVD  controls_reach(R8), R9;        \
	CMP   R2, R1;                        \
	BHI   no;                            \
	SUB   $1, R2, R2;                    \
	CMP   R9, R2;                        \
	BHS   no;                            \
	MOVD  f_type+16(FP), R3;             \
	LSR   $const_classShift, R3, R4;     \
	AND   $const_classMask, R4, R4;      \
	MOVD  $·classes(SB), R5;             \
	MOVD  (R5)(R4<<3), R6;               \
	EOR   R3, R6, R6;                    \
	CMP   $const_classBools, R6;         \
	BHI   no;                            \
	MOVD  probe+32(FP), R7;              \
	MOVD  0(g), R11;                     \
	MOVD  8(g), R12;                     \
	CMP   R11, R7;                       \
	BLO   no;                            \
	CMP   R12, R7;                       \
	BHS   no;                            \
	FLAG;                                \
	MOVD  controls_mode(R8), R9;         \
	ORR   R9, R6, R6;                    \
	MOVB  R6, ret+40(FP);                \
	MOVD  controls_limit(R8), R9;        \
	CMP   R9, R2;                        \
	BHS   spare;                         \
	ORR   $1, R2, R2;                    \
	CLZ   R2, R9;                        \
	MOVD  $63, R10;                      \
	SUB   R9, R10, R9;                   \
	SUB   $1, R9, R10;                   \
	LSR   R10, R2, R10;                  \
	AND   $1, R10, R10;                  \
	ADD   R9<<1, R10, R10;               \
	MOVD  $ladder<>(SB), R5;             \
	ADD   R10<<4, R5, R5;                \
	MOVD  8(R5), R9;                     \
	MOVD  RSP, R13;                      \
	SUB   R9, R13, R10;                  \
	CMP   R11, R10;                      \
	BLT   full;                          \
	MOVD  0(R5), R5;                     \
	JMP   (R5);                          \
full:                                        \
	LSR   $11, R11, R9;                  \
	AND   $const_missMask, R9, R9;       \
	MOVD  $·misses(SB), R10;             \
	ADD   R9<<6, R10, R10;               \
	MOVD  0(R10), R9;                    \
	CMP   R11, R9;                       \
	BEQ   count;                         \
	MOVD  R11, 0(R10);                   \
	MOVD  ZR, 8(R10);                    \
count:                                       \
	MOVD  8(R10), R9;                    \
	ADD   $1, R9, R9;                    \
	MOVD  R9, 8(R10);                    \
	SUB   R13, R12, R12;                 \
	LSR   $const_missShift, R12, R12;    \
	MOVD  controls_patience(R8), R3;     \
	ADD   R3, R12, R12;                  \
	CMP   R12, R9;                       \
	BLT   spare;                         \
	MOVD  ZR, 8(R10);                    \
	MOVD  0(R5), R5;                     \
	JMP   (R5);                          \
spare:                                       \
	MOVD  $const_spareSize, R9;          \
	CMP   R9, R2;                        \
	BHS   no;                            \
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
	ANDW  $0x01010101, R9, R9;           \
	CBZW  R9, no;                        \
	RBITW R9, R9;                        \
	CLZW  R9, R9;                        \
	LSRW  $3, R9, R9;                    \
	ADD   $spareSet_blocks, R5, R12;     \
	MOVD  (R12)(R9<<3), R12;             \
	CBZ   R12, no;                       \
	MOVD  spareSet_uses(R5), R3;         \
	ADD   $1, R3, R3;                    \
	MOVD  R3, spareSet_uses(R5);         \
	ADD   R9, R10, R10;                  \
	MOVD  $1, R3;                        \
	MOVB  R3, (R10);                     \
	MOVD  R12, probe+32(FP);             \
	MOVD  R10, f_type+16(FP);            \
	B     ·rungSpare(SB);                \
no:                                          \
	MOVB  ZR, ret+40(FP);                \
	RET

#define FLAG_BY_CLASS NOOP
#define FLAG_ALWAYS   MOVD $FLAG_CLEAR, R6

// func enter(n int, size uintptr, f any, probe unsafe.Pointer) bool
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-41
	ENTER(FLAG_BY_CLASS)

// func enterClear(n int, size uintptr, f any, probe unsafe.Pointer) bool
TEXT ·enterClear(SB), NOSPLIT|NOFRAME, $0-41
	ENTER(FLAG_ALWAYS)

// A rung: the link register at 0(RSP), outgoing words (8 to 39(RSP): the register
// ABI's spill space for three arguments, or the four ABI0 words of invoke), then
// the block on the next multiple of 64.
//
// Register ABI: context R26, slice R0 R1 R2, g R28.
#define RUNG(NAME, SIZE, FRAME)              \
TEXT NAME(SB), 0, $FRAME-41;                 \
	NO_LOCAL_POINTERS;                   \
	MOVD  $block-SIZE(SP), R0;           \
	AND   $~63, R0, R0;                  \
	CALLBACK(NOOP)

// CALLBACK calls the closure on the block at R0 and then does DONE.
#define CALLBACK(DONE)                       \
	MOVD  n+0(FP), R1;                   \
	MOVD  f_data+24(FP), R26;            \
	MOVBU ret+40(FP), R4;                \
	CMP   $FLAG_PLAIN, R4;               \
	BNE   special;                       \
	MOVD  R1, R2;                        \
	MOVD  (R26), R4;                     \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  (R4);                          \
	DONE;                                \
	MOVD  $1, R4;                        \
	MOVB  R4, ret+40(FP);                \
	RET;                                 \
special:                                     \
	TBZ   $1, R4, cleared;               \
	MOVD  size+8(FP), R2;                \
	CALL  clear<>(SB);                   \
cleared:                                     \
	MOVD  R1, R2;                        \
	TBNZ  $2, R4, abi0;                  \
	MOVD  (R26), R4;                     \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  (R4);                          \
	DONE;                                \
	MOVD  $1, R4;                        \
	MOVB  R4, ret+40(FP);                \
	RET;                                 \
abi0:                                        \
	MOVD  R26, 8(RSP);                   \
	MOVD  R0, 16(RSP);                   \
	MOVD  R1, 24(RSP);                   \
	MOVD  R2, 32(RSP);                   \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  ·invoke(SB);                   \
	DONE;                                \
	MOVD  $1, R4;                        \
	MOVB  R4, ret+40(FP);                \
	RET

// rungSpare runs the closure on a spare block. The busy byte is given back with
// release order: its next taker may be on another core.
#define RELEASE                              \
	MOVD  f_type+16(FP), R8;             \
	STLRB ZR, (R8)

TEXT ·rungSpare(SB), 0, $40-41
	NO_LOCAL_POINTERS
	MOVD probe+32(FP), R0
	CALLBACK(RELEASE)

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

RUNG(·rung48, 48, 152)
RUNG(·rung64, 64, 168)
RUNG(·rung96, 96, 200)
RUNG(·rung128, 128, 232)
RUNG(·rung192, 192, 296)
RUNG(·rung256, 256, 360)
RUNG(·rung384, 384, 488)
RUNG(·rung512, 512, 616)
RUNG(·rung768, 768, 872)
RUNG(·rung1K, 1024, 1128)
RUNG(·rung1K5, 1536, 1640)
RUNG(·rung2K, 2048, 2152)
RUNG(·rung3K, 3072, 3176)
RUNG(·rung4K, 4096, 4200)
RUNG(·rung6K, 6144, 6248)
RUNG(·rung8K, 8192, 8296)
RUNG(·rung12K, 12288, 12392)
RUNG(·rung16K, 16384, 16488)
RUNG(·rung24K, 24576, 24680)
RUNG(·rung32K, 32768, 32872)
RUNG(·rung48K, 49152, 49256)
RUNG(·rung64K, 65536, 65640)
RUNG(·rung96K, 98304, 98408)
RUNG(·rung128K, 131072, 131176)
RUNG(·rung192K, 196608, 196712)
RUNG(·rung256K, 262144, 262248)

// ladder holds for each index, 2·⌊log₂(size-1)⌋ plus the bit below the leading
// one, the rung and the stack it needs: its frame, what the runtime keeps free
// below a stack guard, and a reserve for the callback.
#define STEP(INDEX, NAME, SIZE) \
	DATA ladder<>+(INDEX*16)(SB)/8, $NAME(SB); \
	DATA ladder<>+(INDEX*16+8)(SB)/8, $(SIZE+const_rungNeed)

STEP(0, ·rung48, 48)
STEP(1, ·rung48, 48)
STEP(2, ·rung48, 48)
STEP(3, ·rung48, 48)
STEP(4, ·rung48, 48)
STEP(5, ·rung48, 48)
STEP(6, ·rung48, 48)
STEP(7, ·rung48, 48)
STEP(8, ·rung48, 48)
STEP(9, ·rung48, 48)
STEP(10, ·rung48, 48)
STEP(11, ·rung64, 64)
STEP(12, ·rung96, 96)
STEP(13, ·rung128, 128)
STEP(14, ·rung192, 192)
STEP(15, ·rung256, 256)
STEP(16, ·rung384, 384)
STEP(17, ·rung512, 512)
STEP(18, ·rung768, 768)
STEP(19, ·rung1K, 1024)
STEP(20, ·rung1K5, 1536)
STEP(21, ·rung2K, 2048)
STEP(22, ·rung3K, 3072)
STEP(23, ·rung4K, 4096)
STEP(24, ·rung6K, 6144)
STEP(25, ·rung8K, 8192)
STEP(26, ·rung12K, 12288)
STEP(27, ·rung16K, 16384)
STEP(28, ·rung24K, 24576)
STEP(29, ·rung32K, 32768)
STEP(30, ·rung48K, 49152)
STEP(31, ·rung64K, 65536)
STEP(32, ·rung96K, 98304)
STEP(33, ·rung128K, 131072)
STEP(34, ·rung192K, 196608)
STEP(35, ·rung256K, 262144)
GLOBL ladder<>(SB), RODATA, $(36*16)

// func stackContains(p unsafe.Pointer) bool
TEXT ·stackContains(SB), NOSPLIT|NOFRAME, $0-9
	MOVD  p+0(FP), R0
	MOVD  0(g), R1
	MOVD  8(g), R2
	CMP   R1, R0
	CSET  HS, R3
	CMP   R2, R0
	CSET  LO, R4
	AND   R3, R4, R4
	MOVB  R4, ret+8(FP)
	RET

// func thread() uintptr
TEXT ·thread(SB), NOSPLIT|NOFRAME, $0-8
	MOVD const_goroutineM(g), R0
	MOVD R0, ret+0(FP)
	RET

// func stackBounds() (lo, hi uintptr)
TEXT ·stackBounds(SB), NOSPLIT|NOFRAME, $0-16
	MOVD 0(g), R0
	MOVD R0, lo+0(FP)
	MOVD 8(g), R0
	MOVD R0, hi+8(FP)
	RET
