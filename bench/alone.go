package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// neurons runs only the neurons of a shape on a device: the kernels LIFForward and
// LIFBackward, one after the other, without a network around them. Their input is one
// channel whose spikes drive every neuron, so that sums over synapses cost next to nothing.
type neurons interface {
	forward() error
	// backward replaces the errors of spikes with the errors of the synaptic input; prepare resets them.
	prepare() error
	backward() error
	// results copies spikes, membrane potentials and errors.
	results() (spikes []uint32, membrane, errors []float32, err error)
	bytes() uint64 // of the arrays on a device; 0: use this process's memory
	name(r *Result)
	close() error
}

// aloneInput is the input that all devices get.
type aloneInput struct {
	network *network.Network
	samples int
	events  cpuref.Events
	weights []float32 // [1][stride]
	numbers []uint32
	neuron  cpuref.Neuron[float32]
}

func newAloneInput(s *Shape, samples int) *aloneInput {
	n, batch := s.Network, s.Batch(samples)
	return &aloneInput{
		network: n, samples: samples,
		events:  cpuref.Events{Rows: batch.Rows, Index: batch.Index},
		weights: n.Initialise(seed)[0], // one row's worth: the number of neurons is a multiple of its padding
		numbers: batch.Numbers,
		neuron:  network.NeuronParameters[float32](&n.Layers[0], n.StepLength),
	}
}

// sizes returns the number of words of spikes and of membrane potentials.
func (in *aloneInput) sizes() (words, states int) {
	rows, neurons := in.samples*in.network.Steps, in.network.Layers[0].Neurons
	return rows * cpuref.Words(neurons), rows * cpuref.Stride(neurons)
}

// errorPattern is repeated to fill the errors from above.
func errorPattern() []float32 {
	pattern := make([]float32, 1021)
	for i := range pattern {
		pattern[i] = float32(i-510) * 0x1p-10
	}
	return pattern
}

func runAlone(ctx context.Context, s *Shape, options Options, rates Rates, r *Result) (err error) {
	if r.ComparedValues, err = compareAlone(s, &options); err != nil {
		return err
	}
	if options.Choice.Vulkan {
		info := options.Choice.Info
		sample := 4 * uint64(s.Network.Steps) * uint64(s.Network.Layers[0].Neurons)
		// Three arrays: membrane potentials, errors and the initial errors.
		fit := int(min(info.MaxStorageRange, info.MaxAllocation, info.DeviceMemory/4) / sample)
		if fit < r.Samples {
			r.Note = fmt.Sprintf("a batch of %d samples instead of %d: more do not fit in one buffer of the device", fit, r.Samples)
			r.Samples = fit
		}
	}
	in := newAloneInput(s, r.Samples)
	var t times
	var deviceBytes uint64
	r.PeakBytes, err = peakMemory(func() error {
		n, err := openAlone(in, &options)
		if err != nil {
			return err
		}
		n.name(r)
		if err := timeAlone(ctx, n, options.Repeats, &t); err != nil {
			return err
		}
		deviceBytes = n.bytes()
		return n.close()
	})
	if err != nil {
		return err
	}
	if deviceBytes > 0 {
		r.PeakBytes = deviceBytes
	}
	t.put(r, AloneWork(s.Network, r.Samples, float64(len(in.events.Index))), rates)
	r.InputSpikeShare = float64(len(in.events.Index)) / float64(r.Samples*r.Steps)
	return nil
}

func timeAlone(ctx context.Context, n neurons, repeats int, t *times) error {
	for number := range repeats + 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := n.prepare(); err != nil {
			return err
		}
		begin := time.Now()
		if err := n.forward(); err != nil {
			return err
		}
		forward := time.Since(begin)
		if err := n.backward(); err != nil {
			return err
		}
		if number > 0 { // the first is a warm-up
			t.add(forward, time.Since(begin), 0)
		}
	}
	return nil
}

