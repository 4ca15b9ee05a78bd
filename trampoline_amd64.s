//go:build gc && !purego && !stackalloc_cgo

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// Why a ladder
//
// The unwinder, the stack copier and the collector take a function's frame size
// from a table, so a frame of run-time size is impossible and a ladder of fixed
// sizes is the way: a rung for each power of two, chosen by the caller, which
// calls it through a function value of type rung.
//
// That is a call by Go's register ABI, used by all rungs but those of ABI0:
// arguments in AX BX CX DI SI, result in AX, context DX, g in R14, zero in X15.
// It is not promised, so internal/build says with which versions it is used. The caller
// keeps spill space for the arguments where ABI0 would pass them: probe+0(FP) and
// so on, 32 bytes in all, or 40 where the rung fills.
//
// A rung has the address of the probe, the length, the address of the callback, and
// the block's size in bytes, at most its own. It runs the callback on its frame and
// returns true, or finds that it must not, and gives way to orSpare<>.
#define PROBE   AX
#define LENGTH  BX
#define FUNC    CX
#define SIZE    DI
#define PATTERN SI
#define BLOCK   AX
#define CONTEXT DX
#define COUNT   CX

#define MOV(FROM, TO)    MOVQ FROM, TO
#define SET(N, R)        MOVL $N, R
#define CACHE_LINE(R)    ANDQ $~63, R
#define RETURN_FALSE     XORL AX, AX; RET
#define NOTHING          NOP

// PROVEN goes to NO unless the probe at AX is on this stack.
#define PROVEN(NO)                           \
	CMPQ  AX, 0(R14);                    \
	JCS   NO;                            \
	CMPQ  AX, 8(R14);                    \
	JCC   NO

// CHECK: the size is within the limit, the probe on this stack, and the stack has
// ROOM bytes below SP.
#define CHECK(ROOM)                          \
	CMPQ  DI, ·control+controls_limit(SB); \
	JHI   refused;                       \
	PROVEN(refused);                     \
	LEAQ  -(ROOM)(SP), R8;               \
	CMPQ  R8, 0(R14);                    \
	JLT   refused

// CALLBACK calls the closure at DX on BX elements at AX. The frame's pointers are
// meanwhile those of the bitmap with number MAP.
#define CALLBACK(MAP)                        \
	MOVQ  BX, CX;                        \
	PCDATA $PCDATA_StackMapIndex, $MAP;  \
	CALL  (DX);                          \
	MOVL  $1, AX

// Small blocks are cleared whole, whatever their length, with 32-byte stores from
// 256 bytes on. That AVX is there is for clear<> to find out.
#define CLEAR64_AT(X)                        \
	MOVUPS X15, (X)(AX);                 \
	MOVUPS X15, (X+16)(AX);              \
	MOVUPS X15, (X+32)(AX);              \
	MOVUPS X15, (X+48)(AX)
#define CLEAR64       CLEAR64_AT(0)
#define CLEAR128      CLEAR64_AT(0); CLEAR64_AT(64)
#define CLEAR128_WIDE_AT(X)                  \
	VMOVUPS Y15, (X)(AX);                \
	VMOVUPS Y15, (X+32)(AX);             \
	VMOVUPS Y15, (X+64)(AX);             \
	VMOVUPS Y15, (X+96)(AX)
#define CLEAR256_WIDE_AT(X) CLEAR128_WIDE_AT(X); CLEAR128_WIDE_AT(X+128)
#define CLEAR_WIDE(BYTES, STORES)             \
	CMPB  ·avx(SB), $const_avxYes;       \
	JNE   narrow;                        \
	VXORPS X15, X15, X15;                \
	STORES;                              \
	VZEROUPPER;                          \
	JMP   cleared;                       \
narrow:                                      \
	MOVL  $BYTES, CX;                    \
	CALL  clear<>(SB);                   \
cleared:
#define CLEAR256      CLEAR_WIDE(256, CLEAR256_WIDE_AT(0))
#define CLEAR512      CLEAR_WIDE(512, CLEAR256_WIDE_AT(0); CLEAR256_WIDE_AT(256))
#define CLEAR_SIZE    MOVQ DI, CX; CALL clear<>(SB)

