//go:build cgo

package kernels_test

import (
	"encoding/binary"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// Draws random words on the first Vulkan device, and compares them with the definition's.
func Example() {
	device, err := gpu.Open(0, gpu.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer device.Close()

	same, err := drawsAlike(device, [2]uint32{7, 8}, [4]uint32{1, 2, 3, 4})
	fmt.Println("the same words:", same, err)
	// Output: the same words: true <nil>
}

// drawsAlike reports whether a device and package cpuref draw the same words.
func drawsAlike(device *gpu.Device, key [2]uint32, counter [4]uint32) (bool, error) {
	var buffers [3]*gpu.Buffer
	for i, content := range []any{[4]uint32{}, counter, key} {
		b, err := device.NewHostBuffer("", 16)
		if err != nil {
			return false, err
		}
		defer b.Free()
		if _, err := binary.Encode(b.Mapped(), binary.NativeEndian, content); err != nil {
			return false, err
		}
		buffers[i] = b
	}
	words, counters, keys := gpu.Binding{Buffer: buffers[0]}, gpu.Binding{Buffer: buffers[1]}, gpu.Binding{Buffer: buffers[2]}

	kernel, err := kernels.NewPhilox(device)
	if err != nil {
		return false, err
	}
	stream, err := device.NewStream("draw")
	if err != nil {
		return false, err
	}
	defer stream.Free()
	if err := kernel.Record(stream, kernels.PhiloxBuffers{Words: words, Counters: counters, Keys: keys}, kernels.PhiloxParameters{Count: 1}); err != nil {
		return false, err
	}
	if err := stream.Finish(); err != nil {
		return false, err
	}
	if err := stream.Run(); err != nil {
		return false, err
	}
	var drawn [4]uint32
	_, err = binary.Decode(buffers[0].Mapped(), binary.NativeEndian, &drawn)
	return drawn == cpuref.Philox(key, counter), err
}
