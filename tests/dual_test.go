package tests

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// dualCase is a network whose gradient is checked, and how it is run.
type dualCase struct {
	name    string
	network network.Network
	samples int
	scale   float64 // standard deviation of weights · √inputs
	// perArray is the number of weights of an array that are differentiated: all, if it has
	// no more.
	perArray int
}

var (
	dualDelays = []int{0, 1, 3}
	dualResets = []string{"multiplicative", "membrane_only", "subtractive"}
	dualLosses = []string{"max_over_time", "sum_of_softmax", "last_step", "counts", "van_rossum", "spike_difference"}
	dualNoises = []network.Noise{
		{Kind: "threshold"},
		{Kind: "sigmoid", Beta: 4},
		{Kind: "exponential", P0: 0.3, DeltaU: 0.4},
		{Kind: "hazard", Rate: 200, DeltaU: 0.3},
	}
)

// dualNetwork is a network of two recurrent layers that uses choice k of everything that
// has choices; the two layers differ.
func dualNetwork(k int, surrogate, reset string, differentiateReset bool, loss string) network.Network {
	n := network.Network{Inputs: 5, Classes: 3, Steps: 19, StepLength: 0.002, Readout: network.DefaultReadout()}
	for l, neurons := range []int{7, 6} {
		layer := network.DefaultLayer()
		layer.Neurons = neurons
		layer.Delay = dualDelays[(k+l)%3]
		layer.RecurrentDelay = dualDelays[(k/3+2*l)%3]
		layer.TauMembrane, layer.TauSynapse = 0.008-0.002*float64(l), 0.004+0.001*float64(l)
		layer.Reset, layer.DifferentiateReset = reset, differentiateReset
		layer.Noise = dualNoises[(k+l)%4]
		layer.Surrogate = dualSurrogates[surrogate]
		layer.Surrogate.Kind = surrogate
		if surrogate == "matched" {
			layer.Noise = dualNoises[1+(k+l)%3]
		}
		// Thresholds that no count or mean of counts equals, so that no kink is hit.
		layer.Regularizers = []network.Regularizer{
			{Kind: "upper", Power: 1 + k%2, Strength: 0.3, Threshold: 1.317, Average: []string{"none", "layer"}[(k+l)%2]},
			{Kind: "lower", Power: 1 + (k+l+1)%2, Strength: 0.2, Threshold: 2.593, Average: []string{"layer", "none"}[(k/2)%2]},
		}
		n.Layers = append(n.Layers, layer)
	}
	n.Readout.Loss, n.Readout.Delay = loss, dualDelays[(k/2)%3]
	if loss == "counts" || n.Targeted() {
		n.Readout.LossScale = 0.7
		n.Readout.Kind, n.Layers[1].Neurons = "spikes", n.Classes
	}
	if k%4 == 3 {
		n.Readout.Tau = 0.011
	}
	return n
}

