//go:build cgo

package gpu

// #include "statistics.h"
import "C"

import (
	"slices"
	"strings"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// Statistics returns what the driver reports of the compiled kernel, such as registers and local
// memory, with the driver's own names. It is empty unless the device was opened with Profile and
// the driver offers VK_KHR_pipeline_executable_properties.
func (p *Pipeline) Statistics() ([]Statistic, error) {
	if !p.device.statistics {
		return nil, nil
	}
	var found [C.SHIM_MAX_STATISTICS]C.shim_statistic
	var count C.uint32_t
	code := vk.Result(C.shim_statistics(p.device.instance.shim, p.device.shim, unsafe.Pointer(p.handle), &found[0], &count))
	if err := check("reading the statistics of "+p.name, code); err != nil {
		return nil, err
	}
	var list []Statistic
	for _, s := range found[:count] {
		list = append(list, Statistic{Name: C.GoString(&s.name[0]), Value: C.GoString(&s.value[0])})
	}
	return list, nil
}

// Pipelines returns all pipelines of the device, by the names of their kernels.
func (d *Device) Pipelines() []*Pipeline {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var list []*Pipeline
	for _, p := range d.pipelines {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *Pipeline) int { return strings.Compare(a.name, b.name) })
	return list
}
