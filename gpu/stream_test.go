//go:build cgo

package gpu

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestDispatch(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		for _, n := range []uint32{1, 31, 32, 33, 257, 70000} {
			operand := must[*Buffer](t)(d.NewBuffer("operand", uint64(4*n)))
			result := must[*Buffer](t)(d.NewBuffer("result", uint64(4*n)))
			values, want := make([]uint32, n), make([]uint32, n)
			for i := range values {
				values[i] = uint32(i)*2654435761 + 1
				want[i] = 7*values[i] + 11
			}
			upload(t, operand, values)
			s := must[*Stream](t)(d.NewStream("once"))
			scaleAdd(t, s, must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 7))), result, operand, 11)
			succeed(t, s.Finish())
			succeed(t, s.Run())
			if !slices.Equal(download(t, result), want) {
				t.Errorf("%d values: wrong result", n)
			}
			s.Free()
			operand.Free()
			result.Free()
		}
	})
}

func TestHazards(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 3)))
		const n = 5000
		var b [4]*Buffer
		for i := range b {
			b[i] = must[*Buffer](t)(d.NewBuffer(string(rune('a'+i)), 4*n))
		}
		s := must[*Stream](t)(d.NewStream("hazards"))
		expect := func(what string, barriers int) {
			t.Helper()
			if s.Barriers() != barriers {
				t.Errorf("%s: %d barriers so far, %d expected", what, s.Barriers(), barriers)
			}
		}
		succeed(t, s.Fill(b[0], 0, 4*n, 5)) // a = 5
		expect("first command", 0)
		succeed(t, s.Fill(b[3], 0, 2*n, 1)) // first half of d = 1
		succeed(t, s.Fill(b[3], 2*n, 2*n, 2))
		expect("independent fills, two of them side by side in one buffer", 0)
		scaleAdd(t, s, p, b[1], b[0], 1) // b = 3·5 + 1 = 16
		expect("read after write", 1)
		scaleAdd(t, s, p, b[2], b[0], 2) // c = 17
		expect("two readers", 1)
		scaleAdd(t, s, p, b[0], b[3], 0) // a = 3, 6
		expect("write after read", 2)
		scaleAdd(t, s, p, b[2], b[1], 0) // c = 48
		expect("after the barrier nothing conflicts", 2)
		scaleAdd(t, s, p, b[2], b[3], 4) // c = 7, 10
		expect("write after write", 3)
		succeed(t, s.Copy(b[1], 0, b[2], 0, 2*n+8)) // first part of b = c
		expect("copy after dispatch", 4)
		succeed(t, s.Copy(b[3], 4*n-4, b[3], 0, 4)) // last element of d = 1
		expect("copy within a buffer", 4)
		succeed(t, s.Fill(b[1], 4*n-4, 4, 99))
		expect("fill behind the copied range", 4)
		succeed(t, s.Finish())
		succeed(t, s.Run())

		half := func(first, second uint32) []uint32 {
			return append(slices.Repeat([]uint32{first}, n/2), slices.Repeat([]uint32{second}, n/2)...)
		}
		wantB := half(7, 16)
		wantB[n/2], wantB[n/2+1], wantB[n-1] = 10, 10, 99
		wantD := half(1, 2)
		wantD[n-1] = 1
		for i, want := range [][]uint32{half(3, 6), wantB, half(7, 10), wantD} {
			if !slices.Equal(download(t, b[i]), want) {
				t.Errorf("buffer %s is wrong", b[i].Name())
			}
		}
	})
}

// TestOffsets binds parts of buffers; non-overlapping parts need no barrier.
func TestOffsets(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		const n = 256
		a := must[*Buffer](t)(d.NewBuffer("a", 8*n))
		b := must[*Buffer](t)(d.NewBuffer("b", 4*n))
		s := must[*Stream](t)(d.NewStream("halves"))
		for half := range uint64(2) {
			succeed(t, s.Dispatch(p,
				[]Binding{{Buffer: a, Offset: half * 4 * n, Bytes: 4 * n, Access: ReadWrite}, {Buffer: b, Access: Read}},
				words(n, uint32(half+1)), [3]uint32{n / 32, 1, 1}))
		}
		if s.Barriers() != 0 {
			t.Errorf("%d barriers between writes to two halves", s.Barriers())
		}
		succeed(t, s.Finish())
		succeed(t, s.Run())
		want := append(slices.Repeat([]uint32{1}, n), slices.Repeat([]uint32{2}, n)...)
		if !slices.Equal(download(t, a), want) {
			t.Error("wrong result")
		}
	})
}

