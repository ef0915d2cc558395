package tests

import (
	"encoding/binary"
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
)

// The parity tests run every kernel on every available Vulkan device and compare what it
// writes with package cpuref, bit for bit. Inputs are random but always the same.

// rig holds what a parity case needs of a device. Buffers are freed with the test.
type rig struct {
	*testing.T
	device *gpu.Device
}

// eachDevice runs a check on every available Vulkan device. Validation is on, and any
// message is an error.
func eachDevice(t *testing.T, check func(t *testing.T, device *gpu.Device)) {
	for _, info := range gputest.Devices(t) {
		t.Run(info.Name, func(t *testing.T) { check(t, gputest.Open(t, info.Index)) })
	}
}

// array puts 4-byte values into a new buffer, after some other bytes, so that bindings are
// not always whole buffers.
func array[T float32 | uint32](r rig, name string, values []T) gpu.Binding {
	r.Helper()
	content, err := binary.Append(nil, binary.NativeEndian, values)
	if err != nil {
		r.Fatal(err)
	}
	offset := max(r.device.Info().StorageAlignment, 16)
	length := max(uint64(len(content)), 4)
	buffer, err := r.device.NewBuffer(name, offset+length)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(buffer.Free)
	if err := buffer.Upload(offset, content); err != nil {
		r.Fatal(err)
	}
	return gpu.Binding{Buffer: buffer, Offset: offset, Bytes: length}
}

// garbage is a buffer for n values that a kernel has to overwrite.
func garbage(r rig, name string, n int) gpu.Binding {
	r.Helper()
	words := make([]uint32, n)
	for i := range words {
		words[i] = 0xdeadbeef
	}
	return array(r, name, words)
}

// run records and runs a stream.
func (r rig) run(record func(stream *gpu.Stream) error) {
	r.Helper()
	stream, err := r.device.NewStream(r.Name())
	if err != nil {
		r.Fatal(err)
	}
	defer stream.Free()
	if err := record(stream); err != nil {
		r.Fatal(err)
	}
	if err := stream.Finish(); err != nil {
		r.Fatal(err)
	}
	if err := stream.Run(); err != nil {
		r.Fatal(err)
	}
}

// same compares what a kernel wrote with what package cpuref computed, and reports the
// first value with a different bit.
func same[T float32 | uint32](r rig, name string, got gpu.Binding, want []T) {
	r.Helper()
	content := make([]byte, 4*len(want))
	if err := got.Buffer.Download(content, got.Offset); err != nil {
		r.Fatal(err)
	}
	different, first := 0, -1
	for i := range want {
		if binary.NativeEndian.Uint32(content[4*i:]) != bitsOf(want[i]) {
			if different == 0 {
				first = i
			}
			different++
		}
	}
	if different > 0 {
		bits := binary.NativeEndian.Uint32(content[4*first:])
		r.Errorf("%s[%d] is %08x (%g) on the device, %08x (%v) in cpuref; %d of %d values differ",
			name, first, bits, math.Float32frombits(bits), bitsOf(want[first]), want[first], different, len(want))
	}
}

func bitsOf[T float32 | uint32](x T) uint32 {
	switch x := any(x).(type) {
	case float32:
		return math.Float32bits(x)
	case uint32:
		return x
	}
	return 0
}

// source draws the inputs of a case: the same for the same seed.
type source struct {
	seed, next uint32
}

// word returns a random word.
func (s *source) word() uint32 {
	s.next++
	words := cpuref.Philox([2]uint32{s.seed, 0x7e57}, [4]uint32{s.next >> 2})
	return words[s.next&3]
}

// uniform returns a random number in (low, high).
func (s *source) uniform(low, high float32) float32 {
	return low + float32((high-low)*cpuref.Uniform[float32](s.word()))
}

// rows returns [count][stride] random numbers in (low, high), with zeros between n and the
// stride and, with probability zeros, elsewhere; values too small for cpuref's contract
// become zero.
func (s *source) rows(count, n int, low, high, zeros float32) []float32 {
	stride := cpuref.Stride(n)
	values := make([]float32, count*stride)
	for r := range count {
		for c := range n {
			if value := s.uniform(low, high); s.uniform(0, 1) >= zeros {
				values[r*stride+c] = cpuref.FlushWeight(value)
			}
		}
	}
	return values
}

// spikes returns [rows][word] bits of n neurons that spike with the given probability.
func (s *source) spikes(rows, n int, chance float32) []uint32 {
	words := cpuref.Words(n)
	bits := make([]uint32, rows*words)
	for r := range rows {
		for c := range n {
			if s.uniform(0, 1) < chance {
				bits[r*words+c/32] |= 1 << (c % 32)
			}
		}
	}
	return bits
}

// events lists random spikes of n neurons in the given number of rows.
func (s *source) events(rows, n int, chance float32) cpuref.Events {
	events := cpuref.Events{Rows: make([][2]uint32, rows), Index: make([]uint32, rows*n)}
	cpuref.BuildEvents(events, s.spikes(rows, n, chance), cpuref.Words(n), n, 0, rows)
	return events
}

// flat returns Rows as a device sees it.
func flat(rows [][2]uint32) []uint32 {
	var words []uint32
	for _, row := range rows {
		words = append(words, row[0], row[1])
	}
	return words
}

// onlyIf returns the binding, or an empty one if it is not used.
func onlyIf(used bool, binding gpu.Binding) gpu.Binding {
	if used {
		return binding
	}
	return gpu.Binding{}
}