// dualCases cover every surrogate, reset, reset gradient and loss while cycling through everything
// else, neurons without a synaptic current and the noise that is the integral of SuperSpike with every
// reset, biases with every reset and loss, and two networks wider than a word and a lane with more
// samples than a chunk.
func dualCases() []dualCase {
	kinds := []string{"matched", "matched", "matched"} // one for each noise to start from
	for kind := range dualSurrogates {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	var cases []dualCase
	add := func(surrogate, reset string, differentiateReset bool, loss string) {
		k := len(cases)
		cases = append(cases, dualCase{
			name:    fmt.Sprintf("%d_%s_%s_%t_%s", k, surrogate, reset, differentiateReset, loss),
			network: dualNetwork(k, surrogate, reset, differentiateReset, loss),
			samples: 4, scale: 5, perArray: 1 << 20,
		})
	}
	for i, kind := range kinds {
		for j, differentiateReset := range []bool{false, true} {
			add(kind, dualResets[(i+j)%3], differentiateReset, dualLosses[(i+2*j)%len(dualLosses)])
		}
	}
	for i, reset := range dualResets {
		for j, loss := range dualLosses {
			add(kinds[(5*i+j)%len(kinds)], reset, (i+j)%2 == 0, loss)
			add("matched", reset, (i+j)%2 == 1, loss)
		}
	}
	for i, reset := range dualResets {
		for j, differentiateReset := range []bool{false, true} {
			for _, both := range []bool{false, true} {
				add(kinds[len(cases)%len(kinds)], reset, differentiateReset, dualLosses[(i+3*j)%len(dualLosses)])
				c := &cases[len(cases)-1]
				c.name, c.scale = c.name+"_lif_delta", 1.5
				c.network.Layers[0].Neuron = "lif_delta"
				if both {
					c.scale, c.network.Layers[1].Neuron = 2.2, "lif_delta"
				}
			}
		}
	}
	for _, reset := range dualResets {
		add("matched", reset, reset == "subtractive", "max_over_time")
		c := &cases[len(cases)-1]
		c.name, c.scale = c.name+"_superspike_noise", 3
		c.network.Layers[0].Noise, c.network.Layers[1].Noise = network.Noise{Kind: "superspike", Beta: 4}, network.Noise{Kind: "superspike", Beta: 4}
	}
	for i, loss := range dualLosses {
		add(kinds[len(cases)%len(kinds)], dualResets[i%3], i%2 == 0, loss)
		c := &cases[len(cases)-1]
		c.name += "_bias"
		c.network.Layers[0].Bias, c.network.Layers[1].Bias = i%3 != 1, i%3 != 2
		c.network.Readout.Bias = c.network.Readout.Kind == "leaky"
		if i%2 == 1 {
			c.network.Layers[0].Recurrent = false
		}
	}
	for k, loss := range []string{"max_over_time", "sum_of_softmax"} {
		n := dualNetwork(k+1, "sigmoid", dualResets[k], k == 1, loss)
		n.Steps, n.Inputs = 37, 18
		n.Layers[0].Neurons, n.Layers[1].Neurons = 34, 17
		cases = append(cases, dualCase{name: "wide_" + loss, network: n, samples: 11, scale: 2, perArray: 14})
	}
	for i, reset := range dualResets {
		for j, differentiateReset := range []bool{false, true} {
			add(kinds[(3*i+j)%len(kinds)], reset, differentiateReset, dualLosses[(2*i+j)%len(dualLosses)])
			c := &cases[len(cases)-1]
			c.name, c.scale, c.network.Layers[j].Neuron = c.name+"_if", 1.2, "if"
		}
	}
	for i, reset := range dualResets {
		for j, differentiateReset := range []bool{false, true} {
			add(kinds[(5*i+j)%len(kinds)], reset, differentiateReset, dualLosses[(i+4*j)%len(dualLosses)])
			c := &cases[len(cases)-1]
			c.name += "_adaptive"
			for l := range c.network.Layers {
				if layer := &c.network.Layers[l]; l == i%2 || j == 0 {
					layer.Neuron, layer.TauAdaptation, layer.Adaptation = "adaptive", 0.01+0.01*float64(l), 0.2
				}
			}
		}
	}
	for i, reset := range dualResets {
		for j, neuron := range []string{"lif", "lif_delta", "adaptive", "if"} {
			add(kinds[(7*i+5*j)%len(kinds)], reset, (i+j)%2 == 0, dualLosses[(3*i+j)%len(dualLosses)])
			c := &cases[len(cases)-1]
			c.name += "_learned_" + neuron
			if neuron == "lif_delta" || neuron == "if" {
				c.scale = 1.3
			}
			for l := range c.network.Layers {
				learnAll(&c.network.Layers[l], neuron)
				c.network.Layers[l].LearnPer = []string{"neuron", "layer"}[(i+j+l)%2]
			}
			c.network.Layers[(i+j)%2].Bias = true
			if i != 1 { // also β, for the noise that the surrogate matches
				learnBeta(&c.network.Layers[(i+j)%2], []string{"sigmoid", "superspike"}[i/2])
			}
		}
	}
	for i, reset := range dualResets {
		for j, neuron := range []string{"lif", "lif_delta", "adaptive", "if"} {
			add(kinds[(11*i+3*j)%len(kinds)], reset, (i+j)%2 == 1, dualLosses[(i+3*j)%len(dualLosses)])
			c := &cases[len(cases)-1]
			c.name += "_refractory_" + neuron
			if neuron == "lif_delta" || neuron == "if" {
				c.scale = 1.3
			}
			for l := range c.network.Layers {
				layer := &c.network.Layers[l]
				learnAll(layer, neuron)
				if l != i%2 {
					layer.Learn = nil
				}
				layer.RefractorySteps = []int{1, 2, 3, 5}[(i+j+2*l)%4]
			}
		}
	}
	return cases
}

// learnAll gives a layer neurons of a kind whose constants are all learned.
func learnAll(layer *network.Layer, neuron string) {
	layer.Neuron, layer.TauAdaptation, layer.Adaptation = neuron, 0.015, 0.2
	layer.Learn = map[string][]string{
		"lif":       {"threshold", "tau_membrane", "tau_synapse"},
		"lif_delta": {"threshold", "tau_membrane"},
		"if":        {"threshold"},
		"adaptive":  {"adaptation", "tau_adaptation", "threshold", "tau_synapse", "tau_membrane"},
	}[neuron]
}

// learnBeta also makes the steepness of a layer's noise a learned constant.
func learnBeta(layer *network.Layer, noise string) {
	layer.Noise, layer.Surrogate = network.Noise{Kind: noise, Beta: 4}, network.Surrogate{Kind: "matched"}
	layer.Learn = append(layer.Learn, "noise_beta")
}

// TestDualNumbers compares back-propagation with forward-mode derivatives.
func TestDualNumbers(t *testing.T) {
	for _, name := range network.Surrogates.List() {
		if _, ok := dualSurrogates[name]; !ok {
			t.Errorf("surrogate %s is not compared: add it to dualSurrogates", name)
		}
	}
	for k, c := range dualCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDual(t, &c, uint64(k))
		})
	}
}

