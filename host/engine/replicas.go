package engine

import (
	"errors"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Replica is another run of a sample of a batch, with the same noise, in which one spike is
// inverted after it was drawn, with all the consequences.
type Replica struct {
	Sample int // in the batch
	Flip
}

// checkReplicas refuses replicas that do not fit the batch and its network.
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

// replicasTogether is how many replicas run at once, to bound memory.
const replicasTogether = 256

// wholeReplicas runs replicas as samples of their own, from the first step on.
func wholeReplicas[T cpuref.Float](batch *Batch, n *network.Network, replicas []Replica, loss, regularizer []T, evaluate func(*Batch, *RecordOf[T]) error) error {
	for first := 0; first < len(replicas); first += replicasTogether {
		last := min(first+replicasTogether, len(replicas))
		flipped := part(batch, n, replicas[first:last])
		record := &RecordOf[T]{Loss: loss[first:last], Regularizer: regularizer[first:last]}
		if err := evaluate(&flipped, record); err != nil {
			return ofSample(err, replicas[first:last])
		}
	}
	return nil
}

// part makes a batch of replicas as samples of their own.
func part(batch *Batch, n *network.Network, replicas []Replica) Batch {
	targets := n.Steps * cpuref.Words(n.Classes) // of a sample
	b := Batch{Index: batch.Index, Augment: batch.Augment, Targets: batch.Targets}
	if len(batch.Targets) > targets {
		b.Targets = nil
	}
	for _, r := range replicas {
		b.Rows = append(b.Rows, batch.Rows[r.Sample*n.Steps:][:n.Steps]...)
		b.Labels = append(b.Labels, batch.Labels[r.Sample])
		b.Numbers = append(b.Numbers, batch.Numbers[r.Sample])
		b.Flips = append(b.Flips, r.Flip)
		if len(batch.Targets) > targets {
			b.Targets = append(b.Targets, batch.Targets[r.Sample*targets:][:targets]...)
		}
	}
	return b
}

// ofSample replaces the replica that an error names by its sample in the batch.
func ofSample(err error, replicas []Replica) error {
	var failure *NotFiniteError
	if errors.As(err, &failure) {
		failure.Sample = replicas[failure.Sample].Sample
	}
	return err
}
