//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// drawBlocks are the arguments of Philox in assembly, for blocks of 64 neurons: archsimd lacks the
// multiplication it is made of, 32 bits to 64 in vectors of 512.
type drawBlocks struct {
	dst     unsafe.Pointer // 64 numbers per block
	count   int            // of blocks, at least 1
	groups  [lanesAVX512]uint32
	keys    [2 * philoxRounds]uint32 // both words of the key of every round
	counter [3]uint32                // sample, step, layer
}

//go:noescape
func drawAVX512(blocks *drawBlocks)

// groupsAVX512 are the Philox groups of the lanes, relative to the first one of a block, such that
// interleaving the four words leaves the neurons in order.
var groupsAVX512 = [lanesAVX512]uint32{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}

// drawUniformAVX512 computes Philox for one block of neurons at a time, with the counters of its
// groups in the lanes.
func drawUniformAVX512(d *decision[float32]) {
	const block = 4 * lanesAVX512
	b := drawBlocks{groups: groupsAVX512, counter: [3]uint32{d.number, d.step, d.layer}}
	key := d.key
	for i := 0; i < len(b.keys); i += 2 {
		b.keys[i], b.keys[i+1] = key[0], key[1]
		key[0] += philoxWeyl0
		key[1] += philoxWeyl1
	}
	whole := len(d.uniform) / block
	if whole > 0 {
		b.dst, b.count = unsafe.Pointer(&d.uniform[0]), whole
		drawAVX512(&b)
	}
	if rest := d.uniform[whole*block:]; len(rest) > 0 {
		for i := range b.groups {
			b.groups[i] = groupsAVX512[i] + uint32(whole*lanesAVX512)
		}
		var numbers [block]float32
		b.dst, b.count = unsafe.Pointer(&numbers), 1
		drawAVX512(&b)
		copy(rest, numbers[:])
	}
}
