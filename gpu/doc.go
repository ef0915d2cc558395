// Package gpu runs compute kernels on Vulkan devices: devices, memory, buffers, pipelines, recorded command streams and
// their timing. It does not know what the kernels compute.
//
// # Use
//
// Work is recorded once and submitted as often as needed. Error checks are omitted here:
//
//	devices, err := gpu.Enumerate()
//	device, err := gpu.Open(devices[0].Index, gpu.Options{CacheDir: "/home/me/.cache/spikegrad"})
//	defer device.Close()
//
//	spikes, err := device.NewBuffer("spikes", 4096)   // in the device's memory, zero
//	currents, err := device.NewBuffer("currents", 4096)
//	err = spikes.Upload(0, input)
//
//	kernel, err := device.NewPipeline(gpu.PipelineSpec{
//		Name:           "weigh",
//		SPIRV:          code,           // layout(local_size_x_id = 0) in;
//		Specialization: []uint32{128},  // constant 0: the workgroup's size
//	})
//
//	stream, err := device.NewStream("forward")
//	err = stream.Dispatch(kernel, []gpu.Binding{
//		{Buffer: currents, Access: gpu.Write},
//		{Buffer: spikes, Access: gpu.Read},
//	}, push, [3]uint32{8, 1, 1})
//	err = stream.Finish()
//
//	for range steps {
//		err = stream.Run() // allocates nothing
//	}
//	err = currents.Download(output, 0)
//
// Streams insert memory barriers where a command depends on an earlier one, relying on the Access of each binding. The
// validation layer does not detect two dispatches writing the same range; so a dispatch is refused if a binding is
// declared Read and its shader does not say "readonly".
//
// # The shim
//
// Vulkan is reached in two ways. The Go binding vulkan-go serves for calls with plain arguments or a single flat
// structure. A small C file, shim.c, serves for the rest, because the binding copies slices of structures or strings
// (also inside a structure) to C memory that a finalizer may free before Vulkan reads it, lets C memory point to slices
// on the Go stack, allocates at each submission, and lacks Vulkan 1.1's queries and debug messages. The shim's
// functions take scalars, build the structures on the C stack and keep no Go pointers. It needs no Vulkan headers:
// vulkan_abi.h declares what it uses, and a test compares that with the headers inside the binding.
//
// # Without cgo
//
// Built with CGO_ENABLED=0 the package has the same API; Enumerate and Open return ErrNoCGO.
package gpu
