package hdf5

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const checksumSize = 4

// lookup3 is the checksum of the format's structures: Bob Jenkins's hash of 2006,
// "hashlittle" with initial value 0, over the concatenated parts.
func lookup3(parts ...[]byte) uint32 {
	key := parts[0]
	if len(parts) > 1 {
		key = slices.Concat(parts...)
	}
	a := 0xdeadbeef + uint32(len(key))
	b, c := a, a
	for len(key) > 12 {
		a += binary.LittleEndian.Uint32(key)
		b += binary.LittleEndian.Uint32(key[4:])
		c += binary.LittleEndian.Uint32(key[8:])
		a = (a - c) ^ bits.RotateLeft32(c, 4)
		c += b
		b = (b - a) ^ bits.RotateLeft32(a, 6)
		a += c
		c = (c - b) ^ bits.RotateLeft32(b, 8)
		b += a
		a = (a - c) ^ bits.RotateLeft32(c, 16)
		c += b
		b = (b - a) ^ bits.RotateLeft32(a, 19)
		a += c
		c = (c - b) ^ bits.RotateLeft32(b, 4)
		b += a
		key = key[12:]
	}
	if len(key) == 0 {
		return c
	}
	var last [12]byte
	copy(last[:], key)
	a += binary.LittleEndian.Uint32(last[0:])
	b += binary.LittleEndian.Uint32(last[4:])
	c += binary.LittleEndian.Uint32(last[8:])
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	return (c ^ b) - bits.RotateLeft32(b, 24)
}

// fletcher32 is the checksum of the filter of that name: sums of big-endian 16-bit words,
// where an odd last byte is the upper half of a word.
func fletcher32(data []byte) uint32 {
	low, high := uint32(0), uint32(0)
	fold := func() { low, high = low&0xffff+low>>16, high&0xffff+high>>16 }
	// The sums over this many words, after folding the previous sums, fit in 32 bits.
	const run = 2 * 360
	for len(data) > 1 {
		words := data[:min(run, len(data)&^1)]
		data = data[len(words):]
		for ; len(words) > 0; words = words[2:] {
			low += uint32(words[0])<<8 | uint32(words[1])
			high += low
		}
		fold()
	}
	if len(data) == 1 {
		low += uint32(data[0]) << 8
		high += low
		fold()
	}
	fold()
	return high<<16 | low
}
