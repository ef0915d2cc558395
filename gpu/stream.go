//go:build cgo

package gpu

import (
	"fmt"

	vk "github.com/vulkan-go/vulkan"
)

// streamState is the state of a stream between NewStream and Free.
type streamState int

const (
	recording streamState = iota
	ready                 // recorded, not running
	running               // submitted, not yet waited for
	failed                // the device returned an error, or the stream was freed
)

func (s streamState) String() string {
	return [...]string{"still being recorded", "finished", "running", "failed or freed"}[s]
}

// Stream is a sequence of commands that is recorded once and run many times. Streams of a device run in the order in
// which they are submitted, each seeing the effects of the earlier ones.
//
// A stream inserts memory barriers itself: before a command that reads what an earlier one wrote, or writes what an
// earlier one read or wrote, and nowhere else. Commands without a barrier between them may run at the same time.
//
// A stream may be used by one goroutine at a time.
type Stream struct {
	device   *Device
	name     string
	state    streamState
	commands *commands
	sets     descriptorSets
	hazards  hazards
	barriers int
	buffers  map[*Buffer]struct{} // used by the recording
	checked  []*Buffer            // the same as a slice, so that Submit can check it without allocating
	profile  *profile             // nil without Options.Profile
}

// NewStream starts a recording.
func (d *Device) NewStream(name string) (*Stream, error) {
	s := &Stream{device: d, name: name, sets: newDescriptorSets(d), buffers: map[*Buffer]struct{}{}}
	if d.options.Profile && d.info.TimestampPeriod > 0 {
		s.profile = &profile{device: d}
	}
	d.mutex.Lock()
	if d.closed {
		d.mutex.Unlock()
		return nil, fmt.Errorf("stream %q: %w", name, errClosed)
	}
	d.streams[s] = struct{}{}
	d.mutex.Unlock()

	var err error
	if s.commands, err = newCommands(d); err == nil {
		err = s.commands.begin()
	}
	if err != nil {
		s.Free()
		return nil, fmt.Errorf("stream %q: %w", name, err)
	}
	return s, nil
}

// Name is the name the stream was made with.
func (s *Stream) Name() string { return s.name }

// Dispatch records groups[0]·groups[1]·groups[2] workgroups of a kernel. The bindings are in the order of the shader's;
// push is its push-constant block. Of the arguments, only the buffers are retained.
func (s *Stream) Dispatch(p *Pipeline, bindings []Binding, push []byte, groups [3]uint32) error {
	if err := s.dispatch(p, bindings, push, groups); err != nil {
		return fmt.Errorf("stream %q: kernel %q: %w", s.name, p.name, err)
	}
	return nil
}

func (s *Stream) dispatch(p *Pipeline, bindings []Binding, push []byte, groups [3]uint32) error {
	if err := s.mustBe(recording); err != nil {
		return err
	}
	if err := s.checkDispatch(p, bindings, push, groups); err != nil {
		return err
	}
	uses := make([]use, len(bindings))
	for i, b := range bindings {
		u, err := s.use(b)
		if err == nil && !u.write && p.writable[uint32(i)] {
			err = fmt.Errorf("buffer %q: declared Read, but the shader may write it: declare Write, or say readonly in the shader", b.Buffer.name)
		}
		if err != nil {
			return fmt.Errorf("binding %d: %w", i, err)
		}
		uses[i] = u
	}
	set, err := s.sets.get(p, uses)
	if err != nil {
		return err
	}
	s.order(uses)
	if s.profile != nil {
		if err := s.profile.start(s.commands.buffer, p.name); err != nil {
			return err
		}
	}
	s.commands.dispatch(p, set, push, groups)
	if s.profile != nil {
		s.profile.stop(s.commands.buffer)
	}
	return nil
}

