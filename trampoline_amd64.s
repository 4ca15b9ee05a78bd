//go:build gc && !purego && !stackalloc_cgo

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// The ladder
//
// The unwinder, the stack copier and the collector take a function's frame size
// from a table, so a frame of run-time size is impossible and a ladder of fixed
// sizes is the way. enter and enterClear choose a rung and jump to it; the rung
// has the same arguments in the same place (FP is theirs), gets its frame from
// the assembler's prologue, which checks the stack bound and grows the stack
// where it must, and calls the closure.
//
// Until a rung's CALL everything that must survive lives in the argument words,
// which the runtime adjusts when it moves the stack: the prologue may restart
// the rung with all registers lost.

// Results in place: enter leaves in the result byte what the rung shall do.
#define FLAG_PLAIN 1 // class plain: call at once
#define FLAG_CLEAR 2 // clear the block first
#define FLAG_ABI0  4 // call through the Go function invoke

// ENTER decides whether the block goes on this stack, and on which rung.
//
// BX n, CX size in bytes less one, DX class, SI probe, R14 g, R11 g.stack.lo,
// R9 class index, AX ladder index, R10 rung. All are scratch in ABI0.
//
// 0 < size <= reach, and n <= size, which holds for every honest pair (elements
// are at least one byte): together they exclude a negative n and a product that
// wrapped, as the caller guarantees elements of at most maxElem bytes.
//
// The room check compares with what the rung needs, its reserve included, and
// not with the stack guard: a stack that is about to grow is not worth it.
#define ENTER(FLAG)                          \
	MOVQ  size+8(FP), CX;                \
	MOVQ  n+0(FP), BX;                   \
	CMPQ  BX, CX;                        \
	JHI   no;                            \
	DECQ  CX;                            \
	CMPQ  CX, ·control+controls_reach(SB); \
	JCC   no;                            \
	MOVQ  f_type+16(FP), DX;             \
	MOVQ  DX, R9;                        \
	SHRQ  $const_classShift, R9;         \
	ANDL  $const_classMask, R9;          \
	LEAQ  ·classes(SB), R10;             \
	XORQ  (R10)(R9*8), DX;               \
	CMPQ  DX, $const_classBools;         \
	JHI   no;                            \
	MOVQ  (TLS), R14;                    \
	MOVQ  probe+32(FP), SI;              \
	MOVQ  0(R14), R11;                   \
	CMPQ  SI, R11;                       \
	JCS   no;                            \
	CMPQ  SI, 8(R14);                    \
	JCC   no;                            \
	FLAG;                                \
	ORQ   ·control+controls_mode(SB), DX; \
	MOVB  DX, ret+40(FP);                \
	CMPQ  CX, ·control+controls_limit(SB); \
	JCC   spare;                         \
	ORQ   $1, CX;                        \
	BSRQ  CX, AX;                        \
	LEAQ  -1(AX), R8;                    \
	BTQ   R8, CX;                        \
	ADCQ  AX, AX;                        \
	SHLQ  $4, AX;                        \
	LEAQ  ladder<>(SB), R10;             \
	ADDQ  AX, R10;                       \
	MOVQ  SP, AX;                        \
	SUBQ  8(R10), AX;                    \
	CMPQ  AX, R11;                       \
	JLT   full;                          \
	MOVQ  0(R10), R10;                   \
	JMP   R10;                           \
full:                                        \
	/* No room. Growing pays only where it is asked for often: count the */ \
	/* misses of this stack, and grow after as many as the copy costs.   */ \
	MOVQ  R11, AX;                       \
	SHRQ  $11, AX;                       \
	ANDL  $const_missMask, AX;           \
	SHLQ  $6, AX;                        \
	LEAQ  ·misses(SB), DI;               \
	ADDQ  AX, DI;                        \
	CMPQ  R11, 0(DI);                    \
	JEQ   count;                         \
	MOVQ  R11, 0(DI);                    \
	MOVQ  $0, 8(DI);                     \
count:                                       \
	INCQ  8(DI);                         \
	MOVQ  8(R14), AX;                    \
	SUBQ  SP, AX;                        \
	SHRQ  $const_missShift, AX;          \
	ADDQ  ·control+controls_patience(SB), AX; \
	CMPQ  8(DI), AX;                     \
	JLT   spare;                         \
	MOVQ  $0, 8(DI);                     \
	MOVQ  0(R10), R10;                   \
	JMP   R10;                           \
