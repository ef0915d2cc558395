package audit

import (
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// random gives numbers of (0, 1), the same in every test run.
type random struct{ drawn uint32 }

func (r *random) next() float64 {
	r.drawn++
	return cpuref.Uniform[float64](cpuref.Philox([2]uint32{5, 77}, [4]uint32{r.drawn, 0, 0, 0})[0])
}

// normal is a number with standard normal distribution (Box & Muller 1958).
func (r *random) normal() float64 {
	return math.Sqrt(-2*math.Log(r.next())) * math.Cos(2*math.Pi*r.next())
}

// fixed is a source of a few samples.
type fixed struct {
	channels, classes, steps int
	spikes                   [][][]uint32 // [sample][step]
	labels                   []uint32     // nil: two samples of a class after the other
}

func (s *fixed) Name() string         { return "fixed" }
func (s *fixed) Len() int             { return len(s.spikes) }
func (s *fixed) Channels() int        { return s.channels }
func (s *fixed) Shape() data.Shape    { return data.Shape{} }
func (s *fixed) Classes() int         { return s.classes }
func (s *fixed) ClassNames() []string { return make([]string, s.classes) }
func (s *fixed) Steps() int           { return s.steps }
func (s *fixed) StepLength() float64  { return 0.001 }

func (s *fixed) Label(sample int) uint32 {
	if s.labels != nil {
		return s.labels[sample]
	}
	return uint32(sample / 2 % s.classes)
}

func (s *fixed) AppendEvents(rows [][2]uint32, index []uint32, sample int, _ uint32) ([][2]uint32, []uint32) {
	for _, row := range s.spikes[sample] {
		first := uint32(len(index))
		index = append(index, row...)
		rows = append(rows, [2]uint32{first, uint32(len(index))})
	}
	return rows, index
}

// newFixed makes samples in which every channel spikes at a step with a probability.
func newFixed(samples, channels, classes, steps int, probability float64) *fixed {
	r := &random{drawn: 1 << 20}
	s := &fixed{channels: channels, classes: classes, steps: steps}
	for range samples {
		rows := make([][]uint32, steps)
		for step := range rows {
			for channel := range channels {
				if r.next() < probability {
					rows[step] = append(rows[step], uint32(channel))
				}
			}
		}
		s.spikes = append(s.spikes, rows)
	}
	return s
}

// networkFor is a network for a source with layers that differ from the default in what
// change says.
func networkFor(t *testing.T, s *fixed, layers int, change func(number int, l *network.Layer)) *network.Network {
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

// weightsFor are weights with which spikes are undecided and matter to the loss.
func weightsFor(n *network.Network) [][]float32 {
	r := &random{drawn: 2 << 20}
	var all [][]float32
	for number, w := range n.Weights() {
		array := make([]float32, w.Rows*w.Columns)
		for i := range array {
			array[i] = float32(0.6 + 1.2*(r.next()-0.5))
			if w.Name == "readout" {
				array[i] = float32(6 * (r.next() - 0.5))
			}
			if w.Constant != "" { // of no two neurons the same
				array[i] = 0.4*float32(i) - 0.3 - 0.1*float32(number%3)
			}
		}
		all = append(all, array)
	}
	return all
}

// cpuEngine runs a network on the CPU.
func cpuEngine(t *testing.T, n *network.Network, weights [][]float32) engine.Engine {
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
