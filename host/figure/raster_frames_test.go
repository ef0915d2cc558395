package figure

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRasterFrames counts spikes by row, column and span: both channels of an input, all
// filters of a layer.
func TestRasterFrames(t *testing.T) {
	raster := Raster{StepMS: 2, Steps: 8, Layers: []SpikeLayer{
		{Name: "input", Neurons: 12, Shape: []int{2, 2, 3}, Spikes: []Spike{{0, 1}, {1, 1}, {2, 1}, {7, 11}}},
		{Name: "layer 0", Neurons: 6, Shape: []int{3, 1, 2}, Spikes: []Spike{{6, 0}, {7, 2}, {7, 4}, {7, 5}}},
		{Name: "layer 1", Neurons: 4, Spikes: []Spike{{0, 3}}},
	}}
	frames, ok := raster.Frames()
	if !ok || !slices.Equal(frames.Spans, []string{"0 ms", "4 ms", "8 ms", "12 ms"}) || !frames.OwnScale {
		t.Fatalf("frames %t: %+v", ok, frames)
	}
	silent := make([]float64, 12)
	want := []FrameSample{
		{Name: "input", Height: 2, Width: 3, Channels: []int{0, 1}, Counts: [][]float64{
			{0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, silent, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		}},
		{Name: "layer 0", Height: 1, Width: 2, Channels: []int{2}, Counts: [][]float64{{0, 0}, {0, 0}, {0, 0}, {3, 1}}},
	}
	if difference := cmp.Diff(want, frames.Samples); difference != "" {
		t.Error(difference)
	}
	if _, err := frames.Picture(); err != nil {
		t.Error(err)
	}
	raster.Layers = raster.Layers[1:]
	if frames, ok := raster.Frames(); !ok || len(frames.Channels) != 1 || frames.Samples[0].Counts[3][0] != 3 {
		t.Errorf("of a layer alone: %+v", frames)
	}
	raster.Layers = raster.Layers[1:]
	if _, ok := raster.Frames(); ok {
		t.Error("a dense layer has frames")
	}
	raster.Layers[0].Spikes[0].Neuron, raster.Layers[0].Shape = 4, []int{1, 2, 2}
	if _, ok := raster.Frames(); ok {
		t.Error("a raster that cannot be drawn has frames")
	}
}

// TestTallFrames: the picture of a plane that is far taller than wide has an ordinary size.
func TestTallFrames(t *testing.T) {
	tall := Frames{Channels: []string{"spikes"}, Spans: []string{"0 ms"}, Samples: []FrameSample{{Name: "input", Height: 4000, Width: 1, Counts: [][]float64{make([]float64, 4000)}}}}
	picture, err := tall.Picture()
	if err != nil {
		t.Fatal(err)
	}
	if picture.height > 4*picture.width {
		t.Errorf("the picture is %g points wide and %g high", picture.width, picture.height)
	}
}

// TestFrameSpans: frames are equally long where possible, and no step belongs to two.
func TestFrameSpans(t *testing.T) {
	for steps, want := range map[int]int{1: 1, 3: 3, 4: 4, 5: 5, 7: 6, 8: 4, 15: 5, 20: 5, 60: 6, 350: 5} {
		if got := FrameSpans(steps); got != want {
			t.Errorf("%d steps in %d frames, want %d", steps, got, want)
		}
		raster := Raster{StepMS: 1, Steps: steps, Layers: []SpikeLayer{{Name: "a", Neurons: 1, Shape: []int{1, 1, 1}}}}
		for step := range steps {
			raster.Layers[0].Spikes = append(raster.Layers[0].Spikes, Spike{Step: step})
		}
		frames, _ := raster.Frames()
		for span, counts := range frames.Samples[0].Counts {
			if got := (span+1)*steps/want - span*steps/want; counts[0] != float64(got) {
				t.Errorf("frame %d of %d steps holds %v, want %d", span, steps, counts[0], got)
			}
		}
	}
}
