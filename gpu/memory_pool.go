//go:build cgo

package gpu

import (
	"fmt"
	"slices"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// blockBytes is the size of a memory allocation that several buffers share. Drivers may allow only 4,096 allocations,
// and each one is slow.
const blockBytes = 64 << 20

// memoryBlock is one allocation of device memory.
type memoryBlock struct {
	memory vk.DeviceMemory
	mapped unsafe.Pointer // nil unless host visible
	list   freeList
}

// memoryPool allocates from one memory type. Its caller holds the device's lock.
type memoryPool struct {
	device    vk.Device
	kind      memoryType
	heapBytes uint64 // size of the heap
	maximum   uint64 // bytes the driver allows in one allocation
	blocks    []*memoryBlock
	reserved  uint64 // bytes of all blocks
}

// take finds room for bytes at the given alignment, in a block with free space or in a new one.
func (p *memoryPool) take(bytes, alignment uint64) (*memoryBlock, uint64, error) {
	for _, block := range p.blocks {
		if offset, ok := block.list.take(bytes, alignment); ok {
			return block, offset, nil
		}
	}
	if bytes > p.maximum {
		return nil, 0, fmt.Errorf("%w: the driver allocates at most %s at once: use a smaller batch, fewer steps or a narrower layer", ErrLimit, size(p.maximum))
	}
	block, err := p.grow(bytes)
	if err != nil {
		return nil, 0, err
	}
	offset, _ := block.list.take(bytes, alignment) // an empty block starts aligned
	return block, offset, nil
}

// grow allocates a shared block or, if that does not fit, one of exactly this size.
func (p *memoryPool) grow(bytes uint64) (*memoryBlock, error) {
	wanted := min(max(bytes, blockBytes), p.maximum)
	if p.reserved+wanted > p.heapBytes {
		wanted = bytes
	}
	if p.reserved+bytes > p.heapBytes {
		return nil, p.exhausted()
	}
	block, code := p.allocate(wanted)
	if code == vk.ErrorOutOfDeviceMemory && wanted > bytes {
		block, code = p.allocate(bytes)
	}
	if code == vk.ErrorOutOfDeviceMemory || code == vk.ErrorOutOfHostMemory {
		return nil, p.exhausted()
	}
	if err := check("allocating memory", code); err != nil {
		return nil, err
	}
	p.blocks = append(p.blocks, block)
	p.reserved += block.list.bytes
	return block, nil
}

func (p *memoryPool) exhausted() error {
	return fmt.Errorf("%w: the heap has %s, %s of them are taken by this program: use a smaller batch, fewer steps or a narrower layer", ErrOutOfMemory, size(p.heapBytes), size(p.reserved))
}

func (p *memoryPool) allocate(bytes uint64) (*memoryBlock, vk.Result) {
	info := vk.MemoryAllocateInfo{
		SType:           vk.StructureTypeMemoryAllocateInfo,
		AllocationSize:  vk.DeviceSize(bytes),
		MemoryTypeIndex: p.kind.index,
	}
	defer info.Free()
	var memory vk.DeviceMemory
	if code := vk.AllocateMemory(p.device, &info, nil, &memory); code != vk.Success {
		return nil, code
	}
	var mapped unsafe.Pointer
	if p.kind.mappable {
		if code := vk.MapMemory(p.device, memory, 0, vk.DeviceSize(vk.WholeSize), 0, &mapped); code != vk.Success {
			vk.FreeMemory(p.device, memory, nil)
			return nil, code
		}
	}
	return &memoryBlock{memory: memory, mapped: mapped, list: newFreeList(bytes)}, vk.Success
}

// give returns a range to its block. Empty blocks are freed, except one, so that a program that alternately frees and
// allocates does not call the driver each time.
func (p *memoryPool) give(block *memoryBlock, offset, bytes uint64) {
	block.list.give(offset, bytes)
	if !block.list.unused() {
		return
	}
	if block.list.bytes == blockBytes {
		spare := slices.ContainsFunc(p.blocks, func(other *memoryBlock) bool {
			return other != block && other.list.bytes == blockBytes && other.list.unused()
		})
		if !spare {
			return
		}
	}
	p.blocks = slices.DeleteFunc(p.blocks, func(other *memoryBlock) bool { return other == block })
	p.release(block)
}

func (p *memoryPool) release(block *memoryBlock) {
	vk.FreeMemory(p.device, block.memory, nil) // also unmaps
	p.reserved -= block.list.bytes
}

// close frees all memory.
func (p *memoryPool) close() {
	for _, block := range p.blocks {
		p.release(block)
	}
	p.blocks = nil
}

// size formats a number of bytes for human readers.
func size(bytes uint64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%.2f MiB", float64(bytes)/(1<<20))
	case bytes >= 10<<10:
		return fmt.Sprintf("%.2f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", bytes)
}