func (s *Stream) checkDispatch(p *Pipeline, bindings []Binding, push []byte, groups [3]uint32) error {
	if p.device != s.device {
		return fmt.Errorf("it belongs to another device: make a pipeline on %s", s.device.info.Name)
	}
	if len(bindings) != p.bindings {
		return fmt.Errorf("%d bindings given, it has %d: match the shader", len(bindings), p.bindings)
	}
	if len(push) != p.pushBytes {
		return fmt.Errorf("%d bytes of push constants given, it has %d: match the shader", len(push), p.pushBytes)
	}
	for axis, n := range groups {
		if limit := s.device.info.MaxWorkgroupCount[axis]; n < 1 || n > limit {
			return fmt.Errorf("%w: %d workgroups asked for along %c, 1 to %d possible: use a smaller batch or larger workgroups", ErrLimit, n, "xyz"[axis], limit)
		}
	}
	return nil
}

// use checks a binding and returns its range.
func (s *Stream) use(b Binding) (use, error) {
	if b.Buffer == nil {
		return use{}, fmt.Errorf("no buffer given: bind one, unused bindings included")
	}
	if b.Access < Read || b.Access > ReadWrite {
		return use{}, fmt.Errorf("buffer %q: access %d given: say Read, Write or ReadWrite", b.Buffer.name, b.Access)
	}
	info := &s.device.info
	if b.Offset%info.StorageAlignment != 0 {
		return use{}, fmt.Errorf("%w: buffer %q: offset %d given, multiples of %d possible: pad what lies before", ErrLimit, b.Buffer.name, b.Offset, info.StorageAlignment)
	}
	if err := s.checkBuffer("bind", b.Buffer, b.Offset, b.Bytes); err != nil {
		return use{}, err
	}
	// The padding of the last word belongs to the binding: shaders access whole words.
	end := b.Offset + roundUp(b.Bytes, 4)
	if b.Bytes == 0 {
		end = b.Buffer.padded
	}
	if b.Offset == end {
		return use{}, fmt.Errorf("buffer %q: offset %d is its end: bind at least 1 byte", b.Buffer.name, b.Offset)
	}
	if end-b.Offset > info.MaxStorageRange {
		return use{}, fmt.Errorf("%w: buffer %q: %s bound, at most %s possible: bind a part of it", ErrLimit, b.Buffer.name, size(end-b.Offset), size(info.MaxStorageRange))
	}
	return use{buffer: b.Buffer, start: b.Offset, end: end, write: b.Access&Write != 0}, nil
}

// Fill records filling a range with a 32-bit word. Offset and bytes are multiples of 4, except that a range may end
// where the buffer does.
func (s *Stream) Fill(b *Buffer, offset, bytes uint64, word uint32) error {
	err := s.mustBe(recording)
	if err == nil {
		err = s.checkBuffer("fill", b, offset, bytes)
	}
	end := offset + bytes
	if err == nil && end == b.bytes {
		end = b.padded
	}
	if err == nil && (offset%4 != 0 || end%4 != 0) {
		err = fmt.Errorf("fill buffer %q: bytes %d to %d asked for: use multiples of 4", b.name, offset, end)
	}
	if err != nil {
		return fmt.Errorf("stream %q: %w", s.name, err)
	}
	if offset == end {
		return nil
	}
	s.order([]use{{buffer: b, start: offset, end: end, write: true}})
	s.commands.fill(b, offset, end-offset, word)
	return nil
}

// Copy records copying a range; within one buffer the ranges must not overlap.
func (s *Stream) Copy(dst *Buffer, dstOffset uint64, src *Buffer, srcOffset, bytes uint64) error {
	err := s.mustBe(recording)
	if err == nil {
		err = s.checkBuffer("copy to", dst, dstOffset, bytes)
	}
	if err == nil {
		err = s.checkBuffer("copy from", src, srcOffset, bytes)
	}
	if err == nil && dst == src && dstOffset < srcOffset+bytes && srcOffset < dstOffset+bytes {
		err = fmt.Errorf("copy within buffer %q: %d bytes from %d to %d overlap: copy by way of another buffer", dst.name, bytes, srcOffset, dstOffset)
	}
	if err != nil {
		return fmt.Errorf("stream %q: %w", s.name, err)
	}
	if bytes == 0 {
		return nil
	}
	s.order([]use{
		{buffer: src, start: srcOffset, end: srcOffset + bytes},
		{buffer: dst, start: dstOffset, end: dstOffset + bytes, write: true},
	})
	s.commands.copy(dst, dstOffset, src, srcOffset, bytes)
	return nil
}

