package tests

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// invarianceNetworks are stochastic networks wider than a word and a lane, one for each
// kind of readout.
func invarianceNetworks() map[string]*network.Network {
	leaky := dualNetwork(1, "matched", "multiplicative", true, "max_over_time")
	spiking := dualNetwork(2, "matched", "subtractive", false, "counts")
	for _, n := range []*network.Network{&leaky, &spiking} {
		n.Inputs, n.Steps, n.Layers[0].Neurons = 18, 35, 34
	}
	return map[string]*network.Network{"leaky": &leaky, "spiking": &spiking}
}

// invarianceRun is everything that running a batch produces.
type invarianceRun struct {
	record  *engine.Record
	outcome engine.Outcome
	arrays  [][]float32 // gradients and, after an update, weights and optimizer states
}

// runSingle computes a gradient and an update in float32.
func runSingle(t *testing.T, n *network.Network, weights [][]float64, batch *engine.Batch, workers int) invarianceRun {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: 9, Optimizer: cpuref.OptimizerSMORMS3, Workers: workers})
	must(err)
	var single [][]float32
	for _, array := range weights {
		single = append(single, convertTo[float32](array))
	}
	must(e.SetWeights(single))
	run := invarianceRun{record: engine.NewRecord[float32](n, batch.Samples())}
	run.outcome, err = e.Gradient(batch, cpuref.StreamNoise, run.record)
	must(err)
	run.arrays, err = e.Gradients()
	must(err)
	must(e.Update(engine.Update{Number: 1, LearningRate: 0.01, Epsilon: 1e-16}))
	updated, err := e.Weights()
	must(err)
	run.arrays = append(run.arrays, updated...)
	states, err := e.Optimizer()
	must(err)
	for _, arrays := range states {
		run.arrays = append(run.arrays, arrays...)
	}
	return run
}

// TestWorkers: the number of workers changes no bit of anything.
func TestWorkers(t *testing.T) {
	for name, n := range invarianceNetworks() {
		random := rand.New(rand.NewPCG(4, 4))
		batch := randomBatch(random, n, 37, 0.3)
		weights := randomWeights(random, n, 4)
		want := runSingle(t, n, weights, batch, 1)
		if want.outcome.Spikes[0] == 0 || slices.Max(want.arrays[0]) == 0 {
			t.Fatalf("%s: there is nothing to compare: %+v", name, want.outcome)
		}
		for _, workers := range []int{2, 7} {
			got := runSingle(t, n, weights, batch, workers)
			what := fmt.Sprintf("%s with %d workers", name, workers)
			for b := range batch.Samples() {
				sameSample(t, what, n, got.record, b, want.record, b)
			}
			for i := range want.arrays {
				sameBits(t, fmt.Sprintf("%s: array %d", what, i), got.arrays[i], want.arrays[i])
			}
			if got, want := fmt.Sprint(got.outcome), fmt.Sprint(want.outcome); got != want {
				t.Errorf("%s: the outcome is %s, with one worker %s", what, got, want)
			}
		}
	}
}

// TestPlaceInBatch: a sample gives the same results at any place in a batch and beside any
// other samples.
func TestPlaceInBatch(t *testing.T) {
	const samples = 21
	for name, n := range invarianceNetworks() {
		random := rand.New(rand.NewPCG(5, 5))
		batch := randomBatch(random, n, samples, 0.3)
		weights := randomWeights(random, n, 4)
		want := runSingle(t, n, weights, batch, 2)

		places := random.Perm(samples)
		got := runSingle(t, n, weights, picked(batch, n, places), 2)
		for b, from := range places {
			sameSample(t, name+", permuted", n, got.record, b, want.record, from)
		}
		if got.outcome.Correct != want.outcome.Correct || !slices.Equal(got.outcome.Spikes, want.outcome.Spikes) {
			t.Errorf("%s: the outcome of the permuted batch is %+v, of the batch %+v", name, got.outcome, want.outcome)
		}

		// Silent samples at the end, as used to fill up a last batch.
		filledUp := picked(batch, n, slices.Sorted(slices.Values(places)))
		for k := range 5 {
			filledUp.Labels = append(filledUp.Labels, 0)
			filledUp.Numbers = append(filledUp.Numbers, uint32(5000+k))
			end := uint32(len(filledUp.Index))
			filledUp.Rows = append(filledUp.Rows, slices.Repeat([][2]uint32{{end, end}}, n.Steps)...)
		}
		got = runSingle(t, n, weights, filledUp, 2)
		for b := range samples {
			sameSample(t, name+", filled up", n, got.record, b, want.record, b)
		}

		// The noise depends on the number, not the place.
		renumbered := picked(batch, n, slices.Sorted(slices.Values(places)))
		renumbered.Numbers[3] += 100_000
		got = runSingle(t, n, weights, renumbered, 2)
		sameSample(t, name+", renumbered", n, got.record, 2, want.record, 2)
		words := n.Steps * cpuref.Words(n.Layers[0].Neurons)
		if slices.Equal(got.record.Spikes[0][3*words:4*words], want.record.Spikes[0][3*words:4*words]) {
			t.Errorf("%s: another number gave the same spikes", name)
		}
	}
}

