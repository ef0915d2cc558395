package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// faulty is the CPU engine with a fault: a recurrent layer of at least three neurons has a
// wrong loss in the first sample of batches of two and more, if samples have five steps.
type faulty struct {
	engine.Engine
	network *network.Network
}

func openFaulty(n *network.Network, options engine.Options) (engine.Engine, error) {
	e, err := referenceEngine(n, options)
	return &faulty{e, n}, err
}

func (f *faulty) Gradient(batch *engine.Batch, stream cpuref.Stream, record *engine.Record) (engine.Outcome, error) {
	outcome, err := f.Engine.Gradient(batch, stream, record)
	for _, l := range f.network.Layers {
		if l.Recurrent && l.Neurons >= 3 && f.network.Steps >= 5 && len(batch.Labels) >= 2 && record != nil {
			record.Loss[0]++
		}
	}
	return outcome, err
}

// TestShrink finds an injected fault among random networks and shrinks it to the smallest
// network that shows it.
func TestShrink(t *testing.T) {
	found, err := RandomFamily(t.Context(), 1, 8, []Candidate{{Open: referenceEngine}, {Open: openFaulty}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if r := found.Reports[0]; !r.OK() || found.Smallest[0] != nil || r.Values == 0 {
		t.Errorf("the engine without a fault: %+v, %v", r, found.Smallest[0])
	}
	d := found.Smallest[1]
	if d == nil || found.Reports[1].OK() {
		t.Fatalf("the fault was not found: %+v", found.Reports[1])
	}
	n := d.Network
	if l := n.Layers[0]; len(n.Layers) != 1 || !l.Recurrent || l.Convolutional() || l.Neurons != 3 || n.Steps != 5 || d.Samples != 2 ||
		n.Inputs != 1 || n.Classes != 1 || l.Delay != 0 || len(l.Regularizers) != 0 || l.Dropout != 0 || l.Noise.Kind != "threshold" || d.Augment != nil || d.Variant != (Variant{Workers: 1}) {
		t.Errorf("shrunk to\n%s", d.TOML())
	}
	// What is printed reads back as the same case.
	again, err := ReadDrawn([]byte(d.TOML()), "smallest.toml")
	if err != nil || again.TOML() != d.TOML() {
		t.Errorf("read again: %v\n%s", err, again.TOML())
	}
	one, err := One(t.Context(), again, []Candidate{{Open: openFaulty}})
	if err != nil || one.Reports[0].Different == 0 {
		t.Errorf("run again: %+v, %v", one.Reports[0], err)
	}
}

// TestRandom: random networks are functions of seed and number, within their bounds, and
// of many kinds.
func TestRandom(t *testing.T) {
	kinds := map[string]bool{}
	for i := range 300 {
		d, again := Random(7, i), Random(7, i)
		if d.TOML() != again.TOML() {
			t.Fatalf("number %d is another one the second time", i)
		}
		n := d.Network
		if len(n.Layers) > mostLayers+1 || n.Steps > mostSteps || n.Inputs > mostInputs || n.Classes > mostClasses || d.Samples > mostSamples {
			t.Errorf("number %d is out of bounds:\n%s", i, d.TOML())
		}
		kinds["loss "+n.Readout.Loss], kinds["augmented"] = true, kinds["augmented"] || d.Augment != nil
		for _, l := range n.Layers {
			kinds["noise "+l.Noise.Kind], kinds["surrogate "+l.Surrogate.Kind], kinds["reset "+l.Reset], kinds[l.Kind] = true, true, true, true
			kinds["neuron "+l.Neuron] = true
			if l.Dropout > 0 {
				kinds["dropout per "+l.DropoutPer] = true
			}
		}
	}
	wanted := 3 + 1 + 1 + 2 + len(network.Losses) + len(network.Noises) + len(network.Surrogates) + len(network.Resets) + len(network.Neurons)
	if len(kinds) != wanted {
		t.Errorf("%d kinds occur, of %d: %v", len(kinds), wanted, kinds)
	}
	if Random(7, 0).TOML() == Random(8, 0).TOML() {
		t.Error("the seed changes nothing")
	}
}

// TestCorpus runs the networks in testdata/corpus, which are worth keeping, on the CPU
// engine, cut as they specify, and checks that their TOML stays readable.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ReadDrawn(text, file)
		if err != nil {
			t.Error(err)
			continue
		}
		found, err := One(t.Context(), d, []Candidate{{Open: referenceEngine}})
		if err != nil || !found.Reports[0].OK() || found.Skipped > 0 {
			t.Errorf("%s: %+v, %v", file, found, err)
		}
	}
}

// TestReadDrawnRefuses: a file that is not a case is an error, never a crash.
func TestReadDrawnRefuses(t *testing.T) {
	d := Drawn{Case: base(), Variant: Variant{Workers: 1}}
	good := d.TOML()
	for want, text := range map[string]string{
		"not a network from spikegrad check": "samples = \"many\"",
		"samples = 0":                        strings.Replace(good, "samples = ", "samples = 0 # ", 1),
		"optimizer.kind = \"newton\"":        strings.Replace(good, "[optimizer]\nkind = ", "[optimizer]\nkind = 'newton' # ", 1),
		"variant.segment_steps = -1":         strings.Replace(good, "segment_steps = ", "segment_steps = -1 # ", 1),
		"an even number":                     good + "\n[augment]\nTime = [1]\n",
		"recurrent_kernel = 4: must be odd":  strings.Replace(strings.Replace(good, "kind = 'dense'", "kind = 'conv1d'", 1), "recurrent_kernel = 5", "recurrent_kernel = 4", 1),
		"steps = 100000000: from 1 to 4":     strings.Replace(good, "\nsteps = ", "\nsteps = 100000000 # ", 1),
	} {
		if _, err := ReadDrawn([]byte(text), "f.toml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q of\n%s", err, want, text)
		}
	}
}
