//go:build goexperiment.simd

#include "textflag.h"
#include "go_asm.h"

// Tiles of a matrix product whose sums fill the registers, which the compiler does not:
// see tall_tiles.go. Every product is rounded before it is added, in ascending inner index,
// as in the loops of Go.
//
// AX  the arguments        SI  weights of the inner index    CX  inner indices left
// R8, R9, R10, R11  x of rows 0, 3, 6 and 9                  DX  bytes between rows of x
// DI  parts left           R12 bytes between rows of weights
// R13, BX  from the end of a part to the next one, in x and in weights

#define ARGUMENTS \
	MOVQ tile+0(FP), AX; \
	MOVQ tallTile_x(AX), R8; \
	MOVQ tallTile_weights(AX), SI; \
	MOVQ tallTile_xStride(AX), DX; \
	MOVQ tallTile_columns(AX), R12; \
	MOVQ tallTile_xStep(AX), R13; \
	MOVQ tallTile_weightStep(AX), BX; \
	MOVQ tallTile_parts(AX), DI; \
	LEAQ (R8)(DX*2), R9; \
	ADDQ DX, R9

#define NEXT_PART \
	ADDQ R13, R8; \
	ADDQ R13, R9; \
	ADDQ BX, SI; \
	DECQ DI

// DX becomes the bytes between rows of dst.
#define DESTINATION \
	MOVQ tallTile_dst(AX), R8; \
	MOVQ tallTile_dstStride(AX), DX; \
	LEAQ (R8)(DX*2), R9; \
	ADDQ DX, R9

#define FURTHER_ROWS \
	LEAQ (R9)(DX*2), R10; \
	ADDQ DX, R10; \
	LEAQ (R10)(DX*2), R11; \
	ADDQ DX, R11

// One factor of x times a row of two vectors of weights, or of one.
#define ROW2_Z(factor, left, right) \
	VBROADCASTSS factor, Z26; \
	VMULPS Z24, Z26, Z27; \
	VMULPS Z25, Z26, Z28; \
	VADDPS Z27, left, left; \
	VADDPS Z28, right, right

#define ROW1_Z(factor, sum) \
	VMULPS.BCST factor, Z24, Z26; \
	VADDPS Z26, sum, sum

#define ROW2_Y(factor, left, right) \
	VBROADCASTSS factor, Y14; \
	VMULPS Y12, Y14, Y15; \
	VMULPS Y13, Y14, Y14; \
	VADDPS Y15, left, left; \
	VADDPS Y14, right, right

#define STORE2(to, further, left, right) \
	VMOVUPS left, to; \
	VMOVUPS right, further

// func tallTile12x2AVX512(tile *tallTile)
TEXT ·tallTile12x2AVX512(SB), NOSPLIT, $0-8
	ARGUMENTS
	FURTHER_ROWS
	VXORPS Z0, Z0, Z0
	VMOVAPS Z0, Z1
	VMOVAPS Z0, Z2
	VMOVAPS Z0, Z3
	VMOVAPS Z0, Z4
	VMOVAPS Z0, Z5
	VMOVAPS Z0, Z6
	VMOVAPS Z0, Z7
	VMOVAPS Z0, Z8
	VMOVAPS Z0, Z9
	VMOVAPS Z0, Z10
	VMOVAPS Z0, Z11
	VMOVAPS Z0, Z12
	VMOVAPS Z0, Z13
	VMOVAPS Z0, Z14
	VMOVAPS Z0, Z15
	VMOVAPS Z0, Z16
	VMOVAPS Z0, Z17
	VMOVAPS Z0, Z18
	VMOVAPS Z0, Z19
	VMOVAPS Z0, Z20
	VMOVAPS Z0, Z21
	VMOVAPS Z0, Z22
	VMOVAPS Z0, Z23
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Z24
	VMOVUPS 64(SI), Z25
	ROW2_Z((R8), Z0, Z1)
	ROW2_Z((R8)(DX*1), Z2, Z3)
	ROW2_Z((R8)(DX*2), Z4, Z5)
	ROW2_Z((R9), Z6, Z7)
	ROW2_Z((R9)(DX*1), Z8, Z9)
	ROW2_Z((R9)(DX*2), Z10, Z11)
	ROW2_Z((R10), Z12, Z13)
	ROW2_Z((R10)(DX*1), Z14, Z15)
	ROW2_Z((R10)(DX*2), Z16, Z17)
	ROW2_Z((R11), Z18, Z19)
	ROW2_Z((R11)(DX*1), Z20, Z21)
	ROW2_Z((R11)(DX*2), Z22, Z23)
	ADDQ $4, R8
	ADDQ $4, R9
	ADDQ $4, R10
	ADDQ $4, R11
	ADDQ R12, SI
	DECQ CX
	JNZ inner
	ADDQ R13, R10
	ADDQ R13, R11
	NEXT_PART
	JNZ part
	DESTINATION
	FURTHER_ROWS
	STORE2((R8), 64(R8), Z0, Z1)
	STORE2((R8)(DX*1), 64(R8)(DX*1), Z2, Z3)
	STORE2((R8)(DX*2), 64(R8)(DX*2), Z4, Z5)
	STORE2((R9), 64(R9), Z6, Z7)
	STORE2((R9)(DX*1), 64(R9)(DX*1), Z8, Z9)
	STORE2((R9)(DX*2), 64(R9)(DX*2), Z10, Z11)
	STORE2((R10), 64(R10), Z12, Z13)
	STORE2((R10)(DX*1), 64(R10)(DX*1), Z14, Z15)
	STORE2((R10)(DX*2), 64(R10)(DX*2), Z16, Z17)
	STORE2((R11), 64(R11), Z18, Z19)
	STORE2((R11)(DX*1), 64(R11)(DX*1), Z20, Z21)
	STORE2((R11)(DX*2), 64(R11)(DX*2), Z22, Z23)
	VZEROUPPER
	RET

