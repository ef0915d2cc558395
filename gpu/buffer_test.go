//go:build cgo

package gpu

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestUploadDownload(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		makers := map[string]func(string, uint64) (*Buffer, error){"device": d.NewBuffer, "host": d.NewHostBuffer}
		for kind, create := range makers {
			for _, n := range []int{1, 3, 4, 5, 31, 257, 4095, stagingBytes - 1, stagingBytes, 2*stagingBytes + 7} {
				b := must[*Buffer](t)(create(kind, uint64(n)))
				got := make([]byte, n)
				got[0] = 1
				succeed(t, b.Download(got, 0))
				if !bytes.Equal(got, make([]byte, n)) {
					t.Fatalf("%s buffer of %d bytes is not zero", kind, n)
				}
				want := make([]byte, n)
				random.Read(want)
				succeed(t, b.Upload(0, want))
				part := []byte{1, 2, 3}[:min(3, n)]
				at := (n - len(part)) / 2
				succeed(t, b.Upload(uint64(at), part))
				copy(want[at:], part)
				succeed(t, b.Download(got, 0))
				if !bytes.Equal(got, want) {
					t.Errorf("%s buffer of %d bytes returns other bytes", kind, n)
				}
				tail := make([]byte, len(part))
				succeed(t, b.Download(tail, uint64(n-len(tail))))
				if !bytes.Equal(tail, want[n-len(tail):]) {
					t.Errorf("%s buffer of %d bytes returns another end", kind, n)
				}
				if mapped := b.Mapped(); mapped != nil && !bytes.Equal(mapped, want) {
					t.Errorf("%s buffer of %d bytes is mapped elsewhere", kind, n)
				} else if mapped == nil && (kind == "host" || d.Info().UnifiedMemory) {
					t.Errorf("%s buffer of %d bytes is not mapped", kind, n)
				} else if mapped != nil && kind == "device" && !d.Info().UnifiedMemory {
					t.Errorf("%s buffer of %d bytes is mapped, though memory is not unified", kind, n)
				}
				b.Free()
			}
		}
	})
}

func TestBufferRanges(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		b := must[*Buffer](t)(d.NewBuffer("spikes", 10))
		for _, c := range []struct{ offset, bytes uint64 }{{0, 11}, {10, 1}, {11, 0}, {1 << 63, 5}, {^uint64(0), 2}} {
			refused(t, b.Upload(c.offset, make([]byte, c.bytes)), nil, "spikes", "has 10")
			refused(t, b.Download(make([]byte, c.bytes), c.offset), nil, "spikes", "has 10")
		}
		succeed(t, b.Upload(10, nil))
	})
}

func TestBufferLimits(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		info := d.Info()
		_, err := d.NewBuffer("empty", 0)
		refused(t, err, ErrLimit, "empty")
		for _, bytes := range []uint64{info.MaxStorageRange + 1, 1 << 50, ^uint64(0)} {
			_, err = d.NewBuffer("weights", bytes)
			refused(t, err, ErrLimit, "weights", size(bytes), size(info.MaxStorageRange), "smaller batch")
		}
		// A made-up heap: filling the real one would hurt the machine.
		d.deviceMemory.heapBytes = d.deviceMemory.reserved + 100<<20
		var kept []*Buffer
		for err = nil; err == nil; {
			var b *Buffer
			if b, err = d.NewBuffer("traces", 30<<20); err == nil {
				kept = append(kept, b)
			}
		}
		refused(t, err, ErrOutOfMemory, "traces", "30.00 MiB", size(d.deviceMemory.heapBytes), "smaller batch")
		if len(kept) != 3 {
			t.Errorf("%d buffers of 30 MiB fit in 100 MiB, expected 3", len(kept))
		}
		kept[1].Free()
		must[*Buffer](t)(d.NewBuffer("again", 30<<20))
		d.deviceMemory.maximum = 1 << 20
		_, err = d.NewBuffer("single", 70<<20)
		refused(t, err, ErrLimit, "1.00 MiB at once")
	})
}