#define FILL_WORD     MOVQ SI, X0; PUNPCKLQDQ X0, X0
#define FILL64_AT(X)                         \
	MOVUPS X0, (X)(AX);                  \
	MOVUPS X0, (X+16)(AX);               \
	MOVUPS X0, (X+32)(AX);               \
	MOVUPS X0, (X+48)(AX)
#define FILL64        FILL_WORD; FILL64_AT(0)
#define FILL128       FILL_WORD; FILL64_AT(0); FILL64_AT(64)
#define FILL_SIZE     MOVQ DI, CX; CALL fill<>(SB)

// LARGE is a rung whose frame is too large for the linker to let it go without the
// assembler's check of the stack's bound. That one would grow the stack at once, or give
// way to other goroutines and start again without the arguments. So it stands in front, and
// callers enter behind it, and behind a call that tells where that is (rungEntry): CHECK
// knows that there is room. The frame is made by hand, in the shape of the assembler's own.
#define LARGE(CHECKED, NAME, BYTES, FRAME, ARGS, SPILL, PREPARE, REFUSED) \
TEXT NAME(SB), NOFRAME, $0-ARGS;             \
	NO_LOCAL_POINTERS;                   \
	TELL_ENTRY;                          \
	CHECK(BYTES+const_rungNeed);         \
	MAKE_FRAME(FRAME);                   \
	MOVQ  CX, DX;                        \
	LEAQ  (FRAME-BYTES)(SP), AX;         \
	CACHE_LINE(AX);                      \
	PREPARE;                             \
	CALLBACK(0);                         \
	DROP_FRAME(FRAME);                   \
	RET;                                 \
refused:                                     \
	JMP   REFUSED(SB)

#define TELL_ENTRY        PCALIGN $64; CALL here<>(SB); RET
#define MAKE_FRAME(FRAME) PUSHQ BP; MOVQ SP, BP; ADJSP $FRAME
#define DROP_FRAME(FRAME) ADJSP $-(FRAME); POPQ BP

#define CLEAR_LARGE   CLEAR_SIZE
#define FILL_LARGE    FILL_SIZE

#define POINTERS_LARGE(CHECKED, NAME, BYTES, FRAME, MAP) \
TEXT NAME(SB), NOFRAME, $0-0;                \
	FUNCDATA $FUNCDATA_LocalsPointerMaps, MAP(SB); \
	TELL_ENTRY;                          \
	CHECK(BYTES+const_rungNeed);         \
	MOVQ  CX, DX;                        \
	MOVL  $(BYTES/4*3), CX;              \
	CMPQ  DI, CX;                        \
	JHI   whole;                         \
	POINTERS_FRAME(BYTES, FRAME, 0);     \
whole:                                       \
	MOVL  $BYTES, CX;                    \
	POINTERS_FRAME(BYTES, FRAME, 1);     \
refused:                                     \
	RETURN_FALSE

#define POINTERS_FRAME(BYTES, FRAME, MAP)    \
	MAKE_FRAME(FRAME);                   \
	LEAQ  (FRAME-BYTES)(SP), AX;         \
	CALL  clearPointers<>(SB);           \
	CALLBACK(MAP);                       \
	DROP_FRAME(FRAME);                   \
	RET

#define LARGE_ENTRY(INDEX, CHECKED, NAME) ENTRY(INDEX, NAME); DATA large<>+INDEX(SB)/1, $1

// ABI0 is a rung that is called by ABI0, and calls so: see enter below.
#define ABI0(NAME, BYTES, FRAME)              \
TEXT NAME(SB), 0, $FRAME-41;                 \
	NO_LOCAL_POINTERS;                   \
	XORPS X15, X15;                      \
	LEAQ  block-BYTES(SP), AX;            \
	ANDQ  $~63, AX;                      \
	CMPB  zero+32(FP), $0;               \
	JEQ   ready;                         \
	MOVQ  size+24(FP), CX;               \
	CALL  clear<>(SB);                   \
ready:                                       \
	MOVQ  f+16(FP), DX;                  \
	MOVQ  n+8(FP), BX;                   \
	MOVQ  DX, 0(SP);                     \
	MOVQ  AX, 8(SP);                     \
	MOVQ  BX, 16(SP);                    \
	MOVQ  BX, 24(SP);                    \
	PCDATA $PCDATA_StackMapIndex, $0;    \
	CALL  ·invoke(SB);                   \
	MOVB  $1, ret+40(FP);                \
	RET

#include "ladder.h"

