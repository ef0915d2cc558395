//go:build cgo

package gpu

// #include "shim.h"
import "C"

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// Pipeline is a compiled kernel. It belongs to its device and is freed with it.
type Pipeline struct {
	device    *Device
	name      string
	bindings  int
	pushBytes int
	writable  map[uint32]bool // bindings that the shader may write
	handle    vk.Pipeline
	layout    layout
}

// layoutKey is what a pipeline's interface depends on; pipelines with equal interfaces share a layout.
type layoutKey struct{ bindings, pushBytes int }

type layout struct {
	set      vk.DescriptorSetLayout
	pipeline vk.PipelineLayout
}

// pipelineKey identifies a pipeline: the digest covers code and specialization.
type pipelineKey struct {
	name   string
	layout layoutKey
	digest [sha256.Size]byte
}

// NewPipeline compiles a kernel. Equal specs give the same pipeline. A workgroup larger than the device allows is
// refused with ErrLimit.
func (d *Device) NewPipeline(spec PipelineSpec) (*Pipeline, error) {
	p, err := d.pipeline(spec)
	if err != nil {
		return nil, fmt.Errorf("kernel %q on %s: %w", spec.Name, d.info.Name, err)
	}
	return p, nil
}

// Name is the name of the kernel.
func (p *Pipeline) Name() string { return p.name }

func (d *Device) pipeline(spec PipelineSpec) (*Pipeline, error) {
	module, err := readSPIRV(spec.SPIRV)
	if err != nil {
		return nil, err
	}
	pushBytes, err := module.pushBytes()
	if err != nil {
		return nil, err
	}
	needs := layoutKey{module.bindingCount(), pushBytes}
	if err := d.checkSpec(spec, module, needs); err != nil {
		return nil, err
	}
	key := pipelineKey{spec.Name, needs, digest(spec)}

	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.closed {
		return nil, errClosed
	}
	if p, ok := d.pipelines[key]; ok {
		return p, nil
	}
	layout, err := d.layout(key.layout)
	if err != nil {
		return nil, err
	}
	var handle unsafe.Pointer
	result := vk.Result(C.shim_create_pipeline(d.shim, unsafe.Pointer(d.cache), unsafe.Pointer(layout.pipeline),
		(*C.uint32_t)(unsafe.SliceData(module.code)), C.size_t(4*len(module.code)),
		(*C.uint32_t)(unsafe.SliceData(spec.Specialization)), C.uint32_t(len(spec.Specialization)), &handle))
	if err := check("compiling", result); err != nil {
		return nil, err
	}
	p := &Pipeline{
		device:    d,
		name:      spec.Name,
		bindings:  needs.bindings,
		pushBytes: needs.pushBytes,
		writable:  module.writable(),
		handle:    vk.Pipeline(handle),
		layout:    layout,
	}
	d.pipelines[key] = p
	return p, nil
}

func (d *Device) checkSpec(spec PipelineSpec, module *spirvModule, needs layoutKey) error {
	bindings := min(uint32(C.SHIM_MAX_BINDINGS), d.info.MaxStorageBuffers)
	if needs.bindings < 1 || needs.bindings > int(bindings) {
		return fmt.Errorf("%w: the shader has %d bindings, 1 to %d possible: join buffers", ErrLimit, needs.bindings, bindings)
	}
	if needs.pushBytes > int(d.info.MaxPushConstants) {
		return fmt.Errorf("%w: the shader has %d bytes of push constants, up to %d possible: move parameters to a buffer", ErrLimit, needs.pushBytes, d.info.MaxPushConstants)
	}
	if len(spec.Specialization) > C.SHIM_MAX_CONSTANTS {
		return fmt.Errorf("%w: %d specialization constants asked for, at most %d possible: make some of them push constants", ErrLimit, len(spec.Specialization), C.SHIM_MAX_CONSTANTS)
	}
	group := module.workgroup(spec.Specialization)
	invocations := uint64(1)
	for axis, n := range group {
		if n < 1 || n > d.info.MaxWorkgroupSize[axis] {
			return workgroupError(group, d.info)
		}
		invocations *= uint64(n)
	}
	if invocations > uint64(d.info.MaxWorkgroupInvocations) {
		return workgroupError(group, d.info)
	}
	return nil
}

func workgroupError(group [3]uint32, info DeviceInfo) error {
	return fmt.Errorf("%w: workgroup of %v asked for, at most %v and %d invocations in all possible: choose a smaller workgroup", ErrLimit, group, info.MaxWorkgroupSize, info.MaxWorkgroupInvocations)
}

func digest(spec PipelineSpec) [sha256.Size]byte {
	text := slices.Clone(spec.SPIRV)
	for _, constant := range spec.Specialization {
		text = binary.LittleEndian.AppendUint32(text, constant)
	}
	return sha256.Sum256(text)
}

// layout makes or finds a layout; the caller holds the device's lock.
func (d *Device) layout(key layoutKey) (layout, error) {
	if found, ok := d.layouts[key]; ok {
		return found, nil
	}
	var set, pipeline unsafe.Pointer
	result := vk.Result(C.shim_create_set_layout(d.shim, C.uint32_t(key.bindings), &set))
	if err := check("creating a set layout", result); err != nil {
		return layout{}, err
	}
	result = vk.Result(C.shim_create_pipeline_layout(d.shim, set, C.uint32_t(key.pushBytes), &pipeline))
	if err := check("creating a pipeline layout", result); err != nil {
		vk.DestroyDescriptorSetLayout(d.handle, vk.DescriptorSetLayout(set), nil)
		return layout{}, err
	}
	made := layout{set: vk.DescriptorSetLayout(set), pipeline: vk.PipelineLayout(pipeline)}
	d.layouts[key] = made
	return made, nil
}

func (d *Device) destroyPipelines() {
	for _, p := range d.pipelines {
		vk.DestroyPipeline(d.handle, p.handle, nil)
	}
	for _, l := range d.layouts {
		vk.DestroyPipelineLayout(d.handle, l.pipeline, nil)
		vk.DestroyDescriptorSetLayout(d.handle, l.set, nil)
	}
}
