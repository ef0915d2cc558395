package estimate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Device measures estimators where networks are trained: on an engine, in float32, with the same
// noise as the float64 estimators with the same seed.
type Device interface {
	// Name returns the name of the device.
	Name() string
	// Estimators returns the names of those available.
	Estimators() []string
	// Measure takes the given number of samples of one of them.
	Measure(ctx context.Context, p *Spiking, estimator string, trials int) (Measured, error)
}

// Spiking is a problem of spiking neurons in the form that engines use. Its gradient, all weight
// arrays concatenated, has the order of the circuit's parameters.
type Spiking struct {
	Network *network.Network
	Weights [][]float32
	Rows    [][2]uint32 // [step]: as in a batch of one sample
	Index   []uint32
	Targets []uint32 // [step][word]: target spikes
	Seed    uint32   // of the noise
}

// spiking returns the network of a problem with the named loss, which compares the spikes of the
// last layer with a target. It is nil if engines do not have the loss.
func spiking(n *network.Network, weights [][]float32, input []float64, target [][]float64, loss string, seed uint32) *Spiking {
	last := n.Layers[len(n.Layers)-1]
	copied := *n
	copied.Classes = last.Neurons
	copied.Readout = network.Readout{Kind: "spikes"}
	switch loss {
	case "squared":
		copied.Readout.Loss = "spike_difference"
	case "van_rossum":
		copied.Readout.Loss = "van_rossum"
		// The kernel of engines is that of [VanRossum] times (1−a_m)/(a_m−a_s).
		membrane, drive := network.Decay[float64](n.StepLength, last.TauMembrane)
		synapse, _ := network.Decay[float64](n.StepLength, last.TauSynapse)
		ratio := (membrane - synapse) / drive
		copied.Readout.LossScale = float64(ratio * ratio)
	default:
		return nil
	}
	s := &Spiking{Network: &copied, Weights: weights, Seed: seed}
	for step := range n.Steps {
		first := uint32(len(s.Index))
		for channel, spike := range input[step*n.Inputs:][:n.Inputs] {
			if spike != 0 {
				s.Index = append(s.Index, uint32(channel))
			}
		}
		s.Rows = append(s.Rows, [2]uint32{first, uint32(len(s.Index))})
	}
	words := cpuref.Words(last.Neurons)
	s.Targets = make([]uint32, n.Steps*words)
	for step, row := range target {
		for neuron, spike := range row {
			if spike != 0 {
				s.Targets[step*words+neuron/32] |= 1 << (neuron % 32)
			}
		}
	}
	return s
}

// onDevice checks that a device can measure what is requested and, of "all" estimators, keeps
// those that it has.
func (o *EstimateOptions) onDevice(p Problem, list []Estimator) ([]Estimator, error) {
	if o.Device == nil {
		return list, nil
	}
	if p.Spiking == nil {
		return nil, fmt.Errorf("net %q with loss %q: devices run nets of spiking neurons with the losses van_rossum and squared; the rest is computed in float64 on the CPU: leave the device out", o.Net, o.Loss)
	}
	known := o.Device.Estimators()
	var kept []Estimator
	for _, e := range list {
		switch {
		case slices.Contains(known, e.Name()):
			kept = append(kept, e)
		case o.Estimators != "all":
			return nil, fmt.Errorf("estimator %q runs in float64 on the CPU only; on a device, use %s, or leave --device out", e.Name(), strings.Join(known, ", "))
		}
	}
	return kept, nil
}

// measure measures an estimator on the device of the options, or on the CPU.
func (o *EstimateOptions) measure(ctx context.Context, p Problem, e Estimator) (Measured, error) {
	if o.Device == nil {
		return measureOver(ctx, o.Team, p, e, o.Trials, o.Workers)
	}
	s := *p.Spiking
	s.Seed = p.Seed
	return o.Device.Measure(ctx, &s, e.Name(), o.Trials)
}

// largestKurtosis is the kurtosis of batch means from which their standard error is not trusted,
// for 32 batches: [leastEffective] effective trials then correspond to 10 batches.
const largestKurtosis = leastEffective / 10.

// OfBatches returns the moments of samples of which only the means over batches are known,
// [batch][parameter], with the given number of samples in each: the spread of a sample follows
// from that of the means. At least two batches are needed.
func OfBatches(means [][]float64, samples []int) *Moments {
	m := newMoments(len(means[0]))
	for _, n := range samples {
		m.Trials += n
	}
	for i := range m.Mean {
		for b, mean := range means {
			m.Mean[i] += float64(mean[i]*float64(samples[b])) / float64(m.Trials)
		}
		between, fourths := 0.0, 0.0
		for b, mean := range means {
			d := mean[i] - m.Mean[i]
			square := float64(d*d) * float64(samples[b])
			between += square
			fourths += float64(square * square)
		}
		m.Squares[i] = between / float64(len(means)-1) * float64(m.Trials-1)
		// This makes the effective trials those of the batches: a batch counts as a sample.
		if between > 0 {
			m.Fourths[i] = float64(m.Squares[i]*m.Squares[i]) * fourths / float64(between*between) / largestKurtosis
		}
	}
	return m
}