// TestStreamsFollowEachOther submits two streams before waiting: the second sees what the first wrote.
func TestStreamsFollowEachOther(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 2)))
		a := must[*Buffer](t)(d.NewBuffer("a", 4000))
		b := must[*Buffer](t)(d.NewBuffer("b", 4000))
		there := must[*Stream](t)(d.NewStream("there"))
		scaleAdd(t, there, p, b, a, 1)
		back := must[*Stream](t)(d.NewStream("back"))
		scaleAdd(t, back, p, a, b, 1)
		succeed(t, there.Finish())
		succeed(t, back.Finish())
		for range 20 {
			succeed(t, there.Submit())
			succeed(t, back.Submit())
			succeed(t, there.Wait())
			succeed(t, back.Wait())
		}
		want := uint32(0)
		for range 40 {
			want = 2*want + 1
		}
		if got := download(t, a); !slices.Equal(got, slices.Repeat([]uint32{want}, 1000)) {
			t.Errorf("%d, %d expected", got[0], want)
		}
	})
}

// whileCollecting runs a function while the garbage collector loops in parallel.
func whileCollecting(run func()) {
	var stop atomic.Bool
	var collector sync.WaitGroup
	collector.Go(func() {
		for !stop.Load() {
			runtime.GC()
		}
	})
	defer collector.Wait()
	defer stop.Store(true)
	run()
}

// TestResubmission runs a stream 10,000 times while the garbage collector loops: nothing of the recording that the
// driver still reads may be in collected memory.
func TestResubmission(t *testing.T) {
	onEveryDevice(t, Options{Profile: true}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		a := must[*Buffer](t)(d.NewBuffer("a", 4*67))
		b := must[*Buffer](t)(d.NewBuffer("b", 4*67))
		s := must[*Stream](t)(d.NewStream("count"))
		scaleAdd(t, s, p, b, a, 1)
		succeed(t, s.Copy(a, 0, b, 0, a.Bytes()))
		succeed(t, s.Finish())
		runs := uint32(200)
		if !d.Info().UnifiedMemory && d.Info().Type == Software {
			runs = 50 // the driver was tested before, and how uploads work does not matter here
		}
		whileCollecting(func() {
			for range runs {
				succeed(t, s.Run())
			}
		})
		if got := download(t, b); !slices.Equal(got, slices.Repeat([]uint32{runs}, 67)) {
			t.Errorf("%d after %d runs", got, runs)
		}
	})
}

// TestRecordingUnderCollection records and runs many streams while the garbage collector loops, as recording makes the
// calls with structures.
func TestRecordingUnderCollection(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		a := must[*Buffer](t)(d.NewBuffer("a", 4*67))
		b := must[*Buffer](t)(d.NewBuffer("b", 4*67))
		whileCollecting(func() {
			for i := range uint32(20) {
				p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1+i%5)))
				s := must[*Stream](t)(d.NewStream("short"))
				for range 40 {
					scaleAdd(t, s, p, b, a, i)
				}
				succeed(t, s.Finish())
				succeed(t, s.Run())
				s.Free()
			}
		})
		if got := download(t, b); !slices.Equal(got, slices.Repeat([]uint32{19}, 67)) {
			t.Errorf("%d, 19 expected", got)
		}
	})
}

func TestSubmitAllocatesNothing(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		a := must[*Buffer](t)(d.NewBuffer("a", 4))
		b := must[*Buffer](t)(d.NewBuffer("b", 4))
		s := must[*Stream](t)(d.NewStream("again"))
		scaleAdd(t, s, p, b, a, 1)
		succeed(t, s.Finish())
		var err error
		allocations := testing.AllocsPerRun(100, func() { err = s.Run() })
		succeed(t, err)
		if allocations != 0 {
			t.Errorf("%v allocations a run", allocations)
		}
	})
}

func TestStreamsInParallel(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		var all sync.WaitGroup
		for worker := range uint32(4) {
			all.Go(func() {
				p, err := d.NewPipeline(scaleAddSpec(32, 1+worker%2))
				a, err2 := d.NewBuffer("a", 400)
				b, err3 := d.NewBuffer("b", 400)
				s, err4 := d.NewStream("worker")
				if err != nil || err2 != nil || err3 != nil || err4 != nil {
					t.Error(err, err2, err3, err4)
					return
				}
				scaleAdd(t, s, p, b, a, worker)
				if err := s.Finish(); err != nil {
					t.Error(err)
				}
				for range 50 {
					if err := s.Run(); err != nil {
						t.Error(err)
					}
				}
				if got := download(t, b); !slices.Equal(got, slices.Repeat([]uint32{worker}, 100)) {
					t.Errorf("worker %d gets %d", worker, got)
				}
				s.Free()
				b.Free()
				a.Free()
			})
		}
		all.Wait()
	})
}

func TestTimings(t *testing.T) {
	onEveryDevice(t, Options{Profile: true}, func(t *testing.T, d *Device) {
		if d.Info().TimestampPeriod == 0 {
			t.Log("the device has no timestamps")
			return
		}
		a := must[*Buffer](t)(d.NewBuffer("a", 400000))
		b := must[*Buffer](t)(d.NewBuffer("b", 400000))
		first, second := scaleAddSpec(32, 1), scaleAddSpec(32, 2)
		first.Name, second.Name = "first", "second"
		s := must[*Stream](t)(d.NewStream("timed"))
		const rounds = 150 // more dispatches than one query pool can hold
		for range rounds {
			scaleAdd(t, s, must[*Pipeline](t)(d.NewPipeline(first)), b, a, 1)
			scaleAdd(t, s, must[*Pipeline](t)(d.NewPipeline(second)), a, b, 1)
		}
		succeed(t, s.Finish())
		if s.Timings() != nil {
			t.Error("timings before a run")
		}
		succeed(t, s.Run())
		succeed(t, s.Run())
		timings := s.Timings()
		if len(timings) != 2 || timings[0].Name != "first" || timings[1].Name != "second" {
			t.Fatalf("timings %v", timings)
		}
		for _, timing := range timings {
			if timing.Dispatches != rounds || timing.Seconds <= 0 || timing.Seconds > 60 {
				t.Errorf("timing %+v", timing)
			}
		}
	})
}

