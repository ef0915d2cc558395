//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"bytes"
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// minimumVersion is the Vulkan version that a device must have: subgroups and the shim's queries need 1.1.
const minimumVersion = 1<<22 | 1<<12

// Enumerate lists the Vulkan devices of all installed drivers, in the loader's order.
// ErrNoLoader and ErrNoDriver say what to install.
func Enumerate() ([]DeviceInfo, error) {
	instance, err := commonInstance()
	if err != nil {
		return nil, err
	}
	physical, err := instance.physicalDevices()
	if err != nil {
		return nil, err
	}
	infos := make([]DeviceInfo, len(physical))
	for i, device := range physical {
		infos[i] = instance.describe(i, device).info
	}
	return infos, nil
}

// hardware is what Open needs to know beyond DeviceInfo.
type hardware struct {
	info          DeviceInfo
	memory        memoryTypes
	family        uint32 // queue family with compute support
	computes      bool
	timestampMask uint64 // valid bits of timestamps
}

// describe queries a device; index is its position in the enumeration.
func (i *instance) describe(index int, physical vk.PhysicalDevice) hardware {
	var properties vk.PhysicalDeviceProperties
	vk.GetPhysicalDeviceProperties(physical, &properties)
	properties.Deref()
	properties.Limits.Deref()
	defer properties.Free()
	limits := &properties.Limits

	var facts C.shim_facts
	extended := C.int(0)
	if properties.ApiVersion >= minimumVersion {
		extended = 1
	}
	C.shim_device_facts(i.shim, unsafe.Pointer(physical), extended, &facts)
	var timestampBits C.uint32_t
	family := C.shim_compute_family(i.shim, unsafe.Pointer(physical), &timestampBits)

	result := hardware{
		memory:        readMemoryTypes(physical),
		family:        uint32(max(family, 0)),
		computes:      family >= 0,
		timestampMask: 1<<uint64(timestampBits) - 1,
		info: DeviceInfo{
			Index:                   index,
			Name:                    text(properties.DeviceName[:]),
			Driver:                  C.GoString(&facts.driver[0]),
			DriverInfo:              C.GoString(&facts.driver_info[0]),
			Type:                    deviceType(properties.DeviceType),
			APIVersion:              properties.ApiVersion,
			DriverVersion:           properties.DriverVersion,
			VendorID:                properties.VendorID,
			DeviceID:                properties.DeviceID,
			MaxWorkgroupInvocations: limits.MaxComputeWorkGroupInvocations,
			MaxWorkgroupSize:        limits.MaxComputeWorkGroupSize,
			MaxWorkgroupCount:       limits.MaxComputeWorkGroupCount,
			MaxSharedMemory:         limits.MaxComputeSharedMemorySize,
			MaxStorageBuffers:       min(limits.MaxPerStageDescriptorStorageBuffers, limits.MaxDescriptorSetStorageBuffers),
			MaxStorageRange:         uint64(limits.MaxStorageBufferRange),
			MaxAllocation:           uint64(facts.max_allocation),
			MaxPushConstants:        limits.MaxPushConstantsSize,
			SubgroupSize:            uint32(facts.subgroup_size),
			StorageAlignment:        uint64(limits.MinStorageBufferOffsetAlignment),
		},
	}
	for j := range result.info.UUID {
		result.info.UUID[j] = byte(facts.uuid[j])
	}
	if result.info.Driver == "" {
		result.info.Driver = "unknown"
	}
	if result.info.DriverInfo == "" {
		result.info.DriverInfo = fmt.Sprintf("version %#x", properties.DriverVersion)
	}
	if timestampBits > 0 {
		result.info.TimestampPeriod = float64(limits.TimestampPeriod)
	}
	result.info.DeviceMemory, result.info.UnifiedMemory = result.memory.largestDeviceHeap()
	return result
}

func deviceType(t vk.PhysicalDeviceType) DeviceType {
	switch t {
	case vk.PhysicalDeviceTypeIntegratedGpu:
		return Integrated
	case vk.PhysicalDeviceTypeDiscreteGpu:
		return Discrete
	case vk.PhysicalDeviceTypeVirtualGpu:
		return Virtual
	case vk.PhysicalDeviceTypeCpu:
		return Software
	}
	return Other
}

// text reads a C string up to its terminating zero.
func text(raw []byte) string {
	before, _, _ := bytes.Cut(raw, []byte{0})
	return string(before)
}
