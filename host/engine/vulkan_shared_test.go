package engine

import (
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/network"
)

// probed is a network with its training batch.
func probed() (*network.Network, *Batch) {
	n := &network.Network{
		Inputs: 40, Classes: 3, Steps: 30, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer(), network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	n.Layers[0].Neurons, n.Layers[1].Neurons = 33, 20
	for l := range n.Layers {
		n.Layers[l].Initial.SigmaU, n.Layers[l].Initial.Rate, n.Layers[l].Surrogate.Kind = 2, 15, network.Matched
	}
	batch := &Batch{}
	for b := range uint32(11) {
		batch.Labels, batch.Numbers = append(batch.Labels, b%3), append(batch.Numbers, 5*b)
		for step := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for channel := (b + step) % 3; channel < uint32(n.Inputs); channel += 3 {
				batch.Index = append(batch.Index, channel)
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	return n, batch
}

// TestProbe: a probe in another goroutine sees the weights after some update, all from the same
// one, and does not affect training. The lent device has all its memory back in the end.
func TestProbe(t *testing.T) {
	n, batch := probed()
	const updates = 5
	// What every mode gives after every update, on the CPU engine.
	modes := []*network.Network{n, n.OtherMode()}
	reference, err := NewCPU[float32](n, Options{Seed: 9, Optimizer: cpuref.OptimizerAdam})
	if err != nil {
		t.Fatal(err)
	}
	if err := reference.SetWeights(n.Initialise(2)); err != nil {
		t.Fatal(err)
	}
	var possible [2][][]float32 // [mode][update]: readouts
	for number := range updates + 1 {
		weights, err := reference.Weights()
		if err != nil {
			t.Fatal(err)
		}
		for m, mode := range modes {
			e, err := NewCPU[float32](mode, Options{Seed: 9})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.SetWeights(weights); err != nil {
				t.Fatal(err)
			}
			record := NewRecord[float32](mode, batch.Samples())
			if _, err := e.Evaluate(batch, cpuref.StreamEvaluation, record); err != nil {
				t.Fatal(err)
			}
			possible[m] = append(possible[m], record.Readout)
		}
		if number < updates {
			trainOnce(t, reference, batch, number+1)
		}
	}
	want, err := reference.Weights()
	if err != nil {
		t.Fatal(err)
	}

	for _, info := range gputest.Devices(t) {
		t.Run(info.Driver, func(t *testing.T) {
			device := gputest.Open(t, info.Index)
			before, _ := device.Memory()
			e, err := OpenVulkanOn(n, device, Options{Seed: 9, Optimizer: cpuref.OptimizerAdam})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.SetWeights(n.Initialise(2)); err != nil {
				t.Fatal(err)
			}
			ended, stopped := make(chan struct{}), make(chan struct{})
			seen := map[int]bool{}
			go func() {
				defer close(stopped)
				probe(t, e, modes, batch, possible, seen, ended)
			}()
			for number := range updates {
				trainOnce(t, e, batch, number+1)
			}
			close(ended)
			<-stopped
			if !seen[updates] {
				t.Errorf("the probe saw the weights of updates %v, not those of the last", seen)
			}
			got, err := e.Weights()
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("weights %s differ from those of a training without probe", n.Weights()[i].Name)
				}
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if after, _ := device.Memory(); after > before+4<<20 { // the staging buffer stays
				t.Errorf("%d bytes of the lent device are taken, %d were before", after, before)
			}
		})
	}
}

func trainOnce(t *testing.T, e Engine, batch *Batch, number int) {
	if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
		t.Error(err)
	}
	if err := e.Update(Update{Number: number, LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8}); err != nil {
		t.Error(err)
	}
}

// probe alternates between the modes until training has ended, and then looks once more.
func probe(t *testing.T, e *Vulkan, modes []*network.Network, batch *Batch, possible [2][][]float32, seen map[int]bool, ended <-chan struct{}) {
	var probes []*Probe
	for _, mode := range modes {
		p, err := e.NewProbe(mode)
		if err != nil {
			t.Error(err)
			return
		}
		defer p.Close()
		probes = append(probes, p)
	}
	record := NewRecord[float32](modes[0], batch.Samples())
	for last := false; !last; {
		select {
		case <-ended:
			last = true
		default:
		}
		for m, p := range probes {
			if _, err := p.Evaluate(batch, cpuref.StreamEvaluation, record); err != nil {
				t.Error(err)
				return
			}
			update := slices.IndexFunc(possible[m], func(readout []float32) bool { return slices.Equal(readout, record.Readout) })
			if update < 0 {
				t.Errorf("mode %d: what the probe sees is not what any update gives", m)
				return
			}
			seen[update] = true
		}
	}
}