func TestStreamOrder(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		b := must[*Buffer](t)(d.NewBuffer("b", 40))
		s := must[*Stream](t)(d.NewStream("empty"))
		refused(t, s.Submit(), nil, "recorded", "Finish")
		succeed(t, s.Wait())
		succeed(t, s.Finish())
		refused(t, s.Finish(), nil, "finished")
		refused(t, s.Fill(b, 0, 40, 0), nil, "finished")
		refused(t, s.Copy(b, 0, b, 20, 4), nil, "finished")
		succeed(t, s.Submit())
		refused(t, s.Submit(), nil, "running")
		succeed(t, s.Wait())
		succeed(t, s.Run())
		s.Free()
		s.Free()
		refused(t, s.Submit(), nil, "freed")

		s = must[*Stream](t)(d.NewStream("stale"))
		succeed(t, s.Fill(b, 0, 40, 1))
		succeed(t, s.Finish())
		b.Free()
		refused(t, s.Submit(), nil, `"b"`, "freed")
	})
}

func TestStreamRefuses(t *testing.T) {
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		info := d.Info()
		a := must[*Buffer](t)(d.NewBuffer("a", 1030))
		b := must[*Buffer](t)(d.NewBuffer("b", 1024))
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		s := must[*Stream](t)(d.NewStream("refusing"))
		fine := []Binding{{Buffer: a, Access: Write}, {Buffer: b, Access: Read}}
		push, groups := words(1, 1), [3]uint32{1, 1, 1}
		first := func(binding Binding) []Binding { return []Binding{binding, fine[1]} }

		refused(t, s.Dispatch(p, fine[:1], push, groups), nil, "scale_add", "1 bindings given, it has 2")
		refused(t, s.Dispatch(p, fine, push[:4], groups), nil, "4 bytes", "has 8")
		refused(t, s.Dispatch(p, fine, push, [3]uint32{1, 0, 1}), ErrLimit, "0 workgroups", "along y")
		if limit := info.MaxWorkgroupCount[2]; limit < ^uint32(0) {
			refused(t, s.Dispatch(p, fine, push, [3]uint32{1, 1, limit + 1}), ErrLimit, "along z")
		}
		refused(t, s.Dispatch(p, first(Binding{Access: Write}), push, groups), nil, "binding 0", "no buffer")
		refused(t, s.Dispatch(p, first(Binding{Buffer: a}), push, groups), nil, "ReadWrite")
		refused(t, s.Dispatch(p, first(Binding{Buffer: a, Access: Read}), push, groups), nil, "declared Read")
		refused(t, s.Dispatch(p, first(Binding{Buffer: a, Access: Write, Offset: 1028}), push, groups), nil)
		refused(t, s.Dispatch(p, first(Binding{Buffer: a, Access: Write, Offset: 2048}), push, groups), nil, "has 1030")
		refused(t, s.Dispatch(p, first(Binding{Buffer: a, Access: Write, Bytes: 1031}), push, groups), nil, "has 1030")
		refused(t, s.Dispatch(p, first(Binding{Buffer: b, Access: Write, Offset: 1024}), push, groups), nil, "at least 1 byte")
		if info.StorageAlignment > 4 {
			refused(t, s.Dispatch(p, first(Binding{Buffer: a, Access: Write, Offset: 4}), push, groups), ErrLimit, "multiples of")
		}
		refused(t, s.Fill(a, 2, 4, 0), nil, "multiples of 4")
		refused(t, s.Fill(a, 0, 5, 0), nil, "multiples of 4")
		refused(t, s.Fill(a, 0, 1031, 0), nil, "has 1030")
		refused(t, s.Copy(a, 1028, b, 0, 3), nil, "has 1030")
		refused(t, s.Copy(a, 0, b, 1000, 25), nil, "has 1024")
		refused(t, s.Copy(a, 0, a, 3, 4), nil, "overlap")
		if s.Barriers() != 0 {
			t.Error("a refused command left a barrier")
		}
		succeed(t, s.Fill(a, 1028, 2, 0x01020304)) // up to the end, within the last word
		succeed(t, s.Copy(a, 0, a, 1029, 1))
		succeed(t, s.Copy(a, 5, a, 0, 0))
		succeed(t, s.Dispatch(p, fine, push, groups))
		succeed(t, s.Finish())
		succeed(t, s.Run())
	})
}