func TestMemoryIsReused(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		before, _ := d.Memory()
		for range 10 {
			var buffers []*Buffer
			for i := range 8 {
				buffers = append(buffers, must[*Buffer](t)(d.NewBuffer("trace", uint64(1+i)<<20)))
			}
			for i := range buffers {
				buffers[(3*i)%8].Free()
			}
		}
		after, peak := d.Memory()
		if after != before {
			t.Errorf("%d bytes in use after Free, %d before", after, before)
		}
		if n := len(d.buffers); n != 0 {
			t.Errorf("%d freed buffers are remembered", n)
		}
		if peak < before+36<<20 || peak > before+37<<20 {
			t.Errorf("peak of %d bytes, about 36 MiB expected", peak)
		}
		if n := len(d.deviceMemory.blocks); n != 1 {
			t.Errorf("%d memory blocks kept, 1 expected", n)
		}
		large := must[*Buffer](t)(d.NewBuffer("large", blockBytes+1))
		if n := len(d.deviceMemory.blocks); n != 2 {
			t.Errorf("%d memory blocks, 2 expected", n)
		}
		large.Free()
		large.Free()
		if n := len(d.deviceMemory.blocks); n != 1 {
			t.Errorf("%d memory blocks after freeing a large one, 1 expected", n)
		}
	})
}

// TestFreeList takes and gives at random, and compares with a map of bytes.
func TestFreeList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const total = 1000
	list := newFreeList(total)
	var taken [total]bool
	var held []span
	for range 20000 {
		if len(held) > 0 && random.IntN(2) == 0 {
			i := random.IntN(len(held))
			s := held[i]
			held[i] = held[len(held)-1]
			held = held[:len(held)-1]
			list.give(s.offset, s.bytes)
			for j := s.offset; j < s.offset+s.bytes; j++ {
				taken[j] = false
			}
			continue
		}
		bytes, alignment := 1+random.Uint64N(60), uint64(1)<<random.IntN(6)
		offset, ok := list.take(bytes, alignment)
		if ok != fits(taken[:], bytes, alignment) {
			t.Fatalf("take(%d, %d) is %v", bytes, alignment, ok)
		}
		if !ok {
			continue
		}
		if offset%alignment != 0 {
			t.Fatalf("take(%d, %d) gives %d", bytes, alignment, offset)
		}
		for j := offset; j < offset+bytes; j++ {
			if taken[j] {
				t.Fatalf("byte %d given twice", j)
			}
			taken[j] = true
		}
		held = append(held, span{offset, bytes})
	}
	for _, s := range held {
		list.give(s.offset, s.bytes)
	}
	if !list.unused() {
		t.Errorf("free spans do not join: %v", list.free)
	}
}

func fits(taken []bool, bytes, alignment uint64) bool {
	for start := uint64(0); start+bytes <= uint64(len(taken)); start += alignment {
		free := true
		for _, t := range taken[start : start+bytes] {
			free = free && !t
		}
		if free {
			return true
		}
	}
	return false
}

// TestMemoryTypes chooses memory types as real machines' drivers list them, with their heaps.
func TestMemoryTypes(t *testing.T) {
	discrete := memoryTypes{heaps: []uint64{8 << 30, 32 << 30, 256 << 20}, types: []memoryType{
		{index: 0, heap: 1}, {index: 1, heap: 0, deviceLocal: true},
		{index: 2, heap: 1, mappable: true}, {index: 3, heap: 1, mappable: true, cached: true},
		{index: 4, heap: 2, deviceLocal: true, mappable: true},
	}}
	integrated := memoryTypes{heaps: []uint64{16 << 30}, types: []memoryType{
		{index: 0, deviceLocal: true}, {index: 1, deviceLocal: true, mappable: true},
		{index: 2, deviceLocal: true, mappable: true, cached: true},
	}}
	for name, c := range map[string]struct {
		types        memoryTypes
		unified      bool
		device, host uint32
	}{
		"discrete":   {discrete, false, 1, 3},
		"integrated": {integrated, true, 2, 2},
	} {
		_, unified := c.types.largestDeviceHeap()
		device, foundDevice := c.types.forDevice(^uint32(0), unified)
		host, foundHost := c.types.forHost(^uint32(0))
		if unified != c.unified || !foundDevice || device.index != c.device || !foundHost || host.index != c.host {
			t.Errorf("%s: unified %v, device type %d, host type %d", name, unified, device.index, host.index)
		}
		if _, found := c.types.forHost(1); found {
			t.Errorf("%s: host memory found where none is allowed", name)
		}
	}
}
