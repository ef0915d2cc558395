package cpuref

import (
	"math"
	"testing"
)

// TestPhilox checks the known answers that Random123 publishes for Philox4x32-10.
func TestPhilox(t *testing.T) {
	const ones = 0xffffffff
	for _, known := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{
			[4]uint32{}, [2]uint32{},
			[4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		},
		{
			[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{ // digits of π
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := Philox(known.key, known.counter); got != known.want {
			t.Errorf("counter %08x under key %08x gives %08x: Random123 has %08x", known.counter, known.key, got, known.want)
		}
	}
}

// TestUniform covers every possible result: 2²³ odd multiples of 2⁻²⁴, the same in both precisions,
// ascending, inside (0, 1).
func TestUniform(t *testing.T) {
	sum := 0.0
	for i := range uint32(1 << 23) {
		word := i << 9
		single, double := Uniform[float32](word), Uniform[float64](word)
		if want := float64(2*i+1) * 0x1p-24; double != want || float64(single) != want {
			t.Fatalf("word %#x gives %v and %v: want %v", word, single, double, want)
		}
		if !(single > 0 && single < 1) {
			t.Fatalf("word %#x gives %v: want a number of (0, 1)", word, single)
		}
		sum += double
	}
	if mean := sum / (1 << 23); mean != 0.5 {
		t.Errorf("the mean of all numbers is %v: want ½", mean)
	}
	for _, low := range []uint32{1, 0xff, 0x100, 0x1ff} {
		if Uniform[float32](low) != Uniform[float32](0) {
			t.Errorf("the lowest nine bits %#x change the number", low)
		}
	}
	if got := Uniform[float32](math.MaxUint32); got != 1-0x1p-24 {
		t.Errorf("the largest number is %v: want 1 − 2⁻²⁴", got)
	}
}
