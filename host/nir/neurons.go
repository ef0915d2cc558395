package nir

import (
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// momentary is a time constant so short that nothing is left after a step: exp(−128) is 0
// in a network's precision.
func (b *builder) momentary() float64 { return b.network.StepLength / 128 }

// neurons reads time constants and returns the factor for the weights into the neurons, one for
// all or one for each. It is 1 if a spike adds its weight to the current of CubaLIF or the
// membrane of LIF and IF and the threshold is 1. The current of LI lasts one step. Time
// constants whose Euler form matches the file are left as they are. learned has the names of
// constants that may differ from neuron to neuron, and receives their values.
func (b *builder) neurons(node string, tauMembrane, tauSynapse *float64, learned map[string][]float64) (factor []float64) {
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
	// A time constant in Euler's form: one for all neurons or, if learned, one for each.
	constant := func(name, what string, tau *float64) (euler []float64) {
		if _, there := learned[what]; !there {
			euler = []float64{p.one(name)}
			if !p.failed {
				b.constant(node, name, euler[0], tau)
			}
			return euler
		}
		euler = p.each(name, none)
		learned[what] = make([]float64, len(euler))
		for i := range euler {
			learned[what][i] = *tau
			if !p.failed {
				b.constant(node, name, euler[i], &learned[what][i])
			}
		}
		return euler
	}
	membrane, synapse, in := []float64{0}, []float64{dt}, []float64{1}
	switch {
	case current:
		membrane, synapse, in = constant("tau_mem", "tau_membrane", tauMembrane), constant("tau_syn", "tau_synapse", tauSynapse), p.each("w_in", 1)
	case kind == typeIF:
		membrane[0] = 1 // second: r is the effect of a unit of input during that time
	default:
		membrane = constant("tau", "tau_membrane", tauMembrane)
	}
	if p.failed {
		return []float64{1}
	}
	if kind == typeLI {
		*tauSynapse = b.momentary()
	}
	count := 1
	for _, values := range [][]float64{r, leak, reset, threshold, in, membrane, synapse} {
		if count == 1 {
			count = len(values)
		} else if len(values) != 1 && len(values) != count {
			b.faults.add("node %q has parameters of %d and of %d neurons", node, count, len(values))
			return []float64{1}
		}
	}
	at := func(values []float64, i int) float64 { return values[min(i, len(values)-1)] }
	factor = make([]float64, count)
	_, learnsThreshold := learned["threshold"]
	if learnsThreshold {
		learned["threshold"] = make([]float64, count)
	}
	for i := range factor {
		r, leak, reset, threshold, in, membrane, synapse := at(r, i), at(leak, i), at(reset, i), at(threshold, i), at(in, i), at(membrane, i), at(synapse, i)
		switch {
		case leak != reset:
			b.faults.add("node %q: v_leak = %g and v_reset = %g: only equal values are supported", node, leak, reset)
			return []float64{1}
		case !(threshold > leak):
			b.faults.add("node %q: v_threshold = %g: it must be above v_leak = %g", node, threshold, leak)
			return []float64{1}
		}
		if learnsThreshold { // then it is not part of the weights
			learned["threshold"][i], threshold = threshold-leak, leak+1
		}
		factor[i] = r / (threshold - leak)
		if kind == typeLIF || kind == typeIF {
			if factor[i] *= dt / membrane; r == membrane/dt && threshold-leak == 1 {
				factor[i] = 1 // as written by this package, regardless of rounding
			}
		}
		if current && !(factor[i] == 1 && in == synapse/dt) {
			factor[i] *= in * dt / synapse
		}
	}
	if slices.Max(factor) == slices.Min(factor) {
		factor = factor[:1]
	}
	return factor
}

// vary adds the time constants of a spiking node that differ from neuron to neuron to the learned
// constants, as a layer has no other place for them, and returns their names.
func (b *builder) vary(node string, learned map[string][]float64) (names []string) {
	parameters := map[string][]string{typeLIF: {"tau"}, typeCubaLIF: {"tau_mem", "tau_syn"}}[b.kind(node)]
	for i, parameter := range parameters {
		constant := []string{"tau_membrane", "tau_synapse"}[i]
		a, err := b.nodes[node].numbers(parameter)
		if _, there := learned[constant]; there || err != nil { // errors are reported where it is read
			continue
		}
		if slices.ContainsFunc(a.Float64, func(v float64) bool { return v != a.Float64[0] }) {
			learned[constant], names = nil, append(names, constant)
		}
	}
	return names
}

// centre is the time constant that the neurons' time constants are multiples of: the geometric mean
// of the shortest and the longest.
func centre(values []float64) float64 {
	if len(values) == 0 { // already a fault
		return 1
	}
	return math.Sqrt(slices.Min(values) * slices.Max(values))
}

// giveLearned adds the learned constants of a layer with the given number of filters, in the order
// of networks: logarithms of the factors on the configured values.
func (b *builder) giveLearned(node string, layer *network.Layer, rows int, learned map[string][]float64) {
	for _, constant := range layer.Learned() {
		w := network.Weight{Name: b.network.LearnedArray(len(b.network.Layers), constant), Rows: rows, Columns: 1, Constant: constant}
		if layer.LearnPer == "layer" {
			w.Rows = 1
		}
		values := learned[constant]
		if len(values) != 1 && len(values)%w.Rows != 0 || len(values) == 0 {
			b.faults.add("node %q has %d values of %s for %d rows of weights", node, len(values), constant, rows)
			return
		}
		rho := make([]float64, w.Rows)
		share := max(1, len(values)/w.Rows) // neurons that share one learned number
		for i := range rho {
			own := values[min(i*share, len(values)-1):][:share]
			if slices.Max(own) != slices.Min(own) {
				b.faults.add("node %q: %s differs between neurons: from %g to %g", node, constant, slices.Min(own), slices.Max(own))
				return
			}
			if rho[i] = layer.ConstantLogarithm(constant, own[0]); math.Abs(rho[i]) > cpuref.LearnedBound {
				b.faults.add("node %q: %s = %g: it must lie within a factor of %.1f of %g", node, constant, own[0],
					math.Exp(cpuref.LearnedBound), own[0]/math.Exp(rho[i]))
				return
			}
		}
		b.add(node, constant, w, rho)
	}
}

// constant converts a time constant for Euler's method into one that gives the same step.
func (b *builder) constant(node, name string, euler float64, actual *float64) {
	dt := b.network.StepLength
	switch {
	case eulerTau(dt, *actual) == euler:
	case math.Abs(euler/dt-1) < 1e-6: // rounded to float32, as in many files
		*actual = b.momentary()
	case !(euler > dt) || math.IsInf(euler, 0):
		b.faults.add("node %q: %s = %g s: it must be at least a time step, %g s; give a shorter step", node, name, euler, dt)
	default:
		*actual = -dt / math.Log1p(-dt/euler)
	}
}

// parameters reads the parameters of one node; errors are added to faults.
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

// one returns a parameter that all neurons share.
func (p *parameters) one(name string) float64 {
	value, err := p.members.number(name)
	if err != nil {
		p.fail(err)
	}
	return value
}

// each returns a parameter of every neuron, as one number if all are equal; otherwise is
// its value if it is missing, unless that is NaN.
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
