package nir

import (
	"fmt"
	"math"
)

// momentary is a time constant so short that nothing is left after a step: exp(−128) is
// 0 in the numbers of a network.
func (b *builder) momentary() float64 { return b.network.StepLength / 128 }

// neurons reads time constants and returns what the weights into the neurons have to be
// multiplied by, one number for all or one for each: 1 where a spike adds its weight to
// the current of CubaLIF or the membrane of LIF and IF and the threshold is 1. The current of LI
// lasts one step. Time constants whose Euler form the file has are left as they are.
func (b *builder) neurons(node string, tauMembrane, tauSynapse *float64) (factor []float64) {
	dt := b.network.StepLength
	p := parameters{members: b.nodes[node], node: node, faults: &b.faults}
	kind := b.kind(node)
	none := math.NaN()
	r, leak, reset, threshold := p.each("r", none), p.each("v_leak", 0), []float64{0}, []float64{1}
	spikes := kind == typeLIF || kind == typeCubaLIF || kind == typeIF
	if spikes {
		threshold = p.each("v_threshold", none)
		reset = p.each("v_reset", 0)
	}
	current := kind == typeCubaLIF || kind == typeCubaLI
	membrane, synapse, in := 0.0, dt, []float64{1}
	switch {
	case current:
		membrane, synapse, in = p.one("tau_mem"), p.one("tau_syn"), p.each("w_in", 1)
	case kind == typeIF:
		membrane = 1 // second: r is what a unit of input brings in that time
	default:
		membrane = p.one("tau")
	}
	if p.failed {
		return []float64{1}
	}
	if kind != typeIF {
		b.constant(node, map[bool]string{true: "tau_mem", false: "tau"}[current], membrane, tauMembrane)
	}
	if current {
		b.constant(node, "tau_syn", synapse, tauSynapse)
	} else if kind == typeLI {
		*tauSynapse = b.momentary()
	}
	count := 1
	for _, values := range [][]float64{r, leak, reset, threshold, in} {
		if count == 1 {
			count = len(values)
		} else if len(values) != 1 && len(values) != count {
			b.faults.add("node %q has parameters of %d and of %d neurons", node, count, len(values))
			return []float64{1}
		}
	}
	at := func(values []float64, i int) float64 { return values[min(i, len(values)-1)] }
	factor = make([]float64, count)
	for i := range factor {
		r, leak, reset, threshold, in := at(r, i), at(leak, i), at(reset, i), at(threshold, i), at(in, i)
		switch {
		case leak != reset:
			b.faults.add("node %q: v_leak = %g and v_reset = %g: equal ones are supported", node, leak, reset)
			return []float64{1}
		case !(threshold > leak):
			b.faults.add("node %q: v_threshold = %g: one above v_leak = %g is needed", node, threshold, leak)
			return []float64{1}
		}
		factor[i] = r / (threshold - leak)
		if kind == typeLIF || kind == typeIF {
			if factor[i] *= dt / membrane; r == membrane/dt && threshold-leak == 1 {
				factor[i] = 1 // as it is written here, whatever the rounding
			}
		}
		if current && !(factor[i] == 1 && in == synapse/dt) {
			factor[i] *= in * dt / synapse
		}
	}
	return factor
}

// constant turns a time constant for Euler's rule into one with which the step is the same.
func (b *builder) constant(node, name string, euler float64, actual *float64) {
	dt := b.network.StepLength
	switch {
	case eulerTau(dt, *actual) == euler:
	case math.Abs(euler/dt-1) < 1e-6: // rounded to float32, as many files have it
		*actual = b.momentary()
	case !(euler > dt) || math.IsInf(euler, 0):
		b.faults.add("node %q: %s = %g s: at least a time step of %g s is needed; give a shorter step", node, name, euler, dt)
	default:
		*actual = -dt / math.Log1p(-dt/euler)
	}
}

// parameters reads those of one node; what is wrong goes to faults.
type parameters struct {
	members group
	node    string
	faults  *faults
	failed  bool
}

func (p *parameters) fail(err error) {
	p.failed = true
	p.faults.add("node %q: %v", p.node, err)
}

// one is a parameter that all neurons share.
func (p *parameters) one(name string) float64 {
	value, err := p.members.number(name)
	if err != nil {
		p.fail(err)
	}
	return value
}

// each is a parameter of every neuron, one number if all are equal; otherwise holds
// where it is not there, unless that is NaN.
func (p *parameters) each(name string, otherwise float64) []float64 {
	if _, there := p.members[name]; !there && !math.IsNaN(otherwise) {
		return []float64{otherwise}
	}
	a, err := p.members.numbers(name)
	if err == nil && len(a.Float64) == 0 {
		err = fmt.Errorf("%s is empty", name)
	}
	if err != nil {
		p.fail(err)
		return []float64{0}
	}
	for _, value := range a.Float64 {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			p.fail(fmt.Errorf("%s = %g: finite numbers are needed", name, value))
			return []float64{0}
		}
	}
	for _, value := range a.Float64 {
		if value != a.Float64[0] {
			return a.Float64
		}
	}
	return a.Float64[:1]
}
