//go:build arm64

package cpuref

import (
	"math"
	"testing"
)

// TestNEONLengths: sums of rows, uniform numbers and products of every length up to a few blocks of
// registers have the bits of the plain loops.
func TestNEONLengths(t *testing.T) {
	defer UseInstructions(UsedInstructions())
	index := []uint32{5, 0, 7, 7, 2, 1}
	run := func(length int) []float32 {
		v := &vectorInputs{counter: uint32(length) << 16}
		rows := v.array(8*length, 1)
		out := v.array(3*length, 1)
		for count := range index {
			addRows(out[:length], rows, index[:count])
			addSum(out[length:2*length], make([]float32, length), rows, index[:count])
		}
		addRow(out[2*length:], rows[:length])
		choice := decision[float32]{uniform: make([]float32, length), key: [2]uint32{1, 2}, number: 1 << 31, step: 4, layer: 5}
		drawUniform(&choice)
		out = append(out, choice.uniform...)
		if length > 24 {
			return out
		}
		for _, columns := range []int{Lane, 3 * Lane} {
			product := productArguments[float32]{
				dst: v.array(length*columns, 1), x: v.array(length*11, 1), weights: v.array(11*columns, 1),
				dstStride: columns, xStride: 11, rows: length, inner: 11, columns: columns, lines: 1, parts: 1,
			}
			if length > 0 {
				products(&product)
			}
			out = append(out, product.dst...)
		}
		return out
	}
	for length := range 140 {
		UseInstructions(PlainInstructions)
		want := run(length)
		UseInstructions(NEONInstructions)
		for i, got := range run(length) {
			if math.Float32bits(want[i]) != math.Float32bits(got) {
				t.Fatalf("length %d: value %d is %v, plain loops give %v", length, i, got, want[i])
			}
		}
	}
}

// TestNEONRange: rows outside an array are refused before the assembly reads them.
func TestNEONRange(t *testing.T) {
	dst, rows := make([]float32, 16), make([]float32, 4*16)
	for name, sum := range map[string]func(){
		"after":     func() { addRowsNEON(dst, rows, []uint32{0, 4, 1}) },
		"partly":    func() { addRowsNEON(dst, rows[:60], []uint32{3, 1}) },
		"sum after": func() { addSumNEON(dst, rows, []uint32{math.MaxUint32}) },
		"short":     func() { addNEON(dst, rows[:15]) },
		"patch below": func() {
			addPatchNEON(&patch[float32]{dst: dst, weights: rows, unit: 16, height: 1, width: 1, row: -2, index: []uint32{3, 1}})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			sum()
		}()
	}
	addPatchNEON(&patch[float32]{dst: dst, weights: rows, unit: 16, height: 1, width: 1, row: -2, index: []uint32{3, 2}})
}