func checkDual(t *testing.T, c *dualCase, seed uint64) {
	n := &c.network
	random := rand.New(rand.NewPCG(seed, 24))
	batch := randomBatch(random, n, c.samples, 0.3)
	batch.Dropout = true
	weights := randomWeights(random, n, c.scale)
	options := engine.Options{Seed: 77, Workers: 1}
	e, err := engine.NewCPU[float64](n, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	record := engine.NewRecord[float64](n, c.samples)
	outcome, err := e.Gradient(batch, cpuref.StreamNoise, record)
	if err != nil {
		t.Fatal(err)
	}
	gradients, err := e.Gradients()
	if err != nil {
		t.Fatal(err)
	}

	simulator := &dualSimulator{network: n, batch: batch, seed: options.Seed, stream: cpuref.StreamNoise}
	for _, array := range weights {
		duals := make([]dual, len(array))
		for i, w := range array {
			duals[i].value = w
		}
		simulator.weights = append(simulator.weights, duals)
	}
	checkDualRun(t, n, record, outcome, simulator.run())
	compared := 0
	for a, w := range n.Weights() {
		var got, want []float64
		chosen := random.Perm(len(weights[a]))
		for _, i := range chosen[:min(c.perArray, len(chosen))] {
			simulator.weights[a][i].slope = 1
			run := simulator.run()
			simulator.weights[a][i].slope = 0
			got = append(got, gradients[a][i])
			want = append(want, run.loss.slope+run.regularizer.slope)
		}
		compared += len(want)
		if !(largest(want) > 1e-7) {
			t.Errorf("the gradient of %s is at most %g: too small to compare", w.Name, largest(want))
		}
		nearOf(t, "gradient of "+w.Name, got, want, 1e-9, largest(gradients[a]))
	}
	if compared < 60 {
		t.Errorf("%d derivatives were compared: at least 60 are wanted", compared)
	}
}

// checkDualRun compares the activity of the networks: equal spikes, close numbers, and
// enough activity to compare.
func checkDualRun(t *testing.T, n *network.Network, record *engine.RecordOf[float64], outcome engine.OutcomeOf[float64], run *dualOutcome) {
	t.Helper()
	for l, layer := range n.Layers {
		var membrane []float64
		spikes, places := 0, 0
		for b := range run.spikes[l] {
			for step := range n.Steps {
				for k := range layer.Neurons {
					want := run.spikes[l][b][step][k].value == 1
					if record.Spiked(n, l, b, step, k) != want {
						t.Fatalf("layer %d, sample %d, step %d, neuron %d: spike %v, by the equations %v", l, b, step, k, !want, want)
					}
					membrane = append(membrane, run.membrane[l][b][step][k].value)
					places++
					if want {
						spikes++
					}
				}
			}
		}
		if layer.Output == "potential" {
			if spikes > 0 {
				t.Errorf("layer %d hands up potentials and has %d spikes", l, spikes)
			}
		} else if spikes*50 < places || spikes*3 > 2*places {
			t.Errorf("layer %d has %d spikes in %d steps of neurons: too few or too many to compare", l, spikes, places)
		}
		near(t, fmt.Sprintf("membrane of layer %d", l), record.Membrane[l], membrane, 1e-12)
	}
	var readout []float64
	for _, sample := range run.readout {
		for _, now := range sample {
			for _, u := range now {
				readout = append(readout, u.value)
			}
		}
	}
	near(t, "readout", record.Readout, readout, 1e-12)
	near(t, "loss", []float64{outcome.Loss}, []float64{run.loss.value}, 1e-12)
	near(t, "regularizer", []float64{outcome.Regularizer}, []float64{run.regularizer.value}, 1e-12)
}

// nearOf is near with an explicit magnitude for the relative tolerance.
func nearOf(t *testing.T, what string, got, want []float64, tolerance, scale float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= tolerance*scale) {
			t.Errorf("%s: %v, by dual numbers %v: they differ by %.3g of the largest", what, got[i], want[i], d/scale)
			return
		}
	}
}

