//go:build !cgo

package gpu

// Device stands for an open Vulkan device; without cgo there is none.
type Device struct{}

// Buffer stands for device memory; without cgo there is none.
type Buffer struct{}

// Pipeline stands for a compiled kernel; without cgo there is none.
type Pipeline struct{}

// Stream stands for a recorded command stream; without cgo there is none.
type Stream struct{}

// Swapchain stands for the images of a window; without cgo there is none.
type Swapchain struct{}

// Enumerate returns ErrNoCGO.
func Enumerate() ([]DeviceInfo, error) { return nil, ErrNoCGO }

// Open returns ErrNoCGO.
func Open(int, Options) (*Device, error) { return nil, ErrNoCGO }

// Info returns nothing: no device can be opened without cgo.
func (d *Device) Info() DeviceInfo { return DeviceInfo{} }

// Messages returns nothing.
func (d *Device) Messages() []string { return nil }

// Memory returns nothing.
func (d *Device) Memory() (inUse, peak uint64) { return 0, 0 }

// Traffic returns nothing.
func (d *Device) Traffic() Traffic { return Traffic{} }

// Close does nothing.
func (d *Device) Close() error { return nil }

// NewBuffer returns ErrNoCGO.
func (d *Device) NewBuffer(string, uint64) (*Buffer, error) { return nil, ErrNoCGO }

// NewHostBuffer returns ErrNoCGO.
func (d *Device) NewHostBuffer(string, uint64) (*Buffer, error) { return nil, ErrNoCGO }

// NewPipeline returns ErrNoCGO.
func (d *Device) NewPipeline(PipelineSpec) (*Pipeline, error) { return nil, ErrNoCGO }

// NewStream returns ErrNoCGO.
func (d *Device) NewStream(string) (*Stream, error) { return nil, ErrNoCGO }

// Name returns nothing.
func (b *Buffer) Name() string { return "" }

// Bytes returns 0.
func (b *Buffer) Bytes() uint64 { return 0 }

// Mapped returns nil.
func (b *Buffer) Mapped() []byte { return nil }

// Upload returns ErrNoCGO.
func (b *Buffer) Upload(uint64, []byte) error { return ErrNoCGO }

// Download returns ErrNoCGO.
func (b *Buffer) Download([]byte, uint64) error { return ErrNoCGO }

// Free does nothing.
func (b *Buffer) Free() {}

// Name returns nothing.
func (p *Pipeline) Name() string { return "" }

// Name returns nothing.
func (s *Stream) Name() string { return "" }

// Dispatch returns ErrNoCGO.
func (s *Stream) Dispatch(*Pipeline, []Binding, []byte, [3]uint32) error { return ErrNoCGO }

// Fill returns ErrNoCGO.
func (s *Stream) Fill(*Buffer, uint64, uint64, uint32) error { return ErrNoCGO }

// Copy returns ErrNoCGO.
func (s *Stream) Copy(*Buffer, uint64, *Buffer, uint64, uint64) error { return ErrNoCGO }

// Barriers returns 0.
func (s *Stream) Barriers() int { return 0 }

// Finish returns ErrNoCGO.
func (s *Stream) Finish() error { return ErrNoCGO }

// Submit returns ErrNoCGO.
func (s *Stream) Submit() error { return ErrNoCGO }

// Wait returns ErrNoCGO.
func (s *Stream) Wait() error { return ErrNoCGO }

// Run returns ErrNoCGO.
func (s *Stream) Run() error { return ErrNoCGO }

// Timings returns nothing.
func (s *Stream) Timings() []Timing { return nil }

// Free does nothing.
func (s *Stream) Free() {}

// NewSwapchain returns ErrNoCGO.
func (d *Device) NewSwapchain(uint32, uint32) (*Swapchain, error) { return nil, ErrNoCGO }

// Size returns 0, 0.
func (s *Swapchain) Size() (width, height uint32) { return 0, 0 }

// BlueFirst returns false.
func (s *Swapchain) BlueFirst() bool { return false }

// Show returns ErrNoCGO.
func (s *Swapchain) Show(*Buffer) error { return ErrNoCGO }

// Free does nothing.
func (s *Swapchain) Free() {}

// Statistics returns ErrNoCGO.
func (p *Pipeline) Statistics() ([]Statistic, error) { return nil, ErrNoCGO }

// Pipelines returns none.
func (d *Device) Pipelines() []*Pipeline { return nil }

// Tuning returns nothing.
func (d *Device) Tuning() Tuning { return Tuning{} }
