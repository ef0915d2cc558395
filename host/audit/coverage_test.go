package audit

import (
	"math"
	"testing"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
	"spikegrad/host/unbiased/exact"
)

// Intervals of the audit by single flips cover the exactly known values as often as they
// claim, for the samples drawn, with the number of passes chosen after the first ones; no
// interval of a cosine leaves [−1, 1].
func TestFlipCoverage(t *testing.T) {
	for _, c := range coverageCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			few := *c.Source
			few.Spikes = c.Source.Spikes[:8]
			c.Source = &few
			n := c.Network(t)
			weights := c.weights(n)
			exactly := exact.Gradient(t, n, weights, c.Source)
			names := []string{"matched", "superspike"}
			surrogates := meanSurrogates(t, n, weights, c.Source, names)
			cosines, biases, scales := make([]tally, len(names)), make([]tally, len(names)), make([]tally, len(names))
			lengths, hidden := tally{}, 0
			pairs := 20_000
			if full {
				pairs = 60_000
			}
			seeds := seedsOf(5)
			for seed := range seeds {
				o := optionsFor(n, c.Source)
				o.Weights, o.Surrogates, o.Pairs, o.Precision, o.Seed = weights, names, pairs, 0.1, uint32(seed)
				found := mustRun(t, o)
				for l, layer := range found.Layers {
					whole := layer.Parts[0]
					lengths.add(whole.Length.Low, math.Sqrt(dot(exactly[l], exactly[l])), whole.Length.High)
					for v := range names {
						uu, us, ss := dot(exactly[l], exactly[l]), dot(exactly[l], surrogates[v][l]), dot(surrogates[v][l], surrogates[v][l])
						truth := us / math.Sqrt(uu*ss)
						// If noise hides a gradient there is neither.
						if bias, scale := whole.Surrogates[v].RelativeBias, whole.Surrogates[v].Scale; bias != nil && scale != nil {
							biases[v].add(bias.Low, math.Sqrt(uu-2*us+ss)/math.Sqrt(uu), bias.High)
							scales[v].add(scale.Low, us/ss, scale.High)
						}
						e := whole.Surrogates[v].Cosine
						if e == nil { // covers everything
							cosines[v].add(-1, truth, 1)
							hidden++
							continue
						}
						cosines[v].add(e.Low, truth, e.High)
						if e.Low < -1 || e.High > 1 || e.Value < e.Low || e.Value > e.High {
							t.Fatalf("seed %d, layer %d: cosine %+v", seed, l, *e)
						}
						if seed == 0 {
							t.Logf("layer %d, %s: cosine %.4f, found %s after %d pairs", l, names[v], truth, e, layer.Pairs)
						}
					}
				}
			}
			for v, name := range names {
				cosines[v].check(t, "cosines of "+name, seeds)
				biases[v].check(t, "relative biases of "+name, seeds)
				scales[v].check(t, "factors of "+name, seeds)
			}
			lengths.check(t, "lengths", seeds)
			if hidden > lengths.of {
				t.Errorf("noise hid %d of %d cosines: coverage says little", hidden, 2*lengths.of)
			}
		})
	}
}

// meanSurrogates returns the mean surrogate gradients, [surrogate][layer], over so many
// draws of noise that what remains of it is negligible.
func meanSurrogates(t *testing.T, n *network.Network, weights [][]float32, s *exact.Source, names []string) [][][]float64 {
	t.Helper()
	const times = 4000
	list, err := variants(n, names)
	if err != nil {
		t.Fatal(err)
	}
	many := unbiased.NewSamples(s.Again(times), times*s.Len(), 1, 1)
	var found [][][]float64
	for _, v := range list {
		e, err := engine.NewCPU[float32](v.network, engine.Options{Seed: 99})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		arrays, err := surrogatePass(e, many, 0)
		if err != nil {
			t.Fatal(err)
		}
		var layers [][]float64
		for _, l := range unbiased.Arrays(n) {
			var joined []float64
			for range l {
				joined, arrays = append(joined, arrays[0]...), arrays[1:]
			}
			layers = append(layers, joined)
		}
		found = append(found, layers)
	}
	return found
}
