package check

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// batch draws the inputs of one pass: of every four steps one is silent, two are sparse and one
// is dense; every fifth sample is silent throughout. Sample numbers are like those of a run,
// ascending but not from 0.
func (c *Case) batch(pass, samples int) *engine.Batch {
	if c.Batch != nil {
		return c.Batch(pass, samples)
	}
	n := c.Network
	batch := &engine.Batch{Labels: make([]uint32, samples), Numbers: make([]uint32, samples)}
	if pass < evaluation {
		batch.Augment, batch.Dropout = c.Augment, true
	}
	for b := range samples {
		number := uint32(1000*pass + b)
		batch.Numbers[b] = number
		batch.Labels[b] = c.words(number, 0, 0, 1)[0] % uint32(n.Classes)
		for t := range n.Steps {
			begin := uint32(len(batch.Index))
			bound := c.spikeBound(number, t)
			for group := 0; group < n.Inputs; group += 4 {
				for i, word := range c.words(number, uint32(t), uint32(group), 0) {
					if group+i < n.Inputs && uint64(word) < bound {
						batch.Index = append(batch.Index, uint32(group+i))
					}
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	if c.Network.Targeted() {
		batch.Targets = c.targets(batch.Numbers)
	}
	return batch
}

// targets draws target spikes; a batch of three, six, … samples has one target for all.
func (c *Case) targets(numbers []uint32) []uint32 {
	if len(numbers)%3 == 0 {
		numbers = numbers[:1]
	}
	n := c.Network
	words := cpuref.Words(n.Classes)
	targets := make([]uint32, len(numbers)*n.Steps*words)
	for b, number := range numbers {
		for t := range n.Steps {
			for neuron := range n.Classes {
				if c.words(number, uint32(t), uint32(neuron/4), 3)[neuron%4] < 1<<32/10 {
					targets[(b*n.Steps+t)*words+neuron/32] |= 1 << (neuron % 32)
				}
			}
		}
	}
	return targets
}

// spikeBound returns 2³² times the probability of an input spike in a step.
func (c *Case) spikeBound(number uint32, step int) uint64 {
	if number%5 == 4 {
		return 0
	}
	switch c.words(number, uint32(step), 0, 2)[0] >> 30 {
	case 0:
		return 0
	case 1:
		return 1 << 31 // every other channel
	}
	return 1 << 27 // one in 32
}

// words returns random words for one purpose.
func (c *Case) words(number, step, group, purpose uint32) [4]uint32 {
	return cpuref.Philox([2]uint32{c.Seed, uint32(cpuref.StreamDataset)}, [4]uint32{number, step, group, purpose})
}

// replicas draws flips of two spikes of every layer in every sample; the first are at the
// first and the last step.
func (c *Case) replicas() []engine.Replica {
	n := c.Network
	var replicas []engine.Replica
	for b := range c.Samples {
		for l := range n.Layers {
			for i := range uint32(2) {
				words := c.words(uint32(b), uint32(l), i, 4)
				step := int(words[0] % uint32(n.Steps))
				if b == 0 {
					step = int(i) * (n.Steps - 1)
				}
				flip := engine.Flip{Layer: l, Step: step, Neuron: int(words[1] % uint32(n.Layers[l].Neurons))}
				replicas = append(replicas, engine.Replica{Sample: b, Flip: flip})
			}
		}
	}
	return replicas
}
