//go:build goexperiment.simd && amd64

package cpuref

import "unsafe"

// drawBlocks are the arguments of Philox in assembly, for blocks of 64 neurons: the
// multiplication that it is made of, of 32 bits to 64 in vectors of 512, is not in archsimd.
type drawBlocks struct {
	dst     unsafe.Pointer // 64 numbers a block
	count   int            // of blocks, at least 1
	groups  [lanesAVX512]uint32
	keys    [2 * philoxRounds]uint32 // both words of the key of every round
	counter [3]uint32                // sample, step, layer
}

//go:noescape
func drawAVX512(blocks *drawBlocks)

// groupsAVX512 are the Philox groups of the lanes, from the first one of a block, so that
// interleaving the four words leaves the neurons in order.
var groupsAVX512 = [lanesAVX512]uint32{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}

// drawUniformAVX512 computes Philox for the groups of a block of neurons at a time, the
// counters in the lanes.
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
