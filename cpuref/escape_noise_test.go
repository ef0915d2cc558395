package cpuref

import (
	"math"
	"testing"
)

// escapeNoiseCases are noises with parameters, their p(u) written with package math, and the
// surrogate that is its derivative.
func escapeNoiseCases() []escapeNoiseCase {
	hazard := func(scale, width float64) escapeNoiseCase {
		return escapeNoiseCase{
			"hazard", NoiseHazard, [2]float64{scale, 1 / width},
			func(u float64) float64 { return 1 - math.Exp(-scale*math.Exp(u/width)) },
			SurrogateHazard, [3]float64{scale / width, 1 / width, scale},
		}
	}
	exponential := func(p0, width float64) escapeNoiseCase {
		return escapeNoiseCase{
			"exponential", NoiseExponential, [2]float64{p0, 1 / width},
			func(u float64) float64 { return math.Min(1, p0*math.Exp(u/width)) },
			SurrogateLimitedExponential, [3]float64{p0 / width, 1 / width, p0},
		}
	}
	sigmoid := func(beta float64) escapeNoiseCase {
		return escapeNoiseCase{
			"sigmoid", NoiseSigmoid, [2]float64{beta},
			func(u float64) float64 { return 1 / (1 + math.Exp(-beta*u)) },
			SurrogateSigmoid, [3]float64{beta},
		}
	}
	superspike := func(beta float64) escapeNoiseCase {
		return escapeNoiseCase{
			"superspike", NoiseSuperSpike, [2]float64{beta},
			func(u float64) float64 { return (1 + beta*u/(1+beta*math.Abs(u))) / 2 },
			SurrogateScaledSuperSpike, [3]float64{beta, beta / 2},
		}
	}
	return []escapeNoiseCase{
		superspike(10), superspike(1.5), sigmoid(10), sigmoid(2.5), exponential(0.01, 0.133), exponential(2.0/3, 0.3), hazard(0.02, 0.133), hazard(0.4, 0.5),
	}
}

type escapeNoiseCase struct {
	name        string
	noise       EscapeNoise
	parameters  [2]float64
	probability func(u float64) float64
	surrogate   Surrogate
	matched     [3]float64
}

// TestSpikeFrequency draws a million spikes at several potentials from every noise: their frequency
// is p(u) within four standard errors. Short runs skip float64.
func TestSpikeFrequency(t *testing.T) {
	const draws = 1_000_000
	for i, c := range escapeNoiseCases() {
		for j, u := range []float64{-1, -0.4, -0.1, 0, 0.25, 0.6} {
			counter := [4]uint32{0, 0, uint32(i), uint32(j)}
			if got, p := countSpikes[float32](c, u, draws, counter), c.probability(u); offBinomial(got, draws, p) {
				t.Errorf("%s %v at u = %g: %d spikes in %d draws in float32, p = %g", c.name, c.parameters, u, got, draws, p)
			}
			if testing.Short() {
				continue
			}
			counter[1] = 1
			if got, p := countSpikes[float64](c, u, draws, counter), c.probability(u); offBinomial(got, draws, p) {
				t.Errorf("%s %v at u = %g: %d spikes in %d draws in float64, p = %g", c.name, c.parameters, u, got, draws, p)
			}
		}
	}
}

// countSpikes counts the spikes over the given number of draws; the draw's number is the first word
// of its counter.
func countSpikes[T Float](c escapeNoiseCase, u float64, draws int, counter [4]uint32) int {
	parameters := [2]T{T(c.parameters[0]), T(c.parameters[1])}
	count := 0
	for counter[0] = 0; int(counter[0]) < draws/4; counter[0]++ {
		for _, word := range Philox([2]uint32{5, uint32(StreamNoise)}, counter) {
			if Spikes(c.noise, parameters, T(u), Uniform[T](word)) {
				count++
			}
		}
	}
	return count
}

// offBinomial reports whether a count is more than four standard errors from its mean.
func offBinomial(count, draws int, p float64) bool {
	mean := p * float64(draws)
	return math.Abs(float64(count)-mean) > 4*math.Sqrt(mean*(1-p))
}

// TestThresholdNoise: no randomness, and no spike at the threshold itself.
func TestThresholdNoise(t *testing.T) {
	for u, want := range map[float32]bool{-1: false, -1e-7: false, 0: false, 1e-7: true, 3: true} {
		for _, xi := range []float32{0x1p-24, 0.5, 1 - 0x1p-24} {
			if got := Spikes(NoiseThreshold, [2]float32{}, u, xi); got != want {
				t.Errorf("a spike at u = %g with ξ = %g is %v: want %v", u, xi, got, want)
			}
		}
		if got := SpikeProbability(NoiseThreshold, [2]float32{}, u); (got == 1) != want || got != 0 && got != 1 {
			t.Errorf("the probability at u = %g is %g", u, got)
		}
	}
}

// TestSpikeProbability compares p(u) with package math, including at extreme potentials.
func TestSpikeProbability(t *testing.T) {
	for _, c := range escapeNoiseCases() {
		for u := -8.0; u <= 8; u += 0.0625 {
			want := c.probability(u)
			if got := SpikeProbability(c.noise, c.parameters, u); !(math.Abs(got-want) <= 1e-14) {
				t.Errorf("%s %v: p(%g) is %v, want %v", c.name, c.parameters, u, got, want)
			}
			single := SpikeProbability(c.noise, [2]float32{float32(c.parameters[0]), float32(c.parameters[1])}, float32(u))
			if !(math.Abs(float64(single)-want) <= 2e-6) {
				t.Errorf("%s %v: p(%g) in float32 is %v, want %v", c.name, c.parameters, u, single, want)
			}
		}
	}
}