// order inserts a barrier if the next command needs one, and remembers what the command accesses.
func (s *Stream) order(uses []use) {
	if s.hazards.conflict(uses) {
		s.commands.barrier()
		s.hazards.barrier()
		s.barriers++
	}
	s.hazards.add(uses)
	for _, u := range uses {
		if _, known := s.buffers[u.buffer]; !known {
			s.buffers[u.buffer] = struct{}{}
			s.checked = append(s.checked, u.buffer)
		}
	}
}

// Barriers is the number of memory barriers between commands recorded so far.
func (s *Stream) Barriers() int { return s.barriers }

// Finish ends the recording.
func (s *Stream) Finish() error {
	if err := s.mustBe(recording); err != nil {
		return fmt.Errorf("stream %q: %w", s.name, err)
	}
	if err := s.commands.end(); err != nil {
		s.state = failed
		return fmt.Errorf("stream %q: %w", s.name, err)
	}
	s.state = ready
	return nil
}

// Submit starts a run and returns at once. The stream may be submitted again after Wait.
func (s *Stream) Submit() error {
	if err := s.mustBe(ready); err != nil {
		return fmt.Errorf("stream %q: %w", s.name, err)
	}
	for _, b := range s.checked {
		if b.freed.Load() {
			return fmt.Errorf("stream %q: it uses buffer %q, which was freed: record it again", s.name, b.name)
		}
	}
	if code := s.commands.submit(); code != vk.Success {
		s.state = failed
		return fmt.Errorf("stream %q: %w", s.name, check("submitting", code))
	}
	s.state = running
	return nil
}

// Wait returns when the run is over; the host may then read what it wrote. Without a run it returns at once.
func (s *Stream) Wait() error {
	if s.state != running {
		return nil
	}
	if code := s.commands.wait(); code != vk.Success {
		s.state = failed
		return fmt.Errorf("stream %q: %w", s.name, check("waiting", code))
	}
	s.state = ready
	if s.profile != nil {
		s.profile.ran = true
	}
	return nil
}

// Run is Submit and Wait.
func (s *Stream) Run() error {
	if err := s.Submit(); err != nil {
		return err
	}
	return s.Wait()
}

// Timings returns the time that each pipeline took in the last run, in the order of their first dispatches; nothing
// unless the device was opened with Options.Profile and has timestamps, and the run was waited for. Timestamps keep
// dispatches from overlapping, so each is charged only for its own time.
func (s *Stream) Timings() []Timing {
	if s.profile == nil || !s.profile.ran || s.state != ready {
		return nil
	}
	return s.profile.timings()
}

// Free waits for a run and frees the recording, but not the buffers. Freeing again does nothing.
func (s *Stream) Free() {
	d := s.device
	d.mutex.Lock()
	_, live := d.streams[s]
	delete(d.streams, s)
	d.mutex.Unlock()
	if !live {
		return
	}
	if s.state == running {
		s.commands.wait()
	}
	s.state = failed
	if s.commands != nil {
		s.commands.destroy()
	}
	s.sets.destroy()
	if s.profile != nil {
		s.profile.destroy()
	}
}

func (s *Stream) mustBe(state streamState) error {
	if s.state == state {
		return nil
	}
	return fmt.Errorf("it is %v, and must be %v: the order is record, Finish, then Submit and Wait in turns", s.state, state)
}

func (s *Stream) checkBuffer(doing string, b *Buffer, offset, bytes uint64) error {
	if b.device != s.device {
		return fmt.Errorf("%s buffer %q: it belongs to another device: make a buffer on %s", doing, b.name, s.device.info.Name)
	}
	return b.checkRange(doing, offset, bytes)
}
