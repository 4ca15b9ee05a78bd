// Which words of the frames for elements with pointers are pointers, and the rungs
// that have them.
//
// A map is the runtime's stackmap: the number of bitmaps, the number of bits in
// each, and the bitmaps, one bit for each word up to the frame's top. Rungs of
// 1 KiB and more have two, the first for a block of three quarters. The names are
// those that the linker of Go 1.25 knows maps by.

#define MAP_HEAD(MAP, BITMAPS, BITS)         \
	DATA MAP+0(SB)/4, $BITMAPS;          \
	DATA MAP+4(SB)/4, $BITS
#define MAP_64(MAP, I, V) DATA MAP+(8+8*(I))(SB)/8, $V
#define MAP_32(MAP, I, V) DATA MAP+(8+8*(I))(SB)/4, $V

// MAPS defines the maps of one size of elements. The pattern of pointers repeats
// after at most three 64-bit words A, B and C, with the lower halves AL and BL.
#define MAPS(M256, M512, M1K, M2K, M4K, M8K, A, AL, B, BL, C) \
	MAP_HEAD(M256, 1, 32);               \
	MAP_32(M256, 0, AL);                 \
	GLOBL M256(SB), RODATA, $12;         \
	MAP_HEAD(M512, 1, 64);               \
	MAP_64(M512, 0, A);                  \
	GLOBL M512(SB), RODATA, $16;         \
	MAP_HEAD(M1K, 2, 128);               \
	MAP_64(M1K, 0, A); MAP_32(M1K, 1, BL); \
	MAP_64(M1K, 2, A); MAP_64(M1K, 3, B); \
	GLOBL M1K(SB), RODATA, $40;          \
	MAP_HEAD(M2K, 2, 256);               \
	MAP_64(M2K, 0, A); MAP_64(M2K, 1, B); MAP_64(M2K, 2, C); \
	MAP_64(M2K, 4, A); MAP_64(M2K, 5, B); MAP_64(M2K, 6, C); MAP_64(M2K, 7, A); \
	GLOBL M2K(SB), RODATA, $72;          \
	MAP_HEAD(M4K, 2, 512);               \
	MAP_64(M4K, 0, A); MAP_64(M4K, 1, B); MAP_64(M4K, 2, C); \
	MAP_64(M4K, 3, A); MAP_64(M4K, 4, B); MAP_64(M4K, 5, C); \
	MAP_64(M4K, 8, A); MAP_64(M4K, 9, B); MAP_64(M4K, 10, C); \
	MAP_64(M4K, 11, A); MAP_64(M4K, 12, B); MAP_64(M4K, 13, C); \
	MAP_64(M4K, 14, A); MAP_64(M4K, 15, B); \
	GLOBL M4K(SB), RODATA, $136;         \
	MAP_HEAD(M8K, 2, 1024);              \
	MAP_64(M8K, 0, A); MAP_64(M8K, 1, B); MAP_64(M8K, 2, C); \
	MAP_64(M8K, 3, A); MAP_64(M8K, 4, B); MAP_64(M8K, 5, C); \
	MAP_64(M8K, 6, A); MAP_64(M8K, 7, B); MAP_64(M8K, 8, C); \
	MAP_64(M8K, 9, A); MAP_64(M8K, 10, B); MAP_64(M8K, 11, C); \
	MAP_64(M8K, 16, A); MAP_64(M8K, 17, B); MAP_64(M8K, 18, C); \
	MAP_64(M8K, 19, A); MAP_64(M8K, 20, B); MAP_64(M8K, 21, C); \
	MAP_64(M8K, 22, A); MAP_64(M8K, 23, B); MAP_64(M8K, 24, C); \
	MAP_64(M8K, 25, A); MAP_64(M8K, 26, B); MAP_64(M8K, 27, C); \
	MAP_64(M8K, 28, A); MAP_64(M8K, 29, B); MAP_64(M8K, 30, C); \
	MAP_64(M8K, 31, A);                  \
	GLOBL M8K(SB), RODATA, $264

#define ONES32 0xffffffff
#define ONES64 0xffffffffffffffff
#define PAIR32 0x55555555
#define PAIR64 0x5555555555555555

MAPS(gclocals·one256<>, gclocals·one512<>, gclocals·one1K<>, gclocals·one2K<>, gclocals·one4K<>, gclocals·one8K<>, ONES64, ONES32, ONES64, ONES32, ONES64)
MAPS(gclocals·two256<>, gclocals·two512<>, gclocals·two1K<>, gclocals·two2K<>, gclocals·two4K<>, gclocals·two8K<>, PAIR64, PAIR32, PAIR64, PAIR32, PAIR64)
MAPS(gclocals·three256<>, gclocals·three512<>, gclocals·three1K<>, gclocals·three2K<>, gclocals·three4K<>, gclocals·three8K<>, 0x9249249249249249, 0x49249249, 0x4924924924924924, 0x24924924, 0x2492492492492492)

// The arguments' map has as many bitmaps, without a bit.
DATA gclocals·none<>+0(SB)/4, $2
DATA gclocals·none<>+4(SB)/4, $0
GLOBL gclocals·none<>(SB), RODATA, $8

POINTERS_SMALL(one256<>, 256, 352, gclocals·one256<>)
POINTERS_SMALL(one512<>, 512, 608, gclocals·one512<>)
POINTERS_LARGE(checkOne1K<>, one1K<>, 1024, 1120, gclocals·one1K<>)
POINTERS_LARGE(checkOne2K<>, one2K<>, 2048, 2144, gclocals·one2K<>)
POINTERS_LARGE(checkOne4K<>, one4K<>, 4096, 4192, gclocals·one4K<>)
POINTERS_LARGE(checkOne8K<>, one8K<>, 8192, 8288, gclocals·one8K<>)

POINTERS_SMALL(two256<>, 256, 352, gclocals·two256<>)
POINTERS_SMALL(two512<>, 512, 608, gclocals·two512<>)
POINTERS_LARGE(checkTwo1K<>, two1K<>, 1024, 1120, gclocals·two1K<>)
POINTERS_LARGE(checkTwo2K<>, two2K<>, 2048, 2144, gclocals·two2K<>)
POINTERS_LARGE(checkTwo4K<>, two4K<>, 4096, 4192, gclocals·two4K<>)
POINTERS_LARGE(checkTwo8K<>, two8K<>, 8192, 8288, gclocals·two8K<>)

POINTERS_SMALL(three256<>, 256, 352, gclocals·three256<>)
POINTERS_SMALL(three512<>, 512, 608, gclocals·three512<>)
POINTERS_LARGE(checkThree1K<>, three1K<>, 1024, 1120, gclocals·three1K<>)
POINTERS_LARGE(checkThree2K<>, three2K<>, 2048, 2144, gclocals·three2K<>)
POINTERS_LARGE(checkThree4K<>, three4K<>, 4096, 4192, gclocals·three4K<>)
POINTERS_LARGE(checkThree8K<>, three8K<>, 8192, 8288, gclocals·three8K<>)
