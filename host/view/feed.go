//go:build viewer

package view

import (
	"errors"
	"sync"

	"github.com/go-gl/glfw/v3.3/glfw"

	"spikegrad/host/engine"
	"spikegrad/host/train"
	"spikegrad/host/view/scene"
)

// feed is what training leaves for the window to pick up. Training adds to it between two
// updates; the window takes everything when it draws.
type feed struct {
	mutex      sync.Mutex
	start      *train.Start
	progress   train.Progress
	losses     []float64 // of updates
	accuracies []validated
	updates    int         // since the start
	wanted     bool        // the window is waiting for weights
	weights    [][]float32 // the newest ones handed over; nil if there are none
	ended      bool
}

// validated is a loss on the validation samples.
type validated struct {
	update int
	loss   float64
}

// update records an update and its loss.
func (f *feed) update(loss float64) {
	f.mutex.Lock()
	f.losses = append(f.losses, loss)
	f.updates++
	f.mutex.Unlock()
}

// serve hands weights over if the window is waiting for them.
func (f *feed) serve(weights func() ([][]float32, error)) error {
	f.mutex.Lock()
	wanted := f.wanted
	f.mutex.Unlock()
	if !wanted {
		return nil
	}
	return f.handOver(weights)
}

// handOver gives weights to the window.
func (f *feed) handOver(weights func() ([][]float32, error)) error {
	copied, err := weights()
	if err != nil {
		return err
	}
	f.mutex.Lock()
	f.weights, f.wanted = copied, false
	f.mutex.Unlock()
	glfw.PostEmptyEvent()
	return nil
}

// news is what the window takes from a feed.
type news struct {
	progress train.Progress
	updates  int
	weights  [][]float32
	ended    bool
}

// take moves the content of the feed into a learning curve; want requests weights after the
// next update.
func (f *feed) take(history *scene.History, want bool) news {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, loss := range f.losses {
		history.Add(loss, 1)
	}
	for _, v := range f.accuracies {
		history.Validate(v.update, v.loss)
	}
	taken := news{f.progress, f.updates, f.weights, f.ended}
	f.losses, f.accuracies, f.weights = f.losses[:0], f.accuracies[:0], nil
	f.wanted = f.wanted || want
	return taken
}

// observed is an observer that fills a feed.
type observed struct {
	feed *feed
	next train.Observer
}

func (o *observed) OnStart(s train.Start) {
	o.feed.mutex.Lock()
	o.feed.start = &s
	o.feed.mutex.Unlock()
	glfw.PostEmptyEvent()
	o.next.OnStart(s)
}

func (o *observed) OnBatch(p train.Progress) {
	o.feed.mutex.Lock()
	o.feed.progress = p
	o.feed.mutex.Unlock()
	o.next.OnBatch(p)
}

func (o *observed) OnEpoch(e train.Epoch) {
	if e.ValidationLoss != nil {
		o.feed.mutex.Lock()
		o.feed.accuracies = append(o.feed.accuracies, validated{e.Updates, *e.ValidationLoss})
		o.feed.mutex.Unlock()
	}
	o.next.OnEpoch(e)
}

func (o *observed) OnWarning(message string) { o.next.OnWarning(message) }

// watched is the engine of a training run that is being watched. It behaves like the engine
// inside.
type watched struct {
	engine.Engine
	window *Window
	vulkan *engine.Vulkan // the engine inside, if it works on the window's device
	loss   float64        // of the last gradient
}

// Gradient implements [engine.Engine].
func (w *watched) Gradient(batch *engine.Batch, stream noiseStream, record *engine.Record) (engine.Outcome, error) {
	outcome, err := w.Engine.Gradient(batch, stream, record)
	w.loss = float64(outcome.Loss)
	return outcome, err
}

// Update implements [engine.Engine].
func (w *watched) Update(update engine.Update) error {
	if err := w.Engine.Update(update); err != nil {
		return err
	}
	w.window.feed.update(w.loss)
	if w.vulkan != nil {
		return nil
	}
	return w.window.feed.serve(w.Engine.Weights)
}

// SetWeights implements [engine.Engine]. The window does not use the weights in the
// meantime.
func (w *watched) SetWeights(weights [][]float32) error {
	w.window.drawing.Lock()
	err := w.Engine.SetWeights(weights)
	w.window.drawing.Unlock()
	if err != nil || w.vulkan != nil {
		return err
	}
	return w.window.feed.handOver(w.Engine.Weights)
}

// Close implements [engine.Engine]. If the window shows the weights in place, they are
// kept.
func (w *watched) Close() error {
	var err error
	if w.vulkan == nil {
		err = errors.Join(w.window.feed.handOver(w.Engine.Weights), w.Engine.Close())
	}
	w.window.feed.mutex.Lock()
	w.window.feed.ended = true
	w.window.feed.mutex.Unlock()
	glfw.PostEmptyEvent()
	return err
}
