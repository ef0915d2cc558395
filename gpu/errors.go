package gpu

import "errors"

// Errors to test for with errors.Is; the errors that wrap them give the figures.
var (
	// ErrNoCGO: the program was built without cgo, so it cannot reach Vulkan.
	ErrNoCGO = errors.New("this program was built without cgo and cannot use Vulkan devices: install a C compiler and rebuild with CGO_ENABLED=1")
	// ErrNoLoader: the Vulkan loader library is not installed.
	ErrNoLoader = errors.New("no Vulkan loader (libvulkan.so.1) found: install one (Debian/Ubuntu: apt install libvulkan1 mesa-vulkan-drivers)")
	// ErrNoDriver: the loader finds no driver with a device.
	ErrNoDriver = errors.New("no Vulkan driver found: install one (Debian/Ubuntu: apt install mesa-vulkan-drivers) or that of your GPU's maker")
	// ErrNoValidation: the validation layer was requested but is not installed.
	ErrNoValidation = errors.New("no usable Vulkan validation layer found: install one (Debian/Ubuntu: apt install vulkan-validationlayers) or open the device without validation")
	// ErrDeviceLost: the device or its driver failed; nothing on the device survives.
	ErrDeviceLost = errors.New("the Vulkan device was lost (driver crash, reset or time-out): the contents of its memory are gone; look at the system log, open the device again and resume from a checkpoint")
	// ErrOutOfMemory: the device does not have enough memory.
	ErrOutOfMemory = errors.New("out of device memory")
	// ErrNoPresent: the device cannot show buffers in the window, for instance because no screen is attached to it.
	ErrNoPresent = errors.New("the device cannot show pictures in this window: choose another device")
	// ErrOutOfDate: the swapchain no longer fits its window; free it and make another.
	ErrOutOfDate = errors.New("the window has changed: make a new swapchain")
	// ErrLimit: the request exceeds a limit of the device.
	ErrLimit = errors.New("beyond a limit of the device")
)
