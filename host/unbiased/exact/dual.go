package exact

import (
	"math"

	"spikegrad/host/network"
)

// Dual is a number with its derivative.
type Dual struct{ V, D float64 }

func (a Dual) plus(b Dual) Dual  { return Dual{a.V + b.V, a.D + b.D} }
func (a Dual) minus(b Dual) Dual { return Dual{a.V - b.V, a.D - b.D} }
func (a Dual) times(b Dual) Dual { return Dual{a.V * b.V, a.V*b.D + a.D*b.V} }
func (a Dual) over(b Dual) Dual  { return Dual{a.V / b.V, (a.D*b.V - a.V*b.D) / (b.V * b.V)} }
func (a Dual) exp() Dual         { return Dual{math.Exp(a.V), a.D * math.Exp(a.V)} }

// DualNet runs layers of neurons according to the theory, with spikes held, in dual numbers: it shares
// nothing with the code under test.
type DualNet struct {
	n       *network.Network
	Numbers map[string][]Dual // [array]: weights, biases, ρ
}

// NewDualNet makes one with the weights of a network.
func NewDualNet(n *network.Network, weights [][]float32) *DualNet {
	d := &DualNet{n, map[string][]Dual{}}
	for i, w := range n.Weights() {
		for _, value := range weights[i] {
			d.Numbers[w.Name] = append(d.Numbers[w.Name], Dual{float64(value), 0})
		}
	}
	return d
}

// constant returns a constant of a neuron: the configured value times exp(ρ).
func (d *DualNet) constant(layer, neuron int, name string, configured float64) Dual {
	rho := d.Numbers[d.n.LearnedArray(layer, name)]
	switch len(rho) {
	case 0:
		return Dual{configured, 0}
	case 1:
		return rho[0].exp().times(Dual{configured, 0})
	}
	l := &d.n.Layers[layer]
	if l.Kind == "conv1d" {
		neuron /= l.Neurons / l.Filters
	}
	return rho[neuron].exp().times(Dual{configured, 0})
}

// arriving returns h[step] of a neuron; spikes are [layer][step][neuron], where layer −1 is the input.
func (d *DualNet) arriving(spikes func(layer, step, neuron int) bool, layer, step, neuron int) (sum Dual) {
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
		weights := d.Numbers[array]
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
		sum = sum.plus(d.Numbers[name+"bias"][filter])
	}
	return sum
}

// potentials returns (U − A − θ)·β'/β of a neuron in every step.
func (d *DualNet) potentials(spikes func(layer, step, neuron int) bool, layer, neuron int) []Dual {
	l, one := &d.n.Layers[layer], Dual{1, 0}
	decay := func(name string, tau float64) Dual {
		return Dual{-d.n.StepLength, 0}.over(d.constant(layer, neuron, name, tau)).exp()
	}
	am, as, aa := decay("tau_membrane", l.TauMembrane), decay("tau_synapse", l.TauSynapse), Dual{}
	theta, kappa := d.constant(layer, neuron, "threshold", 1), Dual{}
	steeper := d.constant(layer, neuron, "noise_beta", 1)
	current := l.Neuron == "lif" || l.Neuron == "adaptive"
	if l.Neuron == "if" {
		am = one
	}
	if l.Neuron == "adaptive" {
		aa, kappa = decay("tau_adaptation", l.TauAdaptation), d.constant(layer, neuron, "adaptation", l.Adaptation)
	}
	var membrane, synapse, raised Dual
	var list []Dual
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
			membrane = Dual{}
		case "membrane_only":
			membrane = drive
		case "subtractive":
			membrane = membrane.minus(theta)
		}
	}
	return list
}

// Pattern is one pattern of all spikes of a network in one presentation.
type Pattern struct {
	Rows       [][2]uint32 // of the input: see [engine.Batch]
	Index      []uint32
	Spikes     [][]uint32  // [layer][step]: bits
	Membrane   [][]float32 // [layer][step·neuron]: U[t+1]
	Chance     Dual        // probability of these spikes
	Loss       float64
	Potentials [][][]Dual // [layer][neuron][step]
}

// PatternsOf runs the spike patterns for a sample, one in every (1: all of them), and passes them to do.
func (d *DualNet) PatternsOf(weights [][]float32, s *Source, sample, every int, do func(p *Pattern)) {
	n := d.n
	units := 0
	for _, l := range n.Layers {
		units += n.Steps * l.Neurons
	}
	var p Pattern
	p.Rows, p.Index = s.AppendEvents(nil, nil, sample, 0)
	for _, l := range n.Layers {
		p.Spikes = append(p.Spikes, make([]uint32, n.Steps))
		p.Membrane = append(p.Membrane, make([]float32, n.Steps*l.Neurons))
	}
	spikes := func(layer, step, neuron int) bool {
		if layer >= 0 {
			return p.Spikes[layer][step]>>neuron&1 != 0
		}
		for _, channel := range s.Spikes[sample][step] {
			if int(channel) == neuron {
				return true
			}
		}
		return false
	}
	head := crossEntropy{n, weights[len(weights)-1], int(s.Label(sample))}
	one := Dual{1, 0}
	for number := 0; number < 1<<units; number += every {
		rest := number
		for l := range n.Layers {
			for step := range n.Steps {
				p.Spikes[l][step] = uint32(rest & (1<<n.Layers[l].Neurons - 1))
				rest >>= n.Layers[l].Neurons
			}
		}
		p.Chance, p.Potentials = one, nil
		for l := range n.Layers {
			var all [][]Dual
			neurons := n.Layers[l].Neurons
			for neuron := range neurons {
				u := d.potentials(spikes, l, neuron)
				for step, u := range u {
					if step > 0 {
						p.Membrane[l][(step-1)*neurons+neuron] = float32(u.V + 1)
					}
					chance := one.over(one.plus(Dual{-n.Layers[l].Noise.Beta * u.V, -n.Layers[l].Noise.Beta * u.D}.exp()))
					if !spikes(l, step, neuron) {
						chance = one.minus(chance)
					}
					p.Chance = p.Chance.times(chance)
				}
				all = append(all, u)
			}
			p.Potentials = append(p.Potentials, all)
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
		p.Loss = head.Loss(nil, rows)
		do(&p)
	}
}

// dualLoss returns the expected loss.
func dualLoss(d *DualNet, weights [][]float32, s *Source) (total Dual) {
	for sample := range s.Spikes {
		d.PatternsOf(weights, s, sample, 1, func(p *Pattern) {
			total = total.plus(p.Chance.times(Dual{p.Loss / float64(len(s.Spikes)), 0}))
		})
	}
	return total
}

// DualGradient returns the expected loss and its gradient, [weight of the layer] for every layer, by
// enumeration of all spikes, with a dual number for each weight and constant in turn.
func DualGradient(n *network.Network, weights [][]float32, s *Source) (loss float64, gradient [][]float64) {
	d := NewDualNet(n, weights)
	for _, l := range arrays(n) {
		var own []float64
		for _, a := range l {
			for i := range d.Numbers[a.Name] {
				d.Numbers[a.Name][i].D = 1
				total := dualLoss(d, weights, s)
				d.Numbers[a.Name][i].D = 0
				loss, own = total.V, append(own, total.D)
			}
		}
		gradient = append(gradient, own)
	}
	return loss, gradient
}
