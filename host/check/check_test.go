package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// traceOf runs a case on a CPU engine.
func traceOf(t *testing.T, c *Case) *Trace {
	t.Helper()
	trace, _, err := runOn(c, referenceEngine, Variant{})
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return trace
}

func TestCasesCoverEveryKind(t *testing.T) {
	for _, quick := range []bool{true, false} {
		found := map[string]bool{}
		names := map[string]bool{}
		for _, c := range Cases(quick) {
			if err := c.Network.Validate(); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			if names[c.Name] {
				t.Errorf("two networks are called %q", c.Name)
			}
			names[c.Name] = true
			found[fmt.Sprint("optimizer ", c.Optimizer)] = true
			found["loss "+c.Network.Readout.Loss] = true
			found["samples of several chunks"] = found["samples of several chunks"] || c.Samples > cpuref.ChunkSamples
			found[fmt.Sprintf("%d layers", len(c.Network.Layers))] = true
			found["clipped gradients"] = found["clipped gradients"] || c.Update.ClipNorm > 0
			for _, l := range c.Network.Layers {
				found["kind "+l.Kind] = true
				if l.Convolutional() {
					found[fmt.Sprint("convolution, recurrent ", l.Recurrent)] = true
					found[fmt.Sprint("convolution, padded ", l.Padding > 0)] = true
					found[fmt.Sprint("convolution, stride ", min(l.Stride, 2))] = true
				}
				found["noise "+l.Noise.Kind] = true
				found["surrogate "+l.Surrogate.Kind] = true
				found[fmt.Sprint("skip_below ", l.Surrogate.SkipBelow, " of a ", l.Kind, " layer, recurrent ", l.Recurrent)] = true
				if l.Surrogate.Kind == "matched" {
					found["matched to "+l.Noise.Kind] = true
				}
				found[fmt.Sprint("reset ", l.Reset, l.DifferentiateReset)] = true
				found["neuron "+l.Neuron] = true
				found[fmt.Sprint("recurrent ", l.Recurrent)] = true
				if l.Bias {
					found[fmt.Sprint("biases of a ", l.Kind, " layer, recurrent ", l.Recurrent)] = true
				}
				for _, r := range l.Regularizers {
					found[fmt.Sprint("regularizer ", r.Kind, r.Power, r.Average)] = true
				}
				for name, delay := range map[string]int{"delay": l.Delay, "recurrent delay": l.RecurrentDelay} {
					if delay < 2 {
						found[fmt.Sprint(name, " ", delay)] = true
					} else if delay == c.Network.Steps-1 {
						found["longest "+name] = true
					}
				}
			}
		}
		wanted := []string{
			"samples of several chunks", "recurrent true", "recurrent false", "1 layers", "2 layers", "3 layers",
			"delay 0", "delay 1", "longest delay", "recurrent delay 0", "recurrent delay 1", "longest recurrent delay",
			"kind dense", "kind conv1d", "convolution, recurrent true", "convolution, recurrent false",
			"convolution, padded true", "convolution, padded false", "convolution, stride 2", "clipped gradients", "surrogate matched", "matched to exponential", "matched to hazard", "matched to sigmoid", "matched to superspike",
		}
		for _, below := range []float64{0, 0.001, 0.01} {
			for _, recurrent := range []bool{true, false} {
				wanted = append(wanted, fmt.Sprint("skip_below ", below, " of a dense layer, recurrent ", recurrent))
			}
		}
		for _, optimizer := range network.Optimizers {
			wanted = append(wanted, fmt.Sprint("optimizer ", optimizer.Number))
		}
		for _, loss := range network.Losses.List() {
			wanted = append(wanted, "loss "+loss)
		}
		for _, noise := range network.Noises.List() {
			wanted = append(wanted, "noise "+noise)
		}
		for _, surrogate := range network.Surrogates.List() {
			wanted = append(wanted, "surrogate "+surrogate)
		}
		for _, neuron := range network.Neurons.List() {
			wanted = append(wanted, "neuron "+neuron)
		}
		for _, kind := range []string{"dense", "conv1d"} {
			for _, recurrent := range []bool{true, false} {
				wanted = append(wanted, fmt.Sprint("biases of a ", kind, " layer, recurrent ", recurrent))
			}
		}
		for _, reset := range network.Resets.List() {
			wanted = append(wanted, fmt.Sprint("reset ", reset, true), fmt.Sprint("reset ", reset, false))
		}
		for _, r := range allRegularizers() {
			wanted = append(wanted, fmt.Sprint("regularizer ", r.Kind, r.Power, r.Average))
		}
		for _, name := range wanted {
			if !found[name] {
				t.Errorf("quick %t: no case has %s", quick, name)
			}
		}
	}
}

