package tests

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/kernels"
)

// TestEveryPath forces every code path once: each instruction set that the program and the
// processor have, whole samples and samples in segments, whole batches and one chunk at a
// time, on the CPU engine and on a Vulkan device, against the CPU engine with that
// instruction set.
func TestEveryPath(t *testing.T) {
	used := cpuref.UsedInstructions()
	defer cpuref.UseInstructions(used)
	devices, names := vulkanCandidates(t, gpu.Options{})
	candidates := []check.Candidate{{Open: openCPU, Variants: check.CPUVariants()}, devices[0]}
	for _, set := range []cpuref.Instructions{cpuref.PlainInstructions, cpuref.AVX2Instructions, cpuref.AVX512Instructions, cpuref.NEONInstructions} {
		if !cpuref.UseInstructions(set) {
			t.Logf("%s: neither in this program nor on this processor", set)
			continue
		}
		e, err := openCPU(check.Cases(true)[0].Network, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(e.Describe().Driver)
		runFamily(t, check.Cases(true)[:3], candidates, []string{fmt.Sprintf("cpu with %s", set), names[0]})
	}
}

// TestEveryWorkgroup forces each workgroup size that 'spikegrad tune' may choose, and each
// driver, in turn: the drivers take some seconds to recompile all kernels.
func TestEveryWorkgroup(t *testing.T) {
	sizes := []uint32{32, 64, 128, 256}
	devices := len(gputest.Devices(t))
	for i := range max(len(sizes), devices) {
		lanes, number := sizes[i%len(sizes)], i%devices
		candidates, names := vulkanCandidates(t, gpu.Options{Tuning: gpu.Tuning{Groups: map[string]uint32{"": lanes}}})
		candidate := candidates[number]
		candidate.Variants = candidate.Variants[:1]
		runFamily(t, check.Cases(true)[:1], []check.Candidate{candidate}, []string{fmt.Sprintf("%s with %d lanes", names[number], lanes)})
	}
}

// TestForms forces all forms that kernels take on some devices, on networks that are dense, convolved
// and with several sources, in segments and, in the full form, on all of the family.
func TestForms(t *testing.T) {
	forms := map[string]bool{}
	for _, form := range kernels.Forms {
		forms[form] = true
	}
	candidates, names := vulkanCandidates(t, gpu.Options{Tuning: gpu.Tuning{Forms: forms}})
	runFamily(t, someCases(t, "mixed 3", "conv2d, two channels, recurrent", "skips, every layer of all below, readout too"), candidates, names)
}

// someCases are the named networks of the quick family; in the full form all of them.
func someCases(t *testing.T, wanted ...string) []check.Case {
	t.Helper()
	cases := check.Cases(true)
	if os.Getenv("SPIKEGRAD_FULL") == "" {
		cases = slices.DeleteFunc(cases, func(c check.Case) bool { return !slices.Contains(wanted, c.Name) })
		if len(cases) != len(wanted) {
			t.Fatalf("%d of the networks %q are in the family", len(cases), wanted)
		}
	}
	return cases
}

// TestWideRecurrence runs networks whose recurrence goes through memory that all workgroups see, as
// for layers too wide for a workgroup's shared memory: dense, convolutional, with learned
// constants, in segments and, in the full form, the whole family.
func TestWideRecurrence(t *testing.T) {
	candidates, names := vulkanCandidates(t, gpu.Options{NoSharedMemory: true})
	runFamily(t, someCases(t, "mixed 3", "conv2d, two channels, recurrent", "learned constants per neuron, neuron lif, reset subtractive"), candidates, names)
}

// TestWideLayer runs a recurrent layer with more neurons than fit in the shared memory of the
// software drivers, and expects an error for one whose weights exceed the maximum size of an array.
func TestWideLayer(t *testing.T) {
	if os.Getenv("SPIKEGRAD_FULL") == "" {
		t.Skip("takes minutes and some GiB: SPIKEGRAD_FULL=1 runs it")
	}
	wide := func(neurons int) check.Case {
		c := check.Cases(true)[slices.IndexFunc(check.Cases(true), func(c check.Case) bool { return c.Name == "biases, reset multiplicative" })]
		c.Network.Layers[0].Neurons, c.Network.Steps, c.Samples = neurons, 4, 2
		return c
	}
	candidates, names := vulkanCandidates(t, gpu.Options{})
	runFamily(t, []check.Case{wide(4100)}, candidates, names)
	for i, info := range gputest.Devices(t) {
		if info.MaxStorageRange < 1<<30 {
			huge := wide(16384)
			_, err := candidates[i].Open(huge.Network, engine.Options{})
			if err == nil || !strings.Contains(err.Error(), "1073741824 bytes") {
				t.Errorf("%s: error %v, want one that tells 1073741824 bytes", names[i], err)
			}
		}
	}
}
