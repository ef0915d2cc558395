// Package batch defines batches of samples as datasets make them and engines run them.
package batch

import (
	"fmt"
	"sync/atomic"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Batch is a batch of samples as spike events.
type Batch struct {
	// Rows and Index list the input spikes: those of sample b at step t are the input channels
	// Index[Rows[r][0]:Rows[r][1]], with r = b·steps + t, ascending and each at most once.
	Rows   [][2]uint32
	Index  []uint32
	Labels []uint32 // [sample]: class
	// Numbers, [sample], is the number of each presented sample in the run. With the seed it
	// fixes the escape noise, whatever its place in the batch.
	Numbers []uint32
	// Augment varies the input spikes, each sample's by its number; nil for none.
	Augment *cpuref.Augmentation
	// Dropout turns on the dropout of the layers, in training. A sample's number decides which of
	// its spikes are dropped.
	Dropout bool
	// Flips, [sample], names for every sample a spike to be flipped after it is drawn, with all
	// consequences; nil for none.
	Flips []Flip
	// Targets are the desired spikes of the last layer, for a loss that compares with them: bits,
	// [sample][step][word] with [cpuref.Words] words per step, or [step][word] for all samples.
	// Labels are then ignored.
	Targets []uint32

	events eventsFit // as found by [Batch.CheckEvents]
	check  uint64    // number of that call; 0 for none
	first  int       // index of this batch's first row among the rows it checked
}

// eventsFit is what events were found to fit, and how many there were.
type eventsFit struct{ inputs, steps, rows, events int }

// checks counts the calls of [Batch.CheckEvents] that found events to fit.
var checks atomic.Uint64

// Checked identifies rows of events that [Batch.CheckEvents] found valid: equal values stand for
// equal rows. The zero value stands for none.
type Checked struct {
	check      uint64
	first, end int // rows
}

// Flip names a spike: S[Step] of a neuron in a layer. Layer NoFlip means none.
type Flip struct{ Layer, Step, Neuron int }

// NoFlip is the layer of a flip that does nothing.
const NoFlip = -1

// Slot returns the flip in the kernels' numbering.
func (f Flip) Slot(n *network.Network) cpuref.Flip {
	if f.Layer == NoFlip {
		return cpuref.Flip{Step: cpuref.NoFlip}
	}
	return cpuref.Flip{Layer: uint32(f.Layer), Step: uint32(f.Step), Neuron: uint32(n.Geometry(f.Layer).Slot(f.Neuron))}
}

// Fits reports whether a network has such a spike.
func (f Flip) Fits(n *network.Network) bool {
	return f.Layer >= 0 && f.Layer < len(n.Layers) && f.Step >= 0 && f.Step < n.Steps && f.Neuron >= 0 && f.Neuron < n.Layers[f.Layer].Neurons
}

// Samples returns the number of samples in the batch.
func (b *Batch) Samples() int { return len(b.Labels) }

// Part returns samples first to last of a batch that fits a network. They share its arrays,
// whose events are not checked again.
func (b *Batch) Part(n *network.Network, first, last int) *Batch {
	part := &Batch{
		Rows: b.Rows[first*n.Steps : last*n.Steps], Index: b.Index,
		Labels: b.Labels[first:last], Numbers: b.Numbers[first:last], Augment: b.Augment, Dropout: b.Dropout, Targets: b.Targets,
	}
	part.events = eventsFit{n.Inputs, n.Steps, len(part.Rows), len(part.Index)}
	if named := b.Checked(first*n.Steps, last*n.Steps); named != (Checked{}) {
		part.check, part.first = named.check, named.first
	}
	if b.Flips != nil {
		part.Flips = b.Flips[first:last]
	}
	if one := n.Steps * cpuref.Words(n.Classes); len(b.Targets) > one {
		part.Targets = b.Targets[first*one : last*one]
	}
	return part
}

// Check returns an error if a batch does not fit a network, so that no kernel reads outside its
// arrays.
func (b *Batch) Check(n *network.Network) error {
	samples := b.Samples()
	if samples == 0 {
		return fmt.Errorf("the batch has no samples: at least one is needed")
	}
	if len(b.Numbers) != samples {
		return fmt.Errorf("the batch has %d labels and %d sample numbers: one of each for every sample is needed", samples, len(b.Numbers))
	}
	if b.Flips != nil && len(b.Flips) != samples {
		return fmt.Errorf("the batch has %d flips: one for every one of %d samples is needed, or none", len(b.Flips), samples)
	}
	for i, f := range b.Flips {
		if f.Layer == NoFlip {
			continue
		}
		if !f.Fits(n) {
			return fmt.Errorf("sample %d flips the spike of layer %d, step %d, neuron %d: the network has no such spike", i, f.Layer, f.Step, f.Neuron)
		}
	}
	if err := b.checkTargets(n); err != nil {
		return err
	}
	for i, label := range b.Labels {
		if int(label) >= n.Classes {
			return fmt.Errorf("sample %d of the batch has label %d: the network has classes 0 to %d", i, label, n.Classes-1)
		}
	}
	return b.checkEvents(n.Inputs, n.Steps)
}

// CheckEvents returns an error if events do not fit samples with this many inputs and steps.
// [Batch.Check] does not check fitting events again while their number stays the same, so call it
// each time a batch is filled.
func (b *Batch) CheckEvents(inputs, steps int) error {
	b.events = eventsFit{}
	err := b.checkEvents(inputs, steps)
	if err == nil {
		b.events, b.check = eventsFit{inputs, steps, len(b.Rows), len(b.Index)}, checks.Add(1)
	}
	return err
}

// Checked identifies rows first to end, if they were checked and their number has not changed.
func (b *Batch) Checked(first, end int) Checked {
	if b.check == 0 || b.events.rows != len(b.Rows) || b.events.events != len(b.Index) {
		return Checked{}
	}
	return Checked{b.check, b.first + first, b.first + end}
}

func (b *Batch) checkEvents(inputs, steps int) error {
	if samples := b.Samples(); len(b.Rows) != samples*steps {
		return fmt.Errorf("the batch has %d event rows: %d samples of %d steps need %d", len(b.Rows), samples, steps, samples*steps)
	}
	if b.events == (eventsFit{inputs, steps, len(b.Rows), len(b.Index)}) {
		return nil
	}
	for r, row := range b.Rows {
		if row[0] > row[1] || int(row[1]) > len(b.Index) {
			return fmt.Errorf("event row %d (sample %d, step %d) is %d to %d: the batch has %d events", r, r/steps, r%steps, row[0], row[1], len(b.Index))
		}
		before := -1
		for _, channel := range b.Index[row[0]:row[1]] {
			if int(channel) <= before {
				return fmt.Errorf("sample %d has channel %d after channel %d at step %d: channels must be in ascending order", r/steps, channel, before, r%steps)
			}
			before = int(channel)
		}
		if before >= inputs { // the last is the largest
			return fmt.Errorf("sample %d has a spike in channel %d at step %d: the network has %d input channels", r/steps, before, r%steps, inputs)
		}
	}
	return nil
}

// checkTargets returns an error if target spikes have the wrong shape, or if the network's loss
// does not use any.
func (b *Batch) checkTargets(n *network.Network) error {
	if !n.Targeted() {
		if len(b.Targets) > 0 {
			return fmt.Errorf("the batch has target spikes, but the loss %s uses none", n.Readout.Loss)
		}
		return nil
	}
	words := cpuref.Words(n.Classes)
	one := n.Steps * words
	if len(b.Targets) != one && len(b.Targets) != b.Samples()*one {
		return fmt.Errorf("the batch has %d words of target spikes: the loss %s needs %d of each of %d samples, or of one for all",
			len(b.Targets), n.Readout.Loss, one, b.Samples())
	}
	used := uint32(1)<<(n.Classes%32) - 1
	for i := words - 1; i < len(b.Targets) && used != 0; i += words {
		if b.Targets[i]&^used != 0 {
			return fmt.Errorf("the target spikes of step %d have bits beyond the %d neurons of the last layer", i/words%n.Steps, n.Classes)
		}
	}
	return nil
}

// FillTargets writes the target spikes of samples first to last, [sample][step][word].
func (b *Batch) FillTargets(dst []uint32, first, last int) {
	one := len(dst) / (last - first)
	for sample := first; sample < last; sample++ {
		from := b.Targets
		if len(from) > one {
			from = from[sample*one:]
		}
		copy(dst[(sample-first)*one:][:one], from)
	}
}
