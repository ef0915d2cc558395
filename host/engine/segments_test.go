package engine

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/network"
)

// TestSegments cuts samples in time, on every engine: spikes, membranes, losses and
// gradients must be those of whole samples, whatever the length of the segments, delays
// and flipped spikes across their borders included.
func TestSegments(t *testing.T) {
	layer := func(change func(*network.Layer)) network.Layer {
		l := network.DefaultLayer()
		l.Neurons, l.Filters, l.RecurrentDelay = 21, 3, 3
		l.Initial.SigmaU = 2
		change(&l)
		return l
	}
	conv := func(l *network.Layer) { l.Kind, l.Kernel, l.Stride, l.Padding, l.Delay = "conv1d", 5, 2, 1, 0 }
	nets := map[string][]network.Layer{
		"dense":        {layer(func(l *network.Layer) { l.Delay = 40 }), layer(func(l *network.Layer) { l.DifferentiateReset = true })},
		"feed-forward": {layer(func(l *network.Layer) { l.Recurrent = false })},
		"conv":         {layer(conv), layer(conv), layer(func(l *network.Layer) { l.RecurrentDelay = 0 })},
		"skips": {
			layer(func(l *network.Layer) { l.Delay, l.Recurrent = 0, false }),
			layer(func(l *network.Layer) { l.From, l.Delay, l.Recurrent = []string{"input"}, 40, false }),
			layer(func(l *network.Layer) {
				l.From, l.Delay, l.Recurrent = []string{"input", "layer1", "layer0"}, 33, false
			}),
		},
		"refractory": {
			layer(func(l *network.Layer) { l.RefractorySteps = 31 }),
			layer(func(l *network.Layer) { l.RefractorySteps, l.DifferentiateReset = 2, true }),
		},
		"regularized": {layer(func(l *network.Layer) {
			l.Regularizers = []network.Regularizer{{Kind: "upper", Power: 2, Strength: 1, Threshold: 1, Average: "none"}}
			l.Reset = "subtractive"
		})},
	}
	vulkan := vulkanOpeners(t)
	for name, layers := range nets {
		for _, readout := range []string{"leaky", "counts", "van_rossum", "spike_difference"} {
			n := &network.Network{Inputs: 30, Classes: 4, Steps: 137, StepLength: 0.002, Layers: layers, Readout: network.DefaultReadout()}
			if readout != "leaky" {
				n.Readout.Kind, n.Readout.Loss = "spikes", readout
				n.Layers = append(slices.Clone(layers), layer(func(l *network.Layer) { l.Neurons = 4 }))
			}
			if name == "skips" && readout == "leaky" {
				n.Readout.From, n.Readout.Delay = []string{"layer0", "input", "layer2"}, 2
			}
			want, wantGradients := runSegments(t, openCPU, n, n.Steps)
			type trial struct {
				opener
				length int
			}
			trials := []trial{{openCPU, 32}, {openCPU, 64}, {openCPU, 128}}
			for _, open := range vulkan {
				// The other networks and readouts add only what is the same in all steps.
				if length := map[string]int{"dense, leaky": 32, "dense, van_rossum": 64, "conv, counts": 32, "skips, leaky": 64}[name+", "+readout]; length > 0 {
					trials = append(trials, trial{open, length})
				}
			}
			for _, trial := range trials {
				got, gradients := runSegments(t, trial.opener, n, trial.length)
				what := fmt.Sprintf("%s, %s readout, segments of %d, %s", name, readout, trial.length, trial.name)
				for l := range n.Layers {
					if !slices.Equal(got.Spikes[l], want.Spikes[l]) || !slices.Equal(got.Membrane[l], want.Membrane[l]) {
						t.Errorf("%s: layer %d differs", what, l)
					}
				}
				if !slices.Equal(got.Readout, want.Readout) || !slices.Equal(got.Loss, want.Loss) {
					t.Errorf("%s: readout or loss differs", what)
				}
				for i, w := range n.Weights() {
					if !slices.Equal(gradients[i], wantGradients[i]) {
						t.Errorf("%s: gradient of %s differs", what, w.Name)
					}
				}
			}
			if slices.Max(wantGradients[0]) == 0 {
				t.Errorf("%s, %s readout: no gradient reaches the first layer", name, readout)
			}
		}
	}
}

// opener makes an engine of some kind.
type opener struct {
	name string
	open func(n *network.Network, options Options) (Engine, segmentation, error)
}

var openCPU = opener{"CPU engine", func(n *network.Network, options Options) (Engine, segmentation, error) {
	e, err := NewCPU[float32](n, options)
	if err != nil {
		return nil, segmentation{}, err
	}
	return e, e.workers[0].cut, nil
}}

// vulkanOpeners returns one opener per Vulkan device, which their engines share.
func vulkanOpeners(t *testing.T) []opener {
	t.Helper()
	var openers []opener
	for _, info := range gputest.Devices(t) {
		openers = append(openers, opener{info.Name, func(n *network.Network, options Options) (Engine, segmentation, error) {
			e, err := OpenVulkanOn(n, gputest.Open(t, info.Index), options)
			if err != nil {
				return nil, segmentation{}, err
			}
			return e, e.cut, nil
		}})
	}
	return openers
}

