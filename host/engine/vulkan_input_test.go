package engine

import (
	"bytes"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/network"
)

// named is a copy of samples first to last of a batch, with its own checked events.
func named(t *testing.T, n *network.Network, b *Batch, first, last int) *Batch {
	t.Helper()
	part := b.Part(n, first, last)
	c := &Batch{
		Rows: slices.Clone(part.Rows), Index: slices.Clone(part.Index), Labels: slices.Clone(part.Labels), Numbers: slices.Clone(part.Numbers),
	}
	if err := c.CheckEvents(n.Inputs, n.Steps); err != nil {
		t.Fatal(err)
	}
	return c
}

// silence removes all events without any notification: what was uploaded before stays.
func silence(b *Batch) { clear(b.Rows) }

// gradientOf returns the gradient that an engine computes for a batch.
func gradientOf(t *testing.T, e Engine, b *Batch) [][]float32 {
	t.Helper()
	if _, err := e.Gradient(b, cpuref.StreamNoise, nil); err != nil {
		t.Fatal(err)
	}
	gradients, err := e.Gradients()
	if err != nil {
		t.Fatal(err)
	}
	return gradients
}

// TestPrepare: a prepared batch runs with the events that it had then, once, whatever ran in
// between; a batch that was refilled runs with its new ones.
func TestPrepare(t *testing.T) {
	n, all := probed()
	parts := func() (a, b, c *Batch) {
		return named(t, n, all, 0, 8), named(t, n, all, 1, 9), named(t, n, all, 2, 10)
	}
	options := Options{Seed: 9}
	reference, err := NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := reference.SetWeights(n.Initialise(2)); err != nil {
		t.Fatal(err)
	}
	a, b, c := parts()
	wantA, wantB, wantC := gradientOf(t, reference, a), gradientOf(t, reference, b), gradientOf(t, reference, c)
	silence(b)
	silent := gradientOf(t, reference, b)
	if slices.EqualFunc(wantB, silent, slices.Equal) {
		t.Fatal("the events bring nothing")
	}
	for _, info := range gputest.Devices(t) {
		for way, open := range openings {
			for name, run := range map[string]func(e *Vulkan, want func(what string, b *Batch, wanted [][]float32)){
				"once": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, _ := parts()
					want("before", a, wantA)
					e.Prepare(b)
					silence(b)
					want("prepared", b, wantB)
					want("once more", b, silent)
				},
				"another between": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, _ := parts()
					want("before", a, wantA)
					e.Prepare(b)
					silence(b)
					want("between", a, wantA)
					want("prepared", b, wantB)
				},
				"two ahead": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, c := parts()
					want("before", a, wantA)
					e.Prepare(b)
					e.Prepare(c)
					silence(b)
					silence(c)
					want("first", b, wantB)
					want("second", c, wantC)
				},
				"filled again": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, c := parts()
					want("before", a, wantA)
					e.Prepare(b)
					b.Rows, b.Index = append(b.Rows[:0], c.Rows...), append(b.Index[:0], c.Index...)
					b.Labels, b.Numbers = c.Labels, c.Numbers
					if err := b.CheckEvents(n.Inputs, n.Steps); err != nil {
						t.Fatal(err)
					}
					want("filled again", b, wantC)
				},
				"before the first": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					_, b, _ := parts()
					e.Prepare(b)
					want("first", b, wantB)
				},
				"a larger one between": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, _ := parts()
					want("before", a, wantA)
					e.Prepare(b)
					if _, err := e.Evaluate(all, cpuref.StreamNoise, nil); err != nil { // needs more room
						t.Fatal(err)
					}
					want("prepared", b, wantB)
				},
				"does not fit": func(e *Vulkan, want func(string, *Batch, [][]float32)) {
					a, b, _ := parts()
					want("before", a, wantA)
					b.Labels[0] = uint32(n.Classes)
					e.Prepare(b)
					e.Prepare(&Batch{})
					want("after", a, wantA)
				},
			} {
				t.Run(info.Driver+"/"+way+"/"+name, func(t *testing.T) {
					e, err := OpenVulkanOn(n, open(t, info.Index), options)
					if err != nil {
						t.Fatal(err)
					}
					defer e.Close()
					if err := e.SetWeights(n.Initialise(2)); err != nil {
						t.Fatal(err)
					}
					run(e, func(what string, b *Batch, wanted [][]float32) {
						t.Helper()
						if !slices.EqualFunc(gradientOf(t, e, b), wanted, slices.Equal) {
							t.Errorf("%s: another gradient", what)
						}
					})
				})
			}
		}
	}
}

// TestPrepareLeavesRunning: while the device works with events, those of other batches, or of the
// next pass of the same batch, are uploaded elsewhere.
func TestPrepareLeavesRunning(t *testing.T) {
	n, all := probed()
	for _, info := range gputest.Devices(t) {
		e, err := OpenVulkanOn(n, gputest.Open(t, info.Index), Options{Seed: 9, PassSamples: cpuref.ChunkSamples})
		if err != nil {
			t.Fatal(err)
		}
		a, b, c := named(t, n, all, 0, 8), named(t, n, all, 1, 9), named(t, n, all, 2, 10)
		gradientOf(t, e, a)
		e.Prepare(a)
		room := e.take(a, 0, 8)
		used := &e.pass.inputs[room]
		before := bytes.Clone(used.host.Mapped())
		e.Prepare(b)
		e.Prepare(c)
		if !bytes.Equal(before, used.host.Mapped()) {
			t.Errorf("%s: the events at work were written over", info.Name)
		}
		if e.broughtTo(c, 0, 8) == nil {
			t.Errorf("%s: the last batch was not brought", info.Name)
		}
		e.giveBack(room)
		brought := e.brought
		gradientOf(t, e, named(t, n, all, 0, 11)) // in two passes
		if e.brought != brought+1 {
			t.Errorf("%s: the events of %d passes were brought ahead, want those of 1", info.Name, e.brought-brought)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestPrepareMeanwhile: batches are prepared while others, also of other sizes, run, and the
// results are those of the CPU engine.
func TestPrepareMeanwhile(t *testing.T) {
	n, all := probed()
	options := Options{Seed: 9, PassSamples: cpuref.ChunkSamples}
	reference, err := NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := reference.SetWeights(n.Initialise(2)); err != nil {
		t.Fatal(err)
	}
	var batches []*Batch
	var want [][][]float32
	for _, span := range [][2]int{{3, 4}, {0, 8}, {2, 9}, {0, 11}, {3, 11}, {5, 6}} { // the pass arrays grow twice
		b := named(t, n, all, span[0], span[1])
		batches, want = append(batches, b), append(want, gradientOf(t, reference, b))
	}
	for _, info := range gputest.Devices(t) {
		e, err := OpenVulkanOn(n, gputest.Open(t, info.Index), options)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetWeights(n.Initialise(2)); err != nil {
			t.Fatal(err)
		}
		done, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					e.Prepare(batches[i%len(batches)])
				}
			}
		}()
		for range 3 {
			for i, b := range batches {
				if !slices.EqualFunc(gradientOf(t, e, b), want[i], slices.Equal) {
					t.Errorf("%s: another gradient of batch %d", info.Name, i)
				}
			}
		}
		close(done)
		<-ended
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
