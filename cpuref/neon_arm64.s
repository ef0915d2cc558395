#include "textflag.h"
#include "go_asm.h"

// The loops of vector_neon.go. Every product is rounded before it is added, in the order of the
// plain loops: there is no fused multiply-add, which tests/fma_test.go checks.
//
// Go's assembler has no names for the vector forms of these instructions, on four lanes of 32
// bits; d, n and m are numbers of registers.

// d = n + m, n · m, n · the first lane of m: float32.
#define FADD(d, n, m) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d))
#define FMUL(d, n, m) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d))
#define FMUL_FIRST(d, n, m) WORD $(0x4F809000 | (m)<<16 | (n)<<5 | (d))

// d = n · m, in 64 bits: of the lower two lanes, and of the upper two.
#define UMULL(d, n, m) WORD $(0x2EA0C000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(d, n, m) WORD $(0x6EA0C000 | (m)<<16 | (n)<<5 | (d))

// d = n, an integer, as float32.
#define UCVTF(d, n) WORD $(0x6E21D800 | (n)<<5 | (d))

// Sums of rows. R1 dst, R2 the row of index 0, R3 index, R4 rows left, R5 bytes per index,
// R6 not 0 if the rows are summed from zero before they are added to dst.
#define SUM_BEGIN \
	MOVD sum+0(FP), R0; \
	MOVD rowSum_dst(R0), R1; \
	MOVD rowSum_rows(R0), R2; \
	MOVD rowSum_begin(R0), R5; \
	ADD  R5, R2; \
	MOVD rowSum_index(R0), R3; \
	MOVD rowSum_count(R0), R4; \
	MOVD rowSum_scale(R0), R5; \
	MOVD rowSum_fromZero(R0), R6

// The address of the next row in R8.
#define NEXT_ROW \
	MOVWU.P 4(R3), R7; \
	MADD R5, R2, R7, R8

#define CLEAR4(a, b, c, d) \
	VEOR a.B16, a.B16, a.B16; \
	VEOR b.B16, b.B16, b.B16; \
	VEOR c.B16, c.B16, c.B16; \
	VEOR d.B16, d.B16, d.B16

#define ADD4(d, m) \
	FADD(d, d, m); \
	FADD((d+1), (d+1), (m+1)); \
	FADD((d+2), (d+2), (m+2)); \
	FADD((d+3), (d+3), (m+3))

// Tiles of a matrix product: see tall_tiles.go. R0 the arguments, R1 weights, R2 bytes between
// rows of weights, R3 inner indices left, R4 parts left, R5 lines left, R6 and R7 from the end of
// a part to the next one in x and in weights, R8 to R15 x of the rows, then dst.
#define TILE_BEGIN \
	MOVD tile+0(FP), R0; \
	MOVD tallTile_weights(R0), R1; \
	MOVD tallTile_columns(R0), R2; \
	MOVD tallTile_parts(R0), R4; \
	MOVD tallTile_lines(R0), R5; \
	MOVD tallTile_xStep(R0), R6; \
	MOVD tallTile_weightStep(R0), R7; \
	MOVD tallTile_x(R0), R8

// The addresses of eight rows from the one in R8 on, so many bytes apart.
#define ROWS(apart) \
	ADD apart, R8, R9; \
	ADD apart, R9, R10; \
	ADD apart, R10, R11; \
	ADD apart, R11, R12; \
	ADD apart, R12, R13; \
	ADD apart, R13, R14; \
	ADD apart, R14, R15

#define MOVE_ROWS(bytes) \
	ADD bytes, R8; \
	ADD bytes, R9; \
	ADD bytes, R10; \
	ADD bytes, R11; \
	ADD bytes, R12; \
	ADD bytes, R13; \
	ADD bytes, R14; \
	ADD bytes, R15

// The next factors of two rows times two vectors of weights, added to sums a to a+3.
#define TIMES2(x, y, a) \
	FMOVS.P 4(x), F18; \
	FMOVS.P 4(y), F19; \
	FMUL_FIRST(20, 16, 18); \
	FMUL_FIRST(21, 17, 18); \
	FMUL_FIRST(22, 16, 19); \
	FMUL_FIRST(23, 17, 19); \
	ADD4(a, 20)