// A call that a rung refused gets a spare block of its thread (spare.go), or false.

// COUNT_MISS counts a block that did not fit the stack, and goes to NO once there are
// so many that the stack is to be grown (grow.go): that pays only where it is asked for
// often. A block above the limit is not counted, and goes to SPARE.
#define COUNT_MISS(NO, SPARE)                \
	CMPQ  DI, ·control+controls_limit(SB); \
	JHI   SPARE;                         \
	MOVQ  0(R14), R11;                   \
	MOVQ  R11, R8;                       \
	SHRQ  $const_missUnit, R8;           \
	ANDL  $const_missMask, R8;           \
	SHLQ  $6, R8;                        \
	LEAQ  ·misses(SB), R9;               \
	ADDQ  R8, R9;                        \
	CMPQ  R11, 0(R9);                    \
	JEQ   count;                         \
	MOVQ  R11, 0(R9);                    \
	MOVQ  $0, 8(R9);                     \
count:                                       \
	INCQ  8(R9);                         \
	MOVQ  8(R14), R10;                   \
	SUBQ  SP, R10;                       \
	SHRQ  $const_missShift, R10;         \
	ADDQ  ·control+controls_patience(SB), R10; \
	CMPQ  8(R9), R10;                    \
	JGE   NO

// TAKE_SPARE marks a spare block as busy, clears it by CLEAR and has the callback run on
// it; it goes to NO if the thread has none, or the block is too small. Nothing comes
// between the look at the busy bytes and setting one: assembly is not preempted.
#define TAKE_SPARE(CLEAR, NO)                \
	CMPQ  DI, $const_spareSize;          \
	JHI   NO;                            \
	MOVQ  const_goroutineM(R14), R8;     \
	MOVL  R8, R9;                        \
	IMULL $const_spareHash, R9;          \
	SHRL  $const_spareShift, R9;         \
	LEAQ  ·spares(SB), R10;              \
	MOVQ  (R10)(R9*8), R10;              \
	TESTQ R10, R10;                      \
	JEQ   NO;                            \
	CMPQ  spareSet_owner(R10), R8;       \
	JNE   NO;                            \
	MOVL  spareSet_busy(R10), R9;        \
	NOTL  R9;                            \
	ANDL  $const_allBusy, R9;            \
	JEQ   NO;                            \
	BSFL  R9, R9;                        \
	SHRL  $3, R9;                        \
	MOVQ  spareSet_blocks(R10)(R9*8), AX; \
	TESTQ AX, AX;                        \
	JEQ   NO;                            \
	INCQ  spareSet_uses(R10);            \
	LEAQ  spareSet_busy(R10)(R9*1), R9;  \
	MOVB  $1, (R9);                      \
	MOVQ  AX, block+0(FP);               \
	MOVQ  BX, n+8(FP);                   \
	MOVQ  R9, busy+24(FP);               \
	MOVQ  CX, DX;                        \
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

// rungSpare runs the closure on a spare block. Its argument words keep the block
// alive.
TEXT ·rungSpare(SB), NEEDCTXT, $32-32
	NO_LOCAL_POINTERS
	MOVQ  block+0(FP), AX
	MOVQ  n+8(FP), BX
	CALLBACK(0)
	MOVQ  busy+24(FP), R8
	MOVB  $0, (R8)
	RET

// WIDE_LOOP zeroes from DI on, then the 128 bytes at R8, the last ones, and returns.
// What is cleared twice saves a branch.
#define WIDE_LOOP                            \
	VXORPS X15, X15, X15;                \
wideLoop:                                    \
	VMOVUPS Y15, 0(DI);                  \
	VMOVUPS Y15, 32(DI);                 \
	VMOVUPS Y15, 64(DI);                 \
	VMOVUPS Y15, 96(DI);                 \
	SUBQ $-128, DI;                      \
	CMPQ DI, R8;                         \
	JCS  wideLoop;                       \
	VMOVUPS Y15, 0(R8);                  \
	VMOVUPS Y15, 32(R8);                 \
	VMOVUPS Y15, 64(R8);                 \
	VMOVUPS Y15, 96(R8);                 \
	VZEROUPPER;                          \
	RET

