package data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/batch"
)

// sameBatch reports whether two batches are equal.
func sameBatch(a, b *batch.Batch) bool {
	return slices.Equal(a.Rows, b.Rows) && slices.Equal(a.Index, b.Index) &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Numbers, b.Numbers) && a.Augment == b.Augment
}

func TestLoader(t *testing.T) {
	for name, source := range sources(t) {
		for _, workers := range []int{1, 3} {
			filler := Filler{Workers: workers, Augmentation: augmentation(t, everything, source)}
			loader := NewLoader(&Filler{Workers: workers, Augmentation: filler.Augmentation})
			order := Order(source.Len(), 1, 2)[:min(source.Len(), 30)]
			for _, size := range []int{1, 7, 10, 30, 100} { // with and without a smaller last batch
				at := 0
				for found, err := range loader.Batches(t.Context(), Presentations{Source: source, Samples: order, First: 1000, Batch: size}) {
					if err != nil {
						t.Fatal(err)
					}
					samples := order[at:min(at+size, len(order))]
					numbers := make([]uint32, len(samples))
					for i := range numbers {
						numbers[i] = uint32(1000 + at + i)
					}
					var want batch.Batch
					if err := filler.Fill(&want, source, samples, numbers); err != nil {
						t.Fatal(err)
					}
					if !sameBatch(&want, found) {
						t.Fatalf("%s, batches of %d, presentation %d: not the batch that the filler gives", name, size, at)
					}
					at += len(samples)
				}
				if at != len(order) {
					t.Errorf("%s, batches of %d: %d presentations of %d", name, size, at, len(order))
				}
			}
		}
	}
}

// telling is a source that reports which samples it encodes.
type telling struct {
	Source
	encoded chan int
}

func (s telling) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	s.encoded <- sample
	return s.Source.AppendEvents(rows, index, sample, number)
}

// While a batch is being used, the next is filled, and none after it.
func TestLoaderPrefetches(t *testing.T) {
	source := telling{lattice(5, 5, 1), make(chan int)}
	loader := NewLoader(&Filler{})
	var steps []string
	samples := []int{0, 0, 0}
	go func() { <-source.encoded }()
	for _, err := range loader.Batches(t.Context(), Presentations{Source: source, Samples: samples, Batch: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, "batch")
		if len(steps) < 2*len(samples)-1 {
			<-source.encoded // of the next batch; waits forever if nobody fills it now
			steps = append(steps, "next")
		}
		select {
		case <-source.encoded:
			t.Fatal("a batch was filled for which there is no room")
		default:
		}
	}
	if diff := cmp.Diff([]string{"batch", "next", "batch", "next", "batch"}, steps); diff != "" {
		t.Error(diff)
	}
}

// Leaving a loop early ends loading; the loader can start again.
func TestLoaderLeft(t *testing.T) {
	source := sources(t)["spoken"]
	loader := NewLoader(&Filler{})
	p := Presentations{Source: source, Samples: ascending(20), First: 5, Batch: 4}
	for left := range 6 {
		count := 0
		for batch, err := range loader.Batches(t.Context(), p) {
			if err != nil || batch.Numbers[0] != uint32(5+4*count) {
				t.Fatalf("batch %d begins with presentation %d: %v", count, batch.Numbers[0], err)
			}
			if count++; count == left {
				break
			}
		}
		if want := left; left > 0 && count != want {
			t.Errorf("%d batches, left after %d", count, left)
		}
	}
}

