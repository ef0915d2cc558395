package kernels

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// quads is the number of groups of four neighbouring neurons in a padded row of n.
func quads(n uint32) uint32 { return uint32(stride(n) / 4) }

// stride is the length of a padded row of n neurons.
func stride(n uint32) uint64 { return uint64(cpuref.Stride(int(n))) }

// scaleOf is the value of a spike, where 0 stands for 1.
func scaleOf(scale float32) float32 {
	if scale == 0 {
		return 1
	}
	return scale
}

// words is the number of 32-bit words that hold n bits.
func words(n uint32) uint64 { return uint64(cpuref.Words(int(n))) }

// chunks is the number of partial gradients of a batch.
func chunks(samples uint32) uint64 { return uint64(cpuref.Chunks(int(samples))) }

// bytes is the size of an array of 4-byte numbers with these dimensions.
func bytes(dimensions ...uint64) uint64 {
	product := uint64(4)
	for _, d := range dimensions {
		product *= d
	}
	return product
}

// Spread is how a kernel distributes the quads of a layer (groups of four neighbouring neurons) and
// the samples of a batch over the lanes of workgroups.
type Spread struct {
	Lanes   uint32 // lanes per sample in a workgroup
	Blocks  uint32 // quads per lane
	Samples uint32 // samples per workgroup
}

// group is the size of the workgroups.
func (s Spread) group() uint32 { return s.Lanes * s.Samples }

// The goals of spreadQuads.
const (
	softwareForwardBlocks  = 4   // quads per lane: a software driver has few lanes and cheap registers
	softwareBackwardBlocks = 2   // the same where a lane has several samples
	softwareDepth          = 4   // samples per lane in the backward pass of recurrence
	softwareGroup          = 8   // minimum lanes per workgroup on a software driver
	gpuGroup               = 32  // the same for a GPU
	gpuLanes               = 256 // lanes per sample before a GPU lane gets a second quad
	gpuBlocks              = 4   // quads per lane of such a sample before it gets more lanes, where one workgroup holds them all
)

// spreadQuads chooses a spread for rows of n neurons; a software driver gets the given number of
// quads per lane. If together is set, one workgroup holds all quads of a sample, as recurrence
// needs. A nonzero group is the minimum number of lanes per workgroup, if there are enough samples,
// and, unless all quads are together, also the maximum.
func spreadQuads(info gpu.DeviceInfo, group, n, softwareBlocks uint32, together bool) Spread {
	quads := max(1, quads(n))
	limit := min(info.MaxWorkgroupInvocations, info.MaxWorkgroupSize[0])
	s := Spread{Lanes: min(quads, gpuLanes, limit), Blocks: 1, Samples: 1}
	least := uint32(gpuGroup)
	if info.Type == gpu.Software {
		least = softwareGroup
		if quads >= softwareBlocks*softwareGroup {
			s.Blocks = softwareBlocks
			s.Lanes = min(ceilQuads(quads, softwareBlocks), limit)
		}
	}
	if group != 0 {
		least = group
		if !together {
			s.Lanes = min(s.Lanes, group)
		}
	}
	if together {
		s.Lanes = max(s.Lanes, min(ceilQuads(quads, gpuBlocks), limit))
		s.Blocks = max(s.Blocks, ceilQuads(quads, s.Lanes))
		s.Lanes = ceilQuads(quads, s.Blocks)
	}
	if s.Lanes < least {
		s.Samples = max(1, min(least, limit)/s.Lanes)
	}
	return s
}

func ceilQuads(a, b uint32) uint32 { return (a + b - 1) / b }

// check returns an error if a spread cannot cover rows of n neurons.
func (s Spread) check(name string, n uint32, together bool) error {
	if n == 0 {
		return fmt.Errorf("%s: a layer of 0 neurons asked for; it has to have at least 1", name)
	}
	if s.Lanes == 0 || s.Blocks == 0 || s.Samples == 0 {
		return fmt.Errorf("%s: a spread of %d lanes, %d blocks, %d samples asked for; each has to be at least 1", name, s.Lanes, s.Blocks, s.Samples)
	}
	if together && uint64(s.Lanes)*uint64(s.Blocks) < uint64(quads(n)) {
		return fmt.Errorf("%s: recurrence of %d neurons needs %d quads in a workgroup, the spread has %d lanes of %d; use more lanes or blocks", name, n, quads(n), s.Lanes, s.Blocks)
	}
	return nil
}

// grid is the dispatch of a spread: quads along x, samples along y.
func (s Spread) grid(k *kernel, n, samples uint32) ([3]uint32, error) {
	x := ceil(uint64(quads(n)), uint64(s.Lanes)*uint64(s.Blocks))
	y := ceil(uint64(samples), uint64(s.Samples))
	if limit := k.info.MaxWorkgroupCount; x > uint64(limit[0]) || y > uint64(limit[1]) {
		return [3]uint32{}, fmt.Errorf("%s: %d×%d workgroups needed, device %s takes %d×%d; use a smaller batch", k.name, x, y, k.info.Name, limit[0], limit[1])
	}
	return [3]uint32{uint32(x), uint32(y), 1}, nil
}

// segmentLength is the number of steps in a completed segment.
func segmentLength(s cpuref.Segment) uint64 { return uint64(s.Last - s.First) }

// statesOf is the number of states of the neurons of a model.
func statesOf(model uint32) uint64 { return uint64(cpuref.NeuronModel(model).States()) }

// stateBytes is the size of the states of a completed segment, [sample][state][stride];
// whole samples have none.
func stateBytes(s cpuref.Segment, steps, samples uint32, states, stride uint64) uint64 {
	if segmentLength(s) == uint64(steps) {
		return 0
	}
	return bytes(uint64(samples), states, stride)
}
