package unbiased

import (
	"fmt"
	"math"
	"testing"

	"spikegrad/host/network"
	"spikegrad/host/unbiased/exact"
)

// TestScore: the scores of all steps at once give the same as those of single steps, with
// every reset and noise; a score equals differences of the log-probability.
func TestScore(t *testing.T) {
	s := exact.NewSource(1, 4, 2, 17, 0.5)
	for _, reset := range []string{"multiplicative", "membrane_only", "subtractive"} {
		for _, noise := range []network.Noise{{Kind: "sigmoid", Beta: 3}, {Kind: "exponential", P0: 0.2, DeltaU: 0.9}, {Kind: "hazard", Rate: 300, DeltaU: 0.7}, {Kind: "superspike", Beta: 3}} {
			n := exact.Network(t, s, 2, func(number int, l *network.Layer) {
				l.Neurons, l.Reset, l.Noise, l.Delay, l.RecurrentDelay = 3+number, reset, noise, number, 2
			})
			h := heldHistory(n, s)
			l := &newLayers(n)[1]
			what := fmt.Sprintf("%s, %s", reset, noise.Kind)
			want, got, response := make([]float64, l.weights), make([]float64, l.weights), make([]float64, n.Steps)
			for neuron := range l.neurons {
				for step := range n.Steps {
					spiked := h.spiked(1, step, neuron)
					score := l.score(&h, step, neuron, spiked)
					l.addEligibility(want, &h, step, neuron, 0.7*score, response)
					checkScore(t, what, noise, l.potential(&h, step, neuron), spiked, score)
				}
			}
			l.addScore(got, &h, 0.7, response, new(tracer))
			largest := 0.0
			for i := range want {
				largest = max(largest, math.Abs(want[i]))
				if math.Abs(got[i]-want[i]) > 1e-12 {
					t.Errorf("%s, weight %d: %g, step by step %g", what, i, got[i], want[i])
				}
			}
			if largest < 0.1 {
				t.Errorf("%s: the largest score is %g: nothing was compared", what, largest)
			}
		}
	}
}

// checkScore compares a score with the difference quotient of log p(u), or log(1 − p(u)).
func checkScore(t *testing.T, what string, noise network.Noise, u float64, spiked bool, score float64) {
	t.Helper()
	logarithm := func(u float64) float64 {
		var p float64
		switch noise.Kind {
		case "sigmoid":
			p = 1 / (1 + math.Exp(-noise.Beta*u))
		case "exponential":
			p = noise.P0 * math.Exp(u/noise.DeltaU)
		case "hazard":
			p = 1 - math.Exp(-0.001*noise.Rate*math.Exp(u/noise.DeltaU))
		case "superspike":
			p = (1 + noise.Beta*u/(1+noise.Beta*math.Abs(u))) / 2
		}
		if spiked {
			return math.Log(p)
		}
		return math.Log(1 - p)
	}
	const h = 1e-5
	if want := (logarithm(u+h) - logarithm(u-h)) / (2 * h); math.Abs(score-want) > 1e-5*(1+math.Abs(want)) {
		t.Errorf("%s, u = %g, spike %v: score %g, by differences %g", what, u, spiked, score, want)
	}
}
