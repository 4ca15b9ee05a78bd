// The ladder, the same for both assemblies. Before they include this file they say
// which registers and instructions it is made of:
//
//	PROBE LENGTH FUNC SIZE       the arguments of a rung, by the register ABI
//	PATTERN                      the fifth, of a rung that fills
//	BLOCK                        the first argument of a callback, where PROBE was
//	CONTEXT                      where Go code finds its closure
//	COUNT                        how many bytes are to be cleared
//	MOV(FROM, TO)                moves a word
//	SET(N, R)                    a constant
//	CACHE_LINE(R)                rounds R down to a multiple of 64
//	JMP_IF_SPILLED_ABOVE(LABEL)  compares the spilled size with COUNT
//	RETURN_FALSE                 as a rung's result
//	BARE                         the flags of a function without a frame
//	APART                        what separates two functions of one rung
//	PROVEN CHECK CALLBACK        described where they are defined
//	CLEAR64 to CLEAR512, CLEAR_SIZE, CLEAR_SPILLED, SPILL_SIZE, NOTHING
//	FILL64 and FILL128, FILL_SIZE, which take SIZE and PATTERN
//	ABI0                         a rung of the ladder of ABI0

// Frames
//
// A frame holds the callback's spill space (24 bytes), above the link register where
// there is one (8), then the block on the next multiple of 64 (up to 63), so that
// clearing and the first cache lines are aligned. Stack tops are at least 2 KiB
// aligned and a block keeps its distance from the top when the stack moves, so the
// alignment stays. That is 95 bytes beside the block; with 104 a frame on arm64, which
// adds 8 more, is a multiple of 16, as it must be.

// SMALL is a rung whose frame needs no prologue: the linker checks that it fits
// into what the runtime keeps free below every stack guard.
#define SMALL(NAME, BYTES, FRAME, CLEAR, REFUSED) \
TEXT NAME(SB), NOSPLIT, $FRAME-0;            \
	NO_LOCAL_POINTERS;                   \
	CHECK(const_roomBelow);              \
	MOV(FUNC, CONTEXT);                  \
	MOV($block-BYTES(SP), BLOCK);        \
	CACHE_LINE(BLOCK);                   \
	CLEAR;                               \
	CALLBACK(0);                         \
	RET;                                 \
refused:                                     \
	RET   REFUSED(SB)

// LARGE is a rung in two parts, since an assembler's prologue checks the stack
// bound of a large frame. There is room, but the prologue may still give way to
// other goroutines, and then starts again with the registers that every Go
// function finds there (the context, for which NEEDCTXT asks, g, zero) and no others.
// The rest goes to the spill space. From their own cache lines the two parts run 0.3 ns
// faster.
#define LARGE(NAME, FRAMED, BYTES, FRAME, ARGS, SPILL, CLEAR, REFUSED) \
TEXT NAME(SB), BARE, $0-ARGS;                \
	CHECK(BYTES+const_rungNeed);         \
	MOV(FUNC, CONTEXT);                  \
	MOV(LENGTH, n+8(FP));                \
	SPILL;                               \
	JMP   FRAMED(SB);                    \
refused:                                     \
	JMP   REFUSED(SB);                   \
	APART;                               \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-ARGS;      \
	NO_LOCAL_POINTERS;                   \
	MOV(n+8(FP), LENGTH);                \
	MOV($block-BYTES(SP), BLOCK);        \
	CACHE_LINE(BLOCK);                   \
	CLEAR;                               \
	CALLBACK(0);                         \
	RET;                                 \
	APART

SMALL(·rung64<>, 64, 168, NOTHING, orSpare<>)
SMALL(·rung128<>, 128, 232, NOTHING, orSpare<>)
SMALL(·rung256<>, 256, 360, NOTHING, orSpare<>)
SMALL(·rung512<>, 512, 616, NOTHING, orSpare<>)

SMALL(·rungZero64<>, 64, 168, CLEAR64, orSpareZero<>)
SMALL(·rungZero128<>, 128, 232, CLEAR128, orSpareZero<>)
SMALL(·rungZero256<>, 256, 360, CLEAR256, orSpareZero<>)
SMALL(·rungZero512<>, 512, 616, CLEAR512, orSpareZero<>)

