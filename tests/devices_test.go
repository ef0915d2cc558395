package tests

import (
	"testing"

	"spikegrad/gpu"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// vulkanDevices lists the Vulkan devices of this machine; a machine without any
// fails the test, because a test that silently leaves out the GPU proves nothing.
func vulkanDevices(t *testing.T) []gpu.DeviceInfo {
	t.Helper()
	infos, err := gpu.Enumerate()
	if err != nil {
		t.Fatalf("%v\n`make deps` installs what the tests need", err)
	}
	return infos
}

// openVulkan opens a network on a device with the validation layer on; the test
// fails if the layer says anything until the test ends.
func openVulkan(t *testing.T, n *network.Network, info gpu.DeviceInfo, options engine.Options) *engine.Vulkan {
	t.Helper()
	options.Validation = true
	e, err := engine.OpenVulkan(n, info.Index, options)
	if err != nil {
		t.Fatalf("%v\n`make deps` installs what the tests need", err)
	}
	t.Cleanup(func() {
		for _, message := range e.Messages() {
			t.Errorf("validation: %s", message)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
