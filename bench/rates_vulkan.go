package bench

import (
	_ "embed" // of the shaders
	"encoding/binary"
	"math"
	"time"

	"spikegrad/gpu"
)

//go:generate glslc -O --target-env=vulkan1.1 shaders/copy.comp -o shaders/copy.spv
//go:generate glslc -O --target-env=vulkan1.1 shaders/arithmetic.comp -o shaders/arithmetic.spv

var (
	//go:embed shaders/copy.spv
	copyShader []byte
	//go:embed shaders/arithmetic.spv
	arithmeticShader []byte
)

const (
	rateGroup          = 64   // lanes per workgroup
	arithmeticRounds   = 4096 // of the loop of arithmetic.comp
	arithmeticPerRound = 2 * 4 * 8
	softwareLanes      = 1 << 12
	gpuLanes           = 1 << 20
)

// VulkanRates measures the Vulkan device with the given index.
func VulkanRates(index int, options gpu.Options) (rates Rates, err error) {
	device, err := gpu.Open(index, options)
	if err != nil {
		return rates, err
	}
	defer func() {
		if closed := device.Close(); err == nil {
			err = closed
		}
	}()
	info := device.Info()
	bytes := min(2*copyBytes, info.MaxStorageRange, info.MaxAllocation/2, info.DeviceMemory/8) / (16 * rateGroup) * (16 * rateGroup)
	if info.Type == gpu.Software {
		bytes = min(bytes, copyBytes)
	}
	to, err := device.NewBuffer("to", bytes)
	if err != nil {
		return rates, err
	}
	from, err := device.NewBuffer("from", bytes)
	if err != nil {
		return rates, err
	}
	groups := uint32(bytes / 16 / rateGroup)
	grid := [3]uint32{groups, 1, 1}
	if limit := info.MaxWorkgroupCount[0]; groups > limit {
		grid = [3]uint32{limit, (groups + limit - 1) / limit, 1}
	}
	copied, err := timeDispatch(device, gpu.PipelineSpec{Name: "copy", SPIRV: copyShader},
		[]gpu.Binding{{Buffer: to, Access: gpu.Write}, {Buffer: from, Access: gpu.Read}}, uint32(bytes/16), grid)
	if err != nil {
		return rates, err
	}
	rates.CopyBytes = 2 * float64(bytes) / copied.Seconds()

	lanes := uint32(gpuLanes)
	if info.Type == gpu.Software {
		lanes = softwareLanes
	}
	computed, err := timeDispatch(device, gpu.PipelineSpec{Name: "arithmetic", SPIRV: arithmeticShader},
		[]gpu.Binding{{Buffer: to, Access: gpu.Write}}, arithmeticRounds, [3]uint32{lanes / rateGroup, 1, 1})
	rates.Operations = float64(lanes) * arithmeticRounds * arithmeticPerRound / computed.Seconds()
	return rates, err
}

// timeDispatch returns the shortest time of several dispatches.
func timeDispatch(device *gpu.Device, spec gpu.PipelineSpec, bindings []gpu.Binding, push uint32, groups [3]uint32) (time.Duration, error) {
	spec.Specialization = []uint32{rateGroup}
	pipeline, err := device.NewPipeline(spec)
	if err != nil {
		return math.MaxInt64, err
	}
	stream, err := device.NewStream(spec.Name)
	if err != nil {
		return math.MaxInt64, err
	}
	defer stream.Free()
	if err := stream.Dispatch(pipeline, bindings, binary.NativeEndian.AppendUint32(nil, push), groups); err != nil {
		return math.MaxInt64, err
	}
	if err := stream.Finish(); err != nil {
		return math.MaxInt64, err
	}
	shortest := best(func() {
		if err == nil {
			err = stream.Run()
		}
	})
	return shortest, err
}