// clear<> zeroes CX bytes, rounded up to 16 (rungs are multiples of 16), at AX,
// which is 64-byte aligned. X15 is zero. Keeps AX BX DX R14 X15.
//
// AVX is looked for when it is first needed: CPUID takes microseconds in a
// virtual machine, too long for a program's start.
TEXT clear<>(SB), NOSPLIT|NOFRAME, $0-0
	ADDQ $15, CX
	ANDQ $~15, CX
	CMPQ CX, $const_clearWide
	JCS  narrow
	CMPB ·avx(SB), $const_avxYes
	JEQ  wide
	JCS  detect
	CMPQ CX, $const_clearRep
	JCC  rep
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
	CMPQ CX, $const_clearRepWide
	JCC  rep
	LEAQ -128(AX)(CX*1), R8
	MOVQ AX, DI
	WIDE_LOOP
detect:
	CALL detectAVX<>(SB)
	JMP  narrow
rep:
	MOVQ AX, DI
	MOVQ AX, R8
	XORL AX, AX
	SHRQ $3, CX
	REP; STOSQ
	MOVQ R8, AX
	RET

// fill<> writes SI over and over into CX bytes at AX. What is written twice saves
// branches: at any distance that is a multiple of an element's size SI is as it should
// be. Keeps AX BX DX R14 X15.
TEXT fill<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ  AX, DI
	LEAQ  -8(DI)(CX*1), R8
	CMPQ  CX, $32
	JCS   short
	MOVQ  SI, X0
	PUNPCKLQDQ X0, X0
	CMPQ  CX, $const_clearWide
	JCS   narrow
	CMPB  ·avx(SB), $const_avxYes
	JEQ   wide
	JCS   detect
	CMPQ  CX, $const_clearRep
	JCC   rep
narrow:
	SUBQ  $24, R8
loop:
	MOVUPS X0, 0(DI)
	MOVUPS X0, 16(DI)
	ADDQ  $32, DI
	CMPQ  DI, R8
	JCS   loop
	MOVUPS X0, 0(R8)
	MOVUPS X0, 16(R8)
	RET
wide:
	CMPQ  CX, $const_clearRepWide
	JCC   rep
	VINSERTF128 $1, X0, Y0, Y0
	SUBQ  $120, R8
wideLoop:
	VMOVUPS Y0, 0(DI)
	VMOVUPS Y0, 32(DI)
	VMOVUPS Y0, 64(DI)
	VMOVUPS Y0, 96(DI)
	SUBQ  $-128, DI
	CMPQ  DI, R8
	JCS   wideLoop
	VMOVUPS Y0, 0(R8)
	VMOVUPS Y0, 32(R8)
	VMOVUPS Y0, 64(R8)
	VMOVUPS Y0, 96(R8)
	VZEROUPPER
	RET
detect:
	MOVQ  SI, R8
	CALL  detectAVX<>(SB)
	MOVQ  R8, SI
	LEAQ  -8(DI)(CX*1), R8
	JMP   narrow
rep:
	MOVQ  AX, R9
	MOVQ  SI, AX
	SHRQ  $3, CX
	REP;  STOSQ
	MOVQ  AX, 0(R8)
	MOVQ  R9, AX
	RET
short:
	CMPQ  CX, $8
	JCS   bytes
words:
	MOVQ  SI, 0(DI)
	ADDQ  $8, DI
	CMPQ  DI, R8
	JCS   words
	MOVQ  SI, 0(R8)
	RET
bytes:
	TESTQ CX, CX
	JEQ   done
	MOVB  SI, 0(DI)
	SHRQ  $8, SI
	INCQ  DI
	DECQ  CX
	JMP   bytes
done:
	RET

// func fillWords(p unsafe.Pointer, size uintptr, word uint64)
TEXT ·fillWords(SB), NOSPLIT, $0-24
	MOVQ  p+0(FP), AX
	MOVQ  size+8(FP), CX
	MOVQ  word+16(FP), SI
	CALL  fill<>(SB)
	RET

#define COPY64(FROM, TO, X)                  \
	MOVUPS (X)(FROM), X0;                \
	MOVUPS (X+16)(FROM), X1;             \
	MOVUPS (X+32)(FROM), X2;             \
	MOVUPS (X+48)(FROM), X3;             \
	MOVUPS X0, (X)(TO);                  \
	MOVUPS X1, (X+16)(TO);               \
	MOVUPS X2, (X+32)(TO);               \
	MOVUPS X3, (X+48)(TO)

