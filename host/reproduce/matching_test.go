package reproduce

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallMatching is the experiment in a second or two.
func smallMatching() *matching {
	return &matching{inputs: 60, hidden: 50, outputs: 33, steps: 70, updates: 60, trials: 3, seed: 2}
}

func TestSpikeMatching(t *testing.T) {
	folder := t.TempDir()
	m := smallMatching()
	if err := m.reproduce(context.Background(), folder, SpikeMatchingOptions{Options: Options{Workers: 1}}); err != nil {
		t.Fatal(err)
	}
	var numbers MatchingNumbers
	content(t, folder, "spike-matching", 5, &numbers)
	if len(numbers.Methods) != 3 || len(numbers.StochasticOverDeterministic) != 2 || numbers.TargetSpikes != m.target.spikes() {
		t.Fatalf("spike-matching.json: %+v", numbers)
	}
	for _, method := range numbers.Methods {
		if len(method.VanRossum) != m.updates || len(method.L2) != m.updates || len(method.HiddenRate) != m.updates || len(method.OutputRate) != m.updates {
			t.Fatalf("%s: curves are not of %d updates", method.Name, m.updates)
		}
		if !(method.OverTheStart < 0.6) || !(method.Final.VanRossum < 0.6*method.VanRossum[0]) {
			t.Errorf("%s: the van Rossum distance goes from %g to %g", method.Name, method.VanRossum[0], method.Final.VanRossum)
		}
		if method.Final == method.OtherMode || !(method.OtherMode.VanRossum > 0) {
			t.Errorf("%s: in the other mode %+v, in its own %+v", method.Name, method.OtherMode, method.Final)
		}
		if method.Stochastic != (method.Trials == m.trials) {
			t.Errorf("%s: %d trials", method.Name, method.Trials)
		}
	}

	// Neither the number of workers nor what was run before changes a number.
	again := t.TempDir()
	if err := smallMatching().reproduce(context.Background(), again, SpikeMatchingOptions{Options: Options{Workers: 5}}); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(folder, "spike-matching.json"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(again, "spike-matching.json"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("other workers give other numbers (%v)", err)
	}
}

// TestMatchingNetwork: weights of the deviation that the formula gives, and everything
// else as in the paper.
func TestMatchingNetwork(t *testing.T) {
	m := &matching{inputs: 200, hidden: 200, outputs: 200, steps: 189, trials: 10}
	for _, method := range m.methods() {
		n := m.network(&method)
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		const want = 0.34641016 // 1/√(200 · 50 · 0.005²/(2 · 0.015))
		for _, array := range n.Initialise(1) {
			sum := 0.0
			for _, w := range array {
				sum += float64(w) * float64(w)
			}
			if deviation := math.Sqrt(sum / float64(len(array))); math.Abs(deviation/want-1) > 0.02 {
				t.Errorf("%s: weights have a deviation of %g, want %g", method.Name, deviation, want)
			}
		}
		for l, beta := range []float64{10, 100} {
			layer := n.Layers[l]
			if layer.Delay != 0 || layer.Reset != "membrane_only" || layer.Recurrent || layer.Noise.Beta != beta ||
				layer.TauMembrane != 0.01 || layer.TauSynapse != 0.005 || (layer.Noise.Kind == "sigmoid") != method.Stochastic {
				t.Errorf("%s: layer %d is %+v", method.Name, l, layer)
			}
		}
	}
}

// TestMatchingInput: the input is frozen, and of 50 spikes a second.
func TestMatchingInput(t *testing.T) {
	m := &matching{inputs: 200, outputs: 3, steps: 189, seed: 5}
	b := m.batch(3)
	if rate := float64(len(b.Index)) / (200 * 0.189); math.Abs(rate-50) > 3 {
		t.Errorf("%g spikes a second", rate)
	}
	for r, row := range b.Rows {
		if row != b.Rows[r%189] {
			t.Fatalf("row %d of a later trial is %v, of the first %v", r, row, b.Rows[r%189])
		}
	}
}

func TestDrawnTarget(t *testing.T) {
	s := drawnTarget(200, 189)
	if share := float64(s.spikes()) / (200 * 189); share < 0.03 || share > 0.08 {
		t.Errorf("%.1f %% of the pixels are dark", 100*share)
	}
	bits := s.bits()
	for neuron, row := range s.dark {
		for step, dark := range row {
			if bits[step*7+neuron/32]>>(neuron%32)&1 != 0 != dark {
				t.Fatalf("neuron %d, step %d: dark is %v, the bit is not", neuron, step, dark)
			}
		}
	}
}

// TestReadTarget reads a picture, larger than the network, with a dark corner at the
// upper left on a transparent ground: late neurons spike early.
func TestReadTarget(t *testing.T) {
	write := func(name string, dark image.Rectangle) string {
		picture := image.NewNRGBA(image.Rect(0, 0, 80, 60))
		for y := dark.Min.Y; y < dark.Max.Y; y++ {
			for x := dark.Min.X; x < dark.Max.X; x++ {
				picture.Set(x, y, color.NRGBA{R: 90, G: 60, B: 20, A: 255})
			}
		}
		path := filepath.Join(t.TempDir(), name)
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := png.Encode(file, picture); err != nil {
			t.Fatal(err)
		}
		return path
	}
	target, err := readTarget(write("corner.png", image.Rect(0, 0, 40, 20)), 30, 20)
	if err != nil {
		t.Fatal(err)
	}
	for neuron, row := range target.dark {
		for step, dark := range row {
			if want := neuron >= 20 && step < 10; dark != want {
				t.Fatalf("neuron %d, step %d: %v", neuron, step, dark)
			}
		}
	}
	text := filepath.Join(t.TempDir(), "text.png")
	if err := os.WriteFile(text, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		write("light.png", image.Rectangle{}): "0 of 600 pixels darker", text: "no PNG", "/none.png": "cannot read the target",
	} {
		if _, err := readTarget(path, 30, 20); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
		o := SpikeMatchingOptions{Target: path}
		if err := SpikeMatching(context.Background(), t.TempDir(), o); err == nil {
			t.Errorf("%s: the experiment ran without an error", path)
		}
	}
}

func TestSpikeMatchingEnds(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := smallMatching().reproduce(ended, t.TempDir(), SpikeMatchingOptions{}); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("ended context: %v", err)
	}
}