// liveness checks that there is something to compare: neurons that spike, but not always,
// and gradients in all networks, or in all but one for mixed networks.
type liveness struct {
	layers, silent int
	without        []string // names of cases without gradients
	mixed          bool
}

func (a *liveness) see(t *testing.T, c *Case, trace *Trace) {
	t.Helper()
	for l := range c.Network.Layers {
		a.layers++
		share := trace.spikeShare(l)
		if share == 0 {
			a.silent++
		}
		if share > 0.9 {
			t.Errorf("%s: layer %d spikes in %.0f %% of all steps", c.Name, l, 100*share)
		}
	}
	if name := trace.notFinite(); name != "" {
		t.Errorf("%s: %s is not finite", c.Name, name)
	}
	// With one class there is no loss, and within few steps nothing arrives.
	n := c.Network
	arrives := n.Steps > 2 && n.Layers[0].Delay < n.Steps-1 && n.Readout.Delay < n.Steps-1
	if arrives && n.Classes > 1 && trace.spikeShare(len(n.Layers)-1) > 0 && !trace.changed() {
		a.without = append(a.without, c.Name)
	}
}

func (a *liveness) end(t *testing.T) {
	t.Helper()
	if a.silent > a.layers/6 {
		t.Errorf("%d of %d layers are silent", a.silent, a.layers)
	}
	most := 0
	if a.mixed {
		most = 1
	}
	if len(a.without) > most {
		t.Errorf("no gradients in %v, at most %d may have none", a.without, most)
	}
}

// spikeShare returns the share of ones among a layer's spikes in the first pass.
func (t *Trace) spikeShare(layer int) float64 {
	for _, a := range t.arrays {
		if a.variable == "spike" && a.layer == layer {
			total := uint32(0)
			for _, spike := range a.bits {
				total += spike
			}
			return float64(total) / float64(len(a.bits))
		}
	}
	return math.NaN()
}

// changed reports whether a gradient of the first layer is not zero.
func (t *Trace) changed() bool {
	return slices.ContainsFunc(t.arrays, func(a array) bool {
		return strings.HasPrefix(a.variable, "gradient layer0") &&
			slices.ContainsFunc(a.bits, func(bits uint32) bool { return math.Float32frombits(bits) != 0 })
	})
}

// TestFamilyRefusesWhatIsNotFinite: a case whose reference overflows is invalid, and the
// error says so.
func TestFamilyRefusesWhatIsNotFinite(t *testing.T) {
	for _, optimizer := range []string{"adam", "sgd"} {
		c := base()
		c.Optimizer, c.Update = network.Optimizers.Number(optimizer), updates()[optimizer]
		c.Network.Layers[0].Surrogate = network.Surrogate{Kind: "exponential", P0: 1000, DeltaU: 0.02}
		_, err := Family(t.Context(), []Case{c}, nil, func(int) {})
		if err == nil || !strings.Contains(err.Error(), `"base" on the CPU engine`) || !strings.Contains(err.Error(), "not finite") {
			t.Errorf("%s: error %v, want one that says what is not finite", optimizer, err)
		}
	}
	traceWith := func(integers bool, bits uint32) *Trace {
		return &Trace{arrays: []array{{variable: "x", pass: 1, integers: integers, bits: []uint32{0, bits}}}}
	}
	for bits, want := range map[uint32]string{0x7f7fffff: "", 0x7f800000: "x of pass 1", 0xff800000: "x of pass 1", 0x7fc00000: "x of pass 1"} {
		if got := traceWith(false, bits).notFinite(); got != want {
			t.Errorf("a number of bits %08x: %q is not finite, want %q", bits, got, want)
		}
		if got := traceWith(true, bits).notFinite(); got != "" {
			t.Errorf("an integer of bits %08x: %q is not finite", bits, got)
		}
	}
}