// compareAlone compares a few samples with the plain loops of the CPU engine.
func compareAlone(s *Shape, options *Options) (int, error) {
	in := newAloneInput(s, s.Compared)
	run := func(options *Options) (spikes []uint32, membrane, errors []float32, err error) {
		n, err := openAlone(in, options)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, do := range []func() error{n.prepare, n.forward, n.backward} {
			if err := do(); err != nil {
				return nil, nil, nil, err
			}
		}
		if spikes, membrane, errors, err = n.results(); err != nil {
			return nil, nil, nil, err
		}
		return spikes, membrane, errors, n.close()
	}
	var spikes []uint32
	var membrane, errors []float32
	err := withPlainLoops(func() (err error) {
		spikes, membrane, errors, err = run(&Options{Workers: options.Workers})
		return err
	})
	if err != nil {
		return 0, err
	}
	gotSpikes, gotMembrane, gotErrors, err := run(options)
	if err != nil {
		return 0, err
	}
	if !slices.Equal(spikes, gotSpikes) || !sameBits(membrane, gotMembrane) || !sameBits(errors, gotErrors) {
		return 0, fmt.Errorf("spikes, membranes or errors differ from the reference, so nothing is timed")
	}
	return 32*len(spikes) + len(membrane) + len(errors), nil
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func openAlone(in *aloneInput, options *Options) (neurons, error) {
	if options.Choice.Vulkan {
		return newVulkanNeurons(in, options)
	}
	return newCPUNeurons(in, options.workers()), nil
}

// cpuNeurons runs them with package cpuref; samples are distributed over goroutines.
type cpuNeurons struct {
	in         *aloneInput
	forwards   cpuref.LIFForwardArguments[float32]
	backwards  cpuref.LIFBackwardArguments[float32]
	workspaces []cpuref.Workspace[float32]
}

func newCPUNeurons(in *aloneInput, workers int) *cpuNeurons {
	n := in.network
	words, states := in.sizes()
	count := n.Layers[0].Neurons
	e := &cpuNeurons{in: in, workspaces: make([]cpuref.Workspace[float32], workers)}
	e.forwards = cpuref.LIFForwardArguments[float32]{
		Spikes: make([]uint32, words), Membrane: make([]float32, states),
		Events: in.events, InputWeights: in.weights, Numbers: in.numbers,
		Steps: n.Steps, Neurons: count, Delay: n.Layers[0].Delay,
		Key: [2]uint32{seed, uint32(cpuref.StreamNoise)}, Neuron: in.neuron,
	}
	e.backwards = cpuref.LIFBackwardArguments[float32]{
		Error: make([]float32, states), Spikes: e.forwards.Spikes, Membrane: e.forwards.Membrane,
		SpikeError: make([]float32, in.samples*cpuref.Stride(count)), Steps: n.Steps, Neurons: count, Neuron: in.neuron,
	}
	return e
}

// spread calls do for every sample; each worker takes its samples one after another.
func (e *cpuNeurons) spread(do func(work *cpuref.Workspace[float32], sample int)) {
	workers := len(e.workspaces)
	together(workers, func(w int) {
		for sample := w; sample < e.in.samples; sample += workers {
			do(&e.workspaces[w], sample)
		}
	})
}

func (e *cpuNeurons) prepare() error {
	pattern := errorPattern()
	for at := 0; at < len(e.backwards.Error); at += len(pattern) {
		copy(e.backwards.Error[at:], pattern)
	}
	return nil
}

func (e *cpuNeurons) forward() error {
	e.spread(func(work *cpuref.Workspace[float32], b int) { cpuref.LIFForward(&e.forwards, work, b, b+1) })
	return nil
}

func (e *cpuNeurons) backward() error {
	e.spread(func(work *cpuref.Workspace[float32], b int) { cpuref.LIFBackward(&e.backwards, work, b, b+1) })
	return nil
}

func (e *cpuNeurons) results() (spikes []uint32, membrane, errors []float32, err error) {
	return e.forwards.Spikes, e.forwards.Membrane, e.backwards.Error, nil
}

func (e *cpuNeurons) bytes() uint64 { return 0 }

func (e *cpuNeurons) name(r *Result) {
	r.Name = fmt.Sprintf("cpu (%d workers)", len(e.workspaces))
	r.Driver = fmt.Sprintf("%s %s, %s", runtime.GOARCH, cpuref.UsedInstructions(), runtime.Version())
}

func (e *cpuNeurons) close() error { return nil }
