package evaluate

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"spikegrad/host/network"
)

// TestFanoOfIndependentSpikes compares neurons that spike with probability p in every
// step with 1−p, the Fano factor of a binomial count. Neurons are independent, so
// their spread gives the standard error of the mean.
func TestFanoOfIndependentSpikes(t *testing.T) {
	for _, beta := range []float64{0.3, 1, 2} {
		s := bernoulli(t, 200, "sigmoid", beta)
		s.Batch = 64
		const trials, window = 200, 10
		result, err := Fano(context.Background(), s, []int{0}, FanoOptions{Trials: trials, Window: window, Minimum: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		want := 1 - 1/(1+math.Exp(beta))
		layer := result.Layers[0]
		// The variance of a variance over N trials is about 2σ⁴/(N−1); windows of a
		// neuron overlap, so that averaging them does not reliably reduce it.
		standardError := want * math.Sqrt(2.0/(trials-1)/200)
		if found := layer.Neurons; found.Count != 200 || math.Abs(found.Mean-want) > 4*standardError {
			t.Errorf("β = %g: Fano factor %g of %d neurons, want %g ± %g", beta, found.Mean, found.Count, want, standardError)
		}
		if len(layer.Windows) != 40-window+1 {
			t.Fatalf("%d windows", len(layer.Windows))
		}
		for _, w := range layer.Windows {
			if math.Abs(w.Mean-want) > 5*standardError || !(w.Lower < w.Median && w.Median < w.Upper) {
				t.Errorf("β = %g, window at step %d: %+v, want %g ± %g", beta, w.Step, w.Spread, want, standardError)
			}
		}
	}
}

// TestFanoByDefinition compares with the variance and mean of individually counted
// spikes.
func TestFanoByDefinition(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, nil)
	options := FanoOptions{Trials: 20, Window: 5, Minimum: 0.2}
	const sample = 4
	result, err := Fano(context.Background(), s, []int{sample}, options)
	if err != nil {
		t.Fatal(err)
	}
	for l, layer := range s.Network.Layers {
		trials := make([][][]bool, options.Trials) // [trial][step][neuron]
		err := s.present(context.Background(), []int{sample}, options.Trials, s.spikeRecord, func(shown presented) {
			for i := range shown.count {
				for step := range s.Network.Steps {
					row := make([]bool, layer.Neurons)
					for neuron := range row {
						row[neuron] = shown.record.Spiked(s.Network, l, i, step, neuron)
					}
					trials[shown.first+i] = append(trials[shown.first+i], row)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		sum, count := 0.0, 0 // over all windows with a spike of all neurons, except the last window
		for first := range s.Network.Steps - options.Window + 1 {
			var factors []float64
			for neuron := range layer.Neurons {
				counts := make([]float64, options.Trials)
				for trial := range trials {
					for _, row := range trials[trial][first : first+options.Window] {
						if row[neuron] {
							counts[trial]++
						}
					}
				}
				mean, variance := stat.MeanVariance(counts, nil)
				if mean > options.Minimum {
					factors = append(factors, variance/mean)
				}
				if mean > 0 && first < s.Network.Steps-options.Window {
					sum, count = sum+variance/mean, count+1
				}
			}
			if len(factors) == 0 {
				continue
			}
			if found == len(result.Layers[l].Windows) {
				t.Fatalf("layer %d: only %d windows", l, found)
			}
			w := result.Layers[l].Windows[found]
			if w.Step != first || w.Count != len(factors) || math.Abs(w.Mean-stat.Mean(factors, nil)) > 1e-12 {
				t.Errorf("layer %d, step %d: %+v, want mean %g of %d neurons", l, first, w, stat.Mean(factors, nil), len(factors))
			}
			found++
		}
		if all := result.Layers[l].AllWindows; all.Count != count || math.Abs(all.Mean-sum/float64(count)) > 1e-12 {
			t.Errorf("layer %d: %+v, want a mean of %g over %d windows", l, all, sum/float64(count), count)
		}
		if found == 0 || found != len(result.Layers[l].Windows) {
			t.Errorf("layer %d: %d windows, want %d", l, len(result.Layers[l].Windows), found)
		}
	}
}

func TestFanoIsIndependentOfBatch(t *testing.T) {
	folder, _ := trained(t, tinyText)
	var want *Variability
	for _, batch := range []int{1, 3, 8, 500} {
		s := opened(t, folder, nil)
		s.Batch = batch
		found, err := Fano(context.Background(), s, []int{2, 0}, FanoOptions{Trials: 25, Window: 4, Minimum: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = found
		}
		if difference := cmp.Diff(want, found); difference != "" {
			t.Errorf("batch %d: %s", batch, difference)
		}
	}
}

func TestFanoWithoutNoiseIsZero(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, (*network.Network).OtherMode)
	result, err := Fano(context.Background(), s, []int{0, 1}, FanoOptions{Trials: 30, Window: 3, Minimum: 0})
	if err != nil {
		t.Fatal(err)
	}
	for l, layer := range result.Layers {
		if layer.Neurons == nil {
			if l == 0 {
				t.Fatal("the first layer is silent")
			}
			continue
		}
		for _, w := range append(layer.Windows, WindowFano{Spread: *layer.Neurons}) {
			if w.Mean != 0 || w.Lower != 0 || w.Upper != 0 {
				t.Errorf("layer %d: %+v", l, w)
			}
		}
	}
}

func TestFanoOfSilence(t *testing.T) {
	result, err := Fano(context.Background(), bernoulli(t, 4, "threshold", 1), []int{0}, FanoOptions{Trials: 5, Window: 3, Minimum: 0})
	if err != nil {
		t.Fatal(err)
	}
	if layer := result.Layers[0]; layer.Neurons != nil || layer.Windows != nil || layer.AllWindows != nil {
		t.Errorf("%+v", layer)
	}
	if _, any := FanoCurves("silent", result, 0.001); any {
		t.Error("there is a curve")
	}
}
