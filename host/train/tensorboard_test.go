package train

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/tensorboard"
)

// eventsOf reads a folder of event files: [tag][step]. A repeated step is an error.
func eventsOf(t *testing.T, folder string) map[string]map[int64]tensorboard.Content {
	t.Helper()
	files, err := tensorboard.Files(folder)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: files %v, %v", folder, files, err)
	}
	found := map[string]map[int64]tensorboard.Content{}
	for _, path := range files {
		err := tensorboard.Read(path, func(e tensorboard.Event) {
			for _, v := range e.Values {
				if found[v.Tag] == nil {
					found[v.Tag] = map[int64]tensorboard.Content{}
				}
				if _, twice := found[v.Tag][e.Step]; twice {
					t.Errorf("%s: %s has step %d twice", path, v.Tag, e.Step)
				}
				found[v.Tag][e.Step] = v.Content
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestEvents compares events with a run's other results.
func TestEvents(t *testing.T) {
	plain, _ := finished(t, tiny(t), Options{})
	folder := filepath.Join(t.TempDir(), "events")
	summary, run := finished(t, tiny(t), Options{TensorBoard: folder})
	if summary.WeightsSHA256 != plain.WeightsSHA256 {
		t.Error("events change the weights")
	}
	events := eventsOf(t, folder)
	epochs, err := ReadEpochs(run)
	if err != nil {
		t.Fatal(err)
	}
	same := func(tag string, step int, want float64) {
		t.Helper()
		if got := events[tag][int64(step)]; got != tensorboard.Scalar(want) {
			t.Errorf("%s at step %d is %v, want %g", tag, step, got, want)
		}
	}
	config, err := ReadConfig(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range epochs {
		same("epoch", e.Updates, float64(e.Epoch))
		same("loss/train", e.Updates, e.TrainLoss)
		same("accuracy/validation", e.Updates, *e.ValidationAccuracy)
		same("spikes_per_neuron/layer1", e.Updates, e.LayerSpikes[1])
		same("samples_per_second", e.Updates, e.SamplesPerSecond)
		mean, samples := 0.0, 0.0
		for update := e.Updates - 5; update <= e.Updates; update++ {
			of := 5.0
			if update == e.Updates {
				of = 3 // 28 samples in batches of 5
			}
			accuracy, _ := events["accuracy/update"][int64(update)].(tensorboard.Scalar)
			mean, samples = mean+float64(of*float64(accuracy)), samples+of
		}
		if got := fmt.Sprintf("%.6f", mean/samples); got != fmt.Sprintf("%.6f", e.TrainAccuracy) {
			t.Errorf("updates of epoch %d have an accuracy of %s, the epoch %g", e.Epoch, got, e.TrainAccuracy)
		}
		picture, _ := events["raster"][int64(e.Updates)].(tensorboard.Image)
		if about, err := png.DecodeConfig(bytes.NewReader(picture.PNG)); err != nil || about.Width != picture.Width || about.Height != picture.Height {
			t.Errorf("epoch %d: a picture of %d × %d pixels: %+v, %v", e.Epoch, picture.Width, picture.Height, about, err)
		}
	}
	same("learning_rate", 1, config.Training.Optimizer.LearningRate)
	same("accuracy/test", summary.Steps, *summary.TestAccuracy)
	same("loss/test_other_mode", summary.Steps, *summary.TestLossOtherMode)
	last := int64(epochs[len(epochs)-1].Updates)
	_, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	for _, array := range n.Weights() {
		histogram, _ := events["weights/"+array.Name][last].(tensorboard.Histogram)
		if want := array.Rows * array.Columns; histogram.Count != float64(want) {
			t.Errorf("weights of %s: %+v, want %d", array.Name, histogram, want)
		}
	}
	for l, layer := range config.Network.Layers {
		histogram, _ := events[fmt.Sprintf("firing_rates_hz/layer%d", l)][last].(tensorboard.Histogram)
		if histogram.Count != float64(layer.Neurons) || histogram.Max <= 0 {
			t.Errorf("firing rates of layer %d: %+v", l, histogram)
		}
	}
	if text, _ := events[configurationTag][0].(tensorboard.Text); !strings.Contains(string(text), "learning_rate = 0.02") {
		t.Errorf("configuration: %s", text)
	}
}

// TestFiringRates compares rates with the spikes of an evaluation of the same samples.
func TestFiringRates(t *testing.T) {
	config := tiny(t)
	r, err := newRun(ranks{}, config, Options{}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.config.Training.EvaluationBatch = 64 // all test samples
	rates, err := r.firingRates()
	if err != nil {
		t.Fatal(err)
	}
	found, err := Evaluate(context.Background(), r.engine, r.network, r.split.Test, 64, &r.filler, nil)
	if err != nil {
		t.Fatal(err)
	}
	for l := range rates {
		sum := 0.0
		for _, rate := range rates[l] {
			sum += float64(rate)
		}
		seconds := float64(r.network.Steps) * r.network.StepLength
		if got, want := sum*seconds/float64(len(rates[l])), found.LayerSpikes[l]; fmt.Sprintf("%.5f", got) != fmt.Sprintf("%.5f", want) || want == 0 {
			t.Errorf("layer %d: %g spikes a neuron, want %g", l, got, want)
		}
	}
}

// TestEventsOfResumedRuns interrupts in every phase. Two in three runs resume from a checkpoint older
// than their events, as after a kill, half of them with a truncated last event: no step occurs twice,
// and all have the numbers of a run that was never interrupted.
func TestEventsOfResumedRuns(t *testing.T) {
	config := tiny(t)
	w := &watcher{}
	whole := filepath.Join(t.TempDir(), "events")
	finished(t, config, Options{Observer: w, TensorBoard: whole})
	want := untimedEvents(t, whole)
	for batch := 1; batch < w.batches; batch += 7 {
		folder, events := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "events")
		ctx, cancel := context.WithCancel(context.Background())
		observer := &watcher{onBatch: func(batches int, _ Progress) {
			if batches == batch {
				cancel()
			}
		}}
		if _, err := Run(ctx, config, Options{Folder: folder, Observer: observer, NoPictures: true, TensorBoard: events}); err == nil {
			t.Fatal("the run was not interrupted")
		}
		if batch%3 != 0 {
			if err := os.Rename(filepath.Join(folder, "checkpoint.previous"), filepath.Join(folder, "checkpoint")); err != nil {
				t.Fatal(err)
			}
		}
		if batch%3 == 1 {
			cutOff(t, events)
		}
		resumed(t, folder, Options{TensorBoard: events})
		if difference := cmp.Diff(want, untimedEvents(t, events)); difference != "" {
			t.Errorf("cancelled in batch %d: %s", batch, difference)
		}
		if files, err := tensorboard.Files(events); err != nil || len(files) != 2 {
			t.Errorf("cancelled in batch %d: files %v, %v; want one for each session", batch, files, err)
		}
	}
}

// untimedEvents returns all events except those of a run's speed.
func untimedEvents(t *testing.T, folder string) map[string]map[int64]tensorboard.Content {
	events := eventsOf(t, folder)
	delete(events, "samples_per_second")
	return events
}

// cutOff removes the last byte of the newest event file.
func cutOff(t *testing.T, folder string) {
	t.Helper()
	files, err := tensorboard.Files(folder)
	if err != nil {
		t.Fatal(err)
	}
	path := files[len(files)-1]
	about, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, about.Size()-1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestEventsOfOthers: a run does not mix its events with others, and fails before anything is written.
func TestEventsOfOthers(t *testing.T) {
	events := filepath.Join(t.TempDir(), "events")
	_, folder := finished(t, tiny(t), Options{TensorBoard: events})
	other := tiny(t)
	other.Seed = 6
	target := filepath.Join(t.TempDir(), "run")
	_, err := Run(context.Background(), tiny(t), Options{Folder: target, TensorBoard: events})
	if err == nil || !strings.Contains(err.Error(), events+" for TensorBoard holds events of another run") {
		t.Errorf("a new run: %v", err)
	}
	stopped := interrupted(t, other, 4)
	config, err := ReadConfig(stopped)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Resume(context.Background(), config, Options{Folder: stopped, TensorBoard: events})
	if err == nil || !strings.Contains(err.Error(), "events of another run") {
		t.Errorf("a run of another seed: %v", err)
	}
	longer := tiny(t)
	longer.Training.Epochs = 4
	if _, err := Resume(context.Background(), longer, Options{Folder: folder, NoPictures: true, TensorBoard: events}); err != nil {
		t.Errorf("more epochs: %v", err)
	}
	if got := eventsOf(t, events)["epoch"]; len(got) != 4 {
		t.Errorf("more epochs: %v", got)
	}
	write(t, events, "events.out.tfevents.1.x", []byte("no event file of any kind"))
	_, err = Run(context.Background(), tiny(t), Options{Folder: target, TensorBoard: events})
	if err == nil || !strings.Contains(err.Error(), "is not a TensorBoard event file") {
		t.Errorf("a damaged file: %v", err)
	}
	file := filepath.Join(folder, configFile)
	if _, err = Run(context.Background(), tiny(t), Options{Folder: target, TensorBoard: file}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file in place of the folder: %v", err)
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("a run was begun without its events")
	}
}

// TestPictured: rasters get rarer with the epochs.
func TestPictured(t *testing.T) {
	var got []int
	for epoch := 1; epoch <= 1000; epoch++ {
		if pictured(epoch) {
			got = append(got, epoch)
		}
	}
	want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Error(difference)
	}
}
