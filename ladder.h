// The tables of the ladder, the same for both assemblies, which include this file
// after all of their rungs.

// rungs<> holds the addresses of the rungs, smallest first, and then of those that
// clear. The address of an entry is a function value.
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
GLOBL rungs<>(SB), RODATA, $(26*8)

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
