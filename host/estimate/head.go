package estimate

import (
	"fmt"

	"spikegrad/cpuref"
)

// Head is what the loss sees of a circuit: the spikes of its last layer, [step][neuron],
// one row per step. Any differentiable function can be a head; surrogate gradients start
// from its derivative with respect to the spikes, while the unbiased estimators use only
// its values.
type Head interface {
	// Parameters returns the names of the head's own parameters, if it has any.
	Parameters() []string
	// Loss returns the loss of the spikes.
	Loss(parameters []float64, spikes [][]float64) float64
	// Backward writes the derivative of the loss with respect to the spikes to adjoint,
	// and adds the one with respect to the head's parameters to gradient. Either may be
	// nil.
	Backward(parameters []float64, spikes, adjoint [][]float64, gradient []float64)
}

// Output is the head whose loss is the number of spikes of the last layer: with one
// output unit, the output itself.
type Output struct{}

// Parameters implements [Head].
func (Output) Parameters() []string { return nil }

// Loss implements [Head].
func (Output) Loss(_ []float64, spikes [][]float64) float64 {
	total := 0.0
	for _, row := range spikes {
		for _, s := range row {
			total += s
		}
	}
	return total
}

// Backward implements [Head].
func (Output) Backward(_ []float64, _, adjoint [][]float64, _ []float64) {
	for _, row := range adjoint {
		for n := range row {
			row[n] = 1
		}
	}
}

// Linear is a linear readout with weights that are parameters: the loss is Σ a_n·S_n,
// the spikes summed over time.
type Linear struct {
	Neurons int
}

// Parameters implements [Head].
func (h Linear) Parameters() []string {
	names := make([]string, h.Neurons)
	for n := range names {
		names[n] = fmt.Sprintf("readout[%d]", n)
	}
	return names
}

// Loss implements [Head].
func (h Linear) Loss(parameters []float64, spikes [][]float64) float64 {
	total := 0.0
	for _, row := range spikes {
		for n, s := range row {
			total += float64(parameters[n] * s)
		}
	}
	return total
}

// Backward implements [Head].
func (h Linear) Backward(parameters []float64, spikes, adjoint [][]float64, gradient []float64) {
	for _, row := range adjoint {
		copy(row, parameters)
	}
	if gradient == nil {
		return
	}
	for _, row := range spikes {
		for n, s := range row {
			gradient[n] += s
		}
	}
}

// SquaredDifference is the head ½ Σ (z−s)², with s the spikes and z the target,
// [step][neuron].
type SquaredDifference struct {
	Target [][]float64
}

// Parameters implements [Head].
func (SquaredDifference) Parameters() []string { return nil }

// Loss implements [Head].
func (h SquaredDifference) Loss(_ []float64, spikes [][]float64) float64 {
	total := 0.0
	for t, row := range spikes {
		for n, s := range row {
			d := h.Target[t][n] - s
			total += float64(d * d)
		}
	}
	return total / 2
}

// Backward implements [Head].
func (h SquaredDifference) Backward(_ []float64, spikes, adjoint [][]float64, _ []float64) {
	for t, row := range adjoint {
		for n := range row {
			row[n] = spikes[t][n] - h.Target[t][n]
		}
	}
}

// VanRossum is the head ½ Σ_t ((ε∗z)[t] − (ε∗s)[t])², the distance of spike trains of
// van Rossum 2001 with the kernel ε(t) = exp(−t/τ_mem) − exp(−t/τ_syn), in steps; z is
// the target, [step][neuron].
type VanRossum struct {
	Target                      [][]float64
	DecayMembrane, DecaySynapse float64 // exp(−dt/τ)
}

// NewVanRossum makes the head for time constants and a step length in seconds.
func NewVanRossum(target [][]float64, tauMembrane, tauSynapse, stepLength float64) VanRossum {
	return VanRossum{
		Target:        target,
		DecayMembrane: cpuref.Exp64(-stepLength / tauMembrane),
		DecaySynapse:  cpuref.Exp64(-stepLength / tauSynapse),
	}
}

// Parameters implements [Head].
func (VanRossum) Parameters() []string { return nil }

// Loss implements [Head].
func (h VanRossum) Loss(_ []float64, spikes [][]float64) float64 {
	total := 0.0
	for n := range spikes[0] {
		h.filtered(spikes, n, func(_ int, d float64) { total += float64(d * d) })
	}
	return total / 2
}

// filtered calls visit with the filtered difference s − z of a neuron at every step.
func (h VanRossum) filtered(spikes [][]float64, n int, visit func(step int, d float64)) {
	slow, fast := 0.0, 0.0
	for t := range spikes {
		difference := spikes[t][n] - h.Target[t][n]
		slow = float64(h.DecayMembrane*slow) + difference
		fast = float64(h.DecaySynapse*fast) + difference
		visit(t, slow-fast)
	}
}

// Backward implements [Head].
func (h VanRossum) Backward(_ []float64, spikes, adjoint [][]float64, _ []float64) {
	if adjoint == nil {
		return
	}
	for n := range spikes[0] {
		h.filtered(spikes, n, func(t int, d float64) { adjoint[t][n] = d })
		slow, fast := 0.0, 0.0
		for t := len(spikes) - 1; t >= 0; t-- {
			slow = float64(h.DecayMembrane*slow) + adjoint[t][n]
			fast = float64(h.DecaySynapse*fast) + adjoint[t][n]
			adjoint[t][n] = slow - fast
		}
	}
}
