package hdf5

import "testing"

// TestLookup3 compares the checksum with values published by its author.
func TestLookup3(t *testing.T) {
	for text, want := range map[string]uint32{"": 0xdeadbeef, "Four score and seven years ago": 0x17770551} {
		if got := lookup3([]byte(text)); got != want {
			t.Errorf("%q: %08x, want %08x", text, got, want)
		}
	}
}

// TestFletcher32 compares the checksum with published values, after swapping the bytes of
// the 16-bit words, which is the order that the filter uses.
func TestFletcher32(t *testing.T) {
	swap := func(text string) []byte {
		b := []byte(text)
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		if len(b)%2 == 1 {
			b = append(b[:len(b)-1], 0, b[len(b)-1])
		}
		return b
	}
	for text, want := range map[string]uint32{"abcde": 0xF04FC729, "abcdef": 0x56502D2A, "abcdefgh": 0xEBE19591} {
		if got := fletcher32(swap(text)); got != want {
			t.Errorf("%s: %08x, want %08x", text, got, want)
		}
	}
}
