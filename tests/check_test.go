package tests

import (
	"fmt"
	"testing"

	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// TestCheck runs mixed networks, in which all kinds occur, on every Vulkan device, and the
// whole family of the check command on the CPU engine with several numbers of workers. The
// whole family takes minutes per device, mostly to compile pipelines: `make check` runs it.
func TestCheck(t *testing.T) {
	t.Parallel()
	cases := check.Cases(true)
	if testing.Short() {
		cases = cases[:3]
	}
	candidates, names := vulkanCandidates(t, gpu.Options{})
	sideBySide(t, cases, candidates, names)

	cpu := check.Candidate{Open: openCPU, Variants: check.CPUVariants()}
	group := check.Candidate{Open: openGroup, Variants: []check.Variant{{Workers: 1}}}
	runFamily(t, check.Cases(testing.Short()), []check.Candidate{cpu, group}, []string{"cpu", "group of three"})
}

// TestCheckUnderValidation runs some of the family under the Vulkan validation layer,
// whose messages are errors.
func TestCheckUnderValidation(t *testing.T) {
	t.Parallel()
	cases := check.Cases(true)[3:6]
	if testing.Short() {
		cases = cases[:1]
	}
	candidates, names := vulkanCandidates(t, gpu.Options{Validation: true})
	sideBySide(t, cases, candidates, names)
}

// sideBySide runs the cases on all candidates at once: drivers, which compile with one
// thread, take most of the time.
func sideBySide(t *testing.T, cases []check.Case, candidates []check.Candidate, names []string) {
	for i, candidate := range candidates {
		t.Run(names[i], func(t *testing.T) {
			t.Parallel()
			runFamily(t, cases, []check.Candidate{candidate}, names[i:])
		})
	}
}

func openCPU(n *network.Network, options engine.Options) (engine.Engine, error) {
	return engine.NewCPU[float32](n, options)
}

// openGroup opens three CPU engines that share each batch.
func openGroup(n *network.Network, options engine.Options) (engine.Engine, error) {
	var members []engine.Engine
	for range 3 {
		e, err := openCPU(n, options)
		if err != nil {
			return nil, err
		}
		members = append(members, e)
	}
	return engine.NewGroup(n, members), nil
}

// vulkanCandidates returns all Vulkan devices, each opened once for all networks, and their
// names. Messages of the validation layer while a device is being closed are errors.
func vulkanCandidates(t *testing.T, with gpu.Options) (candidates []check.Candidate, names []string) {
	t.Helper()
	for _, info := range gputest.Devices(t) {
		device, err := gpu.Open(info.Index, with)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := device.Close(); err != nil {
				t.Error(err)
			}
			for _, message := range device.Messages() {
				t.Error(message)
			}
		})
		open := func(n *network.Network, options engine.Options) (engine.Engine, error) {
			return engine.OpenVulkanOn(n, device, options)
		}
		names = append(names, fmt.Sprintf("vulkan:%d %s (%s)", info.Index, info.Name, info.DriverInfo))
		candidates = append(candidates, check.Candidate{Open: open, Variants: check.VulkanVariants()})
	}
	return candidates, names
}

// runFamily fails if anything differs on any candidate.
func runFamily(t *testing.T, cases []check.Case, candidates []check.Candidate, names []string) {
	t.Helper()
	reports, err := check.Family(t.Context(), cases, candidates, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		t.Logf("%s: %d cases, %d values, %d different, %.1f s", names[i], r.Cases, r.Values, r.Different, r.Seconds)
		switch {
		case r.Err != nil:
			t.Errorf("%s: %v", names[i], r.Err)
		case r.First != nil:
			t.Errorf("%s: %s", names[i], r.First)
		case !r.OK():
			t.Errorf("%s: nothing was compared", names[i])
		}
	}
}
