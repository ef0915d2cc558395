//go:build goexperiment.simd

#include "textflag.h"
#include "go_asm.h"

// One round of Philox on 16 counters, the words of a becoming those of b: 32-bit words are
// multiplied in pairs of lanes, the even ones where they are, the odd ones shifted down. The
// high halves of the products are put together in b0 and b2, the low halves in b1 and b3.
#define ROUND(number, a0, a1, a2, a3, b0, b1, b2, b3) \
	VPSRLQ $32, a0, Z26; \
	VPSRLQ $32, a2, Z27; \
	VPMULUDQ Z16, a0, b3; \
	VPMULUDQ Z16, Z26, Z24; \
	VPMULUDQ Z17, a2, b1; \
	VPMULUDQ Z17, Z27, Z25; \
	VMOVSHDUP b3, b2; \
	VMOVSHDUP b1, b0; \
	VMOVDQA32 Z24, K1, b2; \
	VMOVSLDUP Z24, K1, b3; \
	VMOVDQA32 Z25, K1, b0; \
	VMOVSLDUP Z25, K1, b1; \
	VPTERNLOGD.BCST $0x96, (drawBlocks_keys+8*number)(AX), a1, b0; \
	VPTERNLOGD.BCST $0x96, (drawBlocks_keys+8*number+4)(AX), a3, b2

#define TWO_ROUNDS(number) \
	ROUND(number, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7); \
	ROUND((number+1), Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3)

// The upper 23 bits of a word and a half, as a number between 0 and 1.
#define UNIFORM(words) \
	VPSRLD $8, words, words; \
	VPORD Z19, words, words; \
	VCVTDQ2PS words, words; \
	VMULPS Z20, words, words

// func drawAVX512(blocks *drawBlocks)
TEXT ·drawAVX512(SB), NOSPLIT, $0-8
	MOVQ blocks+0(FP), AX
	MOVQ drawBlocks_dst(AX), DI
	MOVQ drawBlocks_count(AX), CX
	MOVL $0xAAAA, DX
	KMOVW DX, K1
	MOVL $const_philoxMultiplier0, DX
	VPBROADCASTD DX, Z16
	MOVL $const_philoxMultiplier1, DX
	VPBROADCASTD DX, Z17
	MOVL $const_lanesAVX512, DX
	VPBROADCASTD DX, Z18
	MOVL $1, DX
	VPBROADCASTD DX, Z19
	MOVL $0x33800000, DX // 2^-24
	VPBROADCASTD DX, Z20
	VMOVDQU32 drawBlocks_groups(AX), Z21
block:
	VPBROADCASTD (drawBlocks_counter+0)(AX), Z0
	VPBROADCASTD (drawBlocks_counter+4)(AX), Z1
	VMOVDQA32 Z21, Z2
	VPBROADCASTD (drawBlocks_counter+8)(AX), Z3
	VPADDD Z18, Z21, Z21
	TWO_ROUNDS(0)
	TWO_ROUNDS(2)
	TWO_ROUNDS(4)
	TWO_ROUNDS(6)
	TWO_ROUNDS(8)
	// The four words of a counter belong to neighbouring neurons.
	VPUNPCKLDQ Z1, Z0, Z4
	VPUNPCKHDQ Z1, Z0, Z5
	VPUNPCKLDQ Z3, Z2, Z6
	VPUNPCKHDQ Z3, Z2, Z7
	VPUNPCKLQDQ Z6, Z4, Z0
	VPUNPCKHQDQ Z6, Z4, Z1
	VPUNPCKLQDQ Z7, Z5, Z2
	VPUNPCKHQDQ Z7, Z5, Z3
	UNIFORM(Z0)
	UNIFORM(Z1)
	UNIFORM(Z2)
	UNIFORM(Z3)
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	ADDQ $256, DI
	DECQ CX
	JNZ block
	VZEROUPPER
	RET
