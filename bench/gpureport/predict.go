package main

import (
	"spikegrad/bench"
	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// gpuModel describes a GPU as published by its maker.
type gpuModel struct {
	name, source string
	units        float64 // compute units
	lanes        float64 // float32 operations per unit per cycle; a fused multiply-add would count as one, and is not used
	hertz        float64
	bandwidth    float64 // bytes per second
}

// navi21 is the GPU of the predictions.
var navi21 = gpuModel{
	name:   "AMD Radeon RX 6800 XT (NAVI21)",
	source: "AMD's product page: 72 compute units, boost clock 2250 MHz, 16 GB GDDR6 on 256 bits at 16 Gbit/s, 512 GB/s; RDNA white paper: 64 float32 lanes a unit",
	units:  72, lanes: 64, hertz: 2.25e9, bandwidth: 512e9,
}

// Assumptions besides the model.
const (
	copyEfficiency = 0.8  // fraction of the bandwidth that kernels reach
	stepLatency    = 1e-6 // minimum seconds per step of a sample: a load that depends on the previous step, and a barrier
	launch         = 5e-6 // seconds between two dependent kernels
)

// prediction is the predicted time of a training step of a shape.
type prediction struct {
	shape   bench.Shape
	work    bench.Work
	filling float64 // fraction of the GPU's lanes that the narrowest layer occupies, at most 1

	memory, arithmetic, serial float64 // seconds
}

// roofline is bytes or operations at full rate, whichever takes longer.
func (p *prediction) roofline() float64 {
	return max(p.work.Bytes/navi21.bandwidth, p.work.Operations/navi21.operations())
}

// seconds is the predicted time: memory and arithmetic do not overlap, and steps wait for
// each other.
func (p *prediction) seconds() float64 { return max(p.memory+p.arithmetic, p.serial) }

func (g *gpuModel) operations() float64 { return g.units * g.lanes * g.hertz }

// predict counts the work of the networks with the actual spikes of a few samples on the
// CPU engine.
func predict() ([]prediction, error) {
	var all []prediction
	for _, s := range bench.Shapes() {
		if s.Alone || s.Network.Inputs > 1000 {
			continue
		}
		e, err := engine.NewCPU[float32](s.Network, engine.Options{Seed: 1})
		if err != nil {
			return nil, err
		}
		if err := e.SetWeights(s.Network.Initialise(1)); err != nil {
			return nil, err
		}
		batch := s.Batch(cpuref.ChunkSamples)
		outcome, err := e.Evaluate(batch, cpuref.StreamNoise, nil)
		if err != nil {
			return nil, err
		}
		scale := float64(s.Samples) / float64(batch.Samples())
		spikes := make([]uint64, len(outcome.Spikes))
		filling, kernels := 1.0, 0.0
		for l, count := range outcome.Spikes {
			spikes[l] = uint64(scale * float64(count))
			quads := float64(s.Network.Geometry(l).Slots()) / 4
			filling = min(filling, quads*float64(s.Samples)/(navi21.units*navi21.lanes))
			kernels += 9
		}
		p := prediction{shape: s, work: bench.CountWork(s.Network, s.Samples, scale*float64(len(batch.Index)), spikes), filling: filling}
		p.memory = p.work.Bytes / (copyEfficiency * navi21.bandwidth)
		p.arithmetic = p.work.Operations / (filling * navi21.operations())
		p.serial = 2*stepLatency*float64(s.Network.Steps*len(s.Network.Layers)) + kernels*launch
		all = append(all, p)
	}
	return all, nil
}
