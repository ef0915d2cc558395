package tests

import (
	"math"
	"testing"

	"spikegrad/cpuref"
)

// late is what a source passes to a layer after learned delays. A delay lies between two integers;
// in this sample it is one of them, and its derivative is the slope of the line between the spikes
// delayed by either.
func (s *dualSimulator) late(l, sample int, handed [][]dual, shares []dual) [][]dual {
	longest := s.network.Layers[l].LearnedDelay
	arrived := make([][]dual, len(handed))
	for t := range arrived {
		arrived[t] = make([]dual, len(shares))
	}
	for k, share := range shares {
		part := 0.5
		if s.batch.Dropout {
			counter := [4]uint32{s.batch.Numbers[sample], 1<<32 - 1, uint32(k / 4), uint32(l)}
			part = cpuref.Uniform[float64](cpuref.Philox([2]uint32{s.seed, uint32(cpuref.StreamDelay)}, counter)[k%4])
		}
		delay := min(int(math.Floor(float64(longest)*share.value+part)), longest)
		at := func(t int) dual {
			if t < delay {
				return dual{}
			}
			return handed[t-delay][k]
		}
		for t := range arrived {
			now, before := at(t), dual{}
			if t > 0 {
				before = at(t - 1)
			}
			arrived[t][k] = dual{now.value, now.slope + share.slope*float64(longest)*(before.value-now.value)}
		}
	}
	return arrived
}

// TestDualDelays compares the gradients of networks that learn delays: of their input, of a layer,
// with dropout before them, with more samples than a chunk, and up to the last step.
func TestDualDelays(t *testing.T) {
	for k, c := range []struct {
		name    string
		delays  [2]int
		dropout float64
		neurons int
		samples int
	}{
		{"of_the_input", [2]int{4, 0}, 0, 7, 4},
		{"of_a_layer", [2]int{0, 7}, 0, 7, 4},
		{"of_both_dropout", [2]int{1, 3}, 0.3, 7, 11},
		{"longest_possible", [2]int{17, 15}, 0, 35, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := dualNetwork(k, []string{"superspike", "matched"}[k%2], dualResets[k%3], false, dualLosses[k%2])
			for l := range n.Layers {
				n.Layers[l].Delay, n.Layers[l].LearnedDelay = []int{1, 0, 2}[(k+l)%3], c.delays[l]
			}
			n.Layers[0].Neurons, n.Layers[0].Dropout, n.Layers[0].DropoutPer = c.neurons, c.dropout, "spike"
			n.Layers[1].Recurrent = k%2 == 0
			if n.Layers[1].Delay+n.Layers[1].LearnedDelay >= n.Steps {
				n.Layers[1].Delay = 0
			}
			if n.Layers[0].Delay+n.Layers[0].LearnedDelay >= n.Steps {
				n.Layers[0].Delay = 0
			}
			checkDual(t, &dualCase{network: n, samples: c.samples, scale: 5, perArray: 40}, uint64(k))
		})
	}
}
