//go:build viewer

package view

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"spikegrad/gpu"
	"spikegrad/host/train"
	"spikegrad/host/view/scene"
)

// Loop shows the window until the user closes it, the context is done or until is closed; a
// nil until never is. Once the user has closed the window, Loop returns at once.
func (w *Window) Loop(ctx context.Context, until <-chan struct{}) error {
	wake := make(chan struct{})
	defer close(wake)
	go func() { // events end the wait below; channels do not
		select {
		case <-ctx.Done():
		case <-until:
		case <-wake:
			return
		}
		glfw.PostEmptyEvent()
	}()
	for !w.closed {
		select {
		case <-ctx.Done():
			return nil
		case <-until:
			return nil
		default:
		}
		if err := w.turn(); err != nil {
			return err
		}
		if w.glfw.ShouldClose() {
			w.closed = true
			w.glfw.Hide()
			glfw.PollEvents()
			return w.closeScene()
		}
	}
	return nil
}

// turn draws if there is something new, and waits for events.
func (w *Window) turn() error {
	if err := w.begin(); err != nil {
		return err
	}
	now := time.Now()
	due := !now.Before(w.pace.due)
	if w.scene != nil {
		if err := w.look(due); err != nil {
			return err
		}
		if w.stale && w.visible() {
			err := w.draw()
			glfw.PollEvents()
			return err
		}
	}
	wait := time.Until(w.pace.due)
	if wait <= 0 || w.scene == nil {
		// Nothing to draw although a picture is due: training is busy with an update, or
		// there is nothing to show yet.
		wait = 50 * time.Millisecond
	}
	glfw.WaitEventsTimeout(wait.Seconds())
	return nil
}

// visible reports whether the window has an area to draw on.
func (w *Window) visible() bool {
	width, height := w.glfw.GetFramebufferSize()
	return width > 0 && height > 0 && w.glfw.GetAttrib(glfw.Iconified) == glfw.False
}

// begin creates the scene of a training run once its data are available.
func (w *Window) begin() error {
	if w.scene != nil || !w.isTraining() {
		return nil
	}
	w.feed.mutex.Lock()
	start, weights := w.feed.start, w.feed.weights
	w.feed.mutex.Unlock()
	if start == nil {
		return nil
	}
	w.subject.Source = start.Split.Test
	if w.subject.Source.Len() == 0 {
		w.subject.Source, w.subject.Part = start.Split.Train, "training"
	}
	w.history.Begin(start.Updates)
	w.drawing.Lock()
	defer w.drawing.Unlock()
	return w.openScene(weights)
}

func (w *Window) isTraining() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.training
}

// look takes what is new and decides whether to draw it now.
func (w *Window) look(due bool) error {
	if !w.training {
		noisy := w.subject.Network.Layers[0].Noise.Kind != "threshold"
		if due && !w.controls.frozen && noisy != w.controls.choice.OtherMode {
			if !w.pace.due.IsZero() {
				w.controls.choice.Trial++
			}
			w.stale = true
		}
		return nil
	}
	if w.controls.frozen {
		return nil
	}
	ownWeights := w.subject.Engine == nil
	taken := w.feed.take(w.history, ownWeights && due)
	note := progressText(taken.progress, taken.ended)
	w.stale = w.stale || taken.ended && note != w.note
	w.note = note
	if taken.weights != nil {
		if err := w.scene.SetWeights(taken.weights); err != nil {
			return err
		}
		w.stale = true
	}
	if due && !ownWeights && taken.updates != w.seen {
		w.seen, w.stale = taken.updates, true
	}
	return nil
}

// draw draws a picture and shows it.
func (w *Window) draw() error {
	if w.chain == nil {
		if err := w.makeSwapchain(); err != nil || w.chain == nil {
			return err
		}
	}
	began := time.Now()
	w.drawing.Lock()
	err := w.scene.Present(w.controls.choice)
	if err == nil {
		err = w.scene.Draw(scene.Status{Title: w.options.Title, Progress: w.note, Hint: w.hint(), History: w.history})
	}
	w.drawing.Unlock()
	if err != nil {
		return err
	}
	w.stale = false
	err = w.chain.Show(w.scene.Canvas())
	w.pace.drawn(began, time.Now())
	if errors.Is(err, gpu.ErrOutOfDate) {
		w.dropSwapchain()
		return nil
	}
	return err
}

// makeSwapchain fits the swapchain and the canvas to the window. A window without area has
// neither.
func (w *Window) makeSwapchain() error {
	width, height := w.glfw.GetFramebufferSize()
	chain, err := w.device.NewSwapchain(uint32(width), uint32(height))
	if errors.Is(err, gpu.ErrOutOfDate) { // the window has just been hidden
		return nil
	}
	if err != nil {
		return err
	}
	w.chain = chain
	x, y := chain.Size()
	scale, _ := w.glfw.GetContentScale()
	return w.scene.Resize(int(x), int(y), float64(max(scale, 1)), chain.BlueFirst())
}

// hint describes the state of the window.
func (w *Window) hint() string {
	if w.controls.saved != "" {
		return w.controls.saved
	}
	rate := w.pace.rate
	if rate == 0 {
		rate = 10
	}
	state := fmt.Sprintf("up to %g pictures/s", rate)
	if w.controls.frozen {
		state = "frozen"
	}
	return state + " · H: help"
}

// progressText describes the progress of training.
func progressText(p train.Progress, ended bool) string {
	if p.Epochs == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("epoch %d of %d", p.Epoch, p.Epochs), fmt.Sprintf("update %d", p.Updates)}
	if ended {
		return strings.Join(append(parts, "finished"), " · ")
	}
	if p.Phase == train.PhaseTraining {
		parts = append(parts, fmt.Sprintf("training accuracy %.1f %%", 100*p.Accuracy), fmt.Sprintf("%.0f samples/s", p.SamplesPerSecond))
	} else {
		parts = append(parts, string(p.Phase))
	}
	return strings.Join(parts, " · ")
}
