package engine

import "spikegrad/cpuref"

// Replicas implements [Engine].
func (e *Vulkan) Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []float32, err error) {
	if err := e.plan.checkReplicas(batch, replicas); err != nil {
		return nil, nil, err
	}
	loss, regularizer = make([]float32, len(replicas)), make([]float32, len(replicas))
	err = wholeReplicas(batch, e.plan.network, replicas, loss, regularizer, func(b *Batch, record *Record) error {
		_, err := e.Evaluate(b, stream, record)
		return err
	})
	return loss, regularizer, err
}
