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
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// smallMatching is a version of the experiment that takes a second or two.
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
	content(t, folder, "spike-matching", 13, &numbers)
	if len(numbers.Methods) != 4 || len(numbers.StochasticOverDeterministic) != 3 || numbers.TargetSpikes != m.target.spikes() {
		t.Fatalf("spike-matching.json: %+v", numbers)
	}
	for _, method := range numbers.Methods {
		for k, curves := range []MatchingCurves{method.Curves, method.OtherMode} {
			want := []int{m.updates, m.updates / 10}[k]
			for _, curve := range [][]float64{curves.Distance, curves.L2, curves.HiddenRate, curves.OutputRate, curves.HiddenFano, curves.OutputFano} {
				if len(curve) != want {
					t.Fatalf("%s: a curve of %d updates, want %d", method.Name, len(curve), want)
				}
			}
		}
		if !(method.OverTheStart < 0.8) || !(method.Final.Distance < 0.8*method.Before.Distance) {
			t.Errorf("%s: the distance goes from %g to %g", method.Name, method.Before.Distance, method.Final.Distance)
		}
		if method.Final == method.FinalOther || !(method.FinalOther.Distance > 0) {
			t.Errorf("%s: in the other mode %+v, in its own %+v", method.Name, method.FinalOther, method.Final)
		}
		if method.Stochastic != (method.Trials == m.trials) || method.Stochastic != (method.Final.HiddenFano > 0) || method.Stochastic == (method.FinalOther.HiddenFano > 0) {
			t.Errorf("%s: %d trials, Fano factors %g and %g", method.Name, method.Trials, method.Final.HiddenFano, method.FinalOther.HiddenFano)
		}
	}

	// Neither the number of workers nor earlier runs change any number.
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

// TestMatchingNetwork: weights have the standard deviation that the formula gives, and
// everything else is as in the paper.
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

