package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// ahead is an engine that runs a batch only once the next is prepared, if there is one.
type ahead struct {
	engine.Engine
	batches  int // in total
	prepared chan []uint32
	ran      int
	waiting  [][]uint32 // prepared but not run, in order
	wrong    []string
}

func (a *ahead) Prepare(b *engine.Batch) {
	a.Engine.Prepare(b)
	a.prepared <- slices.Clone(b.Numbers)
}

// next records that a batch is run.
func (a *ahead) next(b *engine.Batch) {
	for len(a.waiting) < 2 && a.ran+len(a.waiting) < a.batches {
		a.waiting = append(a.waiting, <-a.prepared)
	}
	if !slices.Equal(a.waiting[0], b.Numbers) {
		a.wrong = append(a.wrong, fmt.Sprintf("batch %d has samples %v, prepared were %v", a.ran, b.Numbers, a.waiting[0]))
	}
	a.waiting, a.ran = a.waiting[1:], a.ran+1
}

func (a *ahead) Gradient(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	a.next(b)
	return a.Engine.Gradient(b, s, r)
}

func (a *ahead) Evaluate(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	a.next(b)
	return a.Engine.Evaluate(b, s, r)
}

// TestNextBatchIsPrepared: while the engine runs a batch of training or evaluation, the next is
// filled and prepared, and each is run as it was prepared.
func TestNextBatchIsPrepared(t *testing.T) {
	config := tiny(t)
	config.Training.Checkpoint = 0
	r, err := newRun(ranks{}, config, Options{}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	count := func(samples, batch int) int { return (samples + batch - 1) / batch }
	a := &ahead{Engine: r.engine, prepared: make(chan []uint32, 2), batches: count(r.split.Train.Len(), 5)}
	r.engine = a
	if err := r.trainEpoch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if a.ran != a.batches || len(a.wrong) > 0 {
		t.Errorf("training: %d batches of %d; %v", a.ran, a.batches, a.wrong)
	}
	a.ran, a.batches = 0, count(r.split.Train.Len(), 7)
	if _, err := Evaluate(context.Background(), a, r.network, r.split.Train, 7, &r.filler, nil); err != nil {
		t.Fatal(err)
	}
	if a.ran != a.batches || len(a.wrong) > 0 {
		t.Errorf("evaluation: %d batches of %d; %v", a.ran, a.batches, a.wrong)
	}
}

// unreadable is a source with a sample whose spikes are impossible.
type unreadable struct {
	data.Source
	sample int
}

func (u unreadable) AppendEvents(rows [][2]uint32, index []uint32, sample int, number uint32) ([][2]uint32, []uint32) {
	rows, index = u.Source.AppendEvents(rows, index, sample, number)
	if sample == u.sample {
		index[len(index)-1] = uint32(u.Channels())
	}
	return rows, index
}

// TestBadSampleLosesNoUpdate: a batch that cannot be filled ends a run after the updates of all
// batches before it, and once it is repaired the run ends as if it had always been good.
func TestBadSampleLosesNoUpdate(t *testing.T) {
	config := tiny(t)
	config.Training.Checkpoint = 1
	want, _ := finished(t, config, Options{})
	folder := filepath.Join(t.TempDir(), "run")
	options := Options{Folder: folder, NoPictures: true}
	r, err := newRun(ranks{}, config, options, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	lock, err := createFolder(folder)
	if err == nil {
		err = r.writeConfig()
	}
	if err != nil {
		t.Fatal(err)
	}
	r.split.Train = unreadable{r.split.Train, data.Order(r.split.Train.Len(), config.Seed, 0)[17]} // of the fourth batch
	_, err = r.complete(context.Background())
	lock.release()
	if err == nil || !strings.Contains(err.Error(), "filling a batch from ") || !strings.Contains(err.Error(), "the network has 5 input channels") {
		t.Errorf("error %v", err)
	}
	if r.progress.Updates != 3 {
		t.Errorf("%d updates before the batch that cannot be filled, want 3", r.progress.Updates)
	}
	if saved, err := loadCheckpoint(folder, func(string) {}); err != nil || saved.Progress.Updates != 3 {
		t.Errorf("checkpoint %+v: %v", saved, err)
	}
	if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("weights %s, without the bad sample %s", found.WeightsSHA256, want.WeightsSHA256)
	}
}

// TestEvaluateCancelled: a cancelled evaluation ends with the context's error, unless it was already
// complete.
func TestEvaluateCancelled(t *testing.T) {
	r, err := newRun(ranks{}, tiny(t), Options{}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	samples := r.split.Train.Len()
	for _, at := range []int{0, 6, samples} {
		ctx, cancel := context.WithCancel(context.Background())
		if at == 0 {
			cancel()
		}
		done := 0
		found, err := Evaluate(ctx, r.engine, r.network, r.split.Train, 3, &r.filler, func(e Evaluation) {
			if done = e.Samples; done == at {
				cancel()
			}
		})
		cancel()
		if done != at {
			t.Errorf("cancelled at sample %d, ended at %d", at, done)
		}
		if complete := at == samples; complete != (err == nil) || complete != (found.Samples == samples) || !complete && !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at sample %d of %d: %d samples, %v", at, samples, found.Samples, err)
		}
	}
}