LARGE(check1K<>, ·rung1K, 1024, 1128, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check2K<>, ·rung2K, 2048, 2152, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check4K<>, ·rung4K, 4096, 4200, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check8K<>, ·rung8K, 8192, 8296, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check16K<>, ·rung16K, 16384, 16488, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check32K<>, ·rung32K, 32768, 32872, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check64K<>, ·rung64K, 65536, 65640, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check128K<>, ·rung128K, 131072, 131176, 32, NOTHING, NOTHING, orSpare<>)
LARGE(check256K<>, ·rung256K, 262144, 262248, 32, NOTHING, NOTHING, orSpare<>)

LARGE(checkZero1K<>, ·rungZero1K, 1024, 1128, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero2K<>, ·rungZero2K, 2048, 2152, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero4K<>, ·rungZero4K, 4096, 4200, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero8K<>, ·rungZero8K, 8192, 8296, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero16K<>, ·rungZero16K, 16384, 16488, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero32K<>, ·rungZero32K, 32768, 32872, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero64K<>, ·rungZero64K, 65536, 65640, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero128K<>, ·rungZero128K, 131072, 131176, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)
LARGE(checkZero256K<>, ·rungZero256K, 262144, 262248, 32, SPILL_SIZE, CLEAR_SPILLED, orSpareZero<>)

// Rungs that fill have one argument more, with what they fill the block with, over and
// over.
#define SPILL_WORD   SPILL_SIZE; MOV(PATTERN, word+32(FP))
#define FILL_SPILLED MOV(size+24(FP), SIZE); MOV(word+32(FP), PATTERN); FILL_SIZE

SMALL(·rungFill64<>, 64, 168, FILL64, orSpareFill<>)
SMALL(·rungFill128<>, 128, 232, FILL128, orSpareFill<>)
SMALL(·rungFill256<>, 256, 360, FILL_SIZE, orSpareFill<>)
SMALL(·rungFill512<>, 512, 616, FILL_SIZE, orSpareFill<>)

LARGE(checkFill1K<>, ·rungFill1K, 1024, 1128, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill2K<>, ·rungFill2K, 2048, 2152, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill4K<>, ·rungFill4K, 4096, 4200, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill8K<>, ·rungFill8K, 8192, 8296, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill16K<>, ·rungFill16K, 16384, 16488, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill32K<>, ·rungFill32K, 32768, 32872, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill64K<>, ·rungFill64K, 65536, 65640, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill128K<>, ·rungFill128K, 131072, 131176, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)
LARGE(checkFill256K<>, ·rungFill256K, 262144, 262248, 40, SPILL_WORD, FILL_SPILLED, orSpareFill<>)

// Rungs for elements with pointers
//
// They tell the runtime, as compiled code does, which words of their frame are
// pointers, by maps (pointermaps.h) for three kinds of elements: of one, two and
// three words, of which the first is a pointer and no other. Nothing that is not
// cleared is ever seen: a map holds from the call of the callback on. They have no
// spare blocks.
//
// The block ends where the frame does, since the maps count from there. Below it 32
// bytes are free, so that clearing can begin at a multiple of 32: with the spill space
// and the link register a frame of 96 bytes more than the block, a multiple of 16.
#define POINTERS_SMALL(NAME, BYTES, FRAME, MAP) \
TEXT NAME(SB), NOSPLIT, $FRAME-0;            \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	CHECK(const_roomBelow);              \
	MOV(FUNC, CONTEXT);                  \
	MOV($block-BYTES(SP), BLOCK);        \
	SET(BYTES, COUNT);                   \
	CALL  clearPointers<>(SB);           \
	CALLBACK(0);                         \
	RET;                                 \
refused:                                     \
	RETURN_FALSE

#define POINTERS_LARGE(NAME, FRAMED, BYTES, FRAME, MAP) \
TEXT NAME(SB), BARE, $0-32;                  \
	CHECK(BYTES+const_rungNeed);         \
	MOV(FUNC, CONTEXT);                  \
	MOV(LENGTH, n+8(FP));                \
	MOV(SIZE, size+24(FP));              \
	JMP   FRAMED(SB);                    \
refused:                                     \
	RETURN_FALSE;                        \
	APART;                               \
