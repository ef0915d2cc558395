//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// commands is a command buffer with a pool of its own, so that recording needs no lock, and its fence.
type commands struct {
	device *Device
	pool   vk.CommandPool
	buffer vk.CommandBuffer
	fence  vk.Fence
}

func newCommands(d *Device) (*commands, error) {
	c := &commands{device: d}
	if err := c.create(); err != nil {
		c.destroy()
		return nil, err
	}
	return c, nil
}

func (c *commands) create() error {
	poolInfo := vk.CommandPoolCreateInfo{
		SType:            vk.StructureTypeCommandPoolCreateInfo,
		Flags:            vk.CommandPoolCreateFlags(vk.CommandPoolCreateResetCommandBufferBit),
		QueueFamilyIndex: c.device.hardware.family,
	}
	defer poolInfo.Free()
	var pool vk.CommandPool
	if err := check("creating a command pool", vk.CreateCommandPool(c.device.handle, &poolInfo, nil, &pool)); err != nil {
		return err
	}
	c.pool = pool

	bufferInfo := vk.CommandBufferAllocateInfo{
		SType:              vk.StructureTypeCommandBufferAllocateInfo,
		CommandPool:        pool,
		Level:              vk.CommandBufferLevelPrimary,
		CommandBufferCount: 1,
	}
	defer bufferInfo.Free()
	buffers := make([]vk.CommandBuffer, 1)
	if err := check("creating a command buffer", vk.AllocateCommandBuffers(c.device.handle, &bufferInfo, buffers)); err != nil {
		return err
	}
	c.buffer = buffers[0]

	fenceInfo := vk.FenceCreateInfo{SType: vk.StructureTypeFenceCreateInfo}
	defer fenceInfo.Free()
	var fence vk.Fence
	if err := check("creating a fence", vk.CreateFence(c.device.handle, &fenceInfo, nil, &fence)); err != nil {
		return err
	}
	c.fence = fence
	return nil
}

// begin starts a recording, discarding an earlier one; all earlier submissions will be visible to it.
func (c *commands) begin() error {
	info := vk.CommandBufferBeginInfo{SType: vk.StructureTypeCommandBufferBeginInfo}
	defer info.Free()
	if err := check("starting a recording", vk.BeginCommandBuffer(c.buffer, &info)); err != nil {
		return err
	}
	C.shim_barrier_begin(c.device.shim, unsafe.Pointer(c.buffer))
	return nil
}

// end closes the recording; the host will see its effects after wait.
func (c *commands) end() error {
	C.shim_barrier_end(c.device.shim, unsafe.Pointer(c.buffer))
	return check("ending a recording", vk.EndCommandBuffer(c.buffer))
}

// barrier makes the work recorded so far visible to what follows.
func (c *commands) barrier() {
	C.shim_barrier_between(c.device.shim, unsafe.Pointer(c.buffer))
}

func (c *commands) copy(dst *Buffer, dstOffset uint64, src *Buffer, srcOffset, bytes uint64) {
	C.shim_copy(c.device.shim, unsafe.Pointer(c.buffer),
		unsafe.Pointer(src.handle), C.uint64_t(srcOffset), unsafe.Pointer(dst.handle), C.uint64_t(dstOffset), C.uint64_t(bytes))
}

func (c *commands) fill(dst *Buffer, offset, bytes uint64, word uint32) {
	vk.CmdFillBuffer(c.buffer, dst.handle, vk.DeviceSize(offset), vk.DeviceSize(bytes), word)
}

func (c *commands) dispatch(p *Pipeline, set vk.DescriptorSet, push []byte, groups [3]uint32) {
	C.shim_dispatch(c.device.shim, unsafe.Pointer(c.buffer), unsafe.Pointer(p.handle), unsafe.Pointer(p.layout.pipeline), unsafe.Pointer(set),
		unsafe.Pointer(unsafe.SliceData(push)), C.uint32_t(len(push)),
		C.uint32_t(groups[0]), C.uint32_t(groups[1]), C.uint32_t(groups[2]))
}

// submit hands the recording to the queue.
func (c *commands) submit() vk.Result {
	d := c.device
	d.queueMutex.Lock()
	defer d.queueMutex.Unlock()
	d.submits.Add(1)
	return vk.Result(C.shim_submit(d.shim, unsafe.Pointer(d.queue), unsafe.Pointer(c.buffer), unsafe.Pointer(c.fence)))
}

// wait returns when the submitted recording has been executed.
func (c *commands) wait() vk.Result {
	c.device.waits.Add(1)
	return vk.Result(C.shim_wait(c.device.shim, unsafe.Pointer(c.fence)))
}

func (c *commands) destroy() {
	if c.fence != nil {
		vk.DestroyFence(c.device.handle, c.fence, nil)
	}
	if c.pool != nil {
		vk.DestroyCommandPool(c.device.handle, c.pool, nil) // frees the command buffer as well
	}
	c.fence, c.pool, c.buffer = nil, nil, nil
}
