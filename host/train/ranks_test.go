package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/engine/ranktest"
	"spikegrad/host/network"
)

// shared is a run whose batches are three chunks, the last of an epoch one.
func shared(t *testing.T) Config {
	config := tiny(t)
	config.Training.Batch, config.Training.EvaluationBatch, config.Training.Checkpoint = 21, 17, 1
	return config
}

// ranked is what a rank shares with the others unless changed.
type ranked struct {
	ctx     context.Context
	config  Config
	options Options
}

// onRanks performs a run over ranks, each with its own options, and returns what the ranks return. All but
// the first have a folder that cannot be made.
func onRanks(t *testing.T, ranks int, folder string, config Config, resume bool, change func(rank int, r *ranked)) ([]*Summary, []error) {
	t.Helper()
	summaries, failures := make([]*Summary, ranks), make([]error, ranks)
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		r := ranked{context.Background(), config, Options{Folder: folder, Workers: 1, Exchange: x}}
		if x.Rank() > 0 {
			r.options.Folder = "/dev/null/run"
			r.options.Observer = &watcher{onBatch: func(int, Progress) { t.Error("another rank than the first is observed") }}
		}
		if change != nil {
			change(x.Rank(), &r)
		}
		run := Run
		if resume {
			run = Resume
		}
		summaries[x.Rank()], failures[x.Rank()] = run(r.ctx, r.config, r.options)
	})
	return summaries, failures
}

// TestRanksEqualOneProcess: a run over ranks leaves the same folder as one process.
func TestRanksEqualOneProcess(t *testing.T) {
	config := shared(t)
	want, whole := drawn(t, config, Options{})
	for _, ranks := range []int{1, 2, 3, 5} {
		folder := filepath.Join(t.TempDir(), "run")
		w := &watcher{}
		summaries, failures := onRanks(t, ranks, folder, config, false, func(rank int, r *ranked) {
			if rank == 0 {
				r.options.Observer = w
			}
		})
		for rank := range ranks {
			if failures[rank] != nil {
				t.Fatalf("rank %d of %d: %v", rank, ranks, failures[rank])
			}
			if difference := cmp.Diff(want, summaries[rank], untimed()); difference != "" {
				t.Errorf("rank %d of %d: %s", rank, ranks, difference)
			}
		}
		for _, name := range []string{modelFile, configFile, "raster.svg", "learning-curves.svg"} {
			if string(read(t, folder, name)) != string(read(t, whole, name)) {
				t.Errorf("%d ranks: another %s", ranks, name)
			}
		}
		compareMetrics(t, whole, folder)
		idle := slices.ContainsFunc(w.warnings, func(m string) bool { return strings.Contains(m, "of 5 ranks only 3 have samples to train on") })
		if idle != (ranks == 5) || len(w.warnings) > 1 {
			t.Errorf("%d ranks: warnings %q", ranks, w.warnings)
		}
	}
}

// TestRanksLearn: estimators that rerun samples need the whole batch on every rank.
func TestRanksLearn(t *testing.T) {
	for _, estimator := range []string{"single_flip", "score_baseline"} {
		config := shared(t)
		config.Training.Estimator, config.Training.Epochs = estimator, 1
		config.Network.Layers[0].Learn = []string{"tau_membrane", "threshold"}
		want, _ := finished(t, config, Options{})
		summaries, failures := onRanks(t, 3, filepath.Join(t.TempDir(), "run"), config, false, func(_ int, r *ranked) { r.options.NoPictures = true })
		if failures[0] != nil || summaries[0].WeightsSHA256 != want.WeightsSHA256 {
			t.Errorf("%s: %v, or other weights", estimator, failures[0])
		}
	}
}

// TestRanksResumed: a run that any rank is asked to end ends on all, and resumes with other numbers of ranks
// to the weights of an uninterrupted run.
func TestRanksResumed(t *testing.T) {
	config := shared(t)
	config.Training.Epochs = 12
	want, _ := finished(t, config, Options{})
	for moment := range 4 {
		folder := filepath.Join(t.TempDir(), "run")
		resume := false
		for _, ranks := range []int{2, 3, 1} {
			_, failures := onRanks(t, ranks, folder, config, resume, func(rank int, r *ranked) {
				if rank != min(1, ranks-1) {
					return
				}
				ctx, cancel := context.WithCancel(context.Background())
				r.ctx = ctx
				calls := 0
				r.options.Open = meddling(func(engine.Engine) {
					if calls++; calls > moment {
						cancel()
					}
				})
			})
			for rank, err := range failures {
				var interruption *InterruptedError
				if !errors.As(err, &interruption) || !errors.Is(err, context.Canceled) || !engine.Agreed(err) {
					t.Fatalf("moment %d, rank %d of %d: error %v", moment, rank, ranks, err)
				}
			}
			resume = true
		}
		if found := resumed(t, folder, Options{}); found.WeightsSHA256 != want.WeightsSHA256 {
			t.Errorf("moment %d: in one process the run ends in other weights", moment)
		}
		_, failures := onRanks(t, 3, folder, config, true, nil)
		for rank, err := range failures {
			if rank == 0 && !errors.As(err, new(*FinishedError)) || !engine.Agreed(err) {
				t.Errorf("a finished run, rank %d: error %v", rank, err)
			}
		}
	}
}

// meddler calls a function before every gradient.
type meddler struct {
	engine.Engine
	before func(engine.Engine)
}

func (m *meddler) GradientSums(b *engine.Batch, s cpuref.Stream, r *engine.Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(int)) (engine.Outcome, error) {
	m.before(m.Engine)
	return m.Engine.GradientSums(b, s, r, nodes, sums, final)
}

