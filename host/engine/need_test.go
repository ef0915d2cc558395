package engine

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
)

// bytesOf is the total memory of buffers.
func bytesOf(buffers ...*gpu.Buffer) uint64 {
	total := uint64(0)
	for _, b := range buffers {
		if b != nil {
			total += b.Bytes()
		}
	}
	return total
}

// TestNeedOfDevice: the prediction is what an engine holds after a batch, in one or several passes.
func TestNeedOfDevice(t *testing.T) {
	n, batch := probed()
	for _, info := range gputest.Devices(t) {
		for _, passes := range []int{0, cpuref.ChunkSamples} {
			options := Options{Optimizer: cpuref.OptimizerAdam, PassSamples: passes, CacheDir: t.TempDir()}
			choice := Choice{Vulkan: true, Info: info}
			need, err := choice.Need(n, options, batch.Samples())
			if err != nil {
				t.Fatal(err)
			}
			e, err := OpenVulkanOn(n, gputest.Open(t, info.Index), options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
				t.Fatal(err)
			}
			weights := slices.Concat(e.weights, e.transposed, slices.Concat(e.states...))
			if got := bytesOf(append(weights, e.update.Buffer, e.norms.Buffer)...); got != need.Weights {
				t.Errorf("%s: weights take %d bytes, %d were told", info.Name, got, need.Weights)
			}
			events := uint64(len(e.pass.inputs)) * (uint64(4*e.pass.events) + e.limits.alignment)
			got := bytesOf(append(slices.Clone(e.pass.buffers), e.sums...)...)
			if got < need.Batch || got > need.Batch+events {
				t.Errorf("%s: a batch takes %d bytes, %d were told and up to %d are events", info.Name, got, need.Batch, events)
			}
			if want := map[int]int{0: 11, cpuref.ChunkSamples: 8}[passes]; need.Samples != want || need.Steps != e.cut.length || need.Room != info.DeviceMemory || need.BatchRoom != e.limits.all {
				t.Errorf("%s: %+v", info.Name, need)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
		info.DeviceMemory = 100_000
		choice := Choice{Vulkan: true, Info: info}
		need, err := choice.Need(n, Options{SegmentSteps: 32}, batch.Samples())
		if err == nil || !strings.Contains(err.Error(), "8 samples, the least at once") || !strings.Contains(err.Error(), info.Name) || need.Samples != 8 || need.Batch == 0 {
			t.Errorf("%+v, %v", need, err)
		}
	}
}

// TestWeightsTooLarge: refused before any allocation, as the engine has no device here.
func TestWeightsTooLarge(t *testing.T) {
	n, batch := probed()
	n.Layers[0].Neurons, n.Layers[0].Recurrent = 16384, true
	p, err := newPlan[float32](n, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const recurrent = 4 * 16384 * 16384
	info := gpu.DeviceInfo{Name: "small", DeviceMemory: 1 << 40, MaxStorageRange: 1 << 31, MaxAllocation: 1 << 32}
	total, largest, _ := sizedVulkan(p, info).weightBytes()
	if largest != recurrent || total < 2*recurrent { // and the transpose
		t.Fatalf("%d bytes, the largest array has %d", total, largest)
	}
	for _, c := range []struct {
		memory, array uint64
		want          []string
	}{
		{total, recurrent, nil},
		{total, recurrent - 1, []string{"layer0.recurrent takes", strconv.Itoa(recurrent), strconv.Itoa(recurrent - 1), "fewer neurons"}},
		{total - 1, recurrent, []string{strconv.FormatUint(total, 10), strconv.FormatUint(total-1, 10), "fewer neurons"}},
	} {
		info.DeviceMemory, info.MaxStorageRange = c.memory, c.array
		if c.want == nil {
			if err := sizedVulkan(p, info).checkWeightBytes(); err != nil {
				t.Error(err)
			}
			continue
		}
		choice := Choice{Vulkan: true, Info: info}
		_, told := choice.Need(n, Options{}, batch.Samples())
		for _, err := range []error{told, sizedVulkan(p, info).open()} {
			for _, want := range append(c.want, "device small") {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one that tells %q", err, want)
				}
			}
		}
	}
}

func TestNeedOfProcessor(t *testing.T) {
	n, batch := probed()
	options := Options{Optimizer: cpuref.OptimizerAdam, Workers: 3}
	p, err := newPlan[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	need, err := cpuNeed(p, memoryLeft{bytes: math.MaxFloat64}, batch.Samples())
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
		t.Fatal(err)
	}
	weights, gradients := 0, 0
	for i := range e.weights {
		weights += len(e.weights[i]) + len(e.transposed[i])
		for _, state := range e.states[i] {
			weights += len(state)
		}
		gradients += len(e.partial[i])
	}
	if need.Weights != uint64(4*weights) {
		t.Errorf("weights take %d bytes, %d were told", 4*weights, need.Weights)
	}
	if want := uint64(3*p.workerBytes(4)) + uint64(4*gradients); need.Batch != want || need.Samples != 11 || need.Steps != 30 || need.Room != 0 || need.Limit != "" {
		t.Errorf("%+v, a batch takes %d", need, want)
	}
	// The limit is exactly the engine's.
	enough := float64(need.Weights + need.Batch)
	if need, err := cpuNeed(p, memoryLeft{enough, "ulimit -v"}, batch.Samples()); err != nil || need.Room != uint64(enough) || need.Limit != "ulimit -v" {
		t.Errorf("%+v, %v", need, err)
	}
	if _, err := cpuNeed(p, memoryLeft{enough - 1, "ulimit -v"}, batch.Samples()); err == nil || !strings.Contains(err.Error(), "ulimit -v leaves") {
		t.Errorf("one byte too few: %v", err)
	}
	// Some systems report this for no limit.
	if need, err := cpuNeed(p, memoryLeft{0x7ffffffffffff000, "a control group"}, batch.Samples()); err != nil || need.Limit != "" {
		t.Errorf("%+v, %v", need, err)
	}
}
