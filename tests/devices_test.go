package tests

import (
	"testing"

	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// openVulkan opens a network on a device that all tests share, with the validation layer
// on; any message from the layer fails the test.
func openVulkan(t *testing.T, n *network.Network, info gpu.DeviceInfo, options engine.Options) *engine.Vulkan {
	t.Helper()
	e, err := engine.OpenVulkanOn(n, gputest.Open(t, info.Index), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
