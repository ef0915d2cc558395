//go:build goexperiment.simd

#include "textflag.h"
#include "go_asm.h"

// Tiles of a matrix product whose sums fill the registers, which the compiler does not:
// see tall_tiles.go. Every product is rounded before it is added, in ascending inner index,
// as in the loops of Go.
//
// AX  the arguments   SI  weights of the inner index            CX  inner indices left
// DI  parts left      R8, R9, R10  x, then dst, of rows 0, 3, 6   DX  bytes between rows
// R12 bytes between rows of weights
// R13, BX  from the end of a part to the next one, in x and in weights
// R11 lines left

#define ROWS(first, stride) \
	MOVQ first(AX), R8; \
	MOVQ stride(AX), DX; \
	LEAQ (R8)(DX*2), R9; \
	ADDQ DX, R9; \
	LEAQ (R9)(DX*2), R10; \
	ADDQ DX, R10

#define BEGIN \
	MOVQ tile+0(FP), AX; \
	ROWS(tallTile_x, tallTile_xStride); \
	MOVQ tallTile_weights(AX), SI; \
	MOVQ tallTile_columns(AX), R12; \
	MOVQ tallTile_xStep(AX), R13; \
	MOVQ tallTile_weightStep(AX), BX; \
	MOVQ tallTile_lines(AX), R11; \
	MOVQ tallTile_parts(AX), DI

#define NEXT_INNER \
	ADDQ $4, R8; \
	ADDQ $4, R9; \
	ADDQ $4, R10; \
	ADDQ R12, SI; \
	DECQ CX

#define NEXT_PART \
	ADDQ R13, R8; \
	ADDQ R13, R9; \
	ADDQ R13, R10; \
	ADDQ BX, SI; \
	DECQ DI

#define NEXT_LINE \
	ADDQ tallTile_xLine(AX), R8; \
	ADDQ tallTile_xLine(AX), R9; \
	ADDQ tallTile_xLine(AX), R10; \
	ADDQ tallTile_weightLine(AX), SI; \
	MOVQ tallTile_parts(AX), DI; \
	DECQ R11

#define CLEAR8(a, b, c, d, e, f, g, h) \
	VXORPS a, a, a; \
	VXORPS b, b, b; \
	VXORPS c, c, c; \
	VXORPS d, d, d; \
	VXORPS e, e, e; \
	VXORPS f, f, f; \
	VXORPS g, g, g; \
	VXORPS h, h, h

// A factor of x times three vectors of weights, two or one.
#define TIMES3(factor, a, b, c) \
	VBROADCASTSS factor, Z27; \
	VMULPS Z24, Z27, Z28; \
	VMULPS Z25, Z27, Z29; \
	VMULPS Z26, Z27, Z30; \
	VADDPS Z28, a, a; \
	VADDPS Z29, b, b; \
	VADDPS Z30, c, c

#define TIMES2(factor, a, b) \
	VBROADCASTSS factor, Z27; \
	VMULPS Z24, Z27, Z28; \
	VMULPS Z25, Z27, Z29; \
	VADDPS Z28, a, a; \
	VADDPS Z29, b, b

#define TIMES1(factor, a) \
	VMULPS.BCST factor, Z24, Z28; \
	VADDPS Z28, a, a

#define TIMES1_NARROW(factor, a) \
	VBROADCASTSS factor, Y9; \
	VMULPS Y8, Y9, Y9; \
	VADDPS Y9, a, a

// The end of all loops, and where the sums go then.
#define END_LOOPS \
	NEXT_INNER; \
	JNZ inner; \
	NEXT_PART; \
	JNZ part; \
	NEXT_LINE; \
	JNZ part; \
	ROWS(tallTile_dst, tallTile_dstStride)

// One vector of weights times the factors of all rows.
#define TIMES_ROWS(times, a, b, c, d, e, f, g, h) \
	times((R8), a); \
	times((R8)(DX*1), b); \
	times((R8)(DX*2), c); \
	times((R9), d); \
	times((R9)(DX*1), e); \
	times((R9)(DX*2), f); \
	times((R10), g); \
	times((R10)(DX*1), h)

// Stores one vector of every row.
#define STORE8(offset, a, b, c, d, e, f, g, h) \
	VMOVUPS a, offset(R8); \
	VMOVUPS b, offset(R8)(DX*1); \
	VMOVUPS c, offset(R8)(DX*2); \
	VMOVUPS d, offset(R9); \
	VMOVUPS e, offset(R9)(DX*1); \
	VMOVUPS f, offset(R9)(DX*2); \
	VMOVUPS g, offset(R10); \
	VMOVUPS h, offset(R10)(DX*1)

// func tallTile8x3AVX512(tile *tallTile)
TEXT ·tallTile8x3AVX512(SB), NOSPLIT, $0-8
	BEGIN
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR8(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Z24
	VMOVUPS 64(SI), Z25
	VMOVUPS 128(SI), Z26
	TIMES3((R8), Z0, Z1, Z2)
	TIMES3((R8)(DX*1), Z3, Z4, Z5)
	TIMES3((R8)(DX*2), Z6, Z7, Z8)
	TIMES3((R9), Z9, Z10, Z11)
	TIMES3((R9)(DX*1), Z12, Z13, Z14)
	TIMES3((R9)(DX*2), Z15, Z16, Z17)
	TIMES3((R10), Z18, Z19, Z20)
	TIMES3((R10)(DX*1), Z21, Z22, Z23)
	END_LOOPS
	STORE8(0, Z0, Z3, Z6, Z9, Z12, Z15, Z18, Z21)
	STORE8(64, Z1, Z4, Z7, Z10, Z13, Z16, Z19, Z22)
	STORE8(128, Z2, Z5, Z8, Z11, Z14, Z17, Z20, Z23)
	VZEROUPPER
	RET

// func tallTile8x2AVX512(tile *tallTile)
TEXT ·tallTile8x2AVX512(SB), NOSPLIT, $0-8
	BEGIN
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Z24
	VMOVUPS 64(SI), Z25
	TIMES2((R8), Z0, Z1)
	TIMES2((R8)(DX*1), Z2, Z3)
	TIMES2((R8)(DX*2), Z4, Z5)
	TIMES2((R9), Z6, Z7)
	TIMES2((R9)(DX*1), Z8, Z9)
	TIMES2((R9)(DX*2), Z10, Z11)
	TIMES2((R10), Z12, Z13)
	TIMES2((R10)(DX*1), Z14, Z15)
	END_LOOPS
	STORE8(0, Z0, Z2, Z4, Z6, Z8, Z10, Z12, Z14)
	STORE8(64, Z1, Z3, Z5, Z7, Z9, Z11, Z13, Z15)
	VZEROUPPER
	RET

// func tallTile8x1AVX512(tile *tallTile)
TEXT ·tallTile8x1AVX512(SB), NOSPLIT, $0-8
	BEGIN
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Z24
	TIMES_ROWS(TIMES1, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	END_LOOPS
	STORE8(0, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	VZEROUPPER
	RET

// func tallTile8x1AVX2(tile *tallTile)
TEXT ·tallTile8x1AVX2(SB), NOSPLIT, $0-8
	BEGIN
	CLEAR8(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Y8
	TIMES_ROWS(TIMES1_NARROW, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	END_LOOPS
	STORE8(0, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	VZEROUPPER
	RET
