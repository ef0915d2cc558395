package scene

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// deviceSight looks through probes of an engine on the drawing device.
type deviceSight struct {
	engine *engine.Vulkan
	modes  [2]probedMode // as trained, and the other one
}

// probedMode is one mode of the network.
type probedMode struct {
	network *network.Network
	probe   *engine.Probe // nil before it is needed
	found   engine.Arrays // the last
	arrays  *arrays
}

func newDeviceSight(n *network.Network, e *engine.Vulkan) *deviceSight {
	return &deviceSight{engine: e, modes: [2]probedMode{{network: n}, {network: n.OtherMode()}}}
}

func (s *deviceSight) look(batch *engine.Batch, other bool, record *engine.Record) (*arrays, engine.Outcome, error) {
	mode := &s.modes[0]
	if other {
		mode = &s.modes[1]
	}
	if mode.probe == nil {
		probe, err := s.engine.NewProbe(mode.network)
		if err != nil {
			return nil, engine.Outcome{}, err
		}
		mode.probe = probe
	}
	outcome, err := mode.probe.Evaluate(batch, cpuref.StreamEvaluation, record)
	if err != nil {
		return nil, outcome, err
	}
	found, err := mode.probe.Arrays(batch.Samples())
	if err != nil {
		return nil, outcome, err
	}
	if mode.arrays == nil || found.Spikes[0] != mode.found.Spikes[0] {
		mode.found, mode.arrays = found, mode.describe(found)
	}
	return mode.arrays, outcome, nil
}

// describe returns the layout of the kernels' arrays.
func (m *probedMode) describe(found engine.Arrays) *arrays {
	n := m.network
	a := &arrays{}
	for l := range n.Layers {
		geometry := n.Geometry(l)
		stepBits := uint32(32 * cpuref.Words(geometry.Slots()))
		slots := make([]uint32, n.Layers[l].Neurons)
		for neuron := range slots {
			slots[neuron] = uint32(geometry.Slot(neuron))
		}
		a.spikes = append(a.spikes, bitTable{found.Spikes[l], uint32(n.Steps) * stepBits, stepBits, slots})
		a.membranes = append(a.membranes, numberTable{found.Membrane[l], uint32(cpuref.Stride(geometry.Slots()))})
	}
	if found.Readout != nil {
		a.readout = numberTable{found.Readout, uint32(cpuref.Stride(n.Classes))}
	}
	for _, w := range found.Weights {
		order := make([]uint32, len(w.Columns))
		for i, row := range w.Columns {
			order[i] = uint32(row)
		}
		a.weights = append(a.weights, weightTable{w.Buffer, uint32(w.Stride), order})
	}
	return a
}

// setWeights has nothing to do: the probes use the engine's weights.
func (s *deviceSight) setWeights([][]float32) error { return nil }

func (s *deviceSight) close() error {
	for _, mode := range s.modes {
		if mode.probe != nil {
			mode.probe.Close()
		}
	}
	return nil
}