// TestSilence: without input and weights there is only the noise at rest, spikes with
// probability p(−θ), the same for all neurons, steps and samples.
func TestSilence(t *testing.T) {
	const samples, neurons = 64, 50
	for _, noise := range append([]network.Noise{{Kind: "sigmoid", Beta: 2}}, dualNoises...) {
		n := dualNetwork(0, "superspike", "multiplicative", false, "max_over_time")
		n.Steps, n.Layers[0].Neurons, n.Layers[1].Neurons = 100, neurons, neurons
		for l := range n.Layers {
			n.Layers[l].Noise = noise
		}
		batch := randomBatch(rand.New(rand.NewPCG(6, 6)), &n, samples, 0)
		var zero [][]float64
		for _, w := range n.Weights() {
			zero = append(zero, make([]float64, w.Rows*w.Columns))
		}
		run := runSingle(t, &n, zero, batch, 2)
		p := escapeProbability(noise, n.StepLength, -1)
		for l := range n.Layers {
			binomial(t, fmt.Sprintf("%s noise, layer %d", noise.Kind, l), int(run.outcome.Spikes[l]), samples*n.Steps*neurons, p)
			for k := range neurons {
				count := 0
				for b := range samples {
					for step := range n.Steps {
						if run.record.Spiked(&n, l, b, step, k) {
							count++
						}
					}
				}
				binomial(t, fmt.Sprintf("%s noise, layer %d, neuron %d", noise.Kind, l, k), count, samples*n.Steps, p)
			}
			for i, u := range run.record.Membrane[l] {
				if u != 0 {
					t.Fatalf("%s noise: the membrane of layer %d is %g at %d: want rest", noise.Kind, l, u, i)
				}
			}
		}
		// Two layers must not share their noise.
		if p > 0.01 && slices.Equal(run.record.Spikes[0], run.record.Spikes[1]) {
			t.Errorf("%s noise: both layers spike alike", noise.Kind)
		}
	}
}

// binomial fails unless a count is within five standard errors, plus one, of its mean: five
// because hundreds of neurons are checked.
func binomial(t *testing.T, what string, count, draws int, p float64) {
	t.Helper()
	mean := p * float64(draws)
	if !(math.Abs(float64(count)-mean) <= 5*math.Sqrt(mean*(1-p))+1) {
		t.Errorf("%s: %d spikes in %d draws, %.1f are expected", what, count, draws, mean)
	}
}

// picked returns the batch of the samples at the given places.
func picked(batch *engine.Batch, n *network.Network, places []int) *engine.Batch {
	out := &engine.Batch{}
	for _, b := range places {
		out.Labels = append(out.Labels, batch.Labels[b])
		out.Numbers = append(out.Numbers, batch.Numbers[b])
		for _, row := range batch.Rows[b*n.Steps : (b+1)*n.Steps] {
			begin := uint32(len(out.Index))
			out.Index = append(out.Index, batch.Index[row[0]:row[1]]...)
			out.Rows = append(out.Rows, [2]uint32{begin, uint32(len(out.Index))})
		}
	}
	return out
}

// sameSample fails unless sample b of one record equals sample c of another bit for bit.
func sameSample(t *testing.T, what string, n *network.Network, got *engine.Record, b int, want *engine.Record, c int) {
	t.Helper()
	what = fmt.Sprintf("%s: sample %d", what, c)
	for l, layer := range n.Layers {
		length := n.Steps * cpuref.Words(layer.Neurons)
		if !slices.Equal(got.Spikes[l][b*length:(b+1)*length], want.Spikes[l][c*length:(c+1)*length]) {
			t.Errorf("%s: the spikes of layer %d differ", what, l)
		}
		length = n.Steps * layer.Neurons
		sameBits(t, fmt.Sprintf("%s: membrane of layer %d", what, l), got.Membrane[l][b*length:(b+1)*length], want.Membrane[l][c*length:(c+1)*length])
	}
	if !n.Spiking() {
		length := n.Steps * n.Classes
		sameBits(t, what+": readout", got.Readout[b*length:(b+1)*length], want.Readout[c*length:(c+1)*length])
	}
	sameBits(t, what+": logits", got.Logits[b*n.Classes:(b+1)*n.Classes], want.Logits[c*n.Classes:(c+1)*n.Classes])
	sameBits(t, what+": loss", got.Loss[b:b+1], want.Loss[c:c+1])
	if got.Predicted[b] != want.Predicted[c] {
		t.Errorf("%s: predicted %d and %d", what, got.Predicted[b], want.Predicted[c])
	}
}

// sameBits fails at the first number with a different bit.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("%s: %v and %v at %d", what, got[i], want[i], i)
			return
		}
	}
}
