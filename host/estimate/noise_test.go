package estimate

import (
	"math"
	"testing"

	"spikegrad/host/network"
)

// The noise's probability, derivative and critical potential are consistent.
func TestNoise(t *testing.T) {
	for _, noise := range []network.Noise{
		sigmoidNoise(1), sigmoidNoise(20),
		{Kind: "exponential", P0: 0.3, DeltaU: 0.5},
		{Kind: "hazard", Rate: 300, DeltaU: 0.4},
		{Kind: "superspike", Beta: 5},
	} {
		layer := LayerLayout{Neurons: 1, Neuron: noiseOf(noise)}
		for _, u := range []float64{-1, -0.3, 0, 0.2, 0.5} {
			const h = 1e-6
			p, slope := layer.chances(u)
			if math.Abs(p-layer.probability(u)) > 1e-15 || math.Abs(slope-layer.derivative(u)) > 1e-12 {
				t.Errorf("%s at %g: %g and %g together, %g and %g alone", noise.Kind, u, p, slope, layer.probability(u), layer.derivative(u))
			}
			if c := layer.critical(p); math.Abs(c-u) > 1e-7 {
				t.Errorf("%s: p(u) at %g is reached at %g", noise.Kind, u, c)
			}
			if u == 0 && noise.Kind == "superspike" {
				continue // a kink of the derivative
			}
			if want := (layer.probability(u+h) - layer.probability(u-h)) / (2 * h); math.Abs(slope-want) > 1e-8*(1+want) {
				t.Errorf("%s at %g: derivative %.10g, by difference %.10g", noise.Kind, u, slope, want)
			}
		}
	}
}
