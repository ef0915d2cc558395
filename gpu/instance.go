//go:build cgo

package gpu

// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// loader is vkGetInstanceProcAddr of the system's Vulkan loader, also given to vulkan-go. Once per process: vulkan-go
// keeps its function pointers in global variables.
var loader = sync.OnceValues(func() (unsafe.Pointer, error) {
	get := C.shim_open_loader()
	if get == nil {
		return nil, ErrNoLoader
	}
	vk.SetGetInstanceProcAddr(get)
	if err := vk.Init(); err != nil {
		return nil, fmt.Errorf("the Vulkan loader does not answer: %w", err)
	}
	return get, nil
})

// binding ensures that vulkan-go's function pointers are fetched only once.
var binding sync.Once

// bind fetches vulkan-go's function pointers. Those of the first instance serve all later ones, because the loader
// returns the same entry points for each; writing them again would race with calls in other goroutines.
func bind(handle vk.Instance) (err error) {
	binding.Do(func() { err = vk.InitInstance(handle) })
	return err
}

// instance is a connection to the Vulkan loader.
type instance struct {
	shim     *C.shim_instance
	handle   vk.Instance
	messages *messageLog
	log      cgo.Handle // for messages, 0 without validation
	shared   bool       // by the whole process: destroy does nothing
}

// common is the instance of all devices that need neither validation nor a window, once it exists.
var common struct {
	sync.Mutex
	instance *instance
}

// commonInstance returns the instance that the process keeps until it ends. NVIDIA's driver refuses a process that has
// made and destroyed several dozen instances, reporting that there is no device.
func commonInstance() (*instance, error) {
	common.Lock()
	defer common.Unlock()
	if common.instance == nil {
		made, err := newInstance(nil)
		if err != nil {
			return nil, err
		}
		made.shared = true
		common.instance = made
	}
	return common.instance, nil
}

// newInstance connects to the loader; with messages it also loads the validation layer, which reports to them.
func newInstance(messages *messageLog, extensions ...string) (*instance, error) {
	get, err := loader()
	if err != nil {
		return nil, err
	}
	result := &instance{messages: messages}
	validation := C.int(0)
	if messages != nil {
		validation = 1
		result.log = cgo.NewHandle(messages)
	}
	var shim *C.shim_instance
	var missing *C.char
	extra := C.CString(strings.Join(extensions, " "))
	defer C.free(unsafe.Pointer(extra))
	code := vk.Result(C.shim_create_instance(get, validation, C.uintptr_t(result.log), extra, &shim, &missing))
	if code != vk.Success {
		result.releaseLog()
		return nil, instanceError(code, missing)
	}
	result.shim = shim
	result.handle = vk.Instance(C.shim_instance_handle(shim))
	if err := bind(result.handle); err != nil {
		result.destroy()
		return nil, err
	}
	return result, nil
}

func instanceError(code vk.Result, missing *C.char) error {
	switch {
	case missing != nil && (code == vk.ErrorLayerNotPresent || code == vk.ErrorExtensionNotPresent):
		return fmt.Errorf("%w (missing: %s)", ErrNoValidation, C.GoString(missing))
	case missing != nil:
		return fmt.Errorf("%w (the installed one is older than %s)", ErrNoLoader, C.GoString(missing))
	case code == vk.ErrorIncompatibleDriver || code == vk.ErrorInitializationFailed:
		return ErrNoDriver
	}
	return check("connecting to Vulkan", code)
}

// physicalDevices lists the devices of all drivers, in the loader's order.
func (i *instance) physicalDevices() ([]vk.PhysicalDevice, error) {
	var count uint32
	code := vk.EnumeratePhysicalDevices(i.handle, &count, nil)
	if code == vk.ErrorInitializationFailed || (code == vk.Success && count == 0) {
		return nil, ErrNoDriver
	}
	if err := check("listing the devices", code); err != nil {
		return nil, err
	}
	devices := make([]vk.PhysicalDevice, count)
	if err := check("listing the devices", vk.EnumeratePhysicalDevices(i.handle, &count, devices)); err != nil {
		return nil, err
	}
	return devices[:count], nil
}

func (i *instance) destroy() {
	if i.shared {
		return
	}
	C.shim_destroy_instance(i.shim)
	i.releaseLog()
}

func (i *instance) releaseLog() {
	if i.log != 0 {
		i.log.Delete()
		i.log = 0
	}
}

// check turns a Vulkan result into an error; doing names the operation.
func check(doing string, code vk.Result) error {
	switch {
	case code >= 0:
		return nil
	case code == vk.ErrorDeviceLost:
		return fmt.Errorf("%s: %w", doing, ErrDeviceLost)
	case code == vk.ErrorOutOfDeviceMemory || code == vk.ErrorOutOfHostMemory:
		return fmt.Errorf("%s: %w: close other programs on the device or use a smaller network or batch", doing, ErrOutOfMemory)
	}
	return fmt.Errorf("%s: %w (code %d)", doing, vk.Error(code), code)
}
