package cpuref

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noisyNeuron is a neuron that sometimes spikes at any potential.
func noisyNeuron(model NeuronModel, reset Reset, differentiateReset bool) Neuron[float64] {
	return Neuron[float64]{
		Model: model, DecayMembrane: 0.75, DriveMembrane: 0.25, DecaySynapse: 0.5, Threshold: 1,
		DecayAdaptation: 0.5, Adaptation: 0.5, Reset: reset, DifferentiateReset: differentiateReset,
		Noise: NoiseSigmoid, NoiseParameters: [2]float64{2},
		Surrogate: SurrogateSigmoid, SurrogateParameter: [3]float64{2},
	}
}

// TestLIFBackwardOfZero: without error there is no gradient, whatever the run was, in the requested
// samples; others are left alone.
func TestLIFBackwardOfZero(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const samples, steps, neurons = 3, 9, 21
	normal := func(length int) []float64 {
		values := make([]float64, length)
		for i := range values {
			values[i] = random.NormFloat64()
		}
		return values
	}
	for reset := ResetMultiplicative; reset <= ResetSubtractive; reset++ {
		for kind := range 8 {
			model, differentiateReset := NeuronModel(kind/2), kind%2 == 1
			errors := make([]float64, samples*steps*Stride(neurons))
			kept := 2 * steps * Stride(neurons) // the third sample is not requested
			for i := kept; i < len(errors); i++ {
				errors[i] = 7
			}
			spikes := make([]uint32, samples*steps*Words(neurons))
			for i := range spikes {
				spikes[i] = random.Uint32() & (1<<neurons - 1)
			}
			arguments := LIFBackwardArguments[float64]{
				Error: errors, Spikes: spikes, Membrane: normal(len(errors)), Lost: normal(len(errors)),
				SpikeError:          make([]float64, samples*Stride(neurons)),
				RecurrentTransposed: normal(neurons * Stride(neurons)),
				Steps:               steps, Neurons: neurons, RecurrentDelay: 1,
				Neuron: noisyNeuron(model, reset, differentiateReset),
			}
			var work Workspace[float64]
			LIFBackward(&arguments, &work, 0, 2)
			for i, e := range errors {
				want := 0.0
				if i >= kept {
					want = 7
				}
				if e != want {
					t.Fatalf("reset %d: the gradient at %d is %g: want %g", reset, i, e, want)
				}
			}
		}
	}
}

// TestLIFForwardByHand follows one deterministic neuron of each model: an input spike at step 0,
// every reset, every delay, in exact numbers.
func TestLIFForwardByHand(t *testing.T) {
	for _, c := range []struct {
		model  NeuronModel
		weight float64
		spike  int       // step, without delay
		after  []float64 // U − A after it, by reset
	}{
		// I = 0, 10, 5, 2.5 …; before the first spike U = 0, 0, 2.5, and it is drawn from U[2].
		{NeuronLIF, 10, 2, []float64{0, 0.25 * 5, 0.75*2.5 + 0.25*5 - 1}},
		{NeuronAdaptive, 10, 2, []float64{0 - 0.5, 0.25*5 - 0.5, 0.75*2.5 + 0.25*5 - 1 - 0.5}},
		{NeuronLIFDelta, 2.5, 1, []float64{0, 0, 0.75*2.5 - 1}}, // U = 0, 2.5
	} {
		for k := range 12 {
			reset, want, delay := Reset(k/4), c.after[k/4], k%4
			const steps = 8
			neuron := noisyNeuron(c.model, reset, false)
			neuron.Noise = NoiseThreshold
			rows := make([][2]uint32, steps)
			for i := range rows {
				rows[i] = [2]uint32{1, 1}
			}
			rows[0] = [2]uint32{0, 1}
			weights := make([]float64, Lane)
			weights[0] = c.weight
			arguments := LIFForwardArguments[float64]{
				Spikes: make([]uint32, steps), Membrane: make([]float64, steps*Lane),
				Events: Events{Rows: rows, Index: []uint32{0}}, InputWeights: weights,
				Numbers: []uint32{0}, Steps: steps, Neurons: 1, Delay: delay, Neuron: neuron,
			}
			var work Workspace[float64]
			LIFForward(&arguments, &work, 0, 1)
			u := make([]float64, 1, steps+1) // U[0]
			for step := range steps {
				u = append(u, arguments.Membrane[step*Lane])
			}
			if u := u[c.spike+delay-1:]; u[0] != 0 || u[1] != 2.5 || u[2] != want {
				t.Errorf("model %d, reset %d, delay %d: U is %g: want 0, 2.5, %g", c.model, reset, delay, u[:3], want)
			}
			for step := range c.spike + delay + 1 {
				if spiked := arguments.Spikes[step] == 1; spiked != (step == c.spike+delay) {
					t.Errorf("model %d, reset %d, delay %d: spike %v at step %d", c.model, reset, delay, spiked, step)
				}
			}
		}
	}
}