spare:                                       \
	/* A spare block of this thread, see spare.go. */ \
	CMPQ  CX, $const_spareSize;          \
	JCC   no;                            \
	MOVQ  const_goroutineM(R14), AX;     \
	MOVL  AX, DI;                        \
	IMULL $const_spareHash, DI;          \
	SHRL  $const_spareShift, DI;         \
	LEAQ  ·spares(SB), R8;               \
	MOVQ  (R8)(DI*8), R8;                \
	TESTQ R8, R8;                        \
	JEQ   no;                            \
	CMPQ  spareSet_owner(R8), AX;        \
	JNE   no;                            \
	MOVL  spareSet_busy(R8), DI;         \
	NOTL  DI;                            \
	ANDL  $0x01010101, DI;               \
	JEQ   no;                            \
	BSFL  DI, DI;                        \
	SHRL  $3, DI;                        \
	MOVQ  spareSet_blocks(R8)(DI*8), R10; \
	TESTQ R10, R10;                      \
	JEQ   no;                            \
	INCQ  spareSet_uses(R8);             \
	LEAQ  spareSet_busy(R8)(DI*1), DI;   \
	MOVB  $1, (DI);                      \
	MOVQ  R10, probe+32(FP);             \
	MOVQ  DI, f_type+16(FP);             \
	JMP   ·rungSpare(SB);                \
no:                                          \
	MOVB  $0, ret+40(FP);                \
	RET

#define FLAG_BY_CLASS NOP
#define FLAG_ALWAYS   MOVQ $FLAG_CLEAR, DX

// func enter(n int, size uintptr, f any, probe unsafe.Pointer) bool
TEXT ·enter(SB), NOSPLIT, $0-41
	ENTER(FLAG_BY_CLASS)

// func enterClear(n int, size uintptr, f any, probe unsafe.Pointer) bool
TEXT ·enterClear(SB), NOSPLIT, $0-41
	ENTER(FLAG_ALWAYS)

// A rung: outgoing words (0 to 31(SP): the register ABI's spill space for
// three arguments, or the four ABI0 words of invoke), then the block on the
// next multiple of 64, so that clearing and the first cache lines are aligned.
// Stack tops are at least 2 KiB aligned and a block keeps its distance from the
// top when the stack moves, so the alignment stays.
//
// Register ABI: context DX, slice AX BX CX, g R14, zero X15.
#define RUNG(NAME, SIZE, FRAME)              \
TEXT NAME(SB), 0, $FRAME-41;                 \
	NO_LOCAL_POINTERS;                   \
	LEAQ  block-SIZE(SP), AX;            \
	ANDQ  $~63, AX;                      \
	CALLBACK(NOP)

// CALLBACK calls the closure on the block at AX and then does DONE.
#define CALLBACK(DONE)                       \
	MOVQ  n+0(FP), BX;                   \
	MOVQ  f_data+24(FP), DX;             \
	MOVQ  (TLS), R14;                    \
	XORPS X15, X15;                      \
	CMPB  ret+40(FP), $FLAG_PLAIN;       \
	JNE   special;                       \
	MOVQ  BX, CX;                        \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  (DX);                          \
	DONE;                                \
	MOVB  $1, ret+40(FP);                \
	RET;                                 \
special:                                     \
	TESTB $FLAG_CLEAR, ret+40(FP);       \
	JEQ   cleared;                       \
	MOVQ  size+8(FP), CX;                \
	CALL  clear<>(SB);                   \
cleared:                                     \
	MOVQ  BX, CX;                        \
	TESTB $FLAG_ABI0, ret+40(FP);        \
	JNE   abi0;                          \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  (DX);                          \
	DONE;                                \
	MOVB  $1, ret+40(FP);                \
	RET;                                 \
abi0:                                        \
	MOVQ  DX, 0(SP);                     \
	MOVQ  AX, 8(SP);                     \
	MOVQ  BX, 16(SP);                    \
	MOVQ  CX, 24(SP);                    \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  ·invoke(SB);                   \
	DONE;                                \
	MOVB  $1, ret+40(FP);                \
	RET

// rungSpare runs the closure on a spare block. enter has left the block in the
// probe's word, where the collector sees it, and the address of its busy byte in
// that of f's type, where it does not look.
#define RELEASE                              \
	MOVQ  f_type+16(FP), R8;             \
	MOVB  $0, (R8)

TEXT ·rungSpare(SB), 0, $32-41
	NO_LOCAL_POINTERS
	MOVQ probe+32(FP), AX
	CALLBACK(RELEASE)

// clear<> zeroes CX bytes, rounded up to 16 (rungs are multiples of 16), at AX,
// which is 64-byte aligned. X15 is zero. Keeps AX BX DX R14 X15.
//
// AVX is looked for when it is first needed: CPUID takes microseconds in a
// virtual machine, too long for a program's start.
TEXT clear<>(SB), NOSPLIT|NOFRAME, $0-0
	ADDQ $15, CX
	ANDQ $~15, CX
	CMPQ CX, $const_clearRep
	JCC  rep
	CMPQ CX, $const_clearWide
	JCS  narrow
	CMPB ·avx(SB), $const_avxYes
	JEQ  wide
	JCS  detect
