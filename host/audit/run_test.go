package audit

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// optionsFor returns those of a small audit.
func optionsFor(n *network.Network, s *exact.Source) Options {
	return Options{
		Network: n, Weights: exact.Weights(n), Source: s, Surrogates: []string{"superspike"},
		Samples: 8, Pairs: 20000, Precision: 0.05, Seed: 3, TrainSamples: 100, Workers: 1,
	}
}

func mustRun(t *testing.T, o Options) *Result {
	t.Helper()
	found, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// In one layer without recurrence and without memory of its own spikes, the matched
// surrogate has no bias if the loss is linear in the spikes; with small readout
// weights it nearly is. A straight-through derivative has a bias.
func TestMatchedSurrogate(t *testing.T) {
	s := exact.NewSource(8, 6, 2, 10, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) {
		l.Neurons, l.Recurrent, l.Reset, l.TauMembrane = 12, false, "membrane_only", 0.0001
		l.Noise.Beta = 5
	})
	n.Readout.Loss = "last_step"
	o := optionsFor(n, s)
	o.Surrogates = []string{"superspike", "straight_through"}
	readout := o.Weights[len(o.Weights)-1]
	for i := range readout {
		readout[i] /= 20
	}
	found := mustRun(t, o)
	if !found.Reached || found.Cost.Pairs > o.Pairs {
		t.Errorf("precision reached: %v, after %d of %d pairs", found.Reached, found.Cost.Pairs, o.Pairs)
	}
	whole := found.Layers[0].Parts[0]
	matched, straight := whole.Surrogates[0], whole.Surrogates[2]
	if c := matched.Cosine; c.High < 0.999 || c.High > 1 || c.Low < 0.9 || c.half() > 0.05 {
		t.Errorf("cosine of the matched surrogate: %+v, expected 1", *c)
	}
	if scale := matched.Scale; scale.Low > 1 || scale.High < 1 {
		t.Errorf("factor of the matched surrogate: %+v, expected 1", *scale)
	}
	if c := straight.Cosine; c.High > 0.98 {
		t.Errorf("cosine of a straight-through derivative: %+v, expected less than 1", *c)
	}
}

