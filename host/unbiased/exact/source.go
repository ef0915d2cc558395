// Package exact has tiny networks whose expected loss and gradient are known exactly, by
// enumeration of all spikes, to test estimators.
package exact

import (
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Random generates numbers in (0, 1), the same in every test run.
type Random struct{ drawn uint32 }

// NewRandom starts at the given number.
func NewRandom(at uint32) *Random { return &Random{at} }

// Next returns the next number.
func (r *Random) Next() float64 {
	r.drawn++
	return cpuref.Uniform[float64](cpuref.Philox([2]uint32{5, 77}, [4]uint32{r.drawn, 0, 0, 0})[0])
}

// Normal returns a number with a standard normal distribution (Box & Muller 1958).
func (r *Random) Normal() float64 {
	return math.Sqrt(-2*math.Log(r.Next())) * math.Cos(2*math.Pi*r.Next())
}

// Source is a [data.Source] of a few samples.
type Source struct {
	channels, classes, steps int
	Spikes                   [][][]uint32 // [sample][step]
	Labels                   []uint32     // nil: two samples of each class in turn
}

func (s *Source) Name() string         { return "fixed" }
func (s *Source) Len() int             { return len(s.Spikes) }
func (s *Source) Channels() int        { return s.channels }
func (s *Source) Shape() data.Shape    { return data.Shape{} }
func (s *Source) Classes() int         { return s.classes }
func (s *Source) ClassNames() []string { return make([]string, s.classes) }
func (s *Source) Steps() int           { return s.steps }
func (s *Source) StepLength() float64  { return 0.001 }

func (s *Source) Label(sample int) uint32 {
	if s.Labels != nil {
		return s.Labels[sample]
	}
	return uint32(sample / 2 % s.classes)
}

func (s *Source) AppendEvents(rows [][2]uint32, index []uint32, sample int, _ uint32) ([][2]uint32, []uint32) {
	for _, row := range s.Spikes[sample] {
		first := uint32(len(index))
		index = append(index, row...)
		rows = append(rows, [2]uint32{first, uint32(len(index))})
	}
	return rows, index
}

// NewSource makes samples in which every channel spikes at every step with the given
// probability.
func NewSource(samples, channels, classes, steps int, probability float64) *Source {
	r := &Random{drawn: 1 << 20}
	s := &Source{channels: channels, classes: classes, steps: steps}
	for range samples {
		rows := make([][]uint32, steps)
		for step := range rows {
			for channel := range channels {
				if r.Next() < probability {
					rows[step] = append(rows[step], uint32(channel))
				}
			}
		}
		s.Spikes = append(s.Spikes, rows)
	}
	return s
}

// Again repeats the samples of a source many times.
func (s *Source) Again(times int) *Source {
	many := *s
	many.Spikes, many.Labels = nil, nil
	for range times {
		for sample, spikes := range s.Spikes {
			many.Spikes, many.Labels = append(many.Spikes, spikes), append(many.Labels, s.Label(sample))
		}
	}
	return &many
}

// Network returns a network for a source, whose layers are default ones modified by
// change.
func Network(t *testing.T, s *Source, layers int, change func(number int, l *network.Layer)) *network.Network {
	t.Helper()
	n := &network.Network{
		Inputs: s.channels, Classes: s.classes, Steps: s.steps, StepLength: s.StepLength(), Readout: network.DefaultReadout(),
	}
	n.Readout.Delay, n.Readout.TauSynapse = 0, 0.001
	for number := range layers {
		l := network.DefaultLayer()
		l.TauMembrane, l.TauSynapse, l.Delay, l.RecurrentDelay = 0.002, 0.0005, 0, 0
		l.Noise.Beta, l.Surrogate.Kind = 2, network.Matched
		change(number, &l)
		n.Layers = append(n.Layers, l)
	}
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	return n
}

// Weights returns weights with which spikes are undecided and matter to the loss.
func Weights(n *network.Network) [][]float32 {
	r := &Random{drawn: 2 << 20}
	var all [][]float32
	for number, w := range n.Weights() {
		array := make([]float32, w.Rows*w.Columns)
		for i := range array {
			array[i] = float32(0.6 + 1.2*(r.Next()-0.5))
			if w.Name == "readout" {
				array[i] = float32(6 * (r.Next() - 0.5))
			}
			if w.Constant != "" { // different for every neuron
				array[i] = 0.4*float32(i) - 0.3 - 0.1*float32(number%3)
			}
		}
		all = append(all, array)
	}
	return all
}

// Engine runs a network on the CPU.
func Engine(t *testing.T, n *network.Network, weights [][]float32) engine.Engine {
	t.Helper()
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: 3, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	return e
}
