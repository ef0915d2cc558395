package engine

import (
	"fmt"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
)

// OpenVulkanOn makes an engine like [OpenVulkan] on a device that is also used by others. Close
// leaves the device open. Validation, Profile and CacheDir of the options are ignored in favour of
// the device's.
func OpenVulkanOn(n *network.Network, device *gpu.Device, options Options) (*Vulkan, error) {
	p, err := newPlan[float32](n, options)
	if err != nil {
		return nil, err
	}
	e := newVulkan(p, device)
	e.lent = true
	if err := e.open(); err != nil {
		e.free()
		return nil, fmt.Errorf("device %s: %w", device.Info().Name, err)
	}
	return e, nil
}

// free frees all arrays and streams.
func (e *Vulkan) free() {
	e.closeReplicas()
	e.freePass()
	e.update.free()
	e.norms.free()
	buffers := slices.Concat([]*gpu.Buffer{e.update.Buffer, e.norms.Buffer}, e.weights, e.constants, e.varied, e.geometries, e.transposed)
	for _, states := range e.states {
		buffers = append(buffers, states...)
	}
	for _, b := range buffers {
		if b != nil {
			b.Free()
		}
	}
}

// Probe runs samples through the network of a Vulkan engine alongside the engine's own work, using
// the engine's current weights in place. It changes nothing in the engine, and leaves what the
// samples did on the device: see [Probe.Arrays].
//
// A probe and its engine may work in two goroutines, except that neither [Engine.SetWeights] nor
// Close may run at the same time. It then sees the weights between two updates, because the device
// executes the commands of one after those of the other.
type Probe struct{ inner *Vulkan }

// NewProbe makes a probe of an engine. The network is the engine's, or the same with its noise
// switched off or on: [network.Network.OtherMode].
func (e *Vulkan) NewProbe(n *network.Network) (*Probe, error) {
	p, err := newPlan[float32](n, e.plan.options)
	if err != nil {
		return nil, err
	}
	if len(p.weights) != len(e.plan.weights) {
		return nil, fmt.Errorf("a probe of %d weight arrays was asked for: the engine's network has %d", len(p.weights), len(e.plan.weights))
	}
	for i, w := range p.weights {
		if own := e.plan.weights[i]; w.Weight != own.Weight || w.size != own.size {
			return nil, fmt.Errorf("a probe with weights %s of %d × %d was asked for: the engine's network has %s of %d × %d",
				w.Name, w.Rows, w.Columns, own.Name, own.Rows, own.Columns)
		}
	}
	inner, err := e.beside(p)
	if err != nil {
		return nil, err
	}
	return &Probe{inner}, nil
}

// beside makes an engine that only evaluates, on the device and with the weights of another.
func (e *Vulkan) beside(p *plan[float32]) (inner *Vulkan, err error) {
	inner = newVulkan(p, e.device)
	if inner.kernels, err = newKernelSet(e.device, p); err != nil {
		return nil, err
	}
	if err := inner.uploadConstants(); err != nil {
		inner.free()
		return nil, err
	}
	inner.weights, inner.varied = e.weights, e.varied
	inner.partial = make([]*gpu.Buffer, len(p.weights))
	inner.sums = make([]*gpu.Buffer, len(p.weights))
	return inner, nil
}

// leave frees the arrays of an engine made by beside.
func (e *Vulkan) leave() {
	e.weights, e.varied = nil, nil
	e.free()
}

// Evaluate is like [Engine.Evaluate].
func (p *Probe) Evaluate(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return p.inner.Evaluate(batch, stream, record)
}

// Close frees the probe's arrays.
func (p *Probe) Close() {
	p.inner.leave()
}

// Arrays is where the last batch of a probe and the engine's weights lie on the device. Neurons are
// in the order of the kernels: [network.Geometry.Slot].
type Arrays struct {
	Samples  int           // of the last batch
	Spikes   []*gpu.Buffer // [layer]: bits, [sample][step][word], [cpuref.Words] words of a layer's slots
	Membrane []*gpu.Buffer // [layer]: [sample][step][neuron], rows of [cpuref.Stride] numbers
	Readout  *gpu.Buffer   // [sample][step][class], the same; nil without a leaky readout
	Weights  []WeightArray // in the order of [network.Network.Weights]
}

// WeightArray is a weight array on a device, transposed: [row][neuron].
type WeightArray struct {
	Buffer  *gpu.Buffer
	Stride  int     // numbers per row
	Columns []int32 // row of each column of the network's array
}

// Arrays returns where things are after a call of Evaluate whose samples went through the device at
// once. The next call may move them.
func (p *Probe) Arrays(samples int) (Arrays, error) {
	e := p.inner
	if e.pass == nil || e.pass.capacity < samples {
		return Arrays{}, fmt.Errorf("device %s: %d samples do not fit at once: show fewer trials", e.device.Info().Name, samples)
	}
	a := Arrays{Samples: samples, Readout: e.pass.readout}
	for _, layer := range e.pass.layers {
		a.Spikes = append(a.Spikes, layer.spikes)
		a.Membrane = append(a.Membrane, layer.membrane)
	}
	for i, w := range e.plan.weights {
		a.Weights = append(a.Weights, WeightArray{Buffer: e.weights[i], Stride: w.stride, Columns: w.columns})
	}
	return a, nil
}
