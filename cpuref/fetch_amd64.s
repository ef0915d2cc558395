//go:build goexperiment.simd

#include "textflag.h"

// func fetchLines(first unsafe.Pointer, rows, apart, bytes int)
TEXT ·fetchLines(SB), NOSPLIT, $0-32
	MOVQ first+0(FP), SI
	MOVQ rows+8(FP), CX
	MOVQ apart+16(FP), DX
	MOVQ bytes+24(FP), BX

row:
	XORL AX, AX

line:
	PREFETCHT0 (SI)(AX*1)
	ADDQ $64, AX
	CMPQ AX, BX
	JLT  line
	ADDQ DX, SI
	DECQ CX
	JNE  row
	RET