// NEXT_PLACE goes on by 128 bytes at DI, and at SI by R10, within the R11 bytes from AX on.
#define NEXT_PLACE                           \
	ADDQ  R10, SI;                       \
	MOVQ  SI, R8;                        \
	SUBQ  R11, R8;                       \
	CMPQ  R8, AX;                        \
	CMOVQCC R8, SI;                      \
	SUBQ  $-128, DI

// func fillElements(p, from unsafe.Pointer, size, total uintptr)
//
// A load waits for what was stored just before, unless one store wrote all of it. So
// elements whose size divides 48 are kept in three registers. Of others the first few are
// written, and the rest loaded from those only, at whatever place in an element a store
// begins: the stores are at multiples of 32, and elements repeat themselves after R11 bytes,
// a multiple of their size.
//
// R9 is where the last element ends.
TEXT ·fillElements(SB), NOSPLIT, $0-32
	CMPB  ·avx(SB), $const_avxYes
	JCS   detect
start:
	MOVQ  p+0(FP), AX
	MOVQ  from+8(FP), SI
	MOVQ  size+16(FP), DX
	MOVQ  total+24(FP), R9
	TESTQ R9, R9
	JEQ   done
	ADDQ  AX, R9
	MOVQ  AX, DI
	MOVQ  DX, R11
period:
	CMPQ  R11, $32
	JCC   periodic
	ADDQ  R11, R11
	JMP   period
periodic:
	LEAQ  160(AX)(R11*1), R8 // the first elements reach this far
	CMPQ  R8, R9
	CMOVQHI R9, R8
	LEAQ  48(AX), R10
	CMPQ  DX, $16
	JHI   long
	JEQ   sixteen
	CMPQ  DX, $8
	JCS   short

	// Up to 16 bytes: R12 and R13 have sixteen bytes of elements, of which the whole ones
	// are BX bytes.
	MOVQ  0(SI), R12
	MOVQ  -8(SI)(DX*1), R13
	MOVL  $16, CX
	SUBL  DX, CX
	SHLL  $3, CX // bits
	SHRQ  CX, R13
	NEGL  CX // 64 less, as a shift counts
	MOVQ  R12, BX
	SHLQ  CX, BX
	ORQ   BX, R13
	MOVQ  DX, BX
	JMP   ready
sixteen:
	MOVQ  0(SI), R12
	MOVQ  8(SI), R13
	MOVL  $16, BX
	JMP   ready
short:
	XORL  R12, R12
	MOVQ  DX, CX
gather:
	SHLQ  $8, R12
	MOVBLZX -1(SI)(CX*1), BX
	ORQ   BX, R12
	DECQ  CX
	JNE   gather
	LEAL  (DX*8), CX
	MOVL  CX, SI
double:
	MOVQ  R12, BX
	SHLQ  CX, BX
	ORQ   BX, R12
	ADDL  CX, CX
	CMPL  CX, $64
	JCS   double
	MOVL  SI, CX
	MOVQ  $0x0e0c0f100f101000, BX // for each size the bytes of the whole elements in sixteen
	SHRQ  CX, BX
	MOVBLZX BX, BX
	MOVQ  $0x0810180010000000, R13 // and the bits in R12 of an element that is not whole
	SHRQ  CX, R13
	MOVBLZX R13, CX
	SUBL  CX, SI // the bits of its rest
	MOVQ  R12, R13
	SHRQ  CX, R13
	MOVL  SI, CX
	MOVQ  R12, SI
	SHLQ  CX, SI
	ORQ   SI, R13
ready:
	MOVQ  R12, X0
	MOVQ  R13, X1
	PUNPCKLQDQ X1, X0
	CMPQ  R10, R9
	JHI   few
	MOVL  $0x1115e, R10 // a bit for each size that divides 48
	BTL   DX, R10
	JCC   few

	// The next sixteen bytes begin with what is not whole in those before, and so on.
	MOVL  $16, CX
	SUBL  BX, CX
	SHLL  $3, CX
	SHRQ  CX, R13, R12
	SHRQ  CX, R12, R13
	MOVQ  R12, X1
	MOVQ  R13, X2
	PUNPCKLQDQ X2, X1
	SHRQ  CX, R13, R12
	SHRQ  CX, R12, R13
	MOVQ  R12, X2
	MOVQ  R13, X3
	PUNPCKLQDQ X3, X2
	JMP   three

