package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// augmentArrays holds the varied input spikes of a pass; nil before the first batch that asks for
// them.
type augmentArrays struct {
	words       *gpu.Buffer // what is asked for
	spikes      *gpu.Buffer // [sample][step][word]
	rows, index *gpu.Buffer
	used        *gpu.Buffer
}

// augmentSize is the size of the arrays that depend on the augmentation.
type augmentSize struct {
	words  int // numbers of an augmentation
	events int // of a pass, varied
}

// grown returns a size sufficient for need, with some room for the events of the next batch; s
// itself if that suffices.
func (s augmentSize) grown(need augmentSize) augmentSize {
	if s.words >= need.words && s.events >= need.events {
		return s
	}
	return augmentSize{max(s.words, need.words), max(s.events, need.events+need.events/4)}
}

// augmentSizeOf is the most that an augmentation of the given numbers of samples and events needs.
func augmentSizeOf(a *cpuref.Augmentation, samples, events int, p *plan[float32]) augmentSize {
	words := 1
	if a != nil { // learned delays only need room for events
		events += samples * p.steps * len(a.Inserted)
		words = len(kernels.AugmentationWords(a))
	}
	return augmentSize{
		words:  words,
		events: min(events, samples*p.steps*p.network.Inputs) + 1,
	}
}

// layAugmented lays out the arrays of varied spikes.
func (e *Vulkan) layAugmented(capacity int, buffer func(name string, values int) *gpu.Buffer) augmentArrays {
	if e.augment.words == 0 {
		return augmentArrays{}
	}
	rows := capacity * e.plan.steps
	return augmentArrays{
		words:  buffer("augmentation", e.augment.words),
		spikes: buffer("augmented spikes", rows*cpuref.Words(e.plan.network.Inputs)),
		rows:   buffer("augmented event rows", 2*rows),
		index:  buffer("augmented event index", e.augment.events),
		used:   buffer("augmented events", 1),
	}
}

// uploadAugmentation uploads the augmentation of a batch.
func (e *Vulkan) uploadAugmentation(a *cpuref.Augmentation) error {
	if a == nil {
		return nil
	}
	return e.pass.augmented.words.Upload(0, asBytes(kernels.AugmentationWords(a)))
}

// listsInput reports whether the input events are listed on the device, because they are varied or
// moved by learned delays.
func (e *Vulkan) listsInput(a *cpuref.Augmentation) bool { return a != nil || e.plan.delayed(-1) }

// inputEvents binds the input events, as uploaded, varied, or moved by learned delays.
func (r *recorder) inputEvents() (rows, index gpu.Binding) {
	p := r.engine.pass
	if r.augmented || r.moved {
		return whole(p.augmented.rows), whole(p.augmented.index)
	}
	return r.section(sectionRows), r.section(sectionIndex)
}

// augment records varying and listing the input spikes.
func (r *recorder) augment() {
	p, n, k := r.engine.pass, r.engine.plan, r.engine.kernels
	steps, channels := uint32(n.steps), uint32(n.network.Inputs)
	r.do(func() error {
		return k.augment.Record(r.stream, kernels.AugmentBuffers{
			Spikes: whole(p.augmented.spikes), Rows: r.section(sectionRows), Index: r.section(sectionIndex),
			Numbers: r.section(sectionNumbers), Augmentation: whole(p.augmented.words),
		}, kernels.AugmentParameters{Samples: r.samples, Steps: steps, Channels: channels})
	})
	r.do(func() error {
		return k.listAugmented.Record(r.stream, kernels.BuildEventsBuffers{
			Rows: whole(p.augmented.rows), Index: whole(p.augmented.index), Spikes: whole(p.augmented.spikes), Used: whole(p.augmented.used),
		}, kernels.BuildEventsParameters{
			Samples: r.samples, Steps: steps, Words: uint32(cpuref.Words(n.network.Inputs)), Capacity: uint32(p.augment.events),
		})
	})
}
