package kernels

import (
	"strings"
	"testing"

	"spikegrad/gpu"
)

// device is a device with the minimum limits that Vulkan guarantees.
func device(kind gpu.DeviceType) gpu.DeviceInfo {
	return gpu.DeviceInfo{
		Name: "least", Type: kind, MaxWorkgroupInvocations: 128, MaxWorkgroupSize: [3]uint32{128, 128, 64},
		MaxWorkgroupCount: [3]uint32{65535, 65535, 65535},
	}
}

// TestSpreadQuads: every quad of every layer has a lane, in workgroups that a device allows.
func TestSpreadQuads(t *testing.T) {
	for _, kind := range []gpu.DeviceType{gpu.Software, gpu.Discrete} {
		for _, n := range []uint32{1, 16, 17, 33, 128, 257, 1000, 4096, 100000} {
			for i := range 8 {
				together, group := i%2 == 1, []uint32{0, 32, 64, 128}[i/2]
				s := spreadQuads(device(kind), group, n, softwareForwardBlocks, together)
				if err := s.check("test", n, together); err != nil {
					t.Errorf("%v, %d neurons, together %v: %v", kind, n, together, err)
				}
				if s.group() > 128 || group != 0 && !together && s.group() > group {
					t.Errorf("%v, %d neurons, together %v: %+v has %d lanes a workgroup, the device allows 128, asked for were %d", kind, n, together, s, s.group(), group)
				}
				k := &kernel{name: "test", info: device(kind)}
				groups, err := s.grid(k, n, 1000)
				if err != nil {
					t.Fatal(err)
				}
				if groups[0]*s.Lanes*s.Blocks < quads(n) || groups[1]*s.Samples < 1000 {
					t.Errorf("%v, %d neurons, together %v: %+v in %v workgroups leaves something out", kind, n, together, s, groups)
				}
				if together && groups[0] != 1 {
					t.Errorf("%v, %d neurons: recurrence spread over %d workgroups", kind, n, groups[0])
				}
			}
		}
	}
}

func TestFlatGrid(t *testing.T) {
	k := &kernel{name: "test", info: device(gpu.Discrete), group: 64}
	for _, lanes := range []uint64{1, 64, 65, 65535 * 64, 65535*64 + 1, 1 << 31} {
		groups, err := k.flatGrid(lanes, 3)
		if err != nil {
			t.Errorf("%d lanes: %v", lanes, err)
			continue
		}
		if have := uint64(groups[0]) * uint64(groups[1]) * 64; have < lanes || groups[0] > 65535 || groups[1] > 65535 || groups[2] != 3 {
			t.Errorf("%d lanes: workgroups %v", lanes, groups)
		}
	}
	for _, tooMany := range [][2]uint64{{1 << 33, 1}, {1, 65536}} {
		if _, err := k.flatGrid(tooMany[0], tooMany[1]); err == nil || !strings.Contains(err.Error(), "smaller batch") {
			t.Errorf("%d lanes in %d layers: error %v, want one that says to use a smaller batch", tooMany[0], tooMany[1], err)
		}
	}
}