// func rowSum8NEON(sum *rowSum)
TEXT ·rowSum8NEON(SB), NOSPLIT, $0-8
	SUM_BEGIN
	CLEAR4(V0, V1, V2, V3)
	CLEAR4(V4, V5, V6, V7)
	CBNZ R6, row
	ADD  $64, R1, R9
	VLD1 (R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1 (R9), [V4.S4, V5.S4, V6.S4, V7.S4]

row:
	NEXT_ROW
	VLD1.P 64(R8), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1   (R8), [V20.S4, V21.S4, V22.S4, V23.S4]
	ADD4(0, 16)
	ADD4(4, 20)
	SUBS $1, R4
	BNE  row
	CBZ  R6, store
	ADD  $64, R1, R9
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1 (R9), [V20.S4, V21.S4, V22.S4, V23.S4]
	ADD4(0, 16)
	ADD4(4, 20)

store:
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R1)
	VST1   [V4.S4, V5.S4, V6.S4, V7.S4], (R1)
	RET

// func rowSum4NEON(sum *rowSum)
TEXT ·rowSum4NEON(SB), NOSPLIT, $0-8
	SUM_BEGIN
	CLEAR4(V0, V1, V2, V3)
	CBNZ R6, row
	VLD1 (R1), [V0.S4, V1.S4, V2.S4, V3.S4]

row:
	NEXT_ROW
	VLD1 (R8), [V16.S4, V17.S4, V18.S4, V19.S4]
	ADD4(0, 16)
	SUBS $1, R4
	BNE  row
	CBZ  R6, store
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	ADD4(0, 16)

store:
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R1)
	RET

// func rowSum1NEON(sum *rowSum)
TEXT ·rowSum1NEON(SB), NOSPLIT, $0-8
	SUM_BEGIN
	VEOR V0.B16, V0.B16, V0.B16
	CBNZ R6, row
	VLD1 (R1), [V0.S4]

row:
	NEXT_ROW
	VLD1 (R8), [V16.S4]
	FADD(0, 0, 16)
	SUBS $1, R4
	BNE  row
	CBZ  R6, store
	VLD1 (R1), [V16.S4]
	FADD(0, 0, 16)

store:
	VST1 [V0.S4], (R1)
	RET

// func tallTile8x2NEON(tile *tallTile)
TEXT ·tallTile8x2NEON(SB), NOSPLIT, $0-8
	TILE_BEGIN
	MOVD tallTile_xStride(R0), R19
	ROWS(R19)
	CLEAR4(V0, V1, V2, V3)
	CLEAR4(V4, V5, V6, V7)
	CLEAR4(V8, V9, V10, V11)
	CLEAR4(V12, V13, V14, V15)

part:
	MOVD tallTile_inner(R0), R3

inner:
	VLD1.P (R1)(R2), [V16.S4, V17.S4]
	TIMES2(R8, R9, 0)
	TIMES2(R10, R11, 4)
	TIMES2(R12, R13, 8)
	TIMES2(R14, R15, 12)
	SUBS $1, R3
	BNE  inner
	MOVE_ROWS(R6)
	ADD  R7, R1
	SUBS $1, R4
	BNE  part
	MOVD tallTile_xLine(R0), R19
	MOVE_ROWS(R19)
	MOVD tallTile_weightLine(R0), R19
	ADD  R19, R1
	MOVD tallTile_parts(R0), R4
	SUBS $1, R5
	BNE  part
	MOVD tallTile_dst(R0), R8
	MOVD tallTile_dstStride(R0), R19
	ROWS(R19)
	VST1 [V0.S4, V1.S4], (R8)
	VST1 [V2.S4, V3.S4], (R9)
	VST1 [V4.S4, V5.S4], (R10)
	VST1 [V6.S4, V7.S4], (R11)
	VST1 [V8.S4, V9.S4], (R12)
	VST1 [V10.S4, V11.S4], (R13)
	VST1 [V12.S4, V13.S4], (R14)
	VST1 [V14.S4, V15.S4], (R15)
	RET

