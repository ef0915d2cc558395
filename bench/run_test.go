package bench

import (
	"math"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// tiny are shapes that take almost no time: a recurrent network, and neurons alone.
func tiny() []Shape {
	return []Shape{
		{Name: "E", Title: "tiny", Network: readOut(30, 5, 40, 0.002, dense(20, 50, true)), Samples: 11, Rate: 0.1, Compared: 9},
		{Name: "A", Title: "tiny", Network: spiking(1, 5, 0.002, 0.5, 64), Samples: 3, Rate: 0.5, Compared: 2, Alone: true},
	}
}

func TestRun(t *testing.T) {
	rates := Rates{CopyBytes: 1e10, Operations: 1e11}
	for _, s := range tiny() {
		var results []*Result
		options := Options{Device: "cpu", Workers: 2, Repeats: 3, Samples: 5}
		if err := Measure(t.Context(), []Shape{s}, options, rates, func(r *Result) { results = append(results, r) }); err != nil {
			t.Fatal(err)
		}
		r := results[0]
		for name, value := range map[string]float64{
			"values compared": float64(r.ComparedValues), "samples/s": r.SamplesPerSecond, "events/s": r.SynapticEventsPerSecond,
			"step": r.StepMS, "forward": r.ForwardMS, "bytes": r.BytesMoved, "bandwidth share": r.BandwidthShare,
			"operations": r.Operations, "arithmetic share": r.ArithmeticShare, "input spikes": r.InputSpikeShare,
		} {
			if !(value > 0) || math.IsInf(value, 0) {
				t.Errorf("%s: %s is %g, want a positive number", s.Name, name, value)
			}
		}
		if r.Samples != 5 || r.Repeats != 3 || len(r.StepsMS) != 3 || r.Workers != 2 || !strings.Contains(r.Note, "5 samples instead") {
			t.Errorf("%s: %d samples, %d repeats, %v, %d workers, note %q", s.Name, r.Samples, r.Repeats, r.StepsMS, r.Workers, r.Note)
		}
		if r.Spread.Step[0] > r.StepMS || r.Spread.Step[1] < r.StepMS {
			t.Errorf("%s: the median %g is outside %v", s.Name, r.StepMS, r.Spread.Step)
		}
		if flips := r.FlipReplicasPerSecond > 0; flips != (s.Name == "E") {
			t.Errorf("%s: %g flip replicas/s", s.Name, r.FlipReplicasPerSecond)
		}
	}
}

// TestOtherNeurons measures shapes with each kind of neuron, with biases, learned delays and learned constants.
func TestOtherNeurons(t *testing.T) {
	shape := tiny()[0]
	for _, neuron := range network.Neurons.List() {
		s := shape.With(Layers{
			Neuron: neuron, Bias: neuron == "lif_delta", LearnedDelay: map[string]int{"adaptive": 3}[neuron],
			Learn: map[string][]string{"lif": {"tau_membrane", "threshold"}}[neuron],
		})
		want := neuron
		switch neuron {
		case "lif":
			want = "tau_membrane, threshold"
		case "lif_delta":
			want = "lif_delta bias"
		case "adaptive":
			want = "adaptive delays 3"
		}
		err := Measure(t.Context(), []Shape{s}, Options{Device: "cpu", Workers: 1, Repeats: 1, Samples: 3}, Rates{CopyBytes: 1, Operations: 1}, func(r *Result) {
			if r.Variant != want || r.ComparedValues == 0 {
				t.Errorf("variant %q with %d values compared, want variant %q", r.Variant, r.ComparedValues, want)
			}
		})
		if err != nil || s.Network.Layers[0].Neuron != neuron || shape.Network.Layers[0].Neuron != "lif" {
			t.Errorf("%s: %v; neurons %s, before %s", neuron, err, s.Network.Layers[0].Neuron, shape.Network.Layers[0].Neuron)
		}
	}
}

// TestCompareRefuses uses a device that computes something else: nothing may be timed.
func TestCompareRefuses(t *testing.T) {
	s := tiny()[0]
	want, err := trace(caseOf(&s), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := s
	other.Rate = 0.11
	got, err := trace(caseOf(&other), &Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verdict(want, got); err == nil || !strings.Contains(err.Error(), "differ from the reference") {
		t.Errorf("the verdict on different results is %v", err)
	}
	if values, err := verdict(want, want); err != nil || values == 0 {
		t.Errorf("the verdict on the same results is %v after %d values", err, values)
	}
}

// TestComparePlain checks that the reference is computed with plain loops, and that the
// previous loops are restored.
func TestComparePlain(t *testing.T) {
	for _, set := range []cpuref.Instructions{cpuref.AVX512Instructions, cpuref.AVX2Instructions} {
		if cpuref.UseInstructions(set) {
			break // the widest available, whatever ran before
		}
	}
	used := cpuref.UsedInstructions()
	var seen []cpuref.Instructions
	err := withPlainLoops(func() error {
		seen = append(seen, cpuref.UsedInstructions())
		return nil
	})
	if err != nil || seen[0] != cpuref.PlainInstructions || cpuref.UsedInstructions() != used {
		t.Errorf("inside %v, afterwards %s; want plain loops inside and %s afterwards (%v)", seen, cpuref.UsedInstructions(), used, err)
	}
}

func TestBatch(t *testing.T) {
	s := tiny()[0]
	s.Network.Inputs = 31 // not a multiple of the four that are drawn together
	batch := s.Batch(200)
	share := float64(len(batch.Index)) / float64(200*s.Network.Steps*s.Network.Inputs)
	// 248,000 draws: four standard deviations are 0.0024.
	if math.Abs(share-s.Rate) > 0.0024 {
		t.Errorf("%g of the channels spike in a step, want %g", share, s.Rate)
	}
	e, err := engine.NewCPU[float32](s.Network, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(s.Network.Initialise(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Evaluate(batch, cpuref.StreamNoise, nil); err != nil {
		t.Errorf("an engine refuses the batch: %v", err)
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, variant string
		count         int
	}{{"all", "", 12}, {"A", "", 4}, {"b", "N=512", 1}, {"E", "", 1}, {"I", "", 0}, {"A", "T=5", 0}} {
		found, err := Find(c.name, c.variant)
		if len(found) != c.count || (err == nil) != (c.count > 0) {
			t.Errorf("Find(%q, %q) gave %d shapes and %v, want %d", c.name, c.variant, len(found), err, c.count)
		}
	}
}
