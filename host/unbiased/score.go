package unbiased

import "spikegrad/cpuref"

// addScore adds factor·∂ log P/∂θ of a layer's sampled spikes, where P is their
// probability given those below:
//
//	∂ log P/∂θ = Σ_k (S_k − p_k)/(p_k(1 − p_k))·p′(u_k)·∂u_k/∂θ.
//
// It is that of the score function estimator (Williams 1992). response is scratch for
// one number per step, t for traces.
func (l *layer) addScore(gradient []float64, h *history, factor float64, response []float64, t *tracer) {
	for neuron := range l.neurons {
		l.respondAll(response, h, neuron)
		l.addResponse(gradient, h, neuron, factor, response)
	}
	if traces := t.trace(l, h); traces != nil {
		for step := range response {
			for neuron := range l.neurons {
				score := l.score(h, step, neuron, h.spiked(l.number, step, neuron))
				l.addTraces(gradient, neuron, float64(factor*score), l.tracesOf(traces, step, neuron))
			}
		}
	}
}

// respondAll writes ∂ log P/∂h[s] of one neuron for all s: [layer.respond] for all steps
// at once, each with its score.
func (l *layer) respondAll(response []float64, h *history, neuron int) {
	var adjoint cpuref.NeuronState[float64]
	own := l.of(neuron)
	for s := len(response) - 1; s >= 0; s-- {
		gate := h.gate(l.number, s, neuron)
		response[s] = own.Received(&adjoint, gate)
		own.Adjoint(&adjoint, l.score(h, s, neuron, gate == 0), gate)
	}
}

// score returns ∂ log p/∂u of a spike, or ∂ log(1−p)/∂u of its absence.
func (l *layer) score(h *history, step, neuron int, spiked bool) float64 {
	slope := l.slope(h, step, neuron)
	if slope == 0 {
		return 0
	}
	chance := cpuref.SpikeProbability(l.neuron.Noise, l.neuron.NoiseParameters, l.potential(h, step, neuron))
	if !spiked {
		slope, chance = -slope, 1-chance
	}
	if chance <= 0 {
		return 0
	}
	return slope / chance
}
