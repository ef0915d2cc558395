package network

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"
)

// wideNetwork has enough weights for statistics.
func wideNetwork() *Network {
	n := validNetwork()
	n.Inputs, n.Classes = 70, 40
	n.Layers[0].Initial = Initial{Kind: "fluctuation", SigmaU: 1.3, Rate: 15.8, Alpha: 0.9}
	n.Layers[1].Initial = Initial{Kind: "uniform", Scale: 2}
	return n
}

// moments returns the mean and the standard deviation about 0.
func moments(values []float32) (mean, deviation float64) {
	for _, v := range values {
		mean += float64(v)
		deviation += float64(v) * float64(v)
	}
	count := float64(len(values))
	return mean / count, math.Sqrt(deviation / count)
}

// TestInitialiseMoments compares mean and standard deviation of every array with
// theory, within four standard errors.
func TestInitialiseMoments(t *testing.T) {
	n := wideNetwork()
	// ε̂ by its closed form: the response to a spike is
	// drive·(a_mᵏ − a_sᵏ)/(a_m − a_s) at step k, so its square sums three geometric
	// series.
	layer := &n.Layers[0]
	a, s := math.Exp(-n.StepLength/layer.TauMembrane), math.Exp(-n.StepLength/layer.TauSynapse)
	scale := (1 - a) / (a - s)
	energy := scale * scale * (1/(1-a*a) - 2/(1-a*s) + 1/(1-s*s)) * n.StepLength
	gain := 1 / (1 - s) // what enters the current stays for that many steps; the membrane leaks as much as drives it
	delta, integrator := *layer, *layer
	delta.Neuron, integrator.Neuron = "lif_delta", "if" // without a synaptic current, the response is a_mᵏ
	for _, want := range []struct {
		layer        *Layer
		energy, gain float64
	}{
		{layer, energy, gain},
		{&delta, n.StepLength / (1 - a*a), 1 / (1 - a)},
		{&integrator, 50 * n.StepLength, 50},
	} {
		gotEnergy, gotGain := response(want.layer, n.StepLength, 100)
		if !(math.Abs(gotEnergy-want.energy) <= 1e-10*want.energy) || !(math.Abs(gotGain-want.gain) <= 1e-6*want.gain) {
			t.Errorf("%s: ε̂ is %v and Σ ε %v: the closed forms are %v and %v", want.layer.Neuron, gotEnergy, gotGain, want.energy, want.gain)
		}
	}

	const normal, uniform = 3, 1.8 // kurtosis
	want := map[string]struct{ deviation, kurtosis float64 }{
		"layer0.input":     {1.3 * math.Sqrt(0.9/(70*15.8*energy)), normal},
		"layer0.recurrent": {1.3 * math.Sqrt(0.1/(128*15.8*energy)), normal},
		"layer1.input":     {2 / math.Sqrt(128*3), uniform},
		"layer1.recurrent": {2 / math.Sqrt(128*3), uniform},
		"readout":          {1 / math.Sqrt(128), normal},
	}
	weights := n.Initialise(11)
	for i, w := range n.Weights() {
		if len(weights[i]) != w.Rows*w.Columns {
			t.Fatalf("%s has %d weights: want %d × %d", w.Name, len(weights[i]), w.Rows, w.Columns)
		}
		expected := want[w.Name]
		mean, deviation := moments(weights[i])
		count := float64(len(weights[i]))
		if !(math.Abs(mean) <= 4*expected.deviation/math.Sqrt(count)) {
			t.Errorf("%s has mean %g: want 0", w.Name, mean)
		}
		// Standard error of the variance over twice the deviation.
		limit := 4 * expected.deviation * math.Sqrt((expected.kurtosis-1)/count) / 2
		if !(math.Abs(deviation-expected.deviation) <= limit) {
			t.Errorf("%s has standard deviation %g: want %g within %g", w.Name, deviation, expected.deviation, limit)
		}
		if expected.kurtosis == uniform {
			for _, v := range weights[i] {
				if math.Abs(float64(v)) > 2/math.Sqrt(128) {
					t.Fatalf("%s has the weight %g: the bound is %g", w.Name, v, 2/math.Sqrt(128))
				}
			}
		}
	}

	// Without recurrence the input connection causes all fluctuation.
	n.Layers[0].Recurrent = false
	_, deviation := moments(n.Initialise(11)[0])
	if expected := 1.3 * math.Sqrt(1/(70*15.8*energy)); !(math.Abs(deviation-expected) <= 0.03*expected) {
		t.Errorf("a feed-forward layer has standard deviation %g: want %g", deviation, expected)
	}
}