// TestRefractoryByHand drives one deterministic neuron of each model above its threshold in every
// step, in two segments: it spikes every R + 1 steps, and in between its membrane evolves and its
// surrogate derivative is 0.
func TestRefractoryByHand(t *testing.T) {
	const steps, border, held = 70, 33, 70
	for _, model := range []NeuronModel{NeuronLIF, NeuronLIFDelta, NeuronIF, NeuronAdaptive} {
		for _, refractory := range []int{0, 1, 2, 5, MostRefractory} {
			neuron := noisyNeuron(model, ResetMultiplicative, false)
			neuron.Noise, neuron.Surrogate, neuron.Refractory = NoiseThreshold, SurrogateStraightThrough, refractory
			weights := make([]float64, Lane)
			weights[0] = 1000
			rows := make([][2]uint32, steps)
			for i := range rows {
				rows[i] = [2]uint32{0, 1}
			}
			arguments := LIFForwardArguments[float64]{
				Spikes: make([]uint32, steps), Membrane: make([]float64, held*Lane), States: make([]float64, MostStates*Lane),
				Events: Events{Rows: rows, Index: []uint32{0}}, InputWeights: weights,
				Numbers: []uint32{0}, Steps: steps, Neurons: 1, Neuron: neuron,
			}
			backward := LIFBackwardArguments[float64]{
				Spikes: arguments.Spikes, Membrane: make([]float64, steps*Lane), SpikeError: make([]float64, Lane),
				Error: make([]float64, steps*Lane), Steps: steps, Neurons: 1, Neuron: neuron,
			}
			backward.Neuron.DecayMembrane, backward.Neuron.DriveMembrane = 0, 1 // an error lasts one step
			backward.Neuron.DecaySynapse, backward.Neuron.Adaptation = 0, 0
			var work Workspace[float64]
			for _, segment := range []Segment{{Last: border, Rows: held}, {First: border, Last: steps, Origin: border - 1, Rows: held}} {
				arguments.Segment = segment
				LIFForward(&arguments, &work, 0, 1)
				for step := segment.First; step < segment.Last; step++ {
					if u := arguments.Membrane[(step-segment.Origin)*Lane]; (u == 0) != (arguments.Spikes[step] == 1) && step > 2 && model != NeuronAdaptive {
						t.Errorf("model %d, R = %d: U after step %d is %g, spike %d", model, refractory, step, u, arguments.Spikes[step])
					}
				}
			}
			first := 1 // the first step whose potential is above the threshold
			if model.HasCurrent() {
				first = 2
			}
			between := refractory + 1
			if between < 2 {
				between = 2 // a multiplicative reset clears the step of the spike
			}
			for step, spike := range arguments.Spikes {
				if want := step >= first && (step-first)%between == 0; want != (spike == 1) {
					t.Errorf("model %d, R = %d: spike %d at step %d", model, refractory, spike, step)
				}
			}
			for i := range backward.Error {
				if i%Lane == 0 {
					backward.Error[i] = 1
				}
			}
			LIFBackward(&backward, &work, 0, 1)
			for step := range steps - 2 {
				lag := 1 // from input to the potential that it affects
				if model.HasCurrent() {
					lag = 2
				}
				rests := false
				for before := max(0, step+lag-refractory); before < step+lag; before++ {
					rests = rests || arguments.Spikes[before] == 1
				}
				got, want := backward.Error[step*Lane], 1.0
				if rests || arguments.Spikes[step+lag-1] == 1 {
					want = 0 // refractory, or removed by the reset
				}
				if got != want {
					t.Errorf("model %d, R = %d: ∂L/∂h at step %d is %g, want %g", model, refractory, step, got, want)
				}
			}
		}
	}
}

// TestReadoutAdjoint: the backward pass is the transpose of the forward pass,
// ⟨forward(h), e⟩ = ⟨h, backward(e)⟩.
func TestReadoutAdjoint(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	const steps, classes = 12, 3
	rows := make([][2]uint32, steps)
	index := make([]uint32, steps)
	weights := make([]float64, steps*Stride(classes)) // one channel per step: h[t] = weights[t]
	errors := make([]float64, steps*Stride(classes))
	for step := range rows {
		rows[step], index[step] = [2]uint32{uint32(step), uint32(step + 1)}, uint32(step)
		for c := range classes {
			weights[step*Stride(classes)+c] = random.NormFloat64()
			errors[step*Stride(classes)+c] = random.NormFloat64()
		}
	}
	forward := ReadoutForwardArguments[float64]{
		Readout: make([]float64, len(errors)), Events: Events{Rows: rows, Index: index}, Weights: weights,
		Steps: steps, Classes: classes, DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.6,
	}
	backward := ReadoutBackwardArguments[float64]{
		Error: append([]float64(nil), errors...),
		Steps: steps, Classes: classes, DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.6,
	}
	var work Workspace[float64]
	ReadoutForward(&forward, &work, 0, 1)
	ReadoutBackward(&backward, &work, 0, 1)
	left, right := 0.0, 0.0
	for i := range errors {
		left += forward.Readout[i] * errors[i]
		right += weights[i] * backward.Error[i]
	}
	if !(math.Abs(left-right) <= 1e-14) || left == 0 {
		t.Errorf("⟨forward(h), e⟩ = %v, ⟨h, backward(e)⟩ = %v", left, right)
	}
}

