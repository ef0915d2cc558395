package gpu_test

import (
	"fmt"

	"spikegrad/gpu"
)

// Lists the devices, and how much memory they have.
func ExampleEnumerate() {
	devices, err := gpu.Enumerate()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range devices {
		fmt.Println(d.Index, d.Name, d.DeviceMemory>>30, "GiB")
	}
}
