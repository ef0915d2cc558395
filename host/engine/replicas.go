package engine

import (
	"errors"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Replica is another run of a sample of a batch, with the same noise and one spike turned
// into its opposite after it was drawn, and all that follows from it.
type Replica struct {
	Sample int // in the batch
	Flip
}

// checkReplicas refuses replicas that a batch and its network do not have.
func (p *plan[T]) checkReplicas(batch *Batch, replicas []Replica) error {
	if err := batch.Check(p.network); err != nil {
		return err
	}
	if batch.Flips != nil {
		return fmt.Errorf("the batch flips spikes already: replicas are of samples without flips")
	}
	if batch.Dropout && p.network.Drops() {
		return fmt.Errorf("the batch is one with dropout: replicas are of samples from which no spikes are left out")
	}
	for i, r := range replicas {
		if r.Sample < 0 || r.Sample >= batch.Samples() {
			return fmt.Errorf("replica %d is of sample %d: the batch has %d samples", i, r.Sample, batch.Samples())
		}
		if !r.Fits(p.network) {
			return fmt.Errorf("replica %d flips the spike of layer %d, step %d, neuron %d: the network has no such spike", i, r.Layer, r.Step, r.Neuron)
		}
	}
	return nil
}

// wholeReplicas runs replicas as samples of their own, from the first step on, in parts so
// that memory is bounded.
func wholeReplicas[T cpuref.Float](batch *Batch, n *network.Network, replicas []Replica, loss, regularizer []T, evaluate func(*Batch, *RecordOf[T]) error) error {
	const together = 256
	targets := n.Steps * cpuref.Words(n.Classes) // of a sample
	for first := 0; first < len(replicas); first += together {
		last := min(first+together, len(replicas))
		part := Batch{Index: batch.Index, Augment: batch.Augment, Targets: batch.Targets}
		if len(batch.Targets) > targets {
			part.Targets = nil
		}
		for _, r := range replicas[first:last] {
			part.Rows = append(part.Rows, batch.Rows[r.Sample*n.Steps:][:n.Steps]...)
			part.Labels = append(part.Labels, batch.Labels[r.Sample])
			part.Numbers = append(part.Numbers, batch.Numbers[r.Sample])
			part.Flips = append(part.Flips, r.Flip)
			if len(batch.Targets) > targets {
				part.Targets = append(part.Targets, batch.Targets[r.Sample*targets:][:targets]...)
			}
		}
		record := &RecordOf[T]{Loss: loss[first:last], Regularizer: regularizer[first:last]}
		if err := evaluate(&part, record); err != nil {
			return ofSample(err, replicas[first:last])
		}
	}
	return nil
}

// ofSample names the sample of the batch where an error names a replica.
func ofSample(err error, replicas []Replica) error {
	var failure *NotFiniteError
	if errors.As(err, &failure) {
		failure.Sample = replicas[failure.Sample].Sample
	}
	return err
}