func meddling(before func(engine.Engine)) func(*network.Network, engine.Options) (engine.Engine, error) {
	return func(n *network.Network, o engine.Options) (engine.Engine, error) {
		e, err := engine.NewCPU[float32](n, o)
		return &meddler{e, before}, err
	}
}

// TestRanksAstray: a rank whose weights no longer equal the others' is named, and its weights reach no
// checkpoint.
func TestRanksAstray(t *testing.T) {
	config := shared(t)
	folder := filepath.Join(t.TempDir(), "run")
	_, failures := onRanks(t, 3, folder, config, false, func(rank int, r *ranked) {
		calls := 0
		r.options.Open = meddling(func(e engine.Engine) {
			// Every other batch has only one chunk, so rank 1 gets none.
			if calls++; rank != 1 || calls != 2 {
				return
			}
			weights, err := e.Weights()
			if err != nil {
				t.Error(err)
			}
			weights[0][0] += 1e-3
			if err := e.SetWeights(weights); err != nil {
				t.Error(err)
			}
		})
	})
	for rank, err := range failures {
		if err == nil || !engine.Agreed(err) || !strings.Contains(err.Error(), "after update 3 the weights of rank 1 differ from those") {
			t.Errorf("rank %d: error %v", rank, err)
		}
	}
	saved, err := loadCheckpoint(folder, func(string) {})
	if err != nil || saved.Progress.Updates != 2 {
		t.Errorf("the checkpoint is not that of update 2 (%v)", err)
	}
	for _, c := range []struct {
		hashes string
		want   string
	}{{"aaaa", ""}, {"aaba", "2"}, {"baaa", "0"}, {"ab", "1"}, {"abc", "1 2"}, {"abbaa", "1 2"}} {
		var hashes [][]byte
		for _, h := range c.hashes {
			hashes = append(hashes, []byte(string(h)))
		}
		if got := strings.Join(astray(hashes), " "); got != c.want {
			t.Errorf("%s: astray are %s, want %s", c.hashes, got, c.want)
		}
	}
}

// TestRanksRefused: ranks that do not match, or one that cannot take part, end the run before it begins, on
// all ranks, with an error that names the rank.
func TestRanksRefused(t *testing.T) {
	for name, c := range map[string]struct {
		rank   int
		change func(r *ranked)
		want   string // on the other ranks
	}{
		"another seed":        {2, func(r *ranked) { r.config.Seed = 6 }, "rank 2: its configuration differs from that of rank 0: seed was 5 and is 6"},
		"more epochs":         {1, func(r *ranked) { r.config.Training.Epochs = 4 }, "rank 1: its configuration differs from that of rank 0: training.epochs was 3 and is 4"},
		"a wrong config":      {1, func(r *ranked) { r.config.Training.Batch = -1 }, "rank 1: training.batch = -1"},
		"no device":           {2, func(r *ranked) { r.options.Open = noDevice }, "rank 2: no such device"},
		"a folder in the way": {0, func(r *ranked) { r.options.Folder = "/dev/null/run" }, "rank 0: cannot"},
	} {
		folder := filepath.Join(t.TempDir(), "run")
		_, failures := onRanks(t, 3, folder, shared(t), false, func(rank int, r *ranked) {
			if rank == c.rank {
				c.change(r)
			}
		})
		for rank, err := range failures {
			want := c.want
			if rank == c.rank {
				_, want, _ = strings.Cut(want, ": ")
			}
			if err == nil || !engine.Agreed(err) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: rank %d has error %v, want %s…", name, rank, err, want)
			}
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: a folder was made", name)
		}
	}
}

func noDevice(*network.Network, engine.Options) (engine.Engine, error) {
	return nil, errors.New("no such device")
}

// TestRanksOtherData: the same number of samples with one different label is rejected.
func TestRanksOtherData(t *testing.T) {
	folder := t.TempDir()
	config := decode(t, "[data]\nname = \"digits\"\n[[network.layer]]\nneurons = 5\n")
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = strings.Repeat(fmt.Sprintf("%d,", i%9), 64) + fmt.Sprint(i%10)
	}
	for rank, label := range []string{"0", "1"} {
		lines[0] = strings.Repeat("3,", 64) + label
		write(t, folder, fmt.Sprint(rank, ".csv"), []byte(strings.Join(lines, "\n")+"\n"))
	}
	_, failures := onRanks(t, 2, filepath.Join(folder, "run"), config, false, func(rank int, r *ranked) {
		r.config.Data.Path = filepath.Join(folder, fmt.Sprint(rank, ".csv"))
	})
	want := "rank 1: its data differ from those of rank 0: the number of samples is the same, but labels or spikes differ"
	if failures[0] == nil || !strings.HasPrefix(failures[0].Error(), want) || !engine.Agreed(failures[0]) || !engine.Agreed(failures[1]) {
		t.Errorf("errors %v, want %s…", failures, want)
	}
}

// TestRanksDiverge: weights that diverge are the same error as in one process.
func TestRanksDiverge(t *testing.T) {
	config := shared(t)
	config.Training.Optimizer.LearningRate = 1e38
	folder := t.TempDir()
	_, want := Run(context.Background(), config, Options{Folder: filepath.Join(folder, "run"), NoPictures: true})
	if want == nil {
		t.Fatal("the run does not diverge")
	}
	if err := os.RemoveAll(filepath.Join(folder, "run")); err != nil {
		t.Fatal(err)
	}
	_, failures := onRanks(t, 3, filepath.Join(folder, "run"), config, false, nil)
	for rank, err := range failures {
		if err == nil || !engine.Agreed(err) || rank == 0 && err.Error() != want.Error() {
			t.Errorf("rank %d: error %v, want %v", rank, err, want)
		}
	}
}
