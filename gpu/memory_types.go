//go:build cgo

package gpu

import vk "github.com/vulkan-go/vulkan"

// memoryType is one way of allocating memory: from which heap, and how the host sees it.
type memoryType struct {
	index       uint32
	heap        uint32
	deviceLocal bool
	mappable    bool // host visible and coherent: mapped without flushing
	cached      bool // the host's reads are cached; otherwise they are very slow
}

// memoryTypes are the memory types of a device and the sizes of its heaps.
type memoryTypes struct {
	types []memoryType
	heaps []uint64 // bytes
}

func readMemoryTypes(physical vk.PhysicalDevice) memoryTypes {
	var properties vk.PhysicalDeviceMemoryProperties
	vk.GetPhysicalDeviceMemoryProperties(physical, &properties)
	properties.Deref()
	defer properties.Free()
	var result memoryTypes
	for i := range properties.MemoryHeapCount {
		heap := properties.MemoryHeaps[i]
		heap.Deref()
		result.heaps = append(result.heaps, uint64(heap.Size))
	}
	for i := range properties.MemoryTypeCount {
		entry := properties.MemoryTypes[i]
		entry.Deref()
		has := func(flags vk.MemoryPropertyFlagBits) bool {
			return entry.PropertyFlags&vk.MemoryPropertyFlags(flags) == vk.MemoryPropertyFlags(flags)
		}
		result.types = append(result.types, memoryType{
			index:       i,
			heap:        entry.HeapIndex,
			deviceLocal: has(vk.MemoryPropertyDeviceLocalBit),
			mappable:    has(vk.MemoryPropertyHostVisibleBit | vk.MemoryPropertyHostCoherentBit),
			cached:      has(vk.MemoryPropertyHostCachedBit),
		})
	}
	return result
}

// largestDeviceHeap returns the size of the largest heap with device-local memory, and whether it is unified: mappable
// with cached reads, so that the host may work in it directly.
func (m memoryTypes) largestDeviceHeap() (bytes uint64, unified bool) {
	for _, t := range m.types {
		if !t.deviceLocal {
			continue
		}
		mapped := t.mappable && t.cached
		switch size := m.heaps[t.heap]; {
		case size > bytes:
			bytes, unified = size, mapped
		case size == bytes:
			unified = unified || mapped
		}
	}
	return bytes, unified
}

// best returns the allowed type (bit i of allowed: type i) with the highest score; a negative score excludes a type.
func (m memoryTypes) best(allowed uint32, score func(memoryType) int) (memoryType, bool) {
	var found memoryType
	highest := -1
	for _, t := range m.types {
		if allowed&(1<<t.index) == 0 {
			continue
		}
		if s := score(t); s > highest {
			found, highest = t, s
		}
	}
	return found, highest >= 0
}

// forDevice chooses the memory of device buffers: in the largest device-local heap, mapped if that is unified.
func (m memoryTypes) forDevice(allowed uint32, unified bool) (memoryType, bool) {
	largest, _ := m.largestDeviceHeap()
	return m.best(allowed, func(t memoryType) int {
		score := 0
		if t.deviceLocal {
			score += 4
		}
		if m.heaps[t.heap] == largest {
			score += 2
		}
		if (t.mappable && t.cached) == unified {
			score++
		}
		return score
	})
}

// forHost chooses the memory of host buffers: mapped, cached if possible, preferably not in the device's own heap.
func (m memoryTypes) forHost(allowed uint32) (memoryType, bool) {
	return m.best(allowed, func(t memoryType) int {
		if !t.mappable {
			return -1
		}
		score := 0
		if t.cached {
			score += 2
		}
		if !t.deviceLocal {
			score++
		}
		return score
	})
}