TEXT FRAMED(SB), NEEDCTXT, $FRAME-32;        \
	FUNCDATA $FUNCDATA_ArgsPointerMaps, gclocals·none<>(SB); \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	MOV(n+8(FP), LENGTH);                \
	MOV($block-BYTES(SP), BLOCK);        \
	SET((BYTES/4*3), COUNT);             \
	JMP_IF_SPILLED_ABOVE(whole);         \
	CALL  clearPointers<>(SB);           \
	CALLBACK(0);                         \
	RET;                                 \
whole:                                       \
	SET(BYTES, COUNT);                   \
	CALL  clearPointers<>(SB);           \
	CALLBACK(1);                         \
	RET;                                 \
	APART

#include "pointermaps.h"

// rungs<> holds the addresses of the rungs, smallest first, then of those that
// clear, of those for pointers, by the size of an element, and of those that fill. The
// address of an entry is a function value.
#define ENTRY(INDEX, NAME) DATA rungs<>+(INDEX*8)(SB)/8, $NAME(SB)

ENTRY(0, ·rung64<>)
ENTRY(1, ·rung128<>)
ENTRY(2, ·rung256<>)
ENTRY(3, ·rung512<>)
ENTRY(4, check1K<>)
ENTRY(5, check2K<>)
ENTRY(6, check4K<>)
ENTRY(7, check8K<>)
ENTRY(8, check16K<>)
ENTRY(9, check32K<>)
ENTRY(10, check64K<>)
ENTRY(11, check128K<>)
ENTRY(12, check256K<>)
ENTRY(13, ·rungZero64<>)
ENTRY(14, ·rungZero128<>)
ENTRY(15, ·rungZero256<>)
ENTRY(16, ·rungZero512<>)
ENTRY(17, checkZero1K<>)
ENTRY(18, checkZero2K<>)
ENTRY(19, checkZero4K<>)
ENTRY(20, checkZero8K<>)
ENTRY(21, checkZero16K<>)
ENTRY(22, checkZero32K<>)
ENTRY(23, checkZero64K<>)
ENTRY(24, checkZero128K<>)
ENTRY(25, checkZero256K<>)
ENTRY(26, one256<>)
ENTRY(27, one512<>)
ENTRY(28, checkOne1K<>)
ENTRY(29, checkOne2K<>)
ENTRY(30, checkOne4K<>)
ENTRY(31, checkOne8K<>)
ENTRY(32, two256<>)
ENTRY(33, two512<>)
ENTRY(34, checkTwo1K<>)
ENTRY(35, checkTwo2K<>)
ENTRY(36, checkTwo4K<>)
ENTRY(37, checkTwo8K<>)
ENTRY(38, three256<>)
ENTRY(39, three512<>)
ENTRY(40, checkThree1K<>)
ENTRY(41, checkThree2K<>)
ENTRY(42, checkThree4K<>)
ENTRY(43, checkThree8K<>)
ENTRY(44, ·rungFill64<>)
ENTRY(45, ·rungFill128<>)
ENTRY(46, ·rungFill256<>)
ENTRY(47, ·rungFill512<>)
ENTRY(48, checkFill1K<>)
ENTRY(49, checkFill2K<>)
ENTRY(50, checkFill4K<>)
ENTRY(51, checkFill8K<>)
ENTRY(52, checkFill16K<>)
ENTRY(53, checkFill32K<>)
ENTRY(54, checkFill64K<>)
ENTRY(55, checkFill128K<>)
ENTRY(56, checkFill256K<>)
GLOBL rungs<>(SB), RODATA, $(57*8)

// The ladder of ABI0.
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

// ladder<> holds for each step the rung and the stack it needs.
#define STEP(INDEX, NAME, SIZE) \
	DATA ladder<>+(INDEX*16)(SB)/8, $NAME(SB); \
	DATA ladder<>+(INDEX*16+8)(SB)/8, $(SIZE+const_rungNeed)

STEP(0, ·rungABI64, 64)
STEP(1, ·rungABI128, 128)
STEP(2, ·rungABI256, 256)
STEP(3, ·rungABI512, 512)
STEP(4, ·rungABI1K, 1024)
STEP(5, ·rungABI2K, 2048)
STEP(6, ·rungABI4K, 4096)
STEP(7, ·rungABI8K, 8192)
STEP(8, ·rungABI16K, 16384)
STEP(9, ·rungABI32K, 32768)
STEP(10, ·rungABI64K, 65536)
STEP(11, ·rungABI128K, 131072)
STEP(12, ·rungABI256K, 262144)
GLOBL ladder<>(SB), RODATA, $(13*16)