// randomBatch draws a batch in which every channel spikes with the given probability in
// every step. Numbers are out of order.
func randomBatch(random *rand.Rand, n *network.Network, samples int, probability float64) *engine.Batch {
	batch := &engine.Batch{}
	for b := range samples {
		batch.Labels = append(batch.Labels, uint32(random.IntN(n.Classes)))
		batch.Numbers = append(batch.Numbers, uint32(1000-7*b))
		for range n.Steps {
			begin := len(batch.Index)
			for channel := range n.Inputs {
				if random.Float64() < probability {
					batch.Index = append(batch.Index, uint32(channel))
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{uint32(begin), uint32(len(batch.Index))})
		}
	}
	if n.Targeted() {
		batch.Targets = randomTargets(random, n, samples)
	}
	return batch
}

// randomTargets draws target spikes for every sample.
func randomTargets(random *rand.Rand, n *network.Network, samples int) []uint32 {
	words := cpuref.Words(n.Classes)
	targets := make([]uint32, samples*n.Steps*words)
	for row := range samples * n.Steps {
		for neuron := range n.Classes {
			if random.Float64() < 0.2 {
				targets[row*words+neuron/32] |= 1 << (neuron % 32)
			}
		}
	}
	return targets
}

// randomWeights draws normal weights of standard deviation scale/√inputs and positive mean,
// so that the network is active; the readout's have scale 1, so that no softmax saturates.
func randomWeights(random *rand.Rand, n *network.Network, scale float64) [][]float64 {
	var weights [][]float64
	for _, w := range n.Weights() {
		deviation := scale / math.Sqrt(float64(w.Columns))
		if w.Name == "readout" || strings.HasPrefix(w.Name, "readout.from_") {
			deviation = 1 / math.Sqrt(float64(w.Columns))
		}
		if w.Bias || w.Constant != "" {
			deviation = 0.3
		}
		array := make([]float64, w.Rows*w.Columns)
		for i := range array {
			array[i] = deviation * (0.25 + random.NormFloat64())
			if w.LongestDelay > 0 {
				array[i] = random.Float64()
			}
		}
		weights = append(weights, array)
	}
	return weights
}
