package engine

import (
	"errors"

	"spikegrad/host/network"
)

// parts is a batch that runs in parts, with what is known of each sample and the counts so far.
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

// record returns the record of a part, which receives the losses and whatever else is recorded of
// the batch.
func (p *parts) record(asked *Record, first, last int) *Record {
	part := p.known.part(p.network, first, last)
	if asked != nil {
		loss, regularizer := part.Loss, part.Regularizer
		part = asked.part(p.network, first, last)
		part.Loss, part.Regularizer = loss, regularizer
	}
	return part
}

// count adds the counts of a part.
func (p *parts) count(outcome *Outcome) {
	p.counted.Correct += outcome.Correct
	for l, spikes := range outcome.Spikes {
		p.counted.Spikes[l] += spikes
	}
}

// outcome returns the batch's outcome; its losses also go into the record.
func (p *parts) outcome(asked *Record) Outcome {
	if asked != nil {
		copy(asked.Loss, p.known.Loss)
		copy(asked.Regularizer, p.known.Regularizer)
	}
	outcome := meanOutcome(p.known.Loss, p.known.Regularizer, 0)
	outcome.Correct, outcome.Spikes = p.counted.Correct, p.counted.Spikes
	return outcome
}

// inPart turns the sample number in an error from one within a part into one within the batch.
func inPart(err error, first int) error {
	var failure *NotFiniteError
	if errors.As(err, &failure) {
		failure.Sample += first
	}
	return err
}
