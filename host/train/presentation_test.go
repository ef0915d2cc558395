package train

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// listener is an engine that records what it is given.
type listener struct {
	engine.Engine
	heard *heard
}

type heard struct {
	numbers, labels           []uint32 // of training presentations
	sizes                     []int    // of training batches
	evaluated                 []uint32 // numbers of evaluated samples
	trainStream, quietStreams []cpuref.Stream
	updates                   []engine.Update
}

func (l *listener) Gradient(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	l.heard.numbers = append(l.heard.numbers, b.Numbers...)
	l.heard.labels = append(l.heard.labels, b.Labels...)
	l.heard.sizes = append(l.heard.sizes, b.Samples())
	l.heard.trainStream = append(l.heard.trainStream, s)
	return l.Engine.Gradient(b, s, r)
}

func (l *listener) Evaluate(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	l.heard.evaluated = append(l.heard.evaluated, b.Numbers...)
	l.heard.quietStreams = append(l.heard.quietStreams, s)
	return l.Engine.Evaluate(b, s, r)
}

func (l *listener) Update(u engine.Update) error {
	l.heard.updates = append(l.heard.updates, u)
	return l.Engine.Update(u)
}

// TestPresentations checks what the package promises of a run: which samples,
// in which order and batches, with which numbers and noise streams.
func TestPresentations(t *testing.T) {
	config := tiny(t)
	config.Training.Epochs = 2
	found := &heard{}
	_, err := Run(context.Background(), config, Options{
		Folder: filepath.Join(t.TempDir(), "run"), NoPictures: true,
		Open: func(n *network.Network, options engine.Options) (engine.Engine, error) {
			if options.Seed != config.Seed || options.Optimizer != cpuref.OptimizerAdam {
				t.Errorf("engine options %+v", options)
			}
			e, err := engine.NewCPU[float32](n, options)
			return &listener{e, found}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	split, _, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	want := &heard{}
	samples := split.Train.Len()
	for epoch := range 2 {
		for i, sample := range data.Order(samples, config.Seed, uint32(epoch)) {
			want.numbers = append(want.numbers, uint32(epoch*samples+i))
			want.labels = append(want.labels, split.Train.Label(sample))
		}
		for first := 0; first < samples; first += 5 {
			want.sizes = append(want.sizes, min(5, samples-first))
			want.trainStream = append(want.trainStream, cpuref.StreamNoise)
			want.updates = append(want.updates, engine.Update{
				Number: len(want.updates) + 1, LearningRate: 0.02, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8,
			})
		}
	}
	// Validation after each epoch, then testing in both modes.
	for _, length := range []int{split.Validation.Len(), split.Validation.Len(), split.Test.Len(), split.Test.Len()} {
		for i := range length {
			want.evaluated = append(want.evaluated, uint32(i))
		}
		for range (length + 2) / 3 {
			want.quietStreams = append(want.quietStreams, cpuref.StreamEvaluation)
		}
	}
	if difference := cmp.Diff(want, found, cmp.AllowUnexported(heard{})); difference != "" {
		t.Error(difference)
	}
}

func TestOptimizerUpdate(t *testing.T) {
	o := network.Optimizer{LearningRate: 0.5, Momentum: 0.7, Beta1: 0.8, Beta2: 0.9, WeightDecay: 0.1}
	for kind, want := range map[string]engine.Update{
		"sgd":     {Number: 3, LearningRate: 0.5, WeightDecay: 0.1, Momentum: 0.7},
		"adam":    {Number: 3, LearningRate: 0.5, WeightDecay: 0.1, Momentum: 0.8, SecondMoment: 0.9, Epsilon: 1e-8},
		"adamw":   {Number: 3, LearningRate: 0.5, WeightDecay: 0.1, Momentum: 0.8, SecondMoment: 0.9, Epsilon: 1e-8},
		"smorms3": {Number: 3, LearningRate: 0.5, WeightDecay: 0.1, Epsilon: 1e-16},
	} {
		o.Kind = kind
		if found := updateOf(&o, 3); found != want {
			t.Errorf("%s: %+v, want %+v", kind, found, want)
		}
	}
}

func TestTotalsWeighSamples(t *testing.T) {
	var sum totals
	sum.add(engine.Outcome{Samples: 3, Loss: 1, Correct: 3, Spikes: []uint64{30, 6}})
	sum.add(engine.Outcome{Samples: 1, Loss: 5, Correct: 0, Spikes: []uint64{10, 2}})
	n := &network.Network{Layers: []network.Layer{{Neurons: 5}, {Neurons: 1}}}
	found := sum.evaluation(n, nil)
	want := Evaluation{Samples: 4, Loss: 2, Accuracy: 0.75, SpikesPerNeuron: 2, LayerSpikes: []float64{2, 2}}
	if difference := cmp.Diff(want, found); difference != "" {
		t.Error(difference)
	}
}
