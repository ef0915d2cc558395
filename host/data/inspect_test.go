package data

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func inspect(t *testing.T, what string, o InspectionOptions) *Inspection {
	t.Helper()
	found, err := Inspect(t.Context(), what, o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The file has samples with three, no, one and one spike within the steps, and
// times that are dropped. See TestEventFileLayouts.
func TestInspectFile(t *testing.T) {
	found := inspect(t, "testdata/small_f4.h5", InspectionOptions{})
	want := Inspected{
		Part: "small_f4.h5", Samples: 4, Empty: 1, Spikes: 5, MinSpikes: 0, MedianSpikes: 1, MaxSpikes: 3, LastStep: 250,
		ClassCounts: []int{1, 2, 1}, ChannelRates: make([]float64, 700), Recorded: found.Parts[0].Recorded,
	}
	for channel, spikes := range map[int]float64{0: 2, 3: 2, 699: 1} {
		want.ChannelRates[channel] = spikes / (4 * 350 * found.StepLength)
	}
	if diff := cmp.Diff([]Inspected{want}, found.Parts); diff != "" {
		t.Error(diff)
	}
	recorded := *want.Recorded
	if recorded.Empty != 1 || recorded.NotFinite != 2 || recorded.Outside != 2 || recorded.Merged != 1 || !(recorded.Latest > 0.7) || recorded.Spikes < 9 {
		t.Errorf("recorded %+v", recorded)
	}
	if found.Channels != 700 || found.Classes != 3 || found.Steps != 350 || found.StepLength != 0.002 || len(found.Notes) != 4 {
		t.Errorf("%+v", found)
	}
	// With fewer, longer steps.
	short := inspect(t, "testdata/small_f4.h5", InspectionOptions{Steps: 10, StepLength: 0.01})
	if short.Steps != 10 || short.StepLength != 0.01 || short.Parts[0].Recorded.Outside <= recorded.Outside {
		t.Errorf("%+v", short.Parts[0])
	}
}

func TestInspectDatasets(t *testing.T) {
	for what, want := range map[string][]int{ // samples in each part
		"spoken:testdata": {40, 20},
		"testdata":        {40, 20},
		"digits":          {1797},

		"testdata/spikes.npz":            {30},
		"events:testdata/camera_classes": {5},
	} {
		found := inspect(t, what, InspectionOptions{})
		var samples []int
		for _, part := range found.Parts {
			samples = append(samples, part.Samples)
			classes, spikes := 0, 0.0
			for _, count := range part.ClassCounts {
				classes += count
			}
			for _, rate := range part.ChannelRates {
				spikes += rate * float64(part.Samples*found.Steps) * found.StepLength
			}
			if classes != part.Samples || math.Abs(spikes-float64(part.Spikes)) > 1e-6*spikes {
				t.Errorf("%s, %s: %d samples in classes, %g spikes by rates: %d and %d expected", what, part.Part, classes, spikes, part.Samples, part.Spikes)
			}
			if part.MinSpikes > int(part.MedianSpikes) || part.MedianSpikes > float64(part.MaxSpikes) || part.Spikes == 0 {
				t.Errorf("%s, %s: spikes %d, %g, %d", what, part.Part, part.MinSpikes, part.MedianSpikes, part.MaxSpikes)
			}
		}
		if !slices.Equal(samples, want) {
			t.Errorf("%s: %d samples, want %d", what, samples, want)
		}
		if _, err := found.Rasters(0, 3).Picture(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := found.Rates().Picture(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		frames, ok := found.Frames(0, 3)
		if ok != (len(found.Shape) > 0) {
			t.Errorf("%s: shape %v, frames %t", what, found.Shape, ok)
		}
		if ok {
			if _, err := frames.Picture(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
}

func TestInspectMedian(t *testing.T) {
	source := lattice(2, 4, 1000) // one spike
	for _, more := range []int{4, 2, 7} {
		spikes := newRaster(2, 4)
		for place := range more {
			spikes.mark(place/4, place%4)
		}
		source.add(0, spikes)
	}
	found, err := inspectSource(t.Context(), "all", source)
	if err != nil || found.MinSpikes != 1 || found.MedianSpikes != 3 || found.MaxSpikes != 7 || found.Spikes != 14 {
		t.Errorf("%+v: %v", found, err)
	}
}

func TestFirstOfClasses(t *testing.T) {
	source := &stored{labels: []uint32{2, 2, 0, 2, 1, 0, 3}}
	if got := firstOfClasses(source, 3); !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("samples %v", got)
	}
	if got := firstOfClasses(source, 9); !slices.Equal(got, []int{0, 2, 4, 6}) {
		t.Errorf("samples %v", got)
	}
}

func TestInspectErrors(t *testing.T) {
	empty := t.TempDir()
	text := filepath.Join(empty, "some.h5")
	if err := os.WriteFile(text, []byte("no spikes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][]string{
		"nothing":          {`"nothing"`, "not a file, a folder or a dataset", "shd:DIR"},
		empty:              {empty, "shd_train.h5", "name a file"},
		text:               {"some.h5", "HDF5"},
		"shd:" + empty:     {"shd_train.h5"},
		"randman:testdata": {"randman", "not read from a file"},
	} {
		_, err := Inspect(t.Context(), what, InspectionOptions{})
		wantError(t, err, want...)
	}
	_, err := Inspect(t.Context(), "digits", InspectionOptions{Steps: -1})
	wantError(t, err, "data.steps", "-1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Inspect(ctx, "digits", InspectionOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
