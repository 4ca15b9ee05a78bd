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
//	RETURN_FALSE                 as a rung's result
//	PROVEN CHECK CALLBACK        described where they are defined
//	CLEAR64 to CLEAR512, CLEAR_SIZE, NOTHING
//	FILL64 and FILL128, FILL_SIZE, which take SIZE and PATTERN
//	LARGE POINTERS_LARGE         a rung whose frame is too large to go without a check of
//	                             the stack's bound, for elements without and with pointers
//	SPILL_SIZE SPILL_WORD        what a large rung does before it has its frame
//	CLEAR_LARGE FILL_LARGE       and with it
//	LARGE_ENTRY                  the entry of a large rung in the table
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

LARGE(checkZero1K<>, ·rungZero1K, 1024, 1128, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero2K<>, ·rungZero2K, 2048, 2152, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero4K<>, ·rungZero4K, 4096, 4200, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero8K<>, ·rungZero8K, 8192, 8296, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero16K<>, ·rungZero16K, 16384, 16488, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero32K<>, ·rungZero32K, 32768, 32872, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero64K<>, ·rungZero64K, 65536, 65640, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero128K<>, ·rungZero128K, 131072, 131176, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)
LARGE(checkZero256K<>, ·rungZero256K, 262144, 262248, 32, SPILL_SIZE, CLEAR_LARGE, orSpareZero<>)

// Rungs that fill have one argument more, with what they fill the block with, over and
// over.
SMALL(·rungFill64<>, 64, 168, FILL64, orSpareFill<>)
SMALL(·rungFill128<>, 128, 232, FILL128, orSpareFill<>)
SMALL(·rungFill256<>, 256, 360, FILL_SIZE, orSpareFill<>)
SMALL(·rungFill512<>, 512, 616, FILL_SIZE, orSpareFill<>)

LARGE(checkFill1K<>, ·rungFill1K, 1024, 1128, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill2K<>, ·rungFill2K, 2048, 2152, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill4K<>, ·rungFill4K, 4096, 4200, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill8K<>, ·rungFill8K, 8192, 8296, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill16K<>, ·rungFill16K, 16384, 16488, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill32K<>, ·rungFill32K, 32768, 32872, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill64K<>, ·rungFill64K, 65536, 65640, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill128K<>, ·rungFill128K, 131072, 131176, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)
LARGE(checkFill256K<>, ·rungFill256K, 262144, 262248, 40, SPILL_WORD, FILL_LARGE, orSpareFill<>)

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

#include "pointermaps.h"

// rungs<> holds the addresses of the rungs, smallest first, then of those that
// clear, of those for pointers, by the size of an element, and of those that fill. The
// address of an entry is a function value.
#define ENTRY(INDEX, NAME) DATA rungs<>+(INDEX*8)(SB)/8, $NAME(SB)

ENTRY(0, ·rung64<>)
ENTRY(1, ·rung128<>)
ENTRY(2, ·rung256<>)
ENTRY(3, ·rung512<>)
LARGE_ENTRY(4, check1K<>, ·rung1K)
LARGE_ENTRY(5, check2K<>, ·rung2K)
LARGE_ENTRY(6, check4K<>, ·rung4K)
LARGE_ENTRY(7, check8K<>, ·rung8K)
LARGE_ENTRY(8, check16K<>, ·rung16K)
LARGE_ENTRY(9, check32K<>, ·rung32K)
LARGE_ENTRY(10, check64K<>, ·rung64K)
LARGE_ENTRY(11, check128K<>, ·rung128K)
LARGE_ENTRY(12, check256K<>, ·rung256K)
ENTRY(13, ·rungZero64<>)
ENTRY(14, ·rungZero128<>)
ENTRY(15, ·rungZero256<>)
ENTRY(16, ·rungZero512<>)
LARGE_ENTRY(17, checkZero1K<>, ·rungZero1K)
LARGE_ENTRY(18, checkZero2K<>, ·rungZero2K)
LARGE_ENTRY(19, checkZero4K<>, ·rungZero4K)
LARGE_ENTRY(20, checkZero8K<>, ·rungZero8K)
LARGE_ENTRY(21, checkZero16K<>, ·rungZero16K)
LARGE_ENTRY(22, checkZero32K<>, ·rungZero32K)
LARGE_ENTRY(23, checkZero64K<>, ·rungZero64K)
LARGE_ENTRY(24, checkZero128K<>, ·rungZero128K)
LARGE_ENTRY(25, checkZero256K<>, ·rungZero256K)
ENTRY(26, one256<>)
ENTRY(27, one512<>)
LARGE_ENTRY(28, checkOne1K<>, one1K<>)
LARGE_ENTRY(29, checkOne2K<>, one2K<>)
LARGE_ENTRY(30, checkOne4K<>, one4K<>)
LARGE_ENTRY(31, checkOne8K<>, one8K<>)
ENTRY(32, two256<>)
ENTRY(33, two512<>)
LARGE_ENTRY(34, checkTwo1K<>, two1K<>)
LARGE_ENTRY(35, checkTwo2K<>, two2K<>)
LARGE_ENTRY(36, checkTwo4K<>, two4K<>)
LARGE_ENTRY(37, checkTwo8K<>, two8K<>)
ENTRY(38, three256<>)
ENTRY(39, three512<>)
LARGE_ENTRY(40, checkThree1K<>, three1K<>)
LARGE_ENTRY(41, checkThree2K<>, three2K<>)
LARGE_ENTRY(42, checkThree4K<>, three4K<>)
LARGE_ENTRY(43, checkThree8K<>, three8K<>)
ENTRY(44, ·rungFill64<>)
ENTRY(45, ·rungFill128<>)
ENTRY(46, ·rungFill256<>)
ENTRY(47, ·rungFill512<>)
LARGE_ENTRY(48, checkFill1K<>, ·rungFill1K)
LARGE_ENTRY(49, checkFill2K<>, ·rungFill2K)
LARGE_ENTRY(50, checkFill4K<>, ·rungFill4K)
LARGE_ENTRY(51, checkFill8K<>, ·rungFill8K)
LARGE_ENTRY(52, checkFill16K<>, ·rungFill16K)
LARGE_ENTRY(53, checkFill32K<>, ·rungFill32K)
LARGE_ENTRY(54, checkFill64K<>, ·rungFill64K)
LARGE_ENTRY(55, checkFill128K<>, ·rungFill128K)
LARGE_ENTRY(56, checkFill256K<>, ·rungFill256K)
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
