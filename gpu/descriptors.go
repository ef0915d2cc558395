//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// setsPerPool is how many descriptor sets a stream reserves at a time.
const setsPerPool = 64

// descriptorSets holds the descriptor sets of a stream: the buffers that its dispatches bind. Dispatches with equal
// bindings share a set.
type descriptorSets struct {
	device *Device
	known  map[string]vk.DescriptorSet
	pools  []vk.DescriptorPool
	sets   int // left in the last pool
	slots  int // bindings left in the last pool
}

func newDescriptorSets(d *Device) descriptorSets {
	return descriptorSets{device: d, known: map[string]vk.DescriptorSet{}}
}

// get makes or finds the set for a pipeline with these buffers.
func (s *descriptorSets) get(p *Pipeline, uses []use) (vk.DescriptorSet, error) {
	triples := make([]uint64, 0, 3*len(uses))
	for _, u := range uses {
		handle := uint64(uintptr(unsafe.Pointer(u.buffer.handle)))
		triples = append(triples, handle, u.start, u.end-u.start)
	}
	key := setKey(p.layout.set, triples)
	if set, ok := s.known[key]; ok {
		return set, nil
	}
	if s.sets < 1 || s.slots < len(uses) {
		if err := s.grow(len(uses)); err != nil {
			return nil, err
		}
	}
	var set unsafe.Pointer
	last := s.pools[len(s.pools)-1]
	code := vk.Result(C.shim_allocate_set(s.device.shim, unsafe.Pointer(last), unsafe.Pointer(p.layout.set), &set))
	if err := check("allocating a descriptor set", code); err != nil {
		return nil, err
	}
	s.sets--
	s.slots -= len(uses)
	C.shim_write_set(s.device.shim, set, (*C.uint64_t)(unsafe.SliceData(triples)), C.uint32_t(len(uses)))
	s.known[key] = vk.DescriptorSet(set)
	return s.known[key], nil
}

func setKey(layout vk.DescriptorSetLayout, triples []uint64) string {
	key := make([]byte, 0, 8*(1+len(triples)))
	key = binary.LittleEndian.AppendUint64(key, uint64(uintptr(unsafe.Pointer(layout))))
	for _, value := range triples {
		key = binary.LittleEndian.AppendUint64(key, value)
	}
	return string(key)
}

func (s *descriptorSets) grow(bindings int) error {
	slots := setsPerPool * max(bindings, 8)
	var pool unsafe.Pointer
	code := vk.Result(C.shim_create_set_pool(s.device.shim, setsPerPool, C.uint32_t(slots), &pool))
	if err := check(fmt.Sprintf("creating a pool of %d descriptors", slots), code); err != nil {
		return err
	}
	s.pools = append(s.pools, vk.DescriptorPool(pool))
	s.sets, s.slots = setsPerPool, slots
	return nil
}

func (s *descriptorSets) destroy() {
	for _, pool := range s.pools {
		vk.DestroyDescriptorPool(s.device.handle, pool, nil)
	}
	s.pools = nil
}
