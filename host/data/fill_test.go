package data

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/batch"
)

// sources returns one source of every kind that encodes differently.
func sources(t testing.TB) map[string]Source {
	latency := defaults(t, "digits")
	poisson := latency
	poisson.Encoder.Kind = "poisson"
	randman := smallRandman(t)
	return map[string]Source{
		"latency": open(t, "", latency).Train,
		"poisson": open(t, "", poisson).Train,
		"randman": open(t, "", randman).Train,
		"spoken":  open(t, "spoken:testdata", defaults(t, "spoken:testdata")).Train,
	}
}

func TestFillWorkers(t *testing.T) {
	samples := []int{7, 3, 3, 0, 20, 11, 5}
	numbers := []uint32{100, 4, 5, 1 << 31, 6, 7, 8}
	for name, source := range sources(t) {
		var want batch.Batch
		if err := Fill(&want, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
		checkRows(t, want, source)
		if len(want.Index) == 0 {
			t.Errorf("%s: no spikes", name)
		}
		for i, sample := range samples {
			if want.Labels[i] != source.Label(sample) || want.Numbers[i] != numbers[i] {
				t.Errorf("%s: label %d, number %d for sample %d", name, want.Labels[i], want.Numbers[i], sample)
			}
		}
		for _, workers := range []int{-1, 1, 2, 3, 7, 16} {
			filler := Filler{Workers: workers}
			var got batch.Batch
			for range 2 { // the second time in reused memory
				if err := filler.Fill(&got, source, samples, numbers); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got, given); diff != "" {
					t.Fatalf("%s, %d workers: %s", name, workers, diff)
				}
			}
		}
	}
}

// TestFillPart: samples outside a part have no spikes, those inside keep theirs.
func TestFillPart(t *testing.T) {
	samples, numbers := []int{7, 3, 3, 0, 20, 11, 5}, []uint32{1, 2, 3, 4, 5, 6, 7}
	for name, source := range sources(t) {
		var whole batch.Batch
		if err := Fill(&whole, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
		for _, part := range [][2]int{{0, 7}, {2, 5}, {0, 1}, {6, 7}, {3, 3}} {
			for _, workers := range []int{1, 3} {
				filler := Filler{Workers: workers, Part: func(int) (int, int) { return part[0], part[1] }}
				var got batch.Batch
				if err := filler.Fill(&got, source, samples, numbers); err != nil {
					t.Fatal(err)
				}
				if len(got.Rows) != len(whole.Rows) || !slices.Equal(got.Labels, whole.Labels) || !slices.Equal(got.Numbers, whole.Numbers) {
					t.Fatalf("%s, part %v: %d rows, labels %v, numbers %v", name, part, len(got.Rows), got.Labels, got.Numbers)
				}
				for r, row := range got.Rows {
					var want []uint32
					if sample := r / source.Steps(); sample >= part[0] && sample < part[1] {
						want = whole.Index[whole.Rows[r][0]:whole.Rows[r][1]]
					}
					if found := got.Index[row[0]:row[1]]; !slices.Equal(found, want) {
						t.Fatalf("%s, part %v, row %d: spikes %v, want %v", name, part, r, found, want)
					}
				}
			}
		}
	}
}

// The spikes of a presentation do not depend on its batch or its place in it.
func TestFillArrangement(t *testing.T) {
	for name, source := range sources(t) {
		spikes := func(samples []int, numbers []uint32, place int) [][]uint32 {
			var batch batch.Batch
			if err := Fill(&batch, source, samples, numbers); err != nil {
				t.Fatal(err)
			}
			var rows [][]uint32
			for _, row := range batch.Rows[place*source.Steps() : (place+1)*source.Steps()] {
				rows = append(rows, slices.Clone(batch.Index[row[0]:row[1]]))
			}
			return rows
		}
		alone := spikes([]int{4}, []uint32{77}, 0)
		last := spikes([]int{9, 2, 4}, []uint32{1, 2, 77}, 2)
		if diff := cmp.Diff(alone, last, given); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		again := spikes([]int{4}, []uint32{78}, 0)
		if name == "poisson" == cmp.Equal(alone, again, given) {
			t.Errorf("%s: another presentation has the same spikes: %v", name, name != "poisson")
		}
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	samples, numbers := []int{5, 1, 2, 3}, []uint32{1, 2, 3, 4}
	for name, source := range sources(t) {
		filler := Filler{Workers: 1}
		var batch batch.Batch
		fill := func() {
			if err := filler.Fill(&batch, source, samples, numbers); err != nil {
				t.Fatal(err)
			}
		}
		if allocations := testing.AllocsPerRun(10, fill); allocations != 0 {
			t.Errorf("%s: %g allocations a batch", name, allocations)
		}
	}
}

func TestFillErrors(t *testing.T) {
	source := open(t, "digits", defaults(t, "digits")).Test
	var batch batch.Batch
	wantError(t, Fill(&batch, source, []int{1, 2}, []uint32{1}), "2 samples", "1 presentation")
	wantError(t, Fill(&batch, source, []int{-1}, []uint32{1}), "sample -1", "359")
	wantError(t, Fill(&batch, source, []int{359}, []uint32{1}), "sample 359", "359")
	if err := Fill(&batch, source, nil, nil); err != nil || batch.Samples() != 0 {
		t.Errorf("an empty batch: %v", err)
	}
}

func BenchmarkFill(b *testing.B) {
	for name, source := range sources(b) {
		b.Run(name, func(b *testing.B) {
			samples := ascending(min(32, source.Len()))
			numbers := make([]uint32, len(samples))
			var filler Filler
			var batch batch.Batch
			for b.Loop() {
				if err := filler.Fill(&batch, source, samples, numbers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// backwards is a source that returns the channels of a step in the wrong order.
type backwards struct{ Source }

func (s backwards) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	first := len(index)
	rows, index = s.Source.AppendEvents(rows, index, sample, number)
	slices.Reverse(index[first:])
	return rows, index
}

// TestFillChecks: the output of foreign sources is checked when a batch is filled.
func TestFillChecks(t *testing.T) {
	var b batch.Batch
	wantError(t, Fill(&b, backwards{lattice(2, 9, 3)}, []int{0}, []uint32{1}), "filling a batch from lattice", "channels must be in ascending order")
}

// given compares the contents of batches, not what was derived from them.
var given = cmpopts.IgnoreUnexported(batch.Batch{})
