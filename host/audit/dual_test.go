package audit

import (
	"math"

	"spikegrad/host/network"
)

// dual is a number with its derivative.
type dual struct{ v, d float64 }

func (a dual) plus(b dual) dual  { return dual{a.v + b.v, a.d + b.d} }
func (a dual) minus(b dual) dual { return dual{a.v - b.v, a.d - b.d} }
func (a dual) times(b dual) dual { return dual{a.v * b.v, a.v*b.d + a.d*b.v} }
func (a dual) over(b dual) dual  { return dual{a.v / b.v, (a.d*b.v - a.v*b.d) / (b.v * b.v)} }
func (a dual) exp() dual         { return dual{math.Exp(a.v), a.d * math.Exp(a.v)} }

// dualNet runs layers of neurons as theory has them, spikes held, in dual numbers: nothing
// here is taken from what is tested.
type dualNet struct {
	n       *network.Network
	numbers map[string][]dual // [array]: weights, biases, ρ
}

func newDualNet(n *network.Network, weights [][]float32) *dualNet {
	d := &dualNet{n, map[string][]dual{}}
	for i, w := range n.Weights() {
		for _, value := range weights[i] {
			d.numbers[w.Name] = append(d.numbers[w.Name], dual{float64(value), 0})
		}
	}
	return d
}

// constant is a constant of a neuron: what is configured times exp(ρ).
func (d *dualNet) constant(layer, neuron int, name string, configured float64) dual {
	rho := d.numbers[d.n.LearnedArray(layer, name)]
	switch len(rho) {
	case 0:
		return dual{configured, 0}
	case 1:
		return rho[0].exp().times(dual{configured, 0})
	}
	l := &d.n.Layers[layer]
	if l.Kind == "conv1d" {
		neuron /= l.Neurons / l.Filters
	}
	return rho[neuron].exp().times(dual{configured, 0})
}

// arriving is h[step] of a neuron; spikes are [layer][step][neuron], those of layer −1 the input.
func (d *dualNet) arriving(spikes func(layer, step, neuron int) bool, layer, step, neuron int) (sum dual) {
	n, l := d.n, &d.n.Layers[layer]
	positions, below := 1, 1
	if l.Kind == "conv1d" {
		positions = l.Neurons / l.Filters
		if below = n.Inputs; layer > 0 {
			below = n.Geometry(layer - 1).Positions()
		}
	}
	filter, position := neuron/positions, neuron%positions
	add := func(array string, sources, below, kernel, stride, padding, source, delay int) {
		if step < delay {
			return
		}
		weights := d.numbers[array]
		for j := range sources {
			if !spikes(source, step-delay, j) {
				continue
			}
			if l.Kind != "conv1d" {
				sum = sum.plus(weights[neuron*sources+j])
			} else if k := j%below + padding - position*stride; k >= 0 && k < kernel {
				sum = sum.plus(weights[(filter*(sources/below)+j/below)*kernel+k])
			}
		}
	}
	sources := n.Inputs
	if layer > 0 {
		sources = n.Layers[layer-1].Neurons
	}
	add(n.InputArray(layer, layer-1), sources, below, l.Kernel, l.Stride, l.Padding, layer-1, l.Delay)
	name := n.InputArray(layer, layer-1)[:len("layer0.")]
	if l.Recurrent {
		add(name+"recurrent", l.Neurons, positions, l.RecurrentKernel, 1, l.RecurrentKernel/2, layer, l.RecurrentDelay)
	}
	if l.Bias {
		sum = sum.plus(d.numbers[name+"bias"][filter])
	}
	return sum
}

// potentials are (U − A − θ)·β'/β of a neuron in every step.
func (d *dualNet) potentials(spikes func(layer, step, neuron int) bool, layer, neuron int) []dual {
	l, one := &d.n.Layers[layer], dual{1, 0}
	decay := func(name string, tau float64) dual {
		return dual{-d.n.StepLength, 0}.over(d.constant(layer, neuron, name, tau)).exp()
	}
	am, as, aa := decay("tau_membrane", l.TauMembrane), decay("tau_synapse", l.TauSynapse), dual{}
	theta, kappa := d.constant(layer, neuron, "threshold", 1), dual{}
	steeper := d.constant(layer, neuron, "noise_beta", 1)
	current := l.Neuron == "lif" || l.Neuron == "adaptive"
	if l.Neuron == "if" {
		am = one
	}
	if l.Neuron == "adaptive" {
		aa, kappa = decay("tau_adaptation", l.TauAdaptation), d.constant(layer, neuron, "adaptation", l.Adaptation)
	}
	var membrane, synapse, raised dual
	var list []dual
	for step := range d.n.Steps {
		list = append(list, membrane.minus(raised).minus(theta).times(steeper))
		h, leak := d.arriving(spikes, layer, step, neuron), am.times(membrane)
		drive := h
		if current {
			drive = one.minus(am).times(synapse)
			synapse = as.times(synapse).plus(h)
		}
		membrane, raised = leak.plus(drive), aa.times(raised)
		if !spikes(layer, step, neuron) {
			continue
		}
		raised = raised.plus(kappa)
		switch l.Reset {
		case "multiplicative":
			membrane = dual{}
		case "membrane_only":
			membrane = drive
		case "subtractive":
			membrane = membrane.minus(theta)
		}
	}
	return list
}