// runSegments runs a batch forward and backward twice, so that leftovers would show; on a device,
// in two passes.
func runSegments(t *testing.T, o opener, n *network.Network, length int) (*Record, [][]float32) {
	t.Helper()
	e, cut, err := o.open(n, Options{SegmentSteps: length, Workers: 2, PassSamples: cpuref.ChunkSamples})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	if want := length < n.Steps; cut.count() > 1 != want {
		t.Fatalf("segments of %d steps: cut is %v", length, cut)
	}
	batch := segmentBatch(n, 11)
	for b := range batch.Samples() {
		batch.Flips = append(batch.Flips, Flip{Layer: b%(len(n.Layers)+1) - 1, Step: 12 * b, Neuron: b % 4}) // -1: none
	}
	if n.Targeted() {
		batch.Targets = make([]uint32, batch.Samples()*n.Steps)
		for i := range batch.Targets {
			batch.Targets[i] = cpuref.Philox([2]uint32{2}, [4]uint32{uint32(i)})[0] & cpuref.Philox([2]uint32{3}, [4]uint32{uint32(i)})[0] & 15
		}
	}
	if err := e.SetWeights(n.Initialise(4)); err != nil {
		t.Fatal(err)
	}
	record := NewRecord[float32](n, batch.Samples())
	for range 2 {
		if _, err := e.Gradient(batch, cpuref.StreamNoise, record); err != nil {
			t.Fatal(err)
		}
	}
	gradients, err := e.Gradients()
	if err != nil {
		t.Fatal(err)
	}
	return record, gradients
}

// segmentBatch is a batch of random spikes.
func segmentBatch(n *network.Network, samples int) *Batch {
	batch := &Batch{}
	for b := range uint32(samples) {
		batch.Labels = append(batch.Labels, b%uint32(n.Classes))
		batch.Numbers = append(batch.Numbers, b)
		for step := range uint32(n.Steps) {
			begin := uint32(len(batch.Index))
			for i := range uint32(n.Inputs) {
				if cpuref.Philox([2]uint32{1}, [4]uint32{b, step, i})[0] < 1<<32/12 {
					batch.Index = append(batch.Index, i)
				}
			}
			batch.Rows = append(batch.Rows, [2]uint32{begin, uint32(len(batch.Index))})
		}
	}
	return batch
}

// TestLongSamples trains on samples of many steps: on every engine, memory stays bounded and the
// weights are the same. Software drivers get fewer steps, because each costs a dispatch.
func TestLongSamples(t *testing.T) {
	longSamples(t, 5000, openCPU)
	longSamples(t, 1100, vulkanOpeners(t)...)
}

func longSamples(t *testing.T, steps int, openers ...opener) {
	t.Helper()
	hidden := network.DefaultLayer()
	hidden.Neurons = 64
	hidden.Initial.Alpha = 0.98          // gradients that neither vanish nor overflow
	hidden.Surrogate.Kind = "superspike" // on their way through all steps
	n := &network.Network{
		Inputs: 8, Classes: 3, Steps: steps, StepLength: 0.002,
		Layers: []network.Layer{hidden, hidden}, Readout: network.DefaultReadout(),
	}
	n.Layers[1].Delay = 7
	batch := segmentBatch(n, 3)
	train := func(o opener, length int) (weights [][]float32, memory uint64) {
		memory = allocated()
		e, cut, err := o.open(n, Options{SegmentSteps: length, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		vulkan, _ := e.(*Vulkan)
		if vulkan != nil {
			memory, _ = vulkan.device.Memory()
		}
		if length > 0 && length < n.Steps && cut.length != length {
			t.Fatalf("%s: segments of %d steps were asked for: %+v", o.name, length, cut)
		}
		if err := e.SetWeights(n.Initialise(5)); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			t.Fatal(err)
		}
		if err := e.Update(Update{Number: 1, LearningRate: 0.01, Momentum: 0.9}); err != nil {
			t.Fatal(err)
		}
		if vulkan != nil {
			inUse, _ := vulkan.device.Memory()
			memory = inUse - memory
		} else {
			memory = allocated() - memory
		}
		if weights, err = e.Weights(); err != nil {
			t.Fatal(err)
		}
		return weights, memory
	}
	want, whole := train(openCPU, n.Steps)
	for _, o := range openers {
		for _, length := range []int{256, 0} { // 0: automatic; some drivers need segments for reasons other than memory
			if length == 0 && testing.Short() {
				continue
			}
			got, memory := train(o, length)
			for i, w := range n.Weights() {
				if at := differsAt(got[i], want[i]); at >= 0 {
					t.Errorf("%s, segments of %d steps (0: as chosen): %s[%d] is %g, of whole samples on the CPU engine %g",
						o.name, length, w.Name, at, got[i][at], want[i][at])
				}
			}
			if length > 0 && memory > whole/2 {
				t.Errorf("%s: %d bytes of memory in segments, %d of whole samples on the CPU engine", o.name, memory, whole)
			}
		}
	}
}

// differsAt is the first index at which two arrays of equal length differ; -1 if there is none.
// Numbers that are not finite count as different.
func differsAt(a, b []float32) int {
	for i := range a {
		if a[i] != b[i] || !finite(a[i]) {
			return i
		}
	}
	return -1
}

// allocated is all memory that the program has ever allocated in Go.
func allocated() uint64 {
	var statistics runtime.MemStats
	runtime.ReadMemStats(&statistics)
	return statistics.TotalAlloc
}
