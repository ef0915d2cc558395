package engine

import (
	"errors"

	"spikegrad/host/network"
)

// parts is a batch that runs in parts, what is known of each of its samples, and what was
// counted.
type parts struct {
	network *network.Network
	known   Record // losses of each sample
	counted Outcome
}

func newParts(n *network.Network, samples int) *parts {
	return &parts{
		network: n, known: Record{Loss: make([]float32, samples), Regularizer: make([]float32, samples)},
		counted: Outcome{Spikes: make([]uint64, len(n.Layers))},
	}
}

// record is the record of a part, which takes the losses and what else is recorded of the
// batch, if anything.
func (p *parts) record(asked *Record, first, last int) *Record {
	part := p.known.part(p.network, first, last)
	if asked != nil {
		loss, regularizer := part.Loss, part.Regularizer
		part = asked.part(p.network, first, last)
		part.Loss, part.Regularizer = loss, regularizer
	}
	return part
}

// count adds what a part counted.
func (p *parts) count(outcome *Outcome) {
	p.counted.Correct += outcome.Correct
	for l, spikes := range outcome.Spikes {
		p.counted.Spikes[l] += spikes
	}
}

// outcome is that of the batch; its losses go into the record too.
func (p *parts) outcome(asked *Record) Outcome {
	if asked != nil {
		copy(asked.Loss, p.known.Loss)
		copy(asked.Regularizer, p.known.Regularizer)
	}
	outcome := meanOutcome(p.known.Loss, p.known.Regularizer, 0)
	outcome.Correct, outcome.Spikes = p.counted.Correct, p.counted.Spikes
	return outcome
}

// inPart counts the sample that an error names from the beginning of the batch instead of a
// part.
func inPart(err error, first int) error {
	var failure *NotFiniteError
	if errors.As(err, &failure) {
		failure.Sample += first
	}
	return err
}