// TestOptimizerUpdate compares every optimizer with its formula in package math
// over a few updates.
func TestOptimizerUpdate(t *testing.T) {
	const rate, decay, beta1, beta2, epsilon, batch = 0.01, 0.1, 0.9, 0.99, 1e-8, 4
	for _, kind := range []Optimizer{OptimizerSGD, OptimizerAdam, OptimizerAdamW, OptimizerSMORMS3} {
		got := []float64{0.7}
		states := [3][]float64{{0}, {0}, {1}}
		w, velocity, first, second, memory := 0.7, 0.0, 0.0, 0.0, 1.0
		for update := 1; update <= 6; update++ {
			summed := math.Cos(float64(update)) * batch
			OptimizerUpdate(&OptimizerArguments[float64]{
				Weights: got, State: states, Gradient: []float64{summed}, Kind: kind,
				Parameters: UpdateParameters[float64]{
					InverseBatch: 1.0 / batch, LearningRate: rate, WeightDecay: decay,
					Momentum: beta1, Momentum1: 1 - beta1, SecondMoment: beta2, SecondMoment1: 1 - beta2,
					Correction: 1 / (1 - math.Pow(beta1, float64(update))), Correction2: 1 / (1 - math.Pow(beta2, float64(update))),
					Epsilon: epsilon,
				},
			}, 0, 1)
			gradient := summed/batch + decay*w
			if kind == OptimizerAdamW {
				gradient -= decay * w
			}
			switch kind {
			case OptimizerSGD:
				velocity = beta1*velocity + gradient
				w -= rate * velocity
			case OptimizerSMORMS3:
				r := 1 / (memory + 1)
				first = (1-r)*first + r*gradient
				second = (1-r)*second + r*gradient*gradient
				ratio := first * first / (second + epsilon)
				memory = memory*(1-ratio) + 1
				w -= math.Min(rate, ratio) * gradient / (math.Sqrt(second) + epsilon)
			default:
				first = beta1*first + (1-beta1)*gradient
				second = beta2*second + (1-beta2)*gradient*gradient
				if kind == OptimizerAdamW {
					w -= rate * decay * w
				}
				w -= rate * (first / (1 - math.Pow(beta1, float64(update)))) /
					(math.Sqrt(second/(1-math.Pow(beta2, float64(update)))) + epsilon)
			}
			if !(math.Abs(got[0]-w) <= 1e-14) {
				t.Errorf("optimizer %d, update %d: the weight is %v, want %v", kind, update, got[0], w)
			}
		}
	}
}

// TestCrossEntropyShift: adding a constant to all logits changes neither loss nor
// gradient, and the gradient over classes sums to zero.
func TestCrossEntropyShift(t *testing.T) {
	const steps, classes = 4, 5
	random := rand.New(rand.NewPCG(3, 3))
	readout := make([]float64, steps*Stride(classes))
	for step := range steps {
		for c := range classes {
			readout[step*Stride(classes)+c] = random.NormFloat64()
		}
	}
	run := func(kind Loss, shift float64) (float64, []float64) {
		shifted := append([]float64(nil), readout...)
		for step := range steps {
			for c := range classes {
				shifted[step*Stride(classes)+c] += shift
			}
		}
		arguments := CrossEntropyArguments[float64]{
			Loss: make([]float64, 1), Predicted: make([]uint32, 1), Logits: make([]float64, Stride(classes)),
			Error: make([]float64, len(shifted)), Readout: shifted, Labels: []uint32{2},
			Steps: steps, Classes: classes, Kind: kind,
		}
		var work Workspace[float64]
		CrossEntropy(&arguments, &work, 0, 1)
		return arguments.Loss[0], arguments.Error
	}
	for _, kind := range []Loss{LossMaxOverTime, LossSumOfSoftmax, LossLastStep} {
		loss, errors := run(kind, 0)
		shiftedLoss, shiftedErrors := run(kind, 3)
		if !(math.Abs(loss-shiftedLoss) <= 1e-14) || !(loss > 0) {
			t.Errorf("loss %d is %v, with shifted logits %v", kind, loss, shiftedLoss)
		}
		sum, magnitude := 0.0, 0.0
		for i := range errors {
			if !(math.Abs(errors[i]-shiftedErrors[i]) <= 1e-14) {
				t.Errorf("loss %d: the gradient at %d is %v, with shifted logits %v", kind, i, errors[i], shiftedErrors[i])
			}
			sum += errors[i]
			magnitude += math.Abs(errors[i])
		}
		if !(math.Abs(sum) <= 1e-14) || !(magnitude > 0.1) {
			t.Errorf("loss %d: the gradient sums to %v, its magnitudes to %v: want 0 and more", kind, sum, magnitude)
		}
	}
}
