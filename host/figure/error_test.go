package figure

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"spikegrad/host/atomicfile"
)

func TestBadDataIsRefused(t *testing.T) {
	nan, infinite := math.NaN(), math.Inf(1)
	raster := func(change func(*Raster)) Raster {
		r := syntheticRaster()
		change(&r)
		return r
	}
	series := func(s Series) Lines { return Lines{Series: []Series{s}} }
	for _, c := range []struct {
		name    string
		drawing Drawing
		want    string // part of the error
	}{
		{"curves: no runs", Curves{}, "without a run"},
		{"curves: no epochs", Curves{Runs: []Run{{Name: "a"}}}, "without a single epoch"},
		{"curves: NaN", Curves{Runs: []Run{{Name: "a", TrainLoss: Band{Middle: []float64{1, nan}}}}}, `run "a": training loss: value 2 of 2 is NaN`},
		{"curves: band of other length", Curves{Runs: []Run{{TrainLoss: Band{Middle: []float64{1, 2}, Low: []float64{1}, High: []float64{1}}}}}, "low end: 1 values, but"},
		{"curves: band upside down", Curves{Runs: []Run{{TrainLoss: Band{Middle: []float64{1}, Low: []float64{2}, High: []float64{1}}}}}, "lies above its high end"},
		{"curves: percent", Curves{Runs: []Run{{ValidationAccuracy: Band{Middle: []float64{97}}}}}, "fractions from 0 to 1"},
		{"curves: test NaN", Curves{Runs: []Run{{ValidationAccuracy: Band{Middle: []float64{1}}, Test: []float64{nan}}}}, "test accuracy"},
		{"curves: zero on a logarithm", Curves{LogLoss: true, Runs: []Run{{TrainLoss: Band{Middle: []float64{1, 0}}}}}, "above 0"},

		{"frames: nothing", Frames{Channels: []string{"on"}}, "0 spans and 0 samples"},
		{"frames: pixels", Frames{Channels: []string{"on"}, Spans: []string{"all"}, Samples: []FrameSample{{Name: "a", Height: 2, Width: 2, Counts: [][]float64{{1}}}}}, "its pixels in all channels are 4"},
		{"frames: channels", Frames{Channels: []string{"on"}, Spans: []string{"all"}, Samples: []FrameSample{{Name: "a", Height: 1, Width: 1, Channels: []int{1}, Counts: [][]float64{{1}}}}}, "the channels [1] of 1"},
		{"raster: shape", raster(func(r *Raster) { r.Layers[1].Shape = []int{2, 3, 4} }), "and the shape [2 3 4]"},
		{"raster: shape of two", raster(func(r *Raster) { r.Layers[1].Shape = []int{1, r.Layers[1].Neurons} }), "three numbers are needed"},
		{"raster: shape below zero", raster(func(r *Raster) { r.Layers[1].Shape = []int{-1, -1, r.Layers[1].Neurons} }), "three numbers are needed"},
		{"raster: nothing", Raster{StepMS: 1, Steps: 1}, "without a layer"},
		{"raster: no steps", raster(func(r *Raster) { r.Steps = 0 }), "0 time steps"},
		{"raster: step length NaN", raster(func(r *Raster) { r.StepMS = nan }), "step length of NaN ms"},
		{"raster: step length infinite", raster(func(r *Raster) { r.StepMS = infinite }), "step length of +Inf ms"},
		{"raster: no neurons", raster(func(r *Raster) { r.Layers[1].Neurons = 0 }), `layer "hidden 1" has 0 neurons`},
		{"raster: spike after the end", raster(func(r *Raster) { r.Layers[1].Spikes[0].Step = 350 }), "step 350"},
		{"raster: spike of no neuron", raster(func(r *Raster) { r.Layers[0].Spikes[0].Neuron = -1 }), "neuron -1"},
		{"raster: short readout", raster(func(r *Raster) { r.Readout[2] = r.Readout[2][:7] }), "readout of class 2: 7 values, but the time steps are 350"},
		{"raster: readout NaN", raster(func(r *Raster) { r.Readout[2][5] = nan }), "value 6 of 350 is NaN"},
		{"raster: class names missing", raster(func(r *Raster) { r.Classes = r.Classes[:3] }), "class names: 3 values"},
		{"raster: no such class", raster(func(r *Raster) { r.Predicted = 20 }), "class 20"},

		{"trials: none", Trials{StepMS: 1, Steps: 1}, "without a trial"},
		{"trials: negative window", Trials{StepMS: 1, Steps: 1, Spikes: [][]int{{}}, Window: -1}, "window of -1 steps"},
		{"trials: late spike", Trials{StepMS: 1, Steps: 3, Spikes: [][]int{{3}}}, "step 3 of trial 0"},

		{"confusion: none", Confusion{}, "without a class"},
		{"confusion: ragged", Confusion{Counts: [][]int{{1, 2}, {3}}}, "row 1: 1 values, but the rows are 2"},
		{"confusion: negative", Confusion{Counts: [][]int{{-1}}}, "count -1"},
		{"confusion: names missing", Confusion{Counts: [][]int{{1}}, Classes: []string{"a", "b"}}, "class names: 2 values"},

		{"lines: none", Lines{}, "without a series"},
		{"lines: empty", series(Series{Name: "a"}), `series "a" has no points`},
		{"lines: ragged", series(Series{X: []float64{1}, Y: []float64{1, 2}}), "series 1: y: 2 values, but x has 1"},
		{"lines: x NaN", series(Series{X: []float64{nan}, Y: []float64{1}}), "x: value 1 of 1 is NaN"},
		{"lines: y infinite", series(Series{X: []float64{1}, Y: []float64{infinite}}), "y: value 1 of 1 is +Inf"},
		{"lines: too large", series(Series{X: []float64{1}, Y: []float64{1.7e308}}), "finite"},
		{"lines: level NaN", Lines{Series: []Series{{X: []float64{1}, Y: []float64{1}}}, Levels: []Level{{Name: "b", Value: nan}}}, `level "b"`},
		{"lines: negative on a logarithm", Lines{LogX: true, Series: []Series{{X: []float64{-1}, Y: []float64{1}}}}, "above 0"},
		{"lines: low end on a logarithm", Lines{LogY: true, Series: []Series{{X: []float64{1}, Y: []float64{1}, Low: []float64{0}, High: []float64{2}}}}, "low end: value 1 is 0"},

		{"bars: none", Bars{}, "0 categories"},
		{"bars: ragged", Bars{Categories: []string{"a", "b"}, Groups: []Group{{Name: "g", Values: []float64{1}}}}, `group "g": 1 values, but the categories are 2`},
		{"bars: NaN", Bars{Categories: []string{"a"}, Groups: []Group{{Values: []float64{nan}}}}, "NaN"},
		{"bars: sample NaN", Bars{Categories: []string{"a"}, Groups: []Group{{Values: []float64{1}, Samples: [][]float64{{nan}}}}}, `samples of category "a"`},
		{"bars: too many", Bars{Categories: make([]string, 1000), Groups: []Group{{}}}, "1000 bars"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "picture.png")
			err := Save(path, c.drawing)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "figure: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want one line with %q", err, c.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was written all the same")
			}
		})
	}
}

func TestSaveSaysWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "picture"):              "name a file that ends in .png or .svg",
		filepath.Join(folder, "picture.jpg"):          "name a file that ends in .png or .svg",
		filepath.Join(folder, "missing", "a.png"):     "does not exist: create it first",
		filepath.Join(file, "a.svg"):                  "not a directory",
		filepath.Join(folder, "folder.png"):           "is it a folder?",
		string(filepath.Separator) + "dev/full/a.png": "cannot write",
	} {
		err := Save(path, syntheticBars(false))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("saving %q: error %v, want one with %q and the path", path, err, want)
		}
	}
	checkFolder(t, folder, "file", "folder.png")
}

// TestFailedWriteLeavesNothing simulates a full disk: the writer fails halfway.
func TestFailedWriteLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "picture.png")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 100_000)); err != nil {
			return err
		}
		return &os.PathError{Op: "write", Path: "temporary", Err: syscall.ENOSPC}
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "temporary") {
		t.Errorf("error %v, want one that names the picture and a full disk", err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "old" {
		t.Errorf("the old file holds %q (%v)", content, err)
	}
	checkFolder(t, folder, "picture.png")

	if err := Save(path, syntheticBars(false)); err != nil {
		t.Errorf("saving over an old file: %v", err)
	}
	if content, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(content), "\x89PNG") {
		t.Errorf("the old file was not replaced (%v)", err)
	}
	checkFolder(t, folder, "picture.png")
}

func checkFolder(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("the folder holds %v, want only %v", entries, want)
	}
}
