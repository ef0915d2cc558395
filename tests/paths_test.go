package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/check"
	"spikegrad/host/engine"
)

// TestEveryPath forces every code path once: each set of instructions that program and
// processor have, whole samples and samples in segments, whole batches and one chunk at
// a time, on the CPU engine and on a Vulkan device, against the CPU engine with that
// set.
func TestEveryPath(t *testing.T) {
	used := cpuref.UsedInstructions()
	defer cpuref.UseInstructions(used)
	devices, names := vulkanCandidates(t, gpu.Options{})
	candidates := []check.Candidate{{Open: openCPU, Variants: check.CPUVariants()}, devices[0]}
	for _, set := range []cpuref.Instructions{cpuref.PlainInstructions, cpuref.AVX2Instructions, cpuref.AVX512Instructions} {
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

// TestEveryWorkgroup forces each size of workgroups that 'spikegrad tune' may choose, and
// each driver, in turn: the drivers take some seconds to compile all kernels anew.
func TestEveryWorkgroup(t *testing.T) {
	sizes := []uint32{32, 64, 128, 256}
	devices := len(gputest.Devices(t))
	for i := range max(len(sizes), devices) {
		lanes, number := sizes[i%len(sizes)], i%devices
		candidates, names := vulkanCandidates(t, gpu.Options{Groups: map[string]uint32{"": lanes}})
		candidate := candidates[number]
		candidate.Variants = candidate.Variants[:1]
		runFamily(t, check.Cases(true)[:1], []check.Candidate{candidate}, []string{fmt.Sprintf("%s with %d lanes", names[number], lanes)})
	}
}