// TestInitialisePooled: the inputs of a readout are what a layer hands up, not its neurons.
func TestInitialisePooled(t *testing.T) {
	n := wideNetwork()
	n.Layers, n.InputShape = n.Layers[:1], []int{1, 7, 10}
	l := &n.Layers[0]
	l.Kind, l.Filters, l.Kernel, l.Recurrent, l.Pool = "conv2d", 64, 3, false, 4
	weights := n.Initialise(11)
	readout := weights[len(weights)-1]
	const inputs = 64 * 1 * 2
	_, deviation := moments(readout)
	if want := 1 / math.Sqrt(inputs); len(readout) != inputs*n.Classes || !(math.Abs(deviation-want) <= 4*want/math.Sqrt(2*float64(len(readout)))) {
		t.Errorf("%d weights with standard deviation %g: want %g", len(readout), deviation, want)
	}
}

// TestInitialiseSeeds: the same seed gives the same bits on every machine; other seeds and
// other arrays give other numbers.
func TestInitialiseSeeds(t *testing.T) {
	n := wideNetwork()
	n.Layers[1] = n.Layers[0] // equal shapes and kinds of both recurrent arrays
	weights := n.Initialise(11)
	hash := sha256.New()
	for _, array := range weights {
		if err := binary.Write(hash, binary.LittleEndian, array); err != nil {
			t.Fatal(err)
		}
	}
	const pinned = "332049e2948cbf3c3666c2685aabf1b74b609d48f486c826a7215fa5255ad7bd"
	if got := hex.EncodeToString(hash.Sum(nil)); got != pinned {
		t.Errorf("the weights of seed 11 have SHA-256 %s: want %s; initial weights must never change", got, pinned)
	}
	if c := correlation(weights[1], weights[3]); !(math.Abs(c) <= 4/math.Sqrt(float64(len(weights[1])))) {
		t.Errorf("the recurrent weights of two layers have correlation %g: want 0", c)
	}
	other := n.Initialise(12)
	for i, w := range n.Weights() {
		if c := correlation(weights[i], other[i]); !(math.Abs(c) <= 4/math.Sqrt(float64(len(weights[i])))) {
			t.Errorf("%s of two seeds have correlation %g: want 0", w.Name, c)
		}
		if c := correlation(weights[i][1:], weights[i][:len(weights[i])-1]); !(math.Abs(c) <= 4/math.Sqrt(float64(len(weights[i])))) {
			t.Errorf("neighbours in %s have correlation %g: want 0", w.Name, c)
		}
	}
}

func correlation(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	_, deviationA := moments(a)
	_, deviationB := moments(b)
	return sum / float64(len(a)) / (deviationA * deviationB)
}

// TestFluctuation drives the linear membrane of a recurrent layer with Poisson input to
// both connections: its fluctuations have the requested standard deviation.
func TestFluctuation(t *testing.T) {
	const sigma, rate, steps, settled = 0.8, 40, 60_000, 500
	n := validNetwork()
	n.Inputs = 60
	layer := &n.Layers[0]
	layer.Neurons, layer.TauMembrane, layer.TauSynapse = 40, 0.012, 0.005
	layer.Initial = Initial{Kind: "fluctuation", SigmaU: sigma, Rate: rate, Alpha: 0.7}
	weights := n.Initialise(3)
	random := rand.New(rand.NewPCG(8, 8))
	// A Poisson number of spikes per step, from the waiting times within it.
	poisson := func() int {
		count := 0
		for wait := random.ExpFloat64(); wait < rate*n.StepLength; wait += random.ExpFloat64() {
			count++
		}
		return count
	}
	keepMembrane, keepCurrent := math.Exp(-n.StepLength/layer.TauMembrane), math.Exp(-n.StepLength/layer.TauSynapse)
	current, membrane := make([]float64, layer.Neurons), make([]float64, layer.Neurons)
	sum, squares := make([]float64, layer.Neurons), make([]float64, layer.Neurons)
	for step := range steps {
		input := make([]float64, layer.Neurons)
		for array, columns := range []int{n.Inputs, layer.Neurons} {
			for j := range columns {
				if spikes := poisson(); spikes > 0 {
					for k := range input {
						input[k] += float64(spikes) * float64(weights[array][k*columns+j])
					}
				}
			}
		}
		for k := range membrane {
			membrane[k] = keepMembrane*membrane[k] + (1-keepMembrane)*current[k]
			current[k] = keepCurrent*current[k] + input[k]
			if step >= settled {
				sum[k] += membrane[k]
				squares[k] += membrane[k] * membrane[k]
			}
		}
	}
	variance := 0.0
	for k := range membrane {
		mean := sum[k] / (steps - settled)
		variance += (squares[k]/(steps-settled) - mean*mean) / float64(layer.Neurons)
	}
	// 4,000 weights let the variance itself vary by some two percent.
	if got := math.Sqrt(variance); !(math.Abs(got-sigma) <= 0.04*sigma) {
		t.Errorf("the membrane fluctuates by %.4f: %g was asked for", got, sigma)
	}
}