// pattern is one of all spikes of a network in one presentation.
type pattern struct {
	history    history
	chance     dual // of these spikes
	loss       float64
	potentials [][][]dual // [layer][neuron][step]
}

// patternsOf runs the patterns of spikes for a sample, all of them or one of every so many, and hands them to do.
func (d *dualNet) patternsOf(weights [][]float32, s *fixed, sample, every int, do func(p *pattern)) {
	n := d.n
	units := 0
	for _, l := range n.Layers {
		units += n.Steps * l.Neurons
	}
	var p pattern
	p.history.rows, p.history.index = s.AppendEvents(nil, nil, sample, 0)
	for _, l := range n.Layers {
		p.history.spikes = append(p.history.spikes, make([]uint32, n.Steps))
		p.history.membrane = append(p.history.membrane, make([]float32, n.Steps*l.Neurons))
		p.history.words, p.history.neurons = append(p.history.words, 1), append(p.history.neurons, l.Neurons)
	}
	spikes := func(layer, step, neuron int) bool {
		if layer >= 0 {
			return p.history.spikes[layer][step]>>neuron&1 != 0
		}
		for _, channel := range s.spikes[sample][step] {
			if int(channel) == neuron {
				return true
			}
		}
		return false
	}
	head := crossEntropy{n, weights[len(weights)-1], int(s.Label(sample))}
	one := dual{1, 0}
	for number := 0; number < 1<<units; number += every {
		rest := number
		for l := range n.Layers {
			for step := range n.Steps {
				p.history.spikes[l][step] = uint32(rest & (1<<n.Layers[l].Neurons - 1))
				rest >>= n.Layers[l].Neurons
			}
		}
		p.chance, p.potentials = one, nil
		for l := range n.Layers {
			var all [][]dual
			neurons := n.Layers[l].Neurons
			for neuron := range neurons {
				u := d.potentials(spikes, l, neuron)
				for step, u := range u {
					if step > 0 {
						p.history.membrane[l][(step-1)*neurons+neuron] = float32(u.v + 1)
					}
					chance := one.over(one.plus(dual{-n.Layers[l].Noise.Beta * u.v, -n.Layers[l].Noise.Beta * u.d}.exp()))
					if !spikes(l, step, neuron) {
						chance = one.minus(chance)
					}
					p.chance = p.chance.times(chance)
				}
				all = append(all, u)
			}
			p.potentials = append(p.potentials, all)
		}
		last := len(n.Layers) - 1
		var rows [][]float64
		for step := range n.Steps {
			row := make([]float64, n.Layers[last].Neurons)
			for neuron := range row {
				if spikes(last, step, neuron) {
					row[neuron] = 1
				}
			}
			rows = append(rows, row)
		}
		p.loss = head.Loss(nil, rows)
		do(&p)
	}
}

// dualLoss is the expected loss.
func dualLoss(d *dualNet, weights [][]float32, s *fixed) (total dual) {
	for sample := range s.spikes {
		d.patternsOf(weights, s, sample, 1, func(p *pattern) {
			total = total.plus(p.chance.times(dual{p.loss / float64(len(s.spikes)), 0}))
		})
	}
	return total
}

// dualEnumerated is the expected loss and its gradient, [weight of the layer] for every layer,
// by enumeration of all spikes with a dual number for each weight and constant in turn.
func dualEnumerated(n *network.Network, weights [][]float32, s *fixed) (loss float64, gradient [][]float64) {
	d := newDualNet(n, weights)
	for _, l := range newLayers(n) {
		var own []float64
		for _, a := range l.arrays() {
			for i := range d.numbers[a.weight.Name] {
				d.numbers[a.weight.Name][i].d = 1
				total := dualLoss(d, weights, s)
				d.numbers[a.weight.Name][i].d = 0
				loss, own = total.v, append(own, total.d)
			}
		}
		gradient = append(gradient, own)
	}
	return loss, gradient
}
