package evaluate

import (
	"context"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// listening is an engine that keeps what it is shown.
type listening struct {
	engine.Engine
	numbers []uint32
	inputs  [][]uint32 // [presentation]: channels of all steps
	streams []cpuref.Stream
}

func (l *listening) Evaluate(b *engine.Batch, s cpuref.Stream, r *engine.Record) (engine.Outcome, error) {
	steps := len(b.Rows) / b.Samples()
	for i := range b.Numbers {
		first, last := b.Rows[i*steps][0], b.Rows[(i+1)*steps-1][1]
		l.inputs = append(l.inputs, slices.Clone(b.Index[first:last]))
	}
	l.numbers = append(l.numbers, b.Numbers...)
	l.streams = append(l.streams, s)
	return l.Engine.Evaluate(b, s, r)
}

// TestEveryTrialHasItsOwnNoise checks the numbers of all presentations, and that
// the input of a sample, here drawn by a random encoder, is the same in all trials.
func TestEveryTrialHasItsOwnNoise(t *testing.T) {
	folder, _ := trained(t, strings.Replace(tinyText, `name = "randman"`, "name = \"digits\"\nencoder.kind = \"poisson\"", 1))
	s := opened(t, folder, nil)
	heard := &listening{Engine: s.Engine}
	s.Engine = heard
	samples := []int{3, 0, 9}
	const trials = 4
	if _, err := Accuracy(context.Background(), s, samples, trials); err != nil {
		t.Fatal(err)
	}
	if len(heard.numbers) != trials*len(samples) {
		t.Fatalf("%d presentations", len(heard.numbers))
	}
	for k, number := range heard.numbers {
		trial, i := k/len(samples), k%len(samples)
		if want := uint32(trial*s.Source.Len() + samples[i]); number != want {
			t.Errorf("trial %d of sample %d has number %d, want %d", trial, samples[i], number, want)
		}
		if len(heard.inputs[k]) == 0 || !slices.Equal(heard.inputs[k], heard.inputs[i]) {
			t.Errorf("trial %d of sample %d has another input than trial 0", trial, samples[i])
		}
	}
	if slices.Equal(heard.inputs[0], heard.inputs[1]) {
		t.Error("two samples have the same input")
	}
	for _, stream := range heard.streams {
		if stream != cpuref.StreamEvaluation {
			t.Errorf("noise of stream %d", stream)
		}
	}
}