few: // by stores that begin with an element
	LEAQ  -16(R9), R10
fewLoop:
	CMPQ  DI, R10
	JHI   last
	MOVUPS X0, 0(DI)
	ADDQ  BX, DI
	CMPQ  DI, R8
	JCS   fewLoop
	JMP   rest
last: // and fewer than sixteen bytes
	MOVQ  R9, CX
	SUBQ  DI, CX
	CMPQ  CX, $8
	JCS   bytes
	MOVQ  R12, 0(DI)
	MOVQ  R13, R12
	ADDQ  $8, DI
	SUBQ  $8, CX
bytes:
	TESTQ CX, CX
	JEQ   done
	MOVB  R12, 0(DI)
	SHRQ  $8, R12
	INCQ  DI
	DECQ  CX
	JMP   bytes

long: // words were stored, so words are loaded
	CMPQ  R10, R9
	JHI   longer
	CMPQ  DX, $48
	JEQ   long48
	CMPQ  DX, $24
	JNE   longer
	MOVQ  0(SI), X0
	MOVHPS 8(SI), X0
	MOVQ  16(SI), X1
	MOVHPS 0(SI), X1
	MOVQ  8(SI), X2
	MOVHPS 16(SI), X2
	JMP   three
long48:
	MOVQ  0(SI), X0
	MOVHPS 8(SI), X0
	MOVQ  16(SI), X1
	MOVHPS 24(SI), X1
	MOVQ  32(SI), X2
	MOVHPS 40(SI), X2
three: // X0, X1 and X2, over and over; the last ones end where R9 is
	LEAQ  96(DI), R10
	CMPQ  R10, R9
	JHI   threeNarrow
	CMPB  ·avx(SB), $const_avxYes
	JNE   threeNarrow
	VINSERTF128 $1, X1, Y0, Y3
	VINSERTF128 $1, X0, Y2, Y4
	VINSERTF128 $1, X2, Y1, Y5
	SUBQ  $96, R9
threeLoop:
	VMOVUPS Y3, 0(DI)
	VMOVUPS Y4, 32(DI)
	VMOVUPS Y5, 64(DI)
	ADDQ  $96, DI
	CMPQ  DI, R9
	JCS   threeLoop
	VMOVUPS Y3, 0(R9)
	VMOVUPS Y4, 32(R9)
	VMOVUPS Y5, 64(R9)
	VZEROUPPER
	RET
threeNarrow:
	SUBQ  $48, R9
threeNarrowLoop:
	MOVUPS X0, 0(DI)
	MOVUPS X1, 16(DI)
	MOVUPS X2, 32(DI)
	ADDQ  $48, DI
	CMPQ  DI, R9
	JCS   threeNarrowLoop
	MOVUPS X0, 0(R9)
	MOVUPS X1, 16(R9)
	MOVUPS X2, 32(R9)
	RET

longer: // an element's last sixteen bytes may be written twice
	MOVUPS -16(SI)(DX*1), X1
	MOVQ  SI, R12
element:
	MOVQ  R12, SI
	LEAQ  -16(DI)(DX*1), R10
elementLoop:
	MOVUPS 0(SI), X0
	MOVUPS X0, 0(DI)
	ADDQ  $16, SI
	ADDQ  $16, DI
	CMPQ  DI, R10
	JCS   elementLoop
	MOVUPS X1, 0(R10)
	LEAQ  16(R10), DI
	CMPQ  DI, R8
	JCS   element

rest: // from DI on, where an element begins, of what lies below
	CMPQ  DI, R9
	JCC   done
	LEAQ  -128(DI), R13 // is to be the last 128 bytes, too
	LEAQ  (AX)(R11*1), R12
	MOVQ  DI, SI
	ANDQ  $~31, DI
	SUBQ  DI, SI
	NEGQ  SI
	ADDQ  R12, SI // is to be at DI: in the first R11 bytes
	CMPQ  SI, R12
	CMOVQEQ AX, SI
	MOVL  $128, R10 // less R11 as often as it has
step:
	CMPQ  R10, R11
	JCS   stepped
	SUBQ  R11, R10
	JMP   step
stepped:
	SUBQ  $128, R9
	CMPQ  DI, R9
	JCC   tail
	CMPB  ·avx(SB), $const_avxYes
	JNE   narrow
