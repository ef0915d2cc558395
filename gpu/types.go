package gpu

import (
	"fmt"
	"unsafe"
)

// DeviceType says what kind of processor a Vulkan device is.
type DeviceType int

// The kinds of devices; Software is a driver that computes on the CPU.
const (
	Other DeviceType = iota
	Integrated
	Discrete
	Virtual
	Software
)

// String names the type in lower case.
func (t DeviceType) String() string {
	switch t {
	case Integrated:
		return "integrated"
	case Discrete:
		return "discrete"
	case Virtual:
		return "virtual"
	case Software:
		return "software"
	default:
		return "other"
	}
}

// DeviceInfo describes a Vulkan device and those of its limits that matter to compute work.
type DeviceInfo struct {
	Index                   int    // position in the answer of Enumerate, argument of Open
	Name                    string // as the driver tells it
	Driver                  string // name of the driver, such as "llvmpipe"
	DriverInfo              string // the driver's version as text
	Type                    DeviceType
	APIVersion              uint32 // Vulkan version, see VersionString
	DriverVersion           uint32 // encoded as the vendor likes
	VendorID, DeviceID      uint32
	UUID                    [16]byte
	DeviceMemory            uint64 // bytes of the largest device-local heap
	UnifiedMemory           bool   // that heap can be mapped, and the host's reads of it are cached
	MaxWorkgroupInvocations uint32
	MaxWorkgroupSize        [3]uint32
	MaxWorkgroupCount       [3]uint32
	MaxSharedMemory         uint32  // bytes a workgroup
	MaxStorageBuffers       uint32  // bindings a pipeline
	MaxStorageRange         uint64  // bytes a binding
	MaxAllocation           uint64  // bytes a memory allocation
	MaxPushConstants        uint32  // bytes
	SubgroupSize            uint32  // 0 if unknown (Vulkan 1.0)
	TimestampPeriod         float64 // nanoseconds a tick, 0 if the device has no timestamps
	StorageAlignment        uint64  // bytes: offsets of bindings are multiples of it
}

// VersionString gives the Vulkan version of the device as "major.minor.patch".
func (i DeviceInfo) VersionString() string {
	return fmt.Sprintf("%d.%d.%d", i.APIVersion>>22&0x7f, i.APIVersion>>12&0x3ff, i.APIVersion&0xfff)
}

// Options choose how a device is opened.
type Options struct {
	Validation bool         // load the Khronos validation layer, synchronisation validation included
	OnMessage  func(string) // gets every validation message, perhaps from several goroutines; nil: see Device.Messages
	Profile    bool         // record timestamps around every dispatch: see Stream.Timings
	CacheDir   string       // folder of the pipeline cache on disk; empty: none
	Tuning     Tuning       // see Device.Tuning
	// CompileOnly opens a device that has a compiler but no hardware: only NewPipeline
	// may be called, not even Close.
	CompileOnly bool
	// StageAlways treats unified memory as that of a discrete device: tests go both ways on one machine.
	StageAlways bool
	// NoSharedMemory treats the device as one without memory that the lanes of a workgroup share, again for tests.
	NoSharedMemory bool
	Window         *Window // the device can show buffers in a window: see Device.NewSwapchain; nil: no window
}

// Tuning is how kernels run on a device where no result depends on it; what it does not name is
// left to the kernels.
type Tuning struct {
	Groups map[string]uint32 `json:"groups"`          // [kernel]: lanes of a workgroup; "" stands for all kernels not named
	Forms  map[string]bool   `json:"forms,omitempty"` // [form]: whether kernels take it
}

// None reports whether all is left to the kernels.
func (t Tuning) None() bool { return t.Groups == nil && t.Forms == nil }

// Group is the number of lanes for a workgroup of a kernel; 0 leaves it to the kernel.
func (t Tuning) Group(kernel string) uint32 {
	if group, named := t.Groups[kernel]; named {
		return group
	}
	return t.Groups[""]
}

// Traffic counts what went between the host and a device.
type Traffic struct {
	Submits uint64 // of streams, and of transfers to and from memory that the host cannot map
	Waits   uint64 // for one of them
}

// Window is what a device needs of the window system to show buffers in a window.
type Window struct {
	Extensions []string // instance extensions that the window system needs
	// NewSurface makes a surface (VkSurfaceKHR) of the window for an instance (VkInstance). The device destroys it.
	NewSurface func(instance unsafe.Pointer) (surface uint64, err error)
}

// PipelineSpec says how to build a compute pipeline.
type PipelineSpec struct {
	Name           string   // of the kernel: appears in errors and in Stream.Timings
	SPIRV          []byte   // a module with the entry point "main"; it says how many storage buffers it binds, at set 0, and how large its push constants are
	Specialization []uint32 // values of the constants with ids 0..n-1, as bit patterns
}

// Access says what a dispatch does with a binding.
type Access int

// Kinds of access. A binding may be declared Read only if the shader says "readonly".
const (
	Read      Access = 1
	Write     Access = 2
	ReadWrite Access = Read | Write
)

// Binding hands a range of a buffer to a dispatch.
type Binding struct {
	Buffer *Buffer
	Offset uint64 // bytes, a multiple of DeviceInfo.StorageAlignment
	Bytes  uint64 // 0: up to the end of the buffer
	Access Access
}

// Timing is the time that the dispatches of one pipeline took in the last run of a stream.
type Timing struct {
	Name       string // of the pipeline
	Dispatches int
	Seconds    float64 // sum over the dispatches
}