narrow:
	LEAQ -64(AX)(CX*1), R8
	MOVQ AX, DI
	CMPQ CX, $64
	JCS  small
loop:
	MOVUPS X15, 0(DI)
	MOVUPS X15, 16(DI)
	MOVUPS X15, 32(DI)
	MOVUPS X15, 48(DI)
	ADDQ $64, DI
	CMPQ DI, R8
	JCS  loop
	MOVUPS X15, 0(R8)
	MOVUPS X15, 16(R8)
	MOVUPS X15, 32(R8)
	MOVUPS X15, 48(R8)
	RET
small:
	MOVUPS X15, 0(DI)
	ADDQ $16, DI
	SUBQ $16, CX
	JNE  small
	RET
wide:
	LEAQ -128(AX)(CX*1), R8
	MOVQ AX, DI
	VXORPS X15, X15, X15
wideLoop:
	VMOVUPS Y15, 0(DI)
	VMOVUPS Y15, 32(DI)
	VMOVUPS Y15, 64(DI)
	VMOVUPS Y15, 96(DI)
	SUBQ $-128, DI
	CMPQ DI, R8
	JCS  wideLoop
	VMOVUPS Y15, 0(R8)
	VMOVUPS Y15, 32(R8)
	VMOVUPS Y15, 64(R8)
	VMOVUPS Y15, 96(R8)
	VZEROUPPER
	RET
detect:
	MOVQ AX, R8
	MOVQ BX, R9
	MOVQ CX, R10
	MOVQ DX, R11
	MOVB $const_avxNo, R12
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $(1<<27 | 1<<28), CX // OSXSAVE, AVX
	CMPL CX, $(1<<27 | 1<<28)
	JNE  detected
	XORL CX, CX
	XGETBV
	ANDL $6, AX // the system keeps X and Y registers
	CMPL AX, $6
	JNE  detected
	MOVB $const_avxYes, R12
detected:
	MOVB R12, ·avx(SB)
	MOVQ R8, AX
	MOVQ R9, BX
	MOVQ R10, CX
	MOVQ R11, DX
	JMP  narrow
rep:
	MOVQ AX, DI
	MOVQ AX, R8
	XORL AX, AX
	SHRQ $3, CX
	REP; STOSQ
	MOVQ R8, AX
	RET

RUNG(·rung48, 48, 144)
RUNG(·rung64, 64, 160)
RUNG(·rung96, 96, 192)
RUNG(·rung128, 128, 224)
RUNG(·rung192, 192, 288)
RUNG(·rung256, 256, 352)
RUNG(·rung384, 384, 480)
RUNG(·rung512, 512, 608)
RUNG(·rung768, 768, 864)
RUNG(·rung1K, 1024, 1120)
RUNG(·rung1K5, 1536, 1632)
RUNG(·rung2K, 2048, 2144)
RUNG(·rung3K, 3072, 3168)
RUNG(·rung4K, 4096, 4192)
RUNG(·rung6K, 6144, 6240)
RUNG(·rung8K, 8192, 8288)
RUNG(·rung12K, 12288, 12384)
RUNG(·rung16K, 16384, 16480)
RUNG(·rung24K, 24576, 24672)
RUNG(·rung32K, 32768, 32864)
RUNG(·rung48K, 49152, 49248)
RUNG(·rung64K, 65536, 65632)
RUNG(·rung96K, 98304, 98400)
RUNG(·rung128K, 131072, 131168)
RUNG(·rung192K, 196608, 196704)
RUNG(·rung256K, 262144, 262240)

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
TEXT ·stackContains(SB), NOSPLIT, $0-9
	MOVQ  (TLS), R14
	MOVQ  p+0(FP), AX
	MOVB  $0, ret+8(FP)
	CMPQ  AX, 0(R14)
	JCS   done
	CMPQ  AX, 8(R14)
	JCC   done
	MOVB  $1, ret+8(FP)
done:
	RET

// func thread() uintptr
TEXT ·thread(SB), NOSPLIT, $0-8
	MOVQ (TLS), R14
	MOVQ const_goroutineM(R14), AX
	MOVQ AX, ret+0(FP)
	RET

// func stackBounds() (lo, hi uintptr)
TEXT ·stackBounds(SB), NOSPLIT, $0-16
	MOVQ (TLS), R14
	MOVQ 0(R14), AX
	MOVQ AX, lo+0(FP)
	MOVQ 8(R14), AX
	MOVQ AX, hi+8(FP)
	RET
