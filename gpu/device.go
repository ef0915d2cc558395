//go:build cgo

package gpu

// #include "statistics.h"
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// Device is an open Vulkan device with one compute queue. Its methods may be called from several goroutines.
type Device struct {
	info       DeviceInfo
	options    Options
	hardware   hardware
	instance   *instance
	messages   *messageLog // nil without validation
	surface    *surface    // nil without Options.Window
	shim       *C.shim_device
	statistics bool // the driver keeps those of pipelines
	handle     vk.Device

	queueMutex sync.Mutex // Vulkan allows one submitter at a time
	queue      vk.Queue
	submits    atomic.Uint64
	waits      atomic.Uint64

	transferMutex sync.Mutex
	transfer      *transfer

	mutex        sync.Mutex // guards the fields below
	deviceMemory *memoryPool
	hostMemory   *memoryPool
	inUse, peak  uint64
	buffers      map[*Buffer]struct{}
	streams      map[*Stream]struct{}
	layouts      map[layoutKey]layout
	pipelines    map[pipelineKey]*Pipeline
	cache        vk.PipelineCache
	swapchain    *Swapchain // nil if none exists
	closed       bool
}

var errClosed = errors.New("the device was closed: open it again")

// Open opens the device at an index of Enumerate.
func Open(index int, options Options) (*Device, error) {
	d := &Device{
		options:   options,
		buffers:   map[*Buffer]struct{}{},
		streams:   map[*Stream]struct{}{},
		layouts:   map[layoutKey]layout{},
		pipelines: map[pipelineKey]*Pipeline{},
	}
	if options.Validation {
		d.messages = &messageLog{onMessage: options.OnMessage}
	}
	var err error
	switch {
	case options.Window != nil:
		d.instance, err = newInstance(d.messages, options.Window.Extensions...)
	case options.Validation:
		d.instance, err = newInstance(d.messages)
	default:
		d.instance, err = commonInstance()
	}
	if err != nil {
		return nil, err
	}
	if err := d.open(index); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Device) open(index int) error {
	physical, err := d.instance.physicalDevices()
	if err != nil {
		return err
	}
	if index < 0 || index >= len(physical) {
		return fmt.Errorf("device %d asked for, Vulkan devices 0 to %d found: choose one of these", index, len(physical)-1)
	}
	d.hardware = d.instance.describe(index, physical[index])
	d.info = d.hardware.info
	if d.info.APIVersion < minimumVersion || !d.hardware.computes {
		return fmt.Errorf("%w: %s offers Vulkan %s and compute queue %v, needed are Vulkan 1.1 and a compute queue: update its driver or choose another device",
			ErrLimit, d.info.Name, d.info.VersionString(), d.hardware.computes)
	}
	if d.options.StageAlways {
		d.info.UnifiedMemory = false
	}
	if d.options.NoSharedMemory {
		d.info.MaxSharedMemory = 0
	}
	swapchain := C.int(0)
	if d.options.Window != nil {
		swapchain = 1
		if d.surface, err = newSurface(d.instance, physical[index], &d.hardware, d.options.Window); err != nil {
			return err
		}
	}
	statistics := C.int(0)
	if d.options.Profile {
		statistics = C.shim_offers_statistics(d.instance.shim, unsafe.Pointer(physical[index]))
	}
	d.statistics = statistics != 0
	var shim *C.shim_device
	code := vk.Result(C.shim_create_device(d.instance.shim, unsafe.Pointer(physical[index]), C.uint32_t(d.hardware.family),
		swapchain, statistics, &shim))
	if err := check("opening "+d.info.Name, code); err != nil {
		return err
	}
	d.shim = shim
	d.handle = vk.Device(C.shim_device_handle(shim))
	var queue vk.Queue
	vk.GetDeviceQueue(d.handle, d.hardware.family, 0, &queue)
	d.queue = queue
	if d.options.CompileOnly {
		return d.loadCache()
	}
	if err := d.chooseMemory(); err != nil {
		return err
	}
	if err := d.loadCache(); err != nil {
		return err
	}
	d.transfer, err = newTransfer(d)
	return err
}

// chooseMemory selects the memory types that storage buffers may lie in, asking the driver with a small buffer.
func (d *Device) chooseMemory() error {
	probe, requirements, err := d.createBuffer(4)
	if err != nil {
		return err
	}
	vk.DestroyBuffer(d.handle, probe, nil)
	allowed := requirements.allowed
	local, found := d.hardware.memory.forDevice(allowed, d.info.UnifiedMemory)
	if !found {
		return fmt.Errorf("%w: %s has no memory for storage buffers: choose another device", ErrLimit, d.info.Name)
	}
	local.mappable = local.mappable && d.info.UnifiedMemory
	host, found := d.hardware.memory.forHost(allowed)
	if !found {
		return fmt.Errorf("%w: %s has no memory that the host can map: choose another device", ErrLimit, d.info.Name)
	}
	d.deviceMemory = d.newPool(local)
	d.hostMemory = d.newPool(host)
	return nil
}

func (d *Device) newPool(kind memoryType) *memoryPool {
	return &memoryPool{
		device:    d.handle,
		kind:      kind,
		heapBytes: d.hardware.memory.heaps[kind.heap],
		maximum:   d.info.MaxAllocation,
	}
}

// Info describes the device.
func (d *Device) Info() DeviceInfo { return d.info }

// Messages returns what the validation layer has reported so far, including during Close.
func (d *Device) Messages() []string {
	if d.messages == nil {
		return nil
	}
	return d.messages.all()
}

// Memory returns the bytes that buffers take now and the most they have taken.
func (d *Device) Memory() (inUse, peak uint64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.inUse, d.peak
}

// Traffic returns what has passed between the host and the device so far.
func (d *Device) Traffic() Traffic {
	return Traffic{Submits: d.submits.Load(), Waits: d.waits.Load()}
}

// Close waits for the device, frees every stream, buffer and pipeline, and writes the pipeline cache; only that last
// step can return an error. Closing again does nothing.
func (d *Device) Close() error {
	d.mutex.Lock()
	if d.closed {
		d.mutex.Unlock()
		return nil
	}
	d.closed = true
	streams, buffers := keys(d.streams), keys(d.buffers)
	d.mutex.Unlock()

	var err error
	if d.shim != nil {
		vk.DeviceWaitIdle(d.handle)
		d.swapchain.Free()
		for _, stream := range streams {
			stream.Free()
		}
		if d.transfer != nil {
			d.transfer.commands.destroy()
		}
		for _, buffer := range buffers {
			buffer.Free()
		}
		err = d.closeCache()
		d.destroyPipelines()
		for _, pool := range []*memoryPool{d.deviceMemory, d.hostMemory} {
			if pool != nil {
				pool.close()
			}
		}
		C.shim_destroy_device(d.shim)
	}
	d.surface.close()
	d.instance.destroy()
	return err
}

func keys[K comparable](set map[K]struct{}) []K {
	list := make([]K, 0, len(set))
	for key := range set {
		list = append(list, key)
	}
	return list
}

// Tuning returns the tuning in the options that the device was opened with.
func (d *Device) Tuning() Tuning { return d.options.Tuning }
