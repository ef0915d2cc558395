package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"spikegrad/gpu"
	"spikegrad/shaders"
)

// preferredGroup is the workgroup size, in lanes, of a kernel without shared memory: large enough
// for every GPU, and within the limit of every driver.
const preferredGroup = 64

// kernel is what all wrappers share: a pipeline and the limits on its dispatches.
type kernel struct {
	name     string
	pipeline *gpu.Pipeline
	info     gpu.DeviceInfo
	group    uint32 // lanes per workgroup
}

// argument is one binding of a dispatch.
type argument struct {
	name    string
	binding gpu.Binding
	access  gpu.Access
	bytes   uint64 // what the kernel reads or writes; 0: not used
}

// newKernel builds the pipeline of the named shader for workgroups of group lanes; choices are the
// specialization constants from id 1 on.
func newKernel(device *gpu.Device, name string, group uint32, choices ...uint32) (kernel, error) {
	k := kernel{name: name, info: device.Info(), group: group}
	if limit := min(k.info.MaxWorkgroupInvocations, k.info.MaxWorkgroupSize[0]); group > limit {
		return k, fmt.Errorf("%s: workgroups of %d lanes asked for, device %s allows %d; use fewer neurons a layer", name, group, k.info.Name, limit)
	}
	code, err := shaders.SPIRV(name)
	if err != nil {
		return k, err
	}
	k.pipeline, err = device.NewPipeline(gpu.PipelineSpec{
		Name:           name,
		SPIRV:          code,
		Specialization: append([]uint32{group}, choices...),
	})
	if err != nil {
		return k, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// Names returns the names of all kernels, in ascending order.
func Names() []string { return shaders.Names() }

// Compile builds the pipeline of a kernel with its shader's default choices, to see how a driver
// compiles it.
func Compile(device *gpu.Device, name string) error {
	_, err := newKernel(device, name, flatGroup(device, name))
	return err
}

// flatGroup is the workgroup size of a kernel with a flat grid: the one the device was opened with,
// otherwise the preferred one. No result depends on it.
func flatGroup(device *gpu.Device, name string) uint32 {
	group, info := device.Tuning().Group(name), device.Info()
	if group == 0 {
		group = preferredGroup
	}
	return min(group, info.MaxWorkgroupInvocations, info.MaxWorkgroupSize[0])
}

// flatGrid spreads lanes over workgroups along x and, if a device does not allow that many along x,
// along y; layers go along z.
func (k *kernel) flatGrid(lanes, layers uint64) ([3]uint32, error) {
	limit := k.info.MaxWorkgroupCount
	groups := max(1, ceil(lanes, uint64(k.group)))
	y := ceil(groups, uint64(limit[0]))
	x := ceil(groups, y)
	if y > uint64(limit[1]) || x*y*uint64(k.group) > 1<<32-1 {
		return [3]uint32{}, fmt.Errorf("%s: %d lanes needed, device %s takes %d; use a smaller batch or fewer neurons",
			k.name, lanes, k.info.Name, min(uint64(limit[0])*uint64(limit[1])*uint64(k.group), 1<<32-1))
	}
	if layers > uint64(limit[2]) {
		return [3]uint32{}, fmt.Errorf("%s: %d workgroups along z needed, device %s takes %d; use a smaller batch", k.name, layers, k.info.Name, limit[2])
	}
	return [3]uint32{uint32(x), uint32(y), uint32(layers)}, nil
}

// record checks the arguments and records one dispatch.
func (k *kernel) record(stream *gpu.Stream, arguments []argument, push any, groups [3]uint32) error {
	bindings, err := k.bind(arguments)
	if err != nil {
		return err
	}
	if err := stream.Dispatch(k.pipeline, bindings, appendPush(nil, reflect.ValueOf(push)), groups); err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	return nil
}

// appendPush appends the numbers of a struct, four bytes each, in the layout of push constants,
// with negative ones modulo 2³². Windows are left out, as they are in buffers.
func appendPush(block []byte, v reflect.Value) []byte {
	switch {
	case v.Type() == windowType:
		return block
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			block = appendPush(block, v.Field(i))
		}
		return block
	case v.CanInt():
		return binary.NativeEndian.AppendUint32(block, uint32(v.Int()))
	case v.CanUint():
		return binary.NativeEndian.AppendUint32(block, uint32(v.Uint()))
	}
	return binary.NativeEndian.AppendUint32(block, math.Float32bits(float32(v.Float())))
}

// bind turns arguments into bindings of exactly the bytes that are used. Unused bindings also need
// something bound: they get the first argument that is used, which every kernel writes anyway, so
// that no stream waits longer than necessary.
func (k *kernel) bind(arguments []argument) ([]gpu.Binding, error) {
	bindings := make([]gpu.Binding, len(arguments))
	var stand gpu.Binding
	for i, a := range arguments {
		if a.bytes == 0 {
			continue
		}
		if err := k.check(a); err != nil {
			return nil, err
		}
		bindings[i] = a.binding
		bindings[i].Bytes = a.bytes
		bindings[i].Access = a.access
		if stand.Buffer == nil {
			stand = bindings[i]
		}
	}
	for i, a := range arguments {
		if a.bytes == 0 {
			bindings[i] = stand
			bindings[i].Access = a.access // as the shader declares
		}
	}
	return bindings, nil
}

// check returns what is wrong with an argument that is used.
func (k *kernel) check(a argument) error {
	if a.binding.Buffer == nil {
		return fmt.Errorf("%s: no buffer for %s, which takes %d bytes", k.name, a.name, a.bytes)
	}
	if have := available(a.binding); have < a.bytes {
		return fmt.Errorf("%s: %s takes %d bytes, its buffer %q has %d", k.name, a.name, a.bytes, a.binding.Buffer.Name(), have)
	}
	if a.bytes > k.info.MaxStorageRange {
		return fmt.Errorf("%s: %s takes %d bytes, device %s allows %d a binding; use a smaller batch", k.name, a.name, a.bytes, k.info.Name, k.info.MaxStorageRange)
	}
	return nil
}

// available is the number of bytes in a binding; 0 without a buffer.
func available(b gpu.Binding) uint64 {
	if b.Buffer == nil || b.Offset > b.Buffer.Bytes() {
		return 0
	}
	rest := b.Buffer.Bytes() - b.Offset
	if b.Bytes != 0 && b.Bytes < rest {
		return b.Bytes
	}
	return rest
}

// fillZero records zeroing the bytes that an argument uses.
func (k *kernel) fillZero(stream *gpu.Stream, a argument) error {
	if err := k.check(a); err != nil {
		return err
	}
	if err := stream.Fill(a.binding.Buffer, a.binding.Offset, a.bytes, 0); err != nil {
		return fmt.Errorf("%s: %s: %w", k.name, a.name, err)
	}
	return nil
}

// positive returns an error that names a size of zero, if there is one.
func (k *kernel) positive(sizes ...size) error { return positive(k.name, sizes...) }

func positive(kernel string, sizes ...size) error {
	for _, s := range sizes {
		if s.value == 0 {
			return fmt.Errorf("%s: %s is 0; it has to be at least 1", kernel, s.name)
		}
	}
	return nil
}

type size struct {
	name  string
	value uint32
}

func ceil(a, b uint64) uint64 { return (a + b - 1) / b }

// flag converts a bool to a specialization constant.
func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
