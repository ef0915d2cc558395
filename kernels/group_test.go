//go:build cgo

package kernels

import (
	"testing"

	"spikegrad/gpu"
)

// TestGroups checks that kernels have the workgroup size their device was opened with, but no
// larger one than it allows.
func TestGroups(t *testing.T) {
	for _, asked := range []uint32{0, 32, 1 << 30} {
		device, err := gpu.Open(0, gpu.Options{Tuning: gpu.Tuning{Groups: map[string]uint32{"": asked}}})
		if err != nil {
			t.Fatalf("%v; make deps installs a software driver", err)
		}
		limit := min(device.Info().MaxWorkgroupInvocations, device.Info().MaxWorkgroupSize[0])
		flat, err := NewOptimizer(device, OptimizerChoice{})
		if err != nil {
			t.Fatal(err)
		}
		forward, err := NewLIFForward(device, LIFForwardChoice{Neurons: 4})
		if err != nil {
			t.Fatal(err)
		}
		backward, err := NewLIFBackward(device, LIFBackwardChoice{Neurons: 40, Recurrent: true})
		if err != nil {
			t.Fatalf("recurrence with groups of %d lanes: %v", asked, err)
		}
		wanted := min(asked, limit)
		if asked == 0 {
			wanted = preferredGroup
		}
		if flat.group != wanted {
			t.Errorf("%d lanes asked for: workgroups of %d, want %d", asked, flat.group, wanted)
		}
		if asked != 0 && forward.group != wanted {
			t.Errorf("%d lanes asked for: one quad a sample has workgroups of %d lanes, want %d", asked, forward.group, wanted)
		}
		if backward.group > limit {
			t.Errorf("%d lanes asked for: workgroups of %d lanes for recurrence", asked, backward.group)
		}
		if err := device.Close(); err != nil {
			t.Error(err)
		}
	}
}
