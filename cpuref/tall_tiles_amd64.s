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
	NEXT_INNER
	JNZ inner
	NEXT_PART
	JNZ part
	ROWS(tallTile_dst, tallTile_dstStride)
	VMOVUPS Z0, (R8)
	VMOVUPS Z1, 64(R8)
	VMOVUPS Z2, 128(R8)
	VMOVUPS Z3, (R8)(DX*1)
	VMOVUPS Z4, 64(R8)(DX*1)
	VMOVUPS Z5, 128(R8)(DX*1)
	VMOVUPS Z6, (R8)(DX*2)
	VMOVUPS Z7, 64(R8)(DX*2)
	VMOVUPS Z8, 128(R8)(DX*2)
	VMOVUPS Z9, (R9)
	VMOVUPS Z10, 64(R9)
	VMOVUPS Z11, 128(R9)
	VMOVUPS Z12, (R9)(DX*1)
	VMOVUPS Z13, 64(R9)(DX*1)
	VMOVUPS Z14, 128(R9)(DX*1)
	VMOVUPS Z15, (R9)(DX*2)
	VMOVUPS Z16, 64(R9)(DX*2)
	VMOVUPS Z17, 128(R9)(DX*2)
	VMOVUPS Z18, (R10)
	VMOVUPS Z19, 64(R10)
	VMOVUPS Z20, 128(R10)
	VMOVUPS Z21, (R10)(DX*1)
	VMOVUPS Z22, 64(R10)(DX*1)
	VMOVUPS Z23, 128(R10)(DX*1)
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
	NEXT_INNER
	JNZ inner
	NEXT_PART
	JNZ part
	ROWS(tallTile_dst, tallTile_dstStride)
	VMOVUPS Z0, (R8)
	VMOVUPS Z1, 64(R8)
	VMOVUPS Z2, (R8)(DX*1)
	VMOVUPS Z3, 64(R8)(DX*1)
	VMOVUPS Z4, (R8)(DX*2)
	VMOVUPS Z5, 64(R8)(DX*2)
	VMOVUPS Z6, (R9)
	VMOVUPS Z7, 64(R9)
	VMOVUPS Z8, (R9)(DX*1)
	VMOVUPS Z9, 64(R9)(DX*1)
	VMOVUPS Z10, (R9)(DX*2)
	VMOVUPS Z11, 64(R9)(DX*2)
	VMOVUPS Z12, (R10)
	VMOVUPS Z13, 64(R10)
	VMOVUPS Z14, (R10)(DX*1)
	VMOVUPS Z15, 64(R10)(DX*1)
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
	TIMES1((R8), Z0)
	TIMES1((R8)(DX*1), Z1)
	TIMES1((R8)(DX*2), Z2)
	TIMES1((R9), Z3)
	TIMES1((R9)(DX*1), Z4)
	TIMES1((R9)(DX*2), Z5)
	TIMES1((R10), Z6)
	TIMES1((R10)(DX*1), Z7)
	NEXT_INNER
	JNZ inner
	NEXT_PART
	JNZ part
	ROWS(tallTile_dst, tallTile_dstStride)
	VMOVUPS Z0, (R8)
	VMOVUPS Z1, (R8)(DX*1)
	VMOVUPS Z2, (R8)(DX*2)
	VMOVUPS Z3, (R9)
	VMOVUPS Z4, (R9)(DX*1)
	VMOVUPS Z5, (R9)(DX*2)
	VMOVUPS Z6, (R10)
	VMOVUPS Z7, (R10)(DX*1)
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
	TIMES1_NARROW((R8), Y0)
	TIMES1_NARROW((R8)(DX*1), Y1)
	TIMES1_NARROW((R8)(DX*2), Y2)
	TIMES1_NARROW((R9), Y3)
	TIMES1_NARROW((R9)(DX*1), Y4)
	TIMES1_NARROW((R9)(DX*2), Y5)
	TIMES1_NARROW((R10), Y6)
	TIMES1_NARROW((R10)(DX*1), Y7)
	NEXT_INNER
	JNZ inner
	NEXT_PART
	JNZ part
	ROWS(tallTile_dst, tallTile_dstStride)
	VMOVUPS Y0, (R8)
	VMOVUPS Y1, (R8)(DX*1)
	VMOVUPS Y2, (R8)(DX*2)
	VMOVUPS Y3, (R9)
	VMOVUPS Y4, (R9)(DX*1)
	VMOVUPS Y5, (R9)(DX*2)
	VMOVUPS Y6, (R10)
	VMOVUPS Y7, (R10)(DX*1)
	VZEROUPPER
	RET
