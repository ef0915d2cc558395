package bench

import (
	"errors"
	"fmt"
	"unsafe"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// vulkanNeurons runs them on a Vulkan device.
type vulkanNeurons struct {
	in     *aloneInput
	device *gpu.Device

	spikes, membrane, errors, above *gpu.Buffer // above: the initial errors
	preparing, forwards, backwards  *gpu.Stream
}

func newVulkanNeurons(in *aloneInput, options *Options) (*vulkanNeurons, error) {
	device, err := gpu.Open(options.Choice.Info.Index, gpu.Options{CacheDir: options.CacheDir})
	if err != nil {
		return nil, err
	}
	e := &vulkanNeurons{in: in, device: device}
	if err := e.open(); err != nil {
		return nil, errors.Join(err, device.Close())
	}
	return e, nil
}

func (e *vulkanNeurons) open() (err error) {
	in, layer := e.in, &e.in.network.Layers[0]
	words, states := in.sizes()
	buffer := func(name string, values int) *gpu.Buffer {
		if err != nil {
			return nil
		}
		var b *gpu.Buffer
		b, err = e.device.NewBuffer(name, 4*uint64(values))
		return b
	}
	e.spikes, e.membrane, e.errors, e.above = buffer("spikes", words), buffer("membrane", states), buffer("errors", states), buffer("errors from above", states)
	spikeError := buffer("spike error", in.samples*cpuref.Stride(layer.Neurons))
	upload := func(name string, data []byte) *gpu.Buffer {
		b := buffer(name, max(1, len(data)/4))
		if err == nil {
			err = b.Upload(0, data)
		}
		return b
	}
	rows, index := upload("rows", asBytes(in.events.Rows)), upload("index", asBytes(in.events.Index))
	weights := upload("weights", asBytes(in.weights))
	numbers := upload("numbers", asBytes(append([]uint32{seed, uint32(cpuref.StreamNoise)}, in.numbers...)))
	constants := upload("constants", asBytes(kernels.NeuronConstants(&in.neuron)))
	if err != nil {
		return err
	}
	pattern := asBytes(errorPattern())
	for at := uint64(0); at < e.above.Bytes(); at += uint64(len(pattern)) {
		if err := e.above.Upload(at, pattern[:min(uint64(len(pattern)), e.above.Bytes()-at)]); err != nil {
			return err
		}
	}

	neuron, count := in.neuron, uint32(layer.Neurons)
	forward, err := kernels.NewLIFForward(e.device, kernels.LIFForwardChoice{Neurons: count, Noise: uint32(neuron.Noise), Reset: uint32(neuron.Reset)})
	if err != nil {
		return err
	}
	backward, err := kernels.NewLIFBackward(e.device, kernels.LIFBackwardChoice{Neurons: count, Surrogate: uint32(neuron.Surrogate), Reset: uint32(neuron.Reset)})
	if err != nil {
		return err
	}
	whole := func(b *gpu.Buffer) gpu.Binding { return gpu.Binding{Buffer: b} }
	samples, steps := uint32(in.samples), uint32(in.network.Steps)
	for _, s := range []struct {
		name   string
		stream **gpu.Stream
		record func(*gpu.Stream) error
	}{
		{"prepare", &e.preparing, func(s *gpu.Stream) error { return s.Copy(e.errors, 0, e.above, 0, e.errors.Bytes()) }},
		{"forward", &e.forwards, func(s *gpu.Stream) error {
			return forward.Record(s, kernels.LIFForwardBuffers{
				Spikes: whole(e.spikes), Membrane: whole(e.membrane), Rows: whole(rows), Index: whole(index),
				InputWeights: whole(weights), Numbers: whole(numbers), ConstantsOfLayer: whole(constants),
			}, kernels.LIFForwardParameters{
				Samples: samples, Steps: steps, Neurons: count, Delay: uint32(layer.Delay),
			})
		}},
		{"backward", &e.backwards, func(s *gpu.Stream) error {
			return backward.Record(s, kernels.LIFBackwardBuffers{
				Error: whole(e.errors), Spikes: whole(e.spikes), Membrane: whole(e.membrane), SpikeError: whole(spikeError), ConstantsOfLayer: whole(constants),
			}, kernels.LIFBackwardParameters{
				Samples: samples, Steps: steps, Neurons: count,
			})
		}},
	} {
		if *s.stream, err = e.device.NewStream(s.name); err != nil {
			return err
		}
		if err := s.record(*s.stream); err != nil {
			return err
		}
		if err := (*s.stream).Finish(); err != nil {
			return err
		}
	}
	return nil
}

func (e *vulkanNeurons) prepare() error  { return e.preparing.Run() }
func (e *vulkanNeurons) forward() error  { return e.forwards.Run() }
func (e *vulkanNeurons) backward() error { return e.backwards.Run() }

func (e *vulkanNeurons) results() (spikes []uint32, membrane, errors []float32, err error) {
	words, states := e.in.sizes()
	spikes, membrane, errors = make([]uint32, words), make([]float32, states), make([]float32, states)
	for _, c := range []struct {
		to   []byte
		from *gpu.Buffer
	}{{asBytes(spikes), e.spikes}, {asBytes(membrane), e.membrane}, {asBytes(errors), e.errors}} {
		if err := c.from.Download(c.to, 0); err != nil {
			return nil, nil, nil, err
		}
	}
	return spikes, membrane, errors, nil
}

func (e *vulkanNeurons) bytes() uint64 {
	_, peak := e.device.Memory()
	return peak
}

func (e *vulkanNeurons) name(r *Result) {
	info := e.device.Info()
	r.Name, r.Driver = info.Name, fmt.Sprintf("%s %s, Vulkan %s", info.Driver, info.DriverInfo, info.VersionString())
}

func (e *vulkanNeurons) close() error { return e.device.Close() }

// asBytes returns the memory of a slice of 4-byte numbers or pairs of them.
func asBytes[E float32 | uint32 | [2]uint32](slice []E) []byte {
	if len(slice) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&slice[0])), len(slice)*int(unsafe.Sizeof(slice[0])))
}
