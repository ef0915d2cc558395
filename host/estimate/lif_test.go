package estimate

import (
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// reference runs one layer of a case with the kernels of package cpuref, for the sample
// with a given number.
type reference struct {
	forward cpuref.LIFForwardArguments[float64]
}

func newReference(c lifCase, p Problem, trial uint32) *reference {
	circuit := p.Circuit.(*LIF)
	n := lifNetwork(c, circuit.channels)
	neurons, stride := c.neurons[0], cpuref.Stride(c.neurons[0])
	padded := func(first, columns int) []float64 {
		weights := make([]float64, columns*stride)
		for row := range neurons {
			for column := range columns {
				weights[column*stride+row] = p.Parameters[first+row*columns+column]
			}
		}
		return weights
	}
	var events cpuref.Events
	for step := range c.steps {
		first := uint32(len(events.Index))
		for i, x := range circuit.input[step*circuit.channels:][:circuit.channels] {
			if x != 0 {
				events.Index = append(events.Index, uint32(i))
			}
		}
		events.Rows = append(events.Rows, [2]uint32{first, uint32(len(events.Index))})
	}
	r := &reference{cpuref.LIFForwardArguments[float64]{
		Spikes:   make([]uint32, c.steps*cpuref.Words(neurons)),
		Membrane: make([]float64, c.steps*stride),
		Lost:     make([]float64, c.steps*stride),
		Events:   events, InputWeights: padded(circuit.layers[0].firstInput, circuit.channels),
		RecurrentWeights: padded(circuit.layers[0].firstRecurrent, neurons),
		Numbers:          []uint32{trial},
		Steps:            c.steps, Neurons: neurons, Delay: c.delay, RecurrentDelay: c.recurrentDelay,
		Key:    [2]uint32{p.Seed, uint32(cpuref.StreamNoise)},
		Neuron: network.NeuronParameters[float64](&n.Layers[0], n.StepLength),
	}}
	if c.bias {
		r.forward.Bias = padded(circuit.layers[0].firstBias, 1)
	}
	cpuref.LIFForward(&r.forward, &cpuref.Workspace[float64]{}, 0, 1)
	return r
}

// The circuit in float64 does what the kernel does: same spikes, same states, bit for bit.
func TestLIFForward(t *testing.T) {
	for _, c := range lifCases() {
		p := lifProblem(t, c)
		for trial := range uint32(50) {
			want := newReference(c, p, trial)
			w := NewWorker(p)
			w.layout.drawNoise(w.trace, p.Seed, cpuref.StreamNoise, trial)
			w.run()
			words, stride := cpuref.Words(c.neurons[0]), cpuref.Stride(c.neurons[0])
			for step := range c.steps {
				for n := range c.neurons[0] {
					unit := w.layout.Unit(step, 0, n)
					spike := want.forward.Spikes[step*words+n/32]>>(n%32)&1 != 0
					if spike != (w.trace.Spike[unit] != 0) {
						t.Fatalf("%s: trial %d, step %d, neuron %d: spike %v, the kernel's %v", c.name, trial, step, n, w.trace.Spike[unit], spike)
					}
					if step+1 == c.steps {
						continue
					}
					next := w.layout.Unit(step+1, 0, n)
					if found, want := w.layout.layerOf(next).Neuron.Potential(&w.trace.states[next]), want.forward.Membrane[step*stride+n]; found != want {
						t.Fatalf("%s: trial %d, membrane after step %d, neuron %d: %v, the kernel's %v", c.name, trial, step, n, found, want)
					}
				}
			}
		}
	}
}

// Back-propagation with the matched surrogate equals that of the kernels, with resets held
// or differentiated.
func TestLIFBackward(t *testing.T) {
	for _, c := range lifCases() {
		if len(c.neurons) > 1 {
			continue // the kernels run layer by layer: one is enough
		}
		p := lifProblem(t, c)
		circuit := p.Circuit.(*LIF)
		for _, differentiate := range []bool{false, true} {
			for trial := range uint32(20) {
				forward := newReference(c, p, trial).forward
				stride, neurons := cpuref.Stride(c.neurons[0]), c.neurons[0]
				w := NewWorker(p)
				gradient := make([]float64, len(p.Parameters))
				w.layout.drawNoise(w.trace, p.Seed, cpuref.StreamNoise, trial)
				estimator := MatchedSurrogate()
				estimator.DifferentiateReset = differentiate
				estimator.Sample(w, trial, gradient)

				transposed := make([]float64, neurons*stride)
				for to := range neurons {
					for from := range neurons {
						transposed[to*stride+from] = forward.RecurrentWeights[from*stride+to]
					}
				}
				errors := make([]float64, c.steps*stride)
				for step := range c.steps {
					for n := range neurons {
						errors[step*stride+n] = w.trace.output[step][n] - float64((step+n)%2)
					}
				}
				neuron := forward.Neuron
				neuron.DifferentiateReset = differentiate
				cpuref.LIFBackward(&cpuref.LIFBackwardArguments[float64]{
					Error: errors, Spikes: forward.Spikes, Membrane: forward.Membrane, Lost: forward.Lost,
					SpikeError: make([]float64, stride), RecurrentTransposed: transposed,
					Steps: c.steps, Neurons: neurons, RecurrentDelay: c.recurrentDelay, Neuron: neuron,
				}, &cpuref.Workspace[float64]{}, 0, 1)
				for i, found := range gradient {
					_, what, to, source := circuit.parsed(t, i)
					want := 0.0
					for step := range c.steps {
						switch {
						case what == "bias":
							want += errors[step*stride+to]
						case what == "recurrent" && step >= c.recurrentDelay:
							want += errors[step*stride+to] * w.trace.output[step-c.recurrentDelay][source]
						case what == "input" && step >= c.delay:
							want += errors[step*stride+to] * circuit.input[(step-c.delay)*circuit.channels+source]
						}
					}
					if math.Abs(found-want) > 1e-9 { // kernels set small factors to zero
						t.Fatalf("%s: trial %d, %s: %.12g, the kernels' %.12g", c.name, trial, circuit.names[i], found, want)
					}
				}
			}
		}
	}
}

// Tangents are the forward mode of what Backward does with held spikes.
func TestTangent(t *testing.T) {
	problems := []Problem{perceptronProblem(t, 2, []int{3, 2, 1}, 2, Output{})}
	for _, c := range lifCases() {
		problems = append(problems, lifProblem(t, c))
	}
	for _, p := range problems {
		w := NewWorker(p)
		w.layout.drawNoise(w.trace, p.Seed, cpuref.StreamNoise, 3)
		w.run()
		copy(w.factor, values(len(w.factor), 40))
		reverse := make([]float64, len(p.Parameters))
		w.held(reverse)
		for i := range p.Circuit.UnitParameters() {
			p.Circuit.Tangent(w.trace, i, w.tangent)
			forward := 0.0
			for unit, d := range w.tangent {
				forward += w.factor[unit] * d
			}
			if math.Abs(forward-reverse[i]) > 1e-12 {
				t.Errorf("%s: %.15g forward, %.15g in reverse", p.Circuit.Parameters()[i], forward, reverse[i])
			}
		}
	}
}

// A head's derivative with respect to spikes, against differences.
func TestHeads(t *testing.T) {
	const steps, neurons = 12, 3
	rows := func(list []float64) [][]float64 {
		var r [][]float64
		for step := range steps {
			r = append(r, list[step*neurons:][:neurons])
		}
		return r
	}
	target := rows(values(steps*neurons, 50))
	for _, head := range []Head{Output{}, Linear{neurons}, SquaredDifference{target}, NewVanRossum(target, 0.01, 0.005, 0.001)} {
		spikes := values(steps*neurons, 51)
		parameters := values(len(head.Parameters()), 52)
		adjoint, gradient := make([]float64, steps*neurons), make([]float64, len(parameters))
		head.Backward(parameters, rows(spikes), rows(adjoint), gradient)
		difference := func(list []float64, i int) float64 {
			const h = 1e-5
			value := list[i]
			list[i] = value + h
			above := head.Loss(parameters, rows(spikes))
			list[i] = value - h
			below := head.Loss(parameters, rows(spikes))
			list[i] = value
			return (above - below) / (2 * h)
		}
		for i, a := range adjoint {
			if want := difference(spikes, i); math.Abs(a-want) > 1e-8 {
				t.Errorf("%T: spike %d: %.10g, by difference %.10g", head, i, a, want)
			}
		}
		for i, g := range gradient {
			if want := difference(parameters, i); math.Abs(g-want) > 1e-8 {
				t.Errorf("%T: parameter %d: %.10g, by difference %.10g", head, i, g, want)
			}
		}
	}
}