func TestCompareFindsTheFirstDifference(t *testing.T) {
	c := Cases(true)[0]
	want := traceOf(t, &c)
	same, err := Compare(want, traceOf(t, &c))
	if err != nil || same.Different != 0 || same.First != nil || same.Values == 0 {
		t.Fatalf("the same engine twice: %+v, %v", same, err)
	}
	n, layer := c.Network, c.Network.Layers[0]
	spike := func(sample, step, neuron int) int { return (sample*n.Steps+step)*layer.Neurons + neuron }
	for _, test := range []struct {
		name    string
		changes map[string][]int // variable, indices
		first   string
		count   int
	}{
		{"a spike before the membrane of the same step", map[string][]int{"membrane": {spike(0, 1, 0)}, "spike": {spike(1, 1, 0)}}, "sample 1, step 1, layer 0, neuron 0: spike", 2},
		{"a membrane of an earlier step", map[string][]int{"membrane": {spike(1, 0, 0)}, "spike": {spike(0, 1, 0)}}, "sample 1, step 0, layer 0, neuron 0: membrane", 2},
		{"a later sample's earlier step", map[string][]int{"membrane": {spike(0, 1, 0), spike(2, 0, 0)}}, "sample 2, step 0, layer 0, neuron 0: membrane", 2},
		{"the loss before a weight", map[string][]int{"weight layer0.input": {n.Inputs * 0}, "loss": {2}}, "sample 2: loss", 2},
		{"a weight", map[string][]int{"weight layer0.input": {0}}, "neuron 0, from 0: weight layer0.input", 1},
		{"the mean loss", map[string][]int{"mean loss": {0}}, "pass 0: mean loss", 1},
		{"the number of spikes", map[string][]int{"spikes of the batch": {0}}, "pass 0, layer 0: spikes of the batch", 1},
	} {
		got := traceOf(t, &c)
		for variable, indices := range test.changes {
			i := slices.IndexFunc(got.arrays, func(a array) bool { return a.variable == variable })
			for _, index := range indices {
				got.arrays[i].bits[index] ^= 1
			}
		}
		result, err := Compare(want, got)
		if err != nil || result.Different != test.count || result.First == nil {
			t.Errorf("%s: %+v, %v; want %d different", test.name, result, err, test.count)
			continue
		}
		if line := result.First.String(); !strings.Contains(line, test.first) {
			t.Errorf("%s: first difference is %q, want %q in it", test.name, line, test.first)
		}
	}
}

func TestCompareDistinguishesZeros(t *testing.T) {
	positive := &Trace{arrays: []array{{variable: "x", axes: ofBatch, width: 1, bits: floatBits([]float32{0})}}}
	negative := &Trace{arrays: []array{{variable: "x", axes: ofBatch, width: 1, bits: floatBits([]float32{float32(math.Copysign(0, -1))})}}}
	result, err := Compare(positive, negative)
	if err != nil || result.Different != 1 {
		t.Errorf("0 and -0: %+v, %v; want 1 different", result, err)
	}
}

func TestCompareRefusesOtherCases(t *testing.T) {
	cases := Cases(true)
	if _, err := Compare(traceOf(t, &cases[0]), traceOf(t, &cases[1])); err == nil {
		t.Error("traces of two cases were compared without an error")
	}
}

// failingOnce returns an opener that fails for the second engine.
func failingOnce() Opener {
	opened := 0
	return func(n *network.Network, options engine.Options) (engine.Engine, error) {
		if opened++; opened == 2 {
			return nil, fmt.Errorf("no engine")
		}
		return referenceEngine(n, options)
	}
}

func TestFamilyReportsEachCandidate(t *testing.T) {
	cases := Cases(true)[:3]
	other := func(n *network.Network, options engine.Options) (engine.Engine, error) {
		options.Seed++ // different noise: different spikes
		return referenceEngine(n, options)
	}
	finished := 0
	reports, err := Family(t.Context(), cases, []Candidate{
		{Open: referenceEngine, Variants: CPUVariants()},
		{Open: other, Variants: []Variant{{}}},
		{Open: failingOnce(), Variants: []Variant{{}}},
	}, func(done int) { finished = done })
	if err != nil || finished != 3 {
		t.Fatalf("family: %v after %d cases", err, finished)
	}
	if r := reports[0]; !r.OK() || r.Cases != 3*len(CPUVariants()) || r.Values == 0 {
		t.Errorf("CPU engine: %+v", r)
	}
	if r := reports[1]; r.OK() || r.Different == 0 || r.First == nil || r.First.Network != cases[0].Name {
		t.Errorf("engine with another seed: %+v", r)
	}
	if r := reports[2]; r.OK() || r.Err == nil || r.Cases != 1 {
		t.Errorf("failing engine: %+v", r)
	}
}
