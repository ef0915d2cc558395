//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// Buffer is a storage buffer: a range of one of the device's memory blocks.
type Buffer struct {
	device *Device
	name   string
	bytes  uint64 // as requested
	padded uint64 // as allocated: a multiple of 4, so that all of it can be filled
	handle vk.Buffer
	pool   *memoryPool
	block  *memoryBlock
	offset uint64 // within the block
	taken  uint64 // bytes taken from the block
	freed  atomic.Bool
}

// bufferRequirements is what the driver requires of a buffer's memory.
type bufferRequirements struct {
	bytes, alignment uint64
	allowed          uint32 // bit i: memory type i will do
}

// NewBuffer makes a zero-filled buffer in the device's own memory. ErrLimit and ErrOutOfMemory give the size asked for,
// the limit and what to change.
func (d *Device) NewBuffer(name string, bytes uint64) (*Buffer, error) {
	b, err := d.newBuffer(name, bytes, d.deviceMemory)
	if err != nil {
		return nil, err
	}
	if err := b.zero(); err != nil {
		b.Free()
		return nil, err
	}
	return b, nil
}

// NewHostBuffer makes a zero-filled buffer in memory that both the host and the device see; see Buffer.Mapped.
func (d *Device) NewHostBuffer(name string, bytes uint64) (*Buffer, error) {
	b, err := d.newBuffer(name, bytes, d.hostMemory)
	if err != nil {
		return nil, err
	}
	clear(b.Mapped())
	return b, nil
}

func (d *Device) newBuffer(name string, bytes uint64, pool *memoryPool) (*Buffer, error) {
	fail := func(err error) (*Buffer, error) {
		return nil, fmt.Errorf("buffer %q of %s on %s: %w", name, size(bytes), d.info.Name, err)
	}
	if bytes == 0 {
		return fail(fmt.Errorf("%w: a buffer has at least 1 byte: leave it out or bind another in its place", ErrLimit))
	}
	if bytes > d.info.MaxStorageRange {
		return fail(fmt.Errorf("%w: a kernel sees at most %s of a buffer: use a smaller batch, fewer steps or a narrower layer", ErrLimit, size(d.info.MaxStorageRange)))
	}
	b := &Buffer{device: d, name: name, bytes: bytes, padded: roundUp(bytes, 4), pool: pool}

	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.closed {
		return fail(errClosed)
	}
	handle, requirements, err := d.createBuffer(b.padded)
	if err != nil {
		return fail(err)
	}
	b.handle = handle
	b.taken = requirements.bytes
	b.block, b.offset, err = pool.take(requirements.bytes, requirements.alignment)
	if err != nil {
		vk.DestroyBuffer(d.handle, handle, nil)
		return fail(err)
	}
	code := vk.BindBufferMemory(d.handle, handle, b.block.memory, vk.DeviceSize(b.offset))
	if err := check("binding memory", code); err != nil {
		vk.DestroyBuffer(d.handle, handle, nil)
		pool.give(b.block, b.offset, b.taken)
		return fail(err)
	}
	d.buffers[b] = struct{}{}
	d.inUse += b.taken
	d.peak = max(d.peak, d.inUse)
	return b, nil
}

// createBuffer makes a buffer without memory, usable as storage and as both ends of a copy.
func (d *Device) createBuffer(bytes uint64) (vk.Buffer, bufferRequirements, error) {
	info := vk.BufferCreateInfo{
		SType:       vk.StructureTypeBufferCreateInfo,
		Size:        vk.DeviceSize(bytes),
		Usage:       vk.BufferUsageFlags(vk.BufferUsageStorageBufferBit | vk.BufferUsageTransferSrcBit | vk.BufferUsageTransferDstBit),
		SharingMode: vk.SharingModeExclusive,
	}
	defer info.Free()
	var handle vk.Buffer
	if err := check("creating a buffer", vk.CreateBuffer(d.handle, &info, nil, &handle)); err != nil {
		return nil, bufferRequirements{}, err
	}
	var requirements vk.MemoryRequirements
	vk.GetBufferMemoryRequirements(d.handle, handle, &requirements)
	requirements.Deref()
	defer requirements.Free()
	return handle, bufferRequirements{
		bytes:     uint64(requirements.Size),
		alignment: uint64(requirements.Alignment),
		allowed:   requirements.MemoryTypeBits,
	}, nil
}

// Name is the name the buffer was made with.
func (b *Buffer) Name() string { return b.name }

// Bytes is the size the buffer was made with.
func (b *Buffer) Bytes() uint64 { return b.bytes }

// Mapped is the buffer's memory as the host sees it, or nil if the host cannot. It is valid until Free, and may be
// accessed only while no submitted stream uses the buffer: after Stream.Wait.
func (b *Buffer) Mapped() []byte {
	if b.block.mapped == nil || b.freed.Load() {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(b.block.mapped, b.offset)), b.bytes)
}

// Upload copies src to the buffer at an offset in bytes, and returns when the copy is done. No submitted stream may be
// using the buffer.
func (b *Buffer) Upload(offset uint64, src []byte) error {
	if err := b.checkRange("upload to", offset, uint64(len(src))); err != nil {
		return err
	}
	if mapped := b.Mapped(); mapped != nil {
		copy(mapped[offset:], src)
		return nil
	}
	return b.device.transfer.upload(b, offset, src)
}

// Download copies len(dst) bytes of the buffer from an offset in bytes, and returns when the copy is done. No submitted
// stream may be using the buffer.
func (b *Buffer) Download(dst []byte, offset uint64) error {
	if err := b.checkRange("download from", offset, uint64(len(dst))); err != nil {
		return err
	}
	if mapped := b.Mapped(); mapped != nil {
		copy(dst, mapped[offset:])
		return nil
	}
	return b.device.transfer.download(dst, b, offset)
}

func (b *Buffer) zero() error {
	if mapped := b.Mapped(); mapped != nil {
		clear(mapped)
		return nil
	}
	return b.device.transfer.zero(b)
}

// checkRange refuses ranges outside the buffer, and freed buffers.
func (b *Buffer) checkRange(doing string, offset, bytes uint64) error {
	if b.freed.Load() {
		return fmt.Errorf("%s buffer %q: it was freed: use it before Free and before Device.Close", doing, b.name)
	}
	if offset > b.bytes || bytes > b.bytes-offset {
		return fmt.Errorf("%s buffer %q: bytes %d to %d asked for, it has %d: check sizes and offset", doing, b.name, offset, offset+bytes, b.bytes)
	}
	return nil
}

// Free returns the memory for use by other buffers. No submitted stream may be using the buffer; streams recorded with
// it can no longer be submitted. Freeing again does nothing.
func (b *Buffer) Free() {
	if b.freed.Swap(true) {
		return
	}
	d := b.device
	d.mutex.Lock()
	defer d.mutex.Unlock()
	vk.DestroyBuffer(d.handle, b.handle, nil)
	b.pool.give(b.block, b.offset, b.taken)
	delete(d.buffers, b)
	d.inUse -= b.taken
}
