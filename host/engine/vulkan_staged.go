package engine

import (
	"slices"
	"unsafe"

	"spikegrad/gpu"
)

// staged is a device buffer with a counterpart visible to the host. Streams begin by fetching what
// the host wrote there, and end by leaving what it will read, so that a step needs no transfers of
// its own. With unified memory both are the same buffer.
type staged struct {
	*gpu.Buffer
	host *gpu.Buffer
}

// stage gives device buffers their counterparts on the host.
func stage(device *gpu.Device, buffers ...*staged) (err error) {
	for _, s := range buffers {
		s.host = s.Buffer
		if s.Mapped() != nil {
			continue
		}
		if s.host, err = device.NewHostBuffer(s.Name()+" on the host", s.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// words returns the host's memory from an offset in bytes on, as 4-byte words. No stream that uses
// the buffer may be running.
func (s staged) words(offset uint64) []uint32 {
	bytes := s.host.Mapped()[offset:]
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(bytes))), len(bytes)/4)
}

// free frees the host's buffer, if it is a separate one.
func (s staged) free() {
	if s.host != nil && s.host != s.Buffer {
		s.host.Free()
	}
}

// fetch records copying a range from the host.
func (r *recorder) fetch(s staged, offset, bytes uint64) {
	if s.host != s.Buffer {
		r.do(func() error { return r.stream.Copy(s.Buffer, offset, s.host, offset, bytes) })
	}
}

// leave records copying a buffer to the host.
func (r *recorder) leave(s staged) {
	if s.host != s.Buffer {
		r.do(func() error { return r.stream.Copy(s.host, 0, s.Buffer, 0, s.Bytes()) })
	}
}

// fetchInput records copying the samples of a pass from the host.
func (r *recorder) fetchInput() {
	samples, steps, input := uint64(r.samples), uint64(r.steps), r.inputs[r.room].staged
	r.fetch(input, r.inputAt[sectionNumbers], 4*uint64(r.flipsAt()+3*r.capacity))
	r.fetch(input, r.inputAt[sectionLabels], 4*samples)
	r.fetch(input, r.inputAt[sectionRows], 8*samples*steps)
	r.fetch(input, r.inputAt[sectionIndex], 4*uint64(r.pass.events))
}

// start submits the stream of a key, recording it at its first use. Streams run in the order in
// which they were started.
func (e *Vulkan) start(key streamKey) error {
	stream, err := e.stream(key)
	if err != nil {
		return err
	}
	if slices.Contains(e.running, stream) {
		if err := e.settle(); err != nil {
			return err
		}
	}
	if err := stream.Submit(); err != nil {
		return err
	}
	e.running = append(e.running, stream)
	return nil
}

// settle waits for all started streams, before the host reads or writes what they use.
func (e *Vulkan) settle() (err error) {
	for _, stream := range e.running {
		if failed := stream.Wait(); err == nil {
			err = failed
		}
	}
	e.running = e.running[:0]
	return err
}

// run starts the stream of a key and waits for it.
func (e *Vulkan) run(key streamKey) error {
	if err := e.start(key); err != nil {
		return err
	}
	return e.settle()
}