// Nothing but cost and device depends on workers and memory.
func TestInvariance(t *testing.T) {
	s := exact.NewSource(8, 7, 2, 12, 0.4)
	n := exact.Network(t, s, 2, func(number int, l *network.Layer) {
		l.Neurons, l.Filters, l.Kernel, l.RecurrentKernel = 9, 2, 3, 3
		if number == 0 {
			l.Kind = "conv1d"
		}
		l.Learn = []string{"tau_synapse", "threshold"}
	})
	var texts []string
	for _, change := range []func(*Options){
		func(*Options) {},
		func(o *Options) { o.Workers = 3 },
		func(o *Options) { o.PassSamples = 8; o.Workers = 2 },
		func(o *Options) {
			o.Open = func(n *network.Network, options engine.Options) (engine.Engine, error) {
				return engine.NewCPU[float32](n, options)
			}
		},
	} {
		o := optionsFor(n, s)
		o.Pairs = 6000
		change(&o)
		found := mustRun(t, o)
		found.Cost.FlipSeconds, found.Cost.GradientSeconds, found.Cost.EpochSeconds, found.Cost.Epochs = 0, 0, 0, 0
		found.Device = ""
		text, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	for i, text := range texts {
		if text != texts[0] {
			t.Errorf("audit %d differs:\n%s\n%s", i, text, texts[0])
		}
	}
}

// A layer whose cosines are known gets no more flips, and regularizers do not matter.
func TestStop(t *testing.T) {
	s := exact.NewSource(2, 6, 2, 10, 0.5)
	n := exact.Network(t, s, 2, func(number int, l *network.Layer) {
		l.Neurons, l.Recurrent = 4, number == 0
	})
	n.Readout.Loss = "last_step"
	o := optionsFor(n, s)
	o.Precision = 0.2
	plain := mustRun(t, o)
	if a, b := plain.Layers[0].Pairs, plain.Layers[1].Pairs; a == b || a+b != plain.Cost.Pairs {
		t.Errorf("%d and %d pairs in the layers, %d in all: one should have stopped first", a, b, plain.Cost.Pairs)
	}
	for l := range n.Layers {
		n.Layers[l].Regularizers = []network.Regularizer{network.DefaultRegularizer()}
		n.Layers[l].Regularizers[0].Threshold = 0
	}
	if plain.Layers[0].Parts[0].Surrogates[0].Cosine == nil {
		t.Fatal("no cosine")
	}
	if again := mustRun(t, o); *again.Layers[0].Parts[0].Surrogates[0].Cosine != *plain.Layers[0].Parts[0].Surrogates[0].Cosine {
		t.Error("regularizers changed the cosine")
	}
}

// What cannot be audited is rejected with advice.
func TestRefused(t *testing.T) {
	s := exact.NewSource(4, 3, 2, 6, 0.5)
	threshold := func(n *network.Network) {
		n.Layers[0].Noise.Kind, n.Layers[0].Surrogate.Kind = "threshold", "superspike"
	}
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no noise", func(o *Options) { threshold(o.Network) }, "--other-mode"},
		{"noise already", func(o *Options) { o.OtherMode = true }, "leave it out"},
		{"unknown surrogate", func(o *Options) { o.Surrogates = []string{"magic"} }, "want one of matched, "},
		{"value that is none", func(o *Options) { o.Surrogates = []string{"superspike:x"} }, "\"x\" is not a number"},
		{"value too many", func(o *Options) { o.Surrogates = []string{"matched:3"} }, "takes no value"},
		{"value out of range", func(o *Options) { o.Surrogates = []string{"superspike:-1"} }, "beta = -1"},
		{"too few pairs", func(o *Options) { o.Pairs = 63 }, "at least 64"},
		{"too many pairs", func(o *Options) { o.Pairs = math.MaxUint32 }, "are possible"},
		{"no precision", func(o *Options) { o.Precision = math.NaN() }, "precision"},
		{"no samples", func(o *Options) { o.Source = exact.NewSource(0, 3, 2, 6, 0) }, "no samples"},
		{"other data", func(o *Options) { o.Source = exact.NewSource(4, 5, 2, 6, 0) }, "5 channels"},
	} {
		o := optionsFor(exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 }), s)
		c.change(&o)
		if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, should contain %q", c.name, err, c.want)
		}
	}
	o := optionsFor(exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 3 }), s)
	threshold(o.Network)
	o.OtherMode, o.Pairs = true, 1000
	if found := mustRun(t, o); found.Layers[0].Kind != "sigmoid" || found.Surrogates[0] != "superspike" || len(found.Surrogates) != 1 {
		t.Errorf("in the other mode: %s noise, surrogates %v", found.Layers[0].Kind, found.Surrogates)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The folder holds page, numbers and picture, even if noise hides everything.
func TestWrite(t *testing.T) {
	s := exact.NewSource(8, 4, 2, 8, 0.5)
	n := exact.Network(t, s, 1, func(_ int, l *network.Layer) { l.Neurons = 6 })
	o := optionsFor(n, s)
	o.Pairs = 4000
	found := mustRun(t, o)
	folder := filepath.Join(t.TempDir(), "new", "audit")
	if err := found.Write(folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"audit.md": "Of the surrogates tried", "audit.json": `"cosine": {`, "cosines.svg": "layer0.recurrent", "cosines.png": "PNG",
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not contain %q", name, want)
		}
	}
	for l := range found.Layers {
		for p := range found.Layers[l].Parts {
			part := &found.Layers[l].Parts[p]
			part.Length = nil
			for a := range part.Surrogates {
				part.Surrogates[a].Cosine = nil
			}
		}
	}
	if text := found.Markdown(); !strings.Contains(text, "still hides the gradient") {
		t.Errorf("a page without cosines says: %s", text)
	}
	if err := found.Write(filepath.Join(folder, "hidden")); err != nil {
		t.Error(err)
	}
}