// func tallTile12x1AVX512(tile *tallTile)
TEXT ·tallTile12x1AVX512(SB), NOSPLIT, $0-8
	ARGUMENTS
	FURTHER_ROWS
	VXORPS Z0, Z0, Z0
	VMOVAPS Z0, Z1
	VMOVAPS Z0, Z2
	VMOVAPS Z0, Z3
	VMOVAPS Z0, Z4
	VMOVAPS Z0, Z5
	VMOVAPS Z0, Z6
	VMOVAPS Z0, Z7
	VMOVAPS Z0, Z8
	VMOVAPS Z0, Z9
	VMOVAPS Z0, Z10
	VMOVAPS Z0, Z11
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Z24
	ROW1_Z((R8), Z0)
	ROW1_Z((R8)(DX*1), Z1)
	ROW1_Z((R8)(DX*2), Z2)
	ROW1_Z((R9), Z3)
	ROW1_Z((R9)(DX*1), Z4)
	ROW1_Z((R9)(DX*2), Z5)
	ROW1_Z((R10), Z6)
	ROW1_Z((R10)(DX*1), Z7)
	ROW1_Z((R10)(DX*2), Z8)
	ROW1_Z((R11), Z9)
	ROW1_Z((R11)(DX*1), Z10)
	ROW1_Z((R11)(DX*2), Z11)
	ADDQ $4, R8
	ADDQ $4, R9
	ADDQ $4, R10
	ADDQ $4, R11
	ADDQ R12, SI
	DECQ CX
	JNZ inner
	ADDQ R13, R10
	ADDQ R13, R11
	NEXT_PART
	JNZ part
	DESTINATION
	FURTHER_ROWS
	VMOVUPS Z0, (R8)
	VMOVUPS Z1, (R8)(DX*1)
	VMOVUPS Z2, (R8)(DX*2)
	VMOVUPS Z3, (R9)
	VMOVUPS Z4, (R9)(DX*1)
	VMOVUPS Z5, (R9)(DX*2)
	VMOVUPS Z6, (R10)
	VMOVUPS Z7, (R10)(DX*1)
	VMOVUPS Z8, (R10)(DX*2)
	VMOVUPS Z9, (R11)
	VMOVUPS Z10, (R11)(DX*1)
	VMOVUPS Z11, (R11)(DX*2)
	VZEROUPPER
	RET

// func tallTile6x2AVX2(tile *tallTile)
TEXT ·tallTile6x2AVX2(SB), NOSPLIT, $0-8
	ARGUMENTS
	VXORPS Y0, Y0, Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7
	VMOVAPS Y0, Y8
	VMOVAPS Y0, Y9
	VMOVAPS Y0, Y10
	VMOVAPS Y0, Y11
part:
	MOVQ tallTile_inner(AX), CX
inner:
	VMOVUPS (SI), Y12
	VMOVUPS 32(SI), Y13
	ROW2_Y((R8), Y0, Y1)
	ROW2_Y((R8)(DX*1), Y2, Y3)
	ROW2_Y((R8)(DX*2), Y4, Y5)
	ROW2_Y((R9), Y6, Y7)
	ROW2_Y((R9)(DX*1), Y8, Y9)
	ROW2_Y((R9)(DX*2), Y10, Y11)
	ADDQ $4, R8
	ADDQ $4, R9
	ADDQ R12, SI
	DECQ CX
	JNZ inner
	NEXT_PART
	JNZ part
	DESTINATION
	STORE2((R8), 32(R8), Y0, Y1)
	STORE2((R8)(DX*1), 32(R8)(DX*1), Y2, Y3)
	STORE2((R8)(DX*2), 32(R8)(DX*2), Y4, Y5)
	STORE2((R9), 32(R9), Y6, Y7)
	STORE2((R9)(DX*1), 32(R9)(DX*1), Y8, Y9)
	STORE2((R9)(DX*2), 32(R9)(DX*2), Y10, Y11)
	VZEROUPPER
	RET
