package engine

import (
	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// delays is the source of learned delays: they weigh no spikes.
const delays = -4

// delaysOf returns the learned delays of what a source hands up (-1: the input) and the layer that
// learns them. In training they are drawn.
func (p *plan[T]) delaysOf(source int, training bool) (layer *layerPlan[T], of cpuref.Delays[T]) {
	of = network.DelayParameters[T](p.network, source+1, p.options.Seed)
	of.Drawn = training
	return &p.layers[source+1], of
}

// delayed reports whether what a source hands up has learned delays.
func (p *plan[T]) delayed(source int) bool {
	return source+1 < len(p.layers) && p.layers[source+1].delays >= 0
}

// mostDelayed is the most numbers that a source with learned delays hands up; 0 if none has any.
func (p *plan[T]) mostDelayed() int {
	most := 0
	for _, layer := range p.layers {
		if layer.delays >= 0 {
			most = max(most, layer.inputs)
		}
	}
	return most
}
