package reproduce

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// matchingRule is the learning rule of the spike-matching experiment as the paper's
// authors published it. With S the output spikes, z their target and d = (z−S)/0.013,
//
//	ΔW_output = Σ_t d[t]·f_hidden[t]
//	ΔW_hidden = Σ_t g(u_hidden[t])·b[t]·f_input[t],  b[s] = Σ_{t≥s} ε(t−s)·(W_outputᵀ·d)[t]
//
// averaged over trials. The traces f are of unweighted spikes, filtered by synapse and
// membrane without reset; ε has amplitude 0.2, while the neurons' response has
// (1−a_m)/(a_m−a_s). As engines differentiate their own dynamics, this rule is computed
// here from their forward passes, in float64 and a fixed order: the same bits everywhere.
type matchingRule struct {
	m                          *matching
	network                    *network.Network
	neuron                     cpuref.Neuron[float64] // of the hidden layer
	inputTrace                 []float64              // [step][input]: f of the frozen input
	hiddenTrace, hiddenCurrent []float64              // [hidden]
	errors                     []float64              // [step][hidden]: W_outputᵀ·d
	backward                   []float64              // [step][hidden]: g·b, summed over trials
	changeHidden               []float64              // [hidden][input]
	changeOutput               []float64              // [output][hidden]
}

func (m *matching) rule(n *network.Network, batch *engine.Batch) *matchingRule {
	r := &matchingRule{
		m: m, network: n, neuron: network.NeuronParameters[float64](&n.Layers[0], n.StepLength),
		inputTrace:  make([]float64, m.steps*m.inputs),
		hiddenTrace: make([]float64, m.hidden), hiddenCurrent: make([]float64, m.hidden),
		errors: make([]float64, m.steps*m.hidden), backward: make([]float64, m.steps*m.hidden),
		changeHidden: make([]float64, m.hidden*m.inputs), changeOutput: make([]float64, m.outputs*m.hidden),
	}
	trace, current := make([]float64, m.inputs), make([]float64, m.inputs)
	for t := range m.steps {
		copy(r.inputTrace[t*m.inputs:], trace)
		r.advance(trace, current)
		for _, input := range batch.Index[batch.Rows[t][0]:batch.Rows[t][1]] {
			current[input]++
		}
	}
	return r
}

// advance moves traces forward one step: f ← a_m·f + (1−a_m)·y, then y ← a_s·y.
func (r *matchingRule) advance(trace, current []float64) {
	for i := range trace {
		trace[i] = float64(r.neuron.DecayMembrane*trace[i]) + float64(r.neuron.DriveMembrane*current[i])
		current[i] = float64(r.neuron.DecaySynapse * current[i])
	}
}

// changes returns the weight changes at a learning rate of one, summed over recorded
// trials; the record holds the spikes and the membrane potentials of the hidden layer.
func (r *matchingRule) changes(outputWeights []float32, record *engine.Record, trials int) (hidden, output []float64) {
	clear(r.changeOutput)
	clear(r.backward)
	for trial := range trials {
		r.outputs(outputWeights, record, trial)
		r.back(record, trial)
	}
	clear(r.changeHidden)
	m := r.m
	for t := range m.steps {
		trace := r.inputTrace[t*m.inputs:][:m.inputs]
		for h, b := range r.backward[t*m.hidden:][:m.hidden] {
			if b == 0 {
				continue
			}
			row := r.changeHidden[h*m.inputs:][:m.inputs]
			for i, f := range trace {
				row[i] += float64(b * f)
			}
		}
	}
	return r.changeHidden, r.changeOutput
}

// outputs adds a trial's change of the output weights and computes the errors.
func (r *matchingRule) outputs(weights []float32, record *engine.Record, trial int) {
	m := r.m
	clear(r.hiddenTrace)
	clear(r.hiddenCurrent)
	clear(r.errors)
	words := cpuref.Words(m.outputs)
	for t := range m.steps {
		errors := r.errors[t*m.hidden:][:m.hidden]
		spikes, targets := record.Spikes[1][(trial*m.steps+t)*words:], m.bits[t*words:]
		for o := range m.outputs {
			bit := func(row []uint32) float64 { return float64(row[o/32] >> (o % 32) & 1) }
			difference := bit(targets) - bit(spikes)
			if difference == 0 {
				continue
			}
			d := difference / matchingError
			w, change := weights[o*m.hidden:][:m.hidden], r.changeOutput[o*m.hidden:][:m.hidden]
			for h, f := range r.hiddenTrace {
				change[h] += float64(d * f)
				errors[h] += float64(d * float64(w[h]))
			}
		}
		r.advance(r.hiddenTrace, r.hiddenCurrent)
		for h := range r.hiddenCurrent {
			if record.Spiked(r.network, 0, trial, t, h) {
				r.hiddenCurrent[h]++
			}
		}
	}
}

// back propagates the errors of a trial back through ε and adds g·b.
func (r *matchingRule) back(record *engine.Record, trial int) {
	m := r.m
	slow, fast := make([]float64, m.hidden), make([]float64, m.hidden)
	for t := m.steps - 1; t >= 0; t-- {
		sum := r.backward[t*m.hidden:][:m.hidden]
		for h, e := range r.errors[t*m.hidden:][:m.hidden] {
			slow[h] = float64(r.neuron.DecayMembrane*slow[h]) + e
			fast[h] = float64(r.neuron.DecaySynapse*fast[h]) + e
			b := float64(matchingAmplitude * (slow[h] - fast[h]))
			membrane := 0.0 // before the first step
			if t > 0 {
				membrane = float64(record.Membrane[0][(trial*m.steps+t-1)*m.hidden+h])
			}
			g := cpuref.SurrogateDerivative(r.neuron.Surrogate, r.neuron.SurrogateParameter, membrane-network.Threshold, record.Spiked(r.network, 0, trial, t, h))
			sum[h] += float64(g * b)
		}
	}
}
