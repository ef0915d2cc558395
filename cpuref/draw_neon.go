//go:build arm64

package cpuref

import "unsafe"

// drawBlocks are the arguments of Philox in assembly, for blocks of 16 neurons.
type drawBlocks struct {
	dst     unsafe.Pointer // 16 numbers per block
	count   int            // of blocks, at least 1
	groups  [lanesNEON]uint32
	keys    [2 * philoxRounds]uint32 // both words of the key of every round
	counter [3]uint32                // sample, step, layer
}

//go:noescape
func drawNEON(blocks *drawBlocks)

// drawUniformNEON computes Philox for one block of neurons at a time, with the counters of its
// groups in the lanes.
func drawUniformNEON(d *decision[float32]) {
	const block = 4 * lanesNEON
	b := drawBlocks{groups: [lanesNEON]uint32{0, 1, 2, 3}, counter: [3]uint32{d.number, d.step, d.layer}}
	key := d.key
	for i := 0; i < len(b.keys); i += 2 {
		b.keys[i], b.keys[i+1] = key[0], key[1]
		key[0] += philoxWeyl0
		key[1] += philoxWeyl1
	}
	whole := len(d.uniform) / block
	if whole > 0 {
		b.dst, b.count = unsafe.Pointer(&d.uniform[0]), whole
		drawNEON(&b)
	}
	if rest := d.uniform[whole*block:]; len(rest) > 0 {
		for i := range b.groups {
			b.groups[i] += uint32(whole * lanesNEON)
		}
		var numbers [block]float32
		b.dst, b.count = unsafe.Pointer(&numbers), 1
		drawNEON(&b)
		copy(rest, numbers[:])
	}
}
