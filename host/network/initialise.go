package network

import (
	"math"

	"spikegrad/cpuref"
)

// Initialise draws initial weights, one row-major array [rows][columns] for each of [Network.Weights], from
// the seed alone: the same on every machine. Biases are 0, and so are learned constants unless they are
// spread; learned delays are drawn uniformly.
func (n *Network) Initialise(seed uint32) [][]float32 {
	described := n.Weights()
	weights := make([][]float32, 0, len(described))
	drawn := 0 // arrays, not counting biases: a network with biases draws the same as one without
	zero := func() { weights = append(weights, make([]float32, described[len(weights)].Rows)) }
	draw := func(kind string, scale float64) {
		w := described[len(weights)]
		source := normals{seed: seed, array: uint32(drawn)}
		drawn++
		values := make([]float32, w.Rows*w.Columns)
		for i := range values {
			x := source.normal(i)
			if kind == "uniform" {
				x = float64(2*source.uniform(i)) - 1
			}
			values[i] = cpuref.FlushWeight(float32(float64(x * scale)))
		}
		weights = append(weights, values)
	}
	for l := range n.Layers {
		layer := &n.Layers[l]
		initial, share := layer.Initial, 1.0
		if layer.Recurrent {
			share = initial.Alpha
		}
		// The inputs of a neuron are the columns of all its sources: for a convolution, those in its
		// window.
		inputs := 0
		for _, w := range described[len(weights):][:len(n.Sources(l))] {
			inputs += w.Columns
		}
		for _, source := range n.Sources(l) {
			draw(initial.Kind, initial.scale(n, layer, source, inputs, share))
		}
		if layer.Recurrent {
			draw(initial.Kind, initial.scale(n, layer, l, described[len(weights)].Columns, 1-share))
		}
		if layer.Bias {
			zero()
		}
		for range layer.Learned() {
			weights = append(weights, layer.initialConstant(described[len(weights)], seed, len(weights)))
		}
		if layer.LearnedDelay > 0 {
			weights = append(weights, initialDelays(described[len(weights)], seed, len(weights)))
		}
	}
	if !n.Spiking() {
		sources, inputs := n.Sources(len(n.Layers)), 0
		for _, source := range sources {
			inputs += n.Handed(source).Neurons()
		}
		for range sources {
			draw("normal", n.Readout.Scale/math.Sqrt(float64(inputs)))
		}
		if n.Readout.Bias {
			zero()
		}
	}
	return weights
}

// scale returns the standard deviation of a source's weights (their bound if uniform), for the given number
// of inputs. Fluctuation-driven (Rossbroich et al. 2022): the variance of the membrane is σ_w² times
// [Initial.variance]; σ_w gives this connection its share of σ_U².
func (i Initial) scale(n *Network, layer *Layer, source, inputs int, share float64) float64 {
	if i.Kind != "fluctuation" {
		return i.Scale / math.Sqrt(float64(inputs))
	}
	return math.Sqrt(share/i.variance(n, layer, source, inputs)) * i.SigmaU * Threshold
}

// response returns ε̂ = Σ ε(t)²·dt and Σ ε(t) of a neuron without reset, summed until the response has
// decayed. Without a leak it never does: then they are the sums so far, averaged over a sample of the given
// number of steps.
func response(layer *Layer, stepLength float64, steps int) (energy, gain float64) {
	neuron := NeuronParameters[float64](layer, stepLength)
	if neuron.Model == cpuref.NeuronIF {
		return float64(steps) * stepLength / 2, float64(steps) / 2
	}
	var state cpuref.NeuronState[float64]
	received := 1.0
	for range 1_000_001 {
		neuron.Advance(&state, received, 1)
		square := float64(state[0] * state[0])
		received = 0
		energy += float64(square * stepLength)
		gain += state[0]
		if state[1] < 1e-12 && square < 1e-18*energy {
			break
		}
	}
	return energy, gain
}

// normals are random numbers of one weight array, each a function of its index.
type normals struct {
	seed, array uint32
	cached      bool
	block       int
	values      [4]float64
}

// uniform returns number i, in (0, 1).
func (s *normals) uniform(i int) float64 {
	words := s.words(i / 4)
	return float64((float64(words[i%4]) + 0.5) * 0x1p-32)
}

// normal returns standard normal number i, by the Box-Muller transform on pairs of words.
func (s *normals) normal(i int) float64 {
	if !s.cached || s.block != i/4 {
		s.cached, s.block = true, i/4
		words := s.words(s.block)
		for pair := 0; pair < 4; pair += 2 {
			u := float64((float64(words[pair]) + 0.5) * 0x1p-32)
			turn := float64(float64(words[pair+1]) * 0x1p-32)
			radius := math.Sqrt(-2 * cpuref.Log64(u))
			s.values[pair] = float64(radius * cpuref.SinTurns(turn+0.25))
			s.values[pair+1] = float64(radius * cpuref.SinTurns(turn))
		}
	}
	return s.values[i%4]
}

func (s *normals) words(block int) [4]uint32 {
	key := [2]uint32{s.seed, uint32(cpuref.StreamInitial)}
	return cpuref.Philox(key, [4]uint32{uint32(block), uint32(uint64(block) >> 32), s.array, 0})
}
