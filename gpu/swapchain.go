//go:build cgo

package gpu

// #include "swapchain.h"
import "C"

import (
	"fmt"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// surface is a window as Vulkan sees it.
type surface struct {
	shim     *C.shim_surface
	physical vk.PhysicalDevice
}

// newSurface makes the surface of a window and checks that a device can present to it.
func newSurface(i *instance, physical vk.PhysicalDevice, h *hardware, window *Window) (*surface, error) {
	handle, err := window.NewSurface(unsafe.Pointer(i.handle))
	if err != nil {
		return nil, fmt.Errorf("making a surface of the window: %w", err)
	}
	s := &surface{physical: physical}
	if err := check("opening a surface", vk.Result(C.shim_open_surface(i.shim, C.uint64_t(handle), &s.shim))); err != nil {
		return nil, err
	}
	var presents C.uint32_t
	code := vk.Result(C.shim_surface_presents(s.shim, unsafe.Pointer(physical), C.uint32_t(h.family), &presents))
	err = check("asking for presentation", code)
	if err == nil && presents == 0 {
		err = fmt.Errorf("%w (asked: %s)", ErrNoPresent, h.info.Name)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *surface) close() {
	if s != nil {
		C.shim_close_surface(s.shim)
	}
}

// Swapchain is the images that a window shows in turn. It is for one goroutine at a time.
type Swapchain struct {
	device *Device
	shim   *C.shim_swapchain
	facts  C.shim_swapchain_facts
	images []shownImage
}

// shownImage is one image of a swapchain with the commands that fill it.
type shownImage struct {
	commands  *commands
	canvas    *Buffer // copied by the commands; nil before the first
	submitted bool
}

// NewSwapchain makes the images of the window that the device was opened with. Width and height, in pixels, are the
// caller's idea of the window's size; the window system may choose another: see Size. ErrOutOfDate means that the
// window is currently hidden or has no area. A device has one swapchain at a time.
func (d *Device) NewSwapchain(width, height uint32) (*Swapchain, error) {
	if d.surface == nil {
		return nil, fmt.Errorf("swapchain on %s: the device was opened without a window: open it with Options.Window", d.info.Name)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.closed {
		return nil, fmt.Errorf("swapchain: %w", errClosed)
	}
	if d.swapchain != nil {
		return nil, fmt.Errorf("swapchain on %s: there is one already: free it first", d.info.Name)
	}
	s := &Swapchain{device: d}
	code := vk.Result(C.shim_create_swapchain(d.surface.shim, d.shim, unsafe.Pointer(d.surface.physical), C.uint32_t(width), C.uint32_t(height), &s.shim, &s.facts))
	if err := checkShown("making a swapchain", code); err != nil {
		return nil, err
	}
	if s.shim == nil {
		return nil, ErrOutOfDate
	}
	s.images = make([]shownImage, s.facts.images)
	for i := range s.images {
		c, err := newCommands(d)
		if err != nil {
			s.destroy()
			return nil, err
		}
		s.images[i].commands = c
	}
	d.swapchain = s
	return s, nil
}

// Size is the size of the images in pixels.
func (s *Swapchain) Size() (width, height uint32) {
	return uint32(s.facts.width), uint32(s.facts.height)
}

// BlueFirst reports whether the bytes of a pixel are blue, green, red, unused, rather than red, green, blue, unused.
func (s *Swapchain) BlueFirst() bool { return s.facts.blue_first != 0 }

// Show shows a canvas in the window: a buffer of 4-byte pixels, row by row from the top, of the size that Size gives.
// It returns when the commands are submitted; streams submitted later wait for them, and so does a later Show of the
// same canvas. ErrOutOfDate means that a new swapchain is needed.
func (s *Swapchain) Show(canvas *Buffer) error {
	width, height := s.Size()
	if canvas.device != s.device || canvas.bytes < 4*uint64(width)*uint64(height) {
		return fmt.Errorf("show buffer %q: it has %d bytes on %s, %d × %d pixels of 4 bytes are needed on %s: make a canvas of the swapchain's size",
			canvas.name, canvas.bytes, canvas.device.info.Name, width, height, s.device.info.Name)
	}
	if err := canvas.checkRange("show", 0, canvas.bytes); err != nil {
		return err
	}
	var index C.uint32_t
	if err := checkShown("waiting for an image", vk.Result(C.shim_acquire(s.shim, &index))); err != nil {
		return err
	}
	image := &s.images[index]
	if image.submitted {
		if err := check("waiting for the window", image.commands.wait()); err != nil {
			return err
		}
	}
	if image.canvas != canvas {
		if err := image.record(s, uint32(index), canvas); err != nil {
			return err
		}
	}
	s.device.queueMutex.Lock()
	code := vk.Result(C.shim_present(s.shim, unsafe.Pointer(s.device.queue), unsafe.Pointer(image.commands.buffer), unsafe.Pointer(image.commands.fence), index))
	s.device.queueMutex.Unlock()
	image.submitted = true
	return checkShown("showing a picture", code)
}

func (i *shownImage) record(s *Swapchain, index uint32, canvas *Buffer) error {
	if err := i.commands.begin(); err != nil {
		return err
	}
	C.shim_record_show(s.shim, unsafe.Pointer(i.commands.buffer), C.uint32_t(index), unsafe.Pointer(canvas.handle))
	i.canvas = canvas
	return i.commands.end()
}

// checkShown is check for results that depend on the window. Images that no longer fit it exactly are still shown.
func checkShown(doing string, code vk.Result) error {
	if code == vk.ErrorOutOfDate || code == vk.ErrorSurfaceLost {
		return fmt.Errorf("%s: %w", doing, ErrOutOfDate)
	}
	return check(doing, code)
}

// Free waits for the device's queue and frees the images. Freeing again, or a nil swapchain, does nothing.
func (s *Swapchain) Free() {
	if s == nil || s.shim == nil {
		return
	}
	s.device.queueMutex.Lock()
	C.shim_queue_idle(s.shim, unsafe.Pointer(s.device.queue))
	s.device.queueMutex.Unlock()
	s.destroy()
	s.device.mutex.Lock()
	s.device.swapchain = nil
	s.device.mutex.Unlock()
}

func (s *Swapchain) destroy() {
	for _, image := range s.images {
		if image.commands != nil {
			image.commands.destroy()
		}
	}
	C.shim_destroy_swapchain(s.shim)
	s.shim, s.images = nil, nil
}
