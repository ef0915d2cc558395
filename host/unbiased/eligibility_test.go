package unbiased

import (
	"fmt"
	"math"
	"testing"

	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// heldHistory returns random spikes of a network, unrelated to a run.
func heldHistory(n *network.Network, s *exact.Source) history {
	r := exact.NewRandom(3 << 20)
	var h history
	h.rows, h.index = s.AppendEvents(nil, nil, 0, 0)
	for _, l := range n.Layers {
		words := (l.Neurons + 31) / 32
		bits, membrane := make([]uint32, n.Steps*words), make([]float32, n.Steps*l.Neurons)
		for step := range n.Steps {
			for neuron := range l.Neurons {
				if r.Next() < 0.3 {
					bits[step*words+neuron/32] |= 1 << (neuron % 32)
				}
				membrane[step*l.Neurons+neuron] = float32(2 * r.Next())
			}
		}
		h.spikes, h.membrane = append(h.spikes, bits), append(h.membrane, membrane)
		h.words, h.neurons = append(h.words, words), append(h.neurons, l.Neurons)
	}
	return h
}

// potentialAt computes U[step] of a neuron of layer 1 from the weights of the layer,
// with the spikes of a history held: the equations of the theory, forwards.
func potentialAt(n *network.Network, h *history, weights []float64, step, neuron int) float64 {
	l := &n.Layers[1]
	decay, drive := network.Decay[float64](n.StepLength, l.TauMembrane)
	synapse, _ := network.Decay[float64](n.StepLength, l.TauSynapse)
	positions, below := 1, 1
	if l.Convolutional() {
		positions, below = n.Geometry(1).Positions(), n.Geometry(0).Positions()
	}
	filter, position := neuron/positions, neuron%positions
	inputColumns := n.Weights()[2].Columns
	inputs := l.Neurons / positions * inputColumns
	membrane, current := 0.0, 0.0
	for t := range step {
		arriving := 0.0
		if t >= l.Delay {
			for source := range n.Layers[0].Neurons {
				if !h.spiked(0, t-l.Delay, source) {
					continue
				}
				if !l.Convolutional() {
					arriving += weights[neuron*inputColumns+source]
				} else if k := source%below - (position*l.Stride - l.Padding); k >= 0 && k < l.Kernel {
					arriving += weights[filter*inputColumns+source/below*l.Kernel+k]
				}
			}
		}
		if l.Recurrent && t >= l.RecurrentDelay {
			for source := range l.Neurons {
				if !h.spiked(1, t-l.RecurrentDelay, source) {
					continue
				}
				if !l.Convolutional() {
					arriving += weights[inputs+neuron*l.Neurons+source]
				} else if k := source%positions - (position - l.RecurrentKernel/2); k >= 0 && k < l.RecurrentKernel {
					arriving += weights[inputs+(filter*l.Filters+source/positions)*l.RecurrentKernel+k]
				}
			}
		}
		spike := 0.0
		if h.spiked(1, t, neuron) {
			spike = 1
		}
		switch l.Reset {
		case "multiplicative":
			membrane = (decay*membrane + drive*current) * (1 - spike)
		case "membrane_only":
			membrane = decay*membrane*(1-spike) + drive*current
		case "subtractive":
			membrane = decay*membrane + drive*current - spike
		}
		current = synapse*current + arriving
	}
	return membrane
}

// heldCases returns networks of two layers, of which the second is tested.
func heldCases(t *testing.T) map[string]*network.Network {
	cases := map[string]*network.Network{}
	s := exact.NewSource(1, 11, 2, 12, 0.4)
	for _, kind := range []string{"dense", "conv1d"} {
		for _, reset := range []string{"multiplicative", "membrane_only", "subtractive"} {
			for _, delay := range []int{0, 2} {
				cases[fmt.Sprintf("%s, %s, delay %d", kind, reset, delay)] = exact.Network(t, s, 2, func(number int, l *network.Layer) {
					l.Kind, l.Neurons, l.Filters, l.Kernel, l.RecurrentKernel = kind, 40-33*number, 2+number, 3, 3
					l.Stride, l.Padding = 1+number, number
					l.Reset, l.Delay, l.RecurrentDelay = reset, delay, 2*delay
					l.TauMembrane, l.TauSynapse = 0.004, 0.002
				})
			}
		}
	}
	return cases
}

// Eligibilities are the derivatives of potentials with all spikes held: potentials are
// then linear in the weights, so a difference over a whole unit of weight is exact.
func TestEligibility(t *testing.T) {
	for name, n := range heldCases(t) {
		h := heldHistory(n, exact.NewSource(1, 11, 2, 12, 0.4))
		l := newLayers(n)[1]
		weights, response := make([]float64, l.weights), make([]float64, n.Steps)
		r := &exact.Random{}
		for i := range weights {
			weights[i] = r.Normal()
		}
		for step := range n.Steps {
			for neuron := range l.neurons {
				gradient := make([]float64, l.weights)
				l.addEligibility(gradient, &h, step, neuron, -2, response)
				before := potentialAt(n, &h, weights, step, neuron)
				for i := range weights {
					weights[i]++
					want := -2 * (potentialAt(n, &h, weights, step, neuron) - before)
					weights[i]--
					if math.Abs(gradient[i]-want) > 1e-12 {
						t.Fatalf("%s: U[%d] of neuron %d, weight %d: %.15g, by difference %.15g", name, step, neuron, i, gradient[i], want)
					}
				}
			}
		}
	}
}

// Units are drawn with their stated probability, which is that of the doc comment and
// positive wherever a weight can move a unit that can spike.
func TestDraw(t *testing.T) {
	for name, n := range heldCases(t) {
		h := heldHistory(n, exact.NewSource(1, 11, 2, 12, 0.4))
		l := newLayers(n)[1]
		response := make([]float64, n.Steps)
		want, total := make([]float64, n.Steps*l.neurons), 0.0
		for step := range n.Steps {
			for neuron := range l.neurons {
				eligibility := make([]float64, l.weights)
				l.addEligibility(eligibility, &h, step, neuron, 1, response)
				for _, e := range eligibility {
					want[step*l.neurons+neuron] += l.slope(&h, step, neuron) * e
				}
				total += want[step*l.neurons+neuron]
			}
		}
		const draws = 100000
		r := &exact.Random{}
		count := make([]int, len(want))
		var d drawer
		for _, u := range d.draw(&l, &h, draws, func(int) float64 { return r.Next() }) {
			k := u.step*l.neurons + u.neuron
			count[k]++
			if math.Abs(u.chance-want[k]/total) > 1e-12 {
				t.Fatalf("%s: step %d, neuron %d is drawn with probability %.12g, not %.12g", name, u.step, u.neuron, u.chance, want[k]/total)
			}
		}
		for k, w := range want {
			expected := draws * w / total
			if math.Abs(float64(count[k])-expected) > 5*math.Sqrt(expected)+1e-9 {
				t.Errorf("%s: unit %d was drawn %d times, expected %.1f", name, k, count[k], expected)
			}
		}
	}
}

// Without input no unit can be moved, and none is drawn.
func TestDrawSilence(t *testing.T) {
	s := exact.NewSource(1, 3, 2, 8, 0)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons, l.Recurrent = 4, false })
	h := heldHistory(n, s)
	var d drawer
	if units := d.draw(&newLayers(n)[0], &h, 5, func(int) float64 { return 0.5 }); len(units) != 0 {
		t.Errorf("%v drawn: nothing reaches the neurons", units)
	}
}