wide:
	VMOVUPS 0(SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS Y0, 0(DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	NEXT_PLACE
	CMPQ  DI, R9
	JCS   wide
	VZEROUPPER
	JMP   tail
narrow:
	COPY64(SI, DI, 0)
	COPY64(SI, DI, 64)
	NEXT_PLACE
	CMPQ  DI, R9
	JCS   narrow
tail:
	COPY64(R13, R9, 0)
	COPY64(R13, R9, 64)
done:
	RET
detect:
	CALL  detectAVX<>(SB)
	JMP   start

// clearPointers<> zeroes CX bytes, a multiple of 128, at AX, and up to 31 before
// them. X15 is zero. Keeps AX BX DX R14 X15.
TEXT clearPointers<>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ -128(AX)(CX*1), R8
	MOVQ AX, DI
	ANDQ $~31, DI
	CMPB ·avx(SB), $const_avxYes
	JEQ  wide
	JCS  detect
narrow:
	MOVUPS X15, 0(DI)
	MOVUPS X15, 16(DI)
	MOVUPS X15, 32(DI)
	MOVUPS X15, 48(DI)
	ADDQ $64, DI
	CMPQ DI, R8
	JCS  narrow
	MOVUPS X15, 0(R8)
	MOVUPS X15, 16(R8)
	MOVUPS X15, 32(R8)
	MOVUPS X15, 48(R8)
	MOVUPS X15, 64(R8)
	MOVUPS X15, 80(R8)
	MOVUPS X15, 96(R8)
	MOVUPS X15, 112(R8)
	RET
wide:
	WIDE_LOOP
detect:
	CALL detectAVX<>(SB)
	JMP  narrow

// detectAVX<> finds out whether 32-byte stores may be used. Keeps AX BX CX DX DI R8
// R14 X15.
TEXT detectAVX<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ AX, SI
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
	MOVQ SI, AX
	MOVQ R9, BX
	MOVQ R10, CX
	MOVQ R11, DX
	RET

// ABI0, the documented way from assembly to Go and back, where the register ABI
// was not tested: a ladder of its own, which takes its arguments on the stack and
// reaches the callback through the Go function invoke. Registers are scratch.

// func enter(probe uintptr, n int, f, size uintptr, zero bool) bool
TEXT ·enter(SB), NOSPLIT, $0-41
	MOVQ  size+24(FP), CX
	DECQ  CX
	CMPQ  CX, ·control+controls_limit(SB)
	JCC   no
	MOVQ  (TLS), R14
	MOVQ  probe+0(FP), AX
	PROVEN(no)
	SHRQ  $5, CX
	ORQ   $1, CX
	BSRQ  CX, CX
	SHLQ  $4, CX
	LEAQ  ladder<>(SB), R10
	ADDQ  CX, R10
	MOVQ  SP, AX
	SUBQ  8(R10), AX
	CMPQ  AX, 0(R14)
	JLT   no
	MOVQ  0(R10), R10
	JMP   R10
no:
	MOVB  $0, ret+40(FP)
	RET

// func rungEntry(i int) uintptr
TEXT ·rungEntry(SB), 0, $0-16
	NO_LOCAL_POINTERS
	MOVQ  i+0(FP), CX
	LEAQ  rungs<>(SB), DX
	MOVQ  (DX)(CX*8), AX
	LEAQ  large<>(SB), DX
	CMPB  (DX)(CX*1), $0
	JEQ   done
	CALL  AX // to its beginning, where it needs no arguments
	INCQ  AX // its RET is one byte
	MOVQ  i+0(FP), CX
	LEAQ  rungs<>(SB), DX
	MOVQ  AX, R8
	SUBQ  (DX)(CX*8), R8
	CMPQ  R8, $const_furthestEntry
	JLS   done
	XORL  AX, AX
done:
	MOVQ  AX, ret+8(FP)
	RET

// large<> has a 1 for each entry of rungs<> that is a LARGE one.
GLOBL large<>(SB), RODATA, $57

// here<> returns the address of the instruction behind its call.
TEXT here<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ  0(SP), AX
	RET

// func thread() uintptr
TEXT ·thread(SB), NOSPLIT, $0-8
	MOVQ (TLS), R14
	MOVQ const_goroutineM(R14), AX
	MOVQ AX, ret+0(FP)
	RET
