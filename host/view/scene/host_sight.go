package scene

import (
	"errors"
	"fmt"
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// hostSight looks through CPU engines with weights that are handed over, and copies their
// records to the drawing device.
type hostSight struct {
	device  *gpu.Device
	options engine.Options
	modes   [2]hostMode // as trained, and the other one
	weights [][]float32
	arrays  *arrays
	samples int            // that arrays has room for
	record  *engine.Record // for the same number
}

// hostMode is one mode of the network.
type hostMode struct {
	network *network.Network
	engine  *engine.CPU[float32] // nil before it is needed
	fresh   bool                 // has the newest weights
}

func newHostSight(device *gpu.Device, n *network.Network, options engine.Options) *hostSight {
	return &hostSight{device: device, options: options, modes: [2]hostMode{{network: n}, {network: n.OtherMode()}}}
}

func (s *hostSight) setWeights(weights [][]float32) error {
	s.weights = weights
	for i := range s.modes {
		s.modes[i].fresh = false
	}
	if s.arrays == nil {
		return nil
	}
	return s.uploadWeights()
}

// uploadWeights uploads every array transposed, as engines on a device store it.
func (s *hostSight) uploadWeights() error {
	for i, w := range s.modes[0].network.Weights() {
		transposed := make([]float32, len(s.weights[i]))
		for r := range w.Rows {
			for c := range w.Columns {
				transposed[c*w.Rows+r] = s.weights[i][r*w.Columns+c]
			}
		}
		if err := s.arrays.weights[i].buffer.Upload(0, asBytes(transposed)); err != nil {
			return err
		}
	}
	return nil
}

func (s *hostSight) look(batch *engine.Batch, other bool, record *engine.Record) (*arrays, engine.Outcome, error) {
	if s.weights == nil {
		return nil, engine.Outcome{}, errors.New("no weights have arrived yet")
	}
	mode := &s.modes[0]
	if other {
		mode = &s.modes[1]
	}
	if mode.engine == nil {
		e, err := engine.NewCPU[float32](mode.network, s.options)
		if err != nil {
			return nil, engine.Outcome{}, err
		}
		mode.engine = e
	}
	if !mode.fresh {
		if err := mode.engine.SetWeights(s.weights); err != nil {
			return nil, engine.Outcome{}, err
		}
		mode.fresh = true
	}
	samples := batch.Samples()
	if err := s.reserve(samples); err != nil {
		return nil, engine.Outcome{}, err
	}
	s.record.Predicted, s.record.Loss = record.Predicted, record.Loss
	outcome, err := mode.engine.Evaluate(batch, cpuref.StreamEvaluation, s.record)
	if err != nil {
		return nil, outcome, err
	}
	return s.arrays, outcome, s.upload(samples)
}

// reserve allocates memory for the given number of samples.
func (s *hostSight) reserve(samples int) error {
	if s.arrays != nil && samples <= s.samples {
		return nil
	}
	n := s.modes[0].network
	s.free()
	s.samples, s.record = samples, engine.NewRecord[float32](n, samples)
	var err error
	buffer := func(name string, numbers int) *gpu.Buffer {
		if err != nil {
			return nil
		}
		var b *gpu.Buffer
		b, err = s.device.NewBuffer(name, 4*uint64(numbers))
		return b
	}
	a := &arrays{}
	for l := range n.Layers {
		neurons := n.Layers[l].Neurons
		stepBits := uint32(32 * cpuref.Words(neurons))
		name := fmt.Sprintf("shown layer%d ", l)
		a.spikes = append(a.spikes, bitTable{
			buffer(name+"spikes", len(s.record.Spikes[l])), uint32(n.Steps) * stepBits, stepBits, identity(neurons),
		})
		a.membranes = append(a.membranes, numberTable{buffer(name+"membrane", n.Steps*neurons), uint32(neurons)})
	}
	if !n.Spiking() {
		a.readout = numberTable{buffer("shown readout", n.Steps*n.Classes), uint32(n.Classes)}
	}
	for _, w := range n.Weights() {
		a.weights = append(a.weights, weightTable{buffer("shown "+w.Name, w.Rows*w.Columns), uint32(w.Rows), identity(w.Columns)})
	}
	s.arrays = a
	if err != nil {
		return err
	}
	return s.uploadWeights()
}

// upload copies the spikes of the batch, and the numbers of its first sample.
func (s *hostSight) upload(samples int) error {
	n := s.modes[0].network
	for l := range n.Layers {
		neurons := n.Layers[l].Neurons
		if err := s.arrays.spikes[l].buffer.Upload(0, asBytes(s.record.Spikes[l][:samples*n.Steps*cpuref.Words(neurons)])); err != nil {
			return err
		}
		if err := s.arrays.membranes[l].buffer.Upload(0, asBytes(s.record.Membrane[l][:n.Steps*neurons])); err != nil {
			return err
		}
	}
	if n.Spiking() {
		return nil
	}
	return s.arrays.readout.buffer.Upload(0, asBytes(s.record.Readout[:n.Steps*n.Classes]))
}

func (s *hostSight) free() {
	if s.arrays == nil {
		return
	}
	buffers := []*gpu.Buffer{s.arrays.readout.buffer}
	for l := range s.arrays.spikes {
		buffers = append(buffers, s.arrays.spikes[l].buffer, s.arrays.membranes[l].buffer)
	}
	for _, w := range s.arrays.weights {
		buffers = append(buffers, w.buffer)
	}
	for _, b := range buffers {
		if b != nil {
			b.Free()
		}
	}
	s.arrays = nil
}

func (s *hostSight) close() error {
	s.free()
	var err error
	for _, mode := range s.modes {
		if mode.engine != nil {
			err = errors.Join(err, mode.engine.Close())
		}
	}
	return err
}

// asBytes returns the memory of a slice of 4-byte numbers.
func asBytes[E float32 | uint32](slice []E) []byte {
	if len(slice) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&slice[0])), 4*len(slice))
}
