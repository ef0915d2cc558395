package unbiased

import "spikegrad/cpuref"

// addEligibility adds to gradient, [weight of the layer], factor·∂u_k/∂θ for all weights
// into a unit's neuron, with all spikes held. Weights act through
//
//	h[s] = Σ W·S_in[s − d] + Σ V·S[s − d_rec],
//
// so ∂u/∂W[i] = Σ_s response[s]·S_in,i[s − d]: work is proportional to spikes. response
// is scratch for one number per step.
func (l *layer) addEligibility(gradient []float64, h *history, step, neuron int, factor float64, response []float64) {
	l.respond(response[:step], h, step, neuron)
	l.addResponse(gradient, h, neuron, factor, response[:step])
}

// addResponse adds factor·Σ_s response[s]·∂h[s]/∂θ for all weights into a neuron.
func (l *layer) addResponse(gradient []float64, h *history, neuron int, factor float64, response []float64) {
	for i := range l.connections {
		c := &l.connections[i]
		row, position := gradient[c.row(neuron):][:c.weight.Columns], c.position(neuron)
		for s, r := range response {
			if r == 0 || s < c.delay {
				continue
			}
			share := float64(factor * r)
			c.each(h, s-c.delay, func(source int) {
				if column, reaches := c.column(position, source); reaches {
					row[column] += share
				}
			})
		}
	}
}

// respond writes ∂U[step]/∂h[s] for all s before step, with the resets caused by the
// neuron's own spikes.
func (l *layer) respond(response []float64, h *history, step, neuron int) {
	own, adjoint := l.of(neuron), cpuref.NeuronState[float64]{1}
	for s := step - 1; s >= 0; s-- {
		gate := h.gate(l.number, s, neuron)
		response[s] = own.Received(&adjoint, gate)
		own.Adjoint(&adjoint, 0, gate)
	}
}
