// Package gputest lends tests the Vulkan devices of this machine. Each is opened once per test program, because
// software drivers take seconds to compile the kernels of a network, and keep them as long as the device is open.
package gputest

import (
	"sync"
	"testing"

	"spikegrad/gpu"
)

// Devices lists the Vulkan devices. A machine without one fails the test: tests that silently skip the GPU prove
// nothing.
func Devices(t testing.TB) []gpu.DeviceInfo {
	t.Helper()
	infos, err := gpu.Enumerate()
	if err != nil {
		t.Fatalf("%v\n`make deps` installs what the tests need", err)
	}
	if len(infos) == 0 {
		t.Fatal("no Vulkan device found; `make deps` installs a software driver")
	}
	return infos
}

var (
	mutex  sync.Mutex
	opened = map[key]*gpu.Device{}
)

// key identifies an opened device.
type key struct {
	index  int
	staged bool
}

// Open returns the device with an index, with the validation layer on. Other tests share it, so do not close it.
// Anything the layer reports until the test ends fails the test.
func Open(t testing.TB, index int) *gpu.Device {
	t.Helper()
	return open(t, key{index, false})
}

// OpenStaged is Open for a device whose memory the host does not map, as far as possible.
func OpenStaged(t testing.TB, index int) *gpu.Device {
	t.Helper()
	return open(t, key{index, true})
}

func open(t testing.TB, k key) *gpu.Device {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	device := opened[k]
	if device == nil {
		var err error
		if device, err = gpu.Open(k.index, gpu.Options{Validation: true, StageAlways: k.staged}); err != nil {
			t.Fatal(err)
		}
		opened[k] = device
	}
	before := len(device.Messages())
	t.Cleanup(func() {
		for _, message := range device.Messages()[before:] {
			t.Errorf("validation: %s", message)
		}
	})
	return device
}