// func tile1x4NEON(tile *tallTile)
TEXT ·tile1x4NEON(SB), NOSPLIT, $0-8
	TILE_BEGIN
	CLEAR4(V0, V1, V2, V3)

part:
	MOVD tallTile_inner(R0), R3

inner:
	VLD1.P  (R1)(R2), [V16.S4, V17.S4, V18.S4, V19.S4]
	FMOVS.P 4(R8), F20
	FMUL_FIRST(24, 16, 20)
	FMUL_FIRST(25, 17, 20)
	FMUL_FIRST(26, 18, 20)
	FMUL_FIRST(27, 19, 20)
	ADD4(0, 24)
	SUBS $1, R3
	BNE  inner
	ADD  R6, R8
	ADD  R7, R1
	SUBS $1, R4
	BNE  part
	MOVD tallTile_xLine(R0), R19
	ADD  R19, R8
	MOVD tallTile_weightLine(R0), R19
	ADD  R19, R1
	MOVD tallTile_parts(R0), R4
	SUBS $1, R5
	BNE  part
	MOVD tallTile_dst(R0), R8
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R8)
	RET

// One round of Philox on the counters of four groups, words in V0 to V3; the products of 64 bits
// are taken apart into their high and low halves. R5 goes over the keys of the rounds.
#define ROUND \
	VLD1R.P 4(R5), [V18.S4]; \
	VLD1R.P 4(R5), [V19.S4]; \
	UMULL(4, 0, 16); \
	UMULL2(5, 0, 16); \
	UMULL(6, 2, 17); \
	UMULL2(7, 2, 17); \
	VEOR V18.B16, V1.B16, V1.B16; \
	VEOR V19.B16, V3.B16, V3.B16; \
	VUZP2 V7.S4, V6.S4, V0.S4; \
	VUZP2 V5.S4, V4.S4, V2.S4; \
	VEOR V1.B16, V0.B16, V0.B16; \
	VEOR V3.B16, V2.B16, V2.B16; \
	VUZP1 V7.S4, V6.S4, V1.S4; \
	VUZP1 V5.S4, V4.S4, V3.S4

// The upper 23 bits of a word and a half, as a number between 0 and 1.
#define UNIFORM(words, number) \
	VUSHR $8, words.S4, words.S4; \
	VORR V24.B16, words.B16, words.B16; \
	UCVTF(number, number); \
	FMUL(number, number, 25)

#define BROADCAST(constant, vector) \
	MOVD $constant, R6; \
	VDUP R6, vector.S4

// func drawNEON(blocks *drawBlocks)
TEXT ·drawNEON(SB), NOSPLIT, $0-8
	MOVD blocks+0(FP), R0
	MOVD drawBlocks_dst(R0), R1
	MOVD drawBlocks_count(R0), R2
	ADD  $drawBlocks_groups, R0, R3
	ADD  $drawBlocks_counter, R0, R4
	VLD1 (R3), [V20.S4]
	VLD1R.P 4(R4), [V21.S4]
	VLD1R.P 4(R4), [V22.S4]
	VLD1R (R4), [V23.S4]
	BROADCAST(const_philoxMultiplier0, V16)
	BROADCAST(const_philoxMultiplier1, V17)
	BROADCAST(1, V24)
	BROADCAST(0x33800000, V25) // 2^-24
	BROADCAST(const_lanesNEON, V26)

block:
	VMOV V21.B16, V0.B16
	VMOV V22.B16, V1.B16
	VMOV V20.B16, V2.B16
	VMOV V23.B16, V3.B16
	VADD V26.S4, V20.S4, V20.S4
	ADD  $drawBlocks_keys, R0, R5
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	UNIFORM(V0, 0)
	UNIFORM(V1, 1)
	UNIFORM(V2, 2)
	UNIFORM(V3, 3)

	// The four words of a counter belong to neighbouring neurons.
	VST4.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R1)
	SUBS $1, R2
	BNE  block
	RET