// TestMatchingRule compares the weight changes, and the distance, with their definition:
// sums over kernels, without recursion.
func TestMatchingRule(t *testing.T) {
	m := &matching{inputs: 9, hidden: 7, outputs: 5, steps: 40, trials: 2, seed: 3}
	m.target = newSpikeImage(m.outputs, m.steps)
	for o := range m.outputs {
		m.target.dark[o][7*o+3] = true
	}
	m.bits = m.target.bits()
	for _, method := range m.methods() {
		n := m.network(&method)
		weights := n.Initialise(4)
		show, err := m.open(n, method.Stochastic, 1)
		if err != nil {
			t.Fatal(err)
		}
		measured, err := show.show(weights, 5, cpuref.StreamNoise)
		if err != nil {
			t.Fatal(err)
		}
		hidden, output := m.rule(n, show.batch).changes(weights[1], show.record, show.trials)
		wantHidden, wantOutput, distance := m.byDefinition(&method, weights[1], show)
		if math.Abs(measured.Distance/distance-1) > 1e-6 {
			t.Errorf("%s: distance %g, want %g", method.Name, measured.Distance, distance)
		}
		for what, pair := range map[string][2][]float64{"hidden": {hidden, wantHidden}, "output": {output, wantOutput}} {
			largest := 0.0
			for _, w := range pair[1] {
				largest = max(largest, math.Abs(w))
			}
			if largest == 0 {
				t.Fatalf("%s: no %s weight changes", method.Name, what)
			}
			for i, found := range pair[0] {
				if math.Abs(found-pair[1][i]) > 1e-9*largest {
					t.Fatalf("%s: %s weight %d changes by %g, want %g", method.Name, what, i, found, pair[1][i])
				}
			}
		}
		if err := show.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// byDefinition computes the rule and the distance directly from the formulas.
func (m *matching) byDefinition(method *MatchingMethod, weights []float32, show *matchingShow) (hidden, output []float64, distance float64) {
	a, s := math.Exp(-0.1), math.Exp(-0.2)
	trace := func(spiked func(step int) float64, t int) float64 { // the response to a spike k steps ago
		sum := 0.0
		for before := range t {
			k := float64(t - before)
			sum += spiked(before) * (1 - a) / (a - s) * (math.Pow(a, k-1) - math.Pow(s, k-1)) // a step in the synapse
		}
		return sum
	}
	kernel := func(k int) float64 { return 0.2 * (math.Pow(a, float64(k)) - math.Pow(s, float64(k))) }
	hidden, output = make([]float64, m.hidden*m.inputs), make([]float64, m.outputs*m.hidden)
	for trial := range show.trials {
		spike := func(layer, neuron int) func(int) float64 {
			return func(step int) float64 {
				if show.record.Spiked(show.network, layer, trial, step, neuron) {
					return 1
				}
				return 0
			}
		}
		difference := func(o, t int) float64 {
			d := -spike(1, o)(t)
			if m.target.dark[o][t] {
				d++
			}
			return d
		}
		input := func(i int) func(int) float64 {
			return func(step int) float64 {
				row := show.batch.Rows[step]
				if slices.Contains(show.batch.Index[row[0]:row[1]], uint32(i)) {
					return 1
				}
				return 0
			}
		}
		for o := range m.outputs {
			for t := range m.steps {
				filtered := 0.0
				for before := range t + 1 {
					filtered += kernel(t-before) * difference(o, before)
				}
				distance += filtered * filtered / 2 / float64(m.outputs*show.trials)
				for h := range m.hidden {
					output[o*m.hidden+h] += difference(o, t) / 0.013 * trace(spike(0, h), t)
				}
			}
		}
		for h := range m.hidden {
			for t := range m.steps {
				b := 0.0
				for later := t; later < m.steps; later++ {
					for o := range m.outputs {
						b += kernel(later-t) * float64(weights[o*m.hidden+h]) * difference(o, later) / 0.013
					}
				}
				u := -1.0
				if t > 0 {
					u += float64(show.record.Membrane[0][(trial*m.steps+t-1)*m.hidden+h])
				}
				g := map[string]float64{
					"superspike": 1 / ((10*math.Abs(u) + 1) * (10*math.Abs(u) + 1)), "multilayerspiker": spike(0, h)(t),
					"matched": 10 / (2 + math.Exp(10*u) + math.Exp(-10*u)),
				}[method.surrogate]
				for i := range m.inputs {
					hidden[h*m.inputs+i] += g * b * trace(input(i), t)
				}
			}
		}
	}
	return hidden, output, distance
}

// TestMatchingLearns compares the deterministic method at full size, with a margin of 40 %,
// with the result of an independent implementation of the rule on the drawn target: a
// distance of 0.035 after 300 updates, outputs at 67.5 spikes per second.
func TestMatchingLearns(t *testing.T) {
	m := &matching{inputs: 200, hidden: 200, outputs: 200, steps: 189, trials: 1, seed: 1}
	m.target = drawnTarget(m.outputs, m.steps)
	m.bits = m.target.bits()
	method := m.methods()[0]
	n := m.network(&method)
	weights := n.Initialise(m.seed)
	show, err := m.open(n, false, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer show.Close()
	rule, learners := m.rule(n, show.batch), method.learners(weights)
	var found Matched
	for update := range 301 {
		if found, err = show.show(weights, update, cpuref.StreamNoise); err != nil {
			t.Fatal(err)
		}
		hidden, output := rule.changes(weights[1], show.record, 1)
		learners[0].step(weights[0], hidden, 1)
		learners[1].step(weights[1], output, 1)
	}
	if !(found.Distance < 1.4*0.035) || math.Abs(found.OutputRate/67.5-1) > 0.1 {
		t.Errorf("after 300 updates %+v", found)
	}
}

// TestMatchingSMORMS3: the first step is the lesser of ½ and the rate, times the mean change
// over the root of half its square; a rate of 20 is never the lesser.
func TestMatchingSMORMS3(t *testing.T) {
	for _, rate := range []float64{0.02, 1, 20} {
		method := MatchingMethod{Optimizer: "smorms3", RateHidden: rate, RateOutput: min(rate, 1)}
		weights := [][]float32{{0.5, -0.25, 0.125}, {0.5, -0.25, 0.125}}
		learners := method.learners(weights)
		for step, sums := range [][]float64{{4, -2, 0}, {2, 2, 0}, {-6, 8, 0}} {
			for k := range learners {
				learners[k].step(weights[k], sums, 2)
			}
			first := min(rate, 0.5) * math.Sqrt2
			if want := []float64{0.5 + first, -0.25 - first, 0.125}; step == 0 {
				for i := range want {
					if math.Abs(float64(weights[0][i])-want[i]) > 1e-6 {
						t.Errorf("rate %g: weights %v, want %v", rate, weights[0], want)
					}
				}
			}
		}
		if !slices.Equal(weights[0], weights[1]) || weights[0][2] != 0.125 {
			t.Errorf("rate %g: weights %v, with a rate of at most 1 %v", rate, weights[0], weights[1])
		}
	}
}

// TestMatchingInput: the input is frozen and has 50 spikes per second.
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

// TestReadTarget reads a picture that is larger than the network, with a dark corner at the
// upper left on a transparent background: late neurons spike early.
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
		write("light.png", image.Rectangle{}): "0 of 600 pixels darker", text: "not a PNG", "/none.png": "cannot read the target",
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