func TestLoaderCancelled(t *testing.T) {
	source := sources(t)["spoken"]
	loader := NewLoader(&Filler{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := 0
	var last error
	for batch, err := range loader.Batches(ctx, Presentations{Source: source, Samples: ascending(20), Batch: 4}) {
		if last != nil {
			t.Fatal("a batch after an error")
		}
		if last = err; err == nil {
			if count++; count == 2 {
				cancel()
			}
		} else if batch != nil {
			t.Error("a batch with an error")
		}
	}
	if count != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d batches, error %v", count, last)
	}
}

// Every batch is announced once it is filled: before it is handed over, while the previous one is
// being used. One that could not be filled is not announced.
func TestLoaderTells(t *testing.T) {
	source, told := lattice(5, 5, 1), make(chan uint32, 2)
	p := Presentations{Source: source, Samples: []int{0, 0, 0, 7}, First: 3, Batch: 1, Filled: func(b *batch.Batch) {
		if err := b.CheckEvents(source.Channels(), source.Steps()); err != nil {
			t.Error(err)
		}
		told <- b.Numbers[0]
	}}
	var handed []uint32
	var last error
	heard := 0
	for b, err := range NewLoader(&Filler{}).Batches(t.Context(), p) {
		if last = err; err != nil {
			continue
		}
		handed = append(handed, b.Numbers[0])
		if heard < len(handed) && len(told) == 0 {
			t.Error("handed over before it was announced")
		}
		for ; heard < min(len(handed)+1, 3); heard++ { // of this one and, meanwhile, of the next
			if number := <-told; number != uint32(3+heard) {
				t.Errorf("announced presentation %d, want %d", number, 3+heard)
			}
		}
	}
	wantError(t, last, "sample 7")
	if !slices.Equal(handed, []uint32{3, 4, 5}) || len(told) > 0 {
		t.Errorf("handed over %v, announced %d more", handed, len(told))
	}
}

func TestLoaderErrors(t *testing.T) {
	source := lattice(5, 5, 1)
	loader := NewLoader(&Filler{})
	count := 0
	errorOf := func(p Presentations) (found error) {
		count = 0
		for batch, err := range loader.Batches(t.Context(), p) {
			if found != nil || err != nil && batch != nil {
				t.Error("a batch with or after an error")
			}
			if found = err; err == nil {
				count++
			}
		}
		return found
	}
	wantError(t, errorOf(Presentations{Source: source, Samples: []int{0, 0, 0, 0, 7, 0}, Batch: 2}), "sample 7")
	if count != 2 {
		t.Errorf("%d batches before the one that cannot be filled, want 2", count)
	}
	wantError(t, errorOf(Presentations{Source: source, Samples: []int{0}}), "batches of 0")
	if err := errorOf(Presentations{Source: source, Batch: 1}); err != nil {
		t.Error(err)
	}
}

// A longer loop allocates no more than a short one.
func TestLoaderAllocatesNothing(t *testing.T) {
	source := lattice(20, 20, 2)
	filler := Filler{Augmentation: augmentation(t, Augment{Drop: 0.1}, source)}
	loader := NewLoader(&filler)
	run := func(batches int) float64 {
		samples := make([]int, 4*batches)
		return testing.AllocsPerRun(5, func() {
			for _, err := range loader.Batches(t.Context(), Presentations{Source: source, Samples: samples, Batch: 4}) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for i := range loader.batches { // room for any batch
		loader.batches[i].Index = make([]uint32, 0, 4*100)
	}
	if short, long := run(10), run(200); long > short+3 {
		t.Errorf("%g allocations for 10 batches, %g for 200", short, long)
	}
}

// A training loop: while the network learns from a batch, the next is made.
func ExampleLoader() {
	options, err := Defaults("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	options.Augment.Drop = 0.1
	split, err := Open("", options)
	if err != nil {
		fmt.Println(err)
		return
	}
	augmentation, err := NewAugmentation(&options, split.Train)
	if err != nil {
		fmt.Println(err)
		return
	}
	loader := NewLoader(&Filler{Workers: 2, Augmentation: augmentation})
	for epoch := range uint32(2) {
		order := Order(split.Train.Len(), options.Seed, epoch)
		samples, batches := 0, 0
		p := Presentations{Source: split.Train, Samples: order, First: epoch * uint32(len(order)), Batch: 100}
		for batch, err := range loader.Batches(context.Background(), p) {
			if err != nil {
				fmt.Println(err)
				return
			}
			samples += batch.Samples() // here the engine would work
			batches++
		}
		fmt.Printf("epoch %d: %d samples in %d batches\n", epoch, samples, batches)
	}
	// Output:
	// epoch 0: 1258 samples in 13 batches
	// epoch 1: 1258 samples in 13 batches
}
