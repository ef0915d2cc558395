package gpu

import (
	"fmt"
	"unsafe"
)

// DeviceType is the kind of processor of a Vulkan device.
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
	Index                   int    // position in the result of Enumerate, argument of Open
	Name                    string // as reported by the driver
	Driver                  string // name of the driver, such as "llvmpipe"
	DriverInfo              string // the driver's version as text
	Type                    DeviceType
	APIVersion              uint32 // Vulkan version, see VersionString
	DriverVersion           uint32 // in the vendor's own encoding
	VendorID, DeviceID      uint32
	UUID                    [16]byte
	DeviceMemory            uint64 // bytes of the largest device-local heap
	UnifiedMemory           bool   // that heap can be mapped, with cached reads by the host
	MaxWorkgroupInvocations uint32
	MaxWorkgroupSize        [3]uint32
	MaxWorkgroupCount       [3]uint32
	MaxSharedMemory         uint32  // bytes per workgroup
	MaxStorageBuffers       uint32  // bindings per pipeline
	MaxStorageRange         uint64  // bytes per binding
	MaxAllocation           uint64  // bytes per memory allocation
	MaxPushConstants        uint32  // bytes
	SubgroupSize            uint32  // 0 if unknown (Vulkan 1.0)
	TimestampPeriod         float64 // nanoseconds per tick, 0 if the device has no timestamps
	StorageAlignment        uint64  // bytes: offsets of bindings must be multiples of it
}

// VersionString returns the Vulkan version of the device as "major.minor.patch".
func (i DeviceInfo) VersionString() string {
	return fmt.Sprintf("%d.%d.%d", i.APIVersion>>22&0x7f, i.APIVersion>>12&0x3ff, i.APIVersion&0xfff)
}

// Options choose how a device is opened.
type Options struct {
	Validation bool         // load the Khronos validation layer, with synchronization validation
	OnMessage  func(string) // receives every validation message, possibly from several goroutines; nil: see Device.Messages
	Profile    bool         // record timestamps around every dispatch, and keep what drivers report of kernels: see Stream.Timings and Pipeline.Statistics
	CacheDir   string       // folder of the pipeline cache on disk; empty: none
	Tuning     Tuning       // see Device.Tuning
	// CompileOnly opens a device that has a compiler but no hardware: only NewPipeline may be called, not even Close.
	CompileOnly bool
	// StageAlways treats unified memory like a discrete device's, so that tests cover both on one machine.
	StageAlways bool
	// NoSharedMemory treats the device as having no workgroup-shared memory, also for tests.
	NoSharedMemory bool
	Window         *Window // the device can show buffers in a window: see Device.NewSwapchain; nil: no window
}

// Statistic is one number that a driver reports of a compiled kernel.
type Statistic struct {
	Name  string `json:"name"` // as the driver calls it
	Value string `json:"value"`
}

// Tuning is how kernels run on a device where no result depends on it; kernels choose what it does not name.
type Tuning struct {
	Groups map[string]uint32 `json:"groups"`          // [kernel]: lanes per workgroup; "" stands for all kernels not named
	Forms  map[string]bool   `json:"forms,omitempty"` // [form]: whether kernels use it
}

// None reports whether the kernels choose everything.
func (t Tuning) None() bool { return t.Groups == nil && t.Forms == nil }

// Group is the number of lanes per workgroup of a kernel; 0 leaves the choice to the kernel.
func (t Tuning) Group(kernel string) uint32 {
	if group, named := t.Groups[kernel]; named {
		return group
	}
	return t.Groups[""]
}

// Traffic counts what has passed between the host and a device.
type Traffic struct {
	Submits uint64 // of streams, and of transfers to and from memory that the host cannot map
	Waits   uint64 // for any of these
}

// Window is what a device needs from the window system to show buffers in a window.
type Window struct {
	Extensions []string // instance extensions that the window system needs
	// NewSurface makes a surface (VkSurfaceKHR) of the window for an instance (VkInstance). The device destroys it.
	NewSurface func(instance unsafe.Pointer) (surface uint64, err error)
}

// PipelineSpec says how to build a compute pipeline.
type PipelineSpec struct {
	Name           string   // of the kernel: appears in errors and in Stream.Timings
	SPIRV          []byte   // a module with the entry point "main", which declares the storage buffers it binds, at set 0, and the size of its push constants
	Specialization []uint32 // values of the constants with ids 0..n-1, as bit patterns
}

// Access is what a dispatch does with a binding.
type Access int

// Kinds of access. A binding may be declared Read only if the shader says "readonly".
const (
	Read      Access = 1
	Write     Access = 2
	ReadWrite Access = Read | Write
)

// Binding passes a range of a buffer to a dispatch.
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
