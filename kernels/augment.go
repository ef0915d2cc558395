package kernels

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// AugmentBuffers are the arrays of [Augment].
type AugmentBuffers struct {
	Spikes       gpu.Binding // written; [sample][step][word] of bits, one per channel
	Rows         gpu.Binding // [sample][step] of {begin, end} in Index: the samples' spikes
	Index        gpu.Binding // uint32: channels
	Numbers      gpu.Binding // uint32: two unused here, then the presentation number of every sample
	Augmentation gpu.Binding // uint32, from [AugmentationWords]
}

// AugmentParameters are the numbers of [Augment].
type AugmentParameters struct {
	Samples  uint32
	Steps    uint32
	Channels uint32
}

// Augment varies the input spikes of samples. Definition: cpuref.Augment; shader:
// shaders/augment.comp.
type Augment struct{ kernel }

// AugmentationHeader is how many numbers of an augmentation precede its limits.
const AugmentationHeader = 13

// AugmentationWords returns an augmentation in the form that the kernel reads.
func AugmentationWords(a *cpuref.Augmentation) []uint32 {
	words := []uint32{a.Key[0], a.Key[1], a.Drop, a.Stretch, a.StretchChannels, uint32(a.Plane.Height), uint32(a.Plane.Width)}
	limits := [][]uint32{a.Time, a.Channel, a.TogetherTime, a.TogetherChannel, a.TogetherPixel, a.Inserted}
	for _, list := range limits {
		words = append(words, uint32(len(list)))
	}
	for _, list := range limits {
		words = append(words, list...)
	}
	return words
}

// NewAugment builds the kernel for a device.
func NewAugment(device *gpu.Device) (*Augment, error) {
	k, err := newKernel(device, "augment", flatGroup(device, "augment"))
	return &Augment{k}, err
}

// Record records one run over a batch. It zeroes the spikes first.
func (k *Augment) Record(stream *gpu.Stream, b AugmentBuffers, p AugmentParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"steps", p.Steps}, size{"channels", p.Channels}); err != nil {
		return err
	}
	rows := uint64(p.Samples) * uint64(p.Steps)
	spikes := argument{"spikes", b.Spikes, gpu.ReadWrite, bytes(rows, words(p.Channels))}
	groups, err := k.flatGrid(rows, 1)
	if err != nil {
		return err
	}
	if err := k.fillZero(stream, spikes); err != nil {
		return err
	}
	return k.record(stream, []argument{
		spikes,
		{"rows", b.Rows, gpu.Read, bytes(rows, 2)},
		{"index", b.Index, gpu.Read, max(available(b.Index), 4)},
		{"numbers", b.Numbers, gpu.Read, bytes(uint64(p.Samples) + 2)},
		{"augmentation", b.Augmentation, gpu.Read, max(available(b.Augmentation), bytes(AugmentationHeader))},
	}, p, groups)
}
