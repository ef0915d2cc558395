//go:build !viewer

package view

import (
	"context"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// Window stands in for a window; without the tag viewer there is none.
type Window struct{}

// LeaveMainThread does nothing: nothing is tied to a thread.
func LeaveMainThread() {}

// New returns ErrNotBuilt.
func New(Options) (*Window, error) { return nil, ErrNotBuilt }

// Show returns ErrNotBuilt.
func (w *Window) Show(Finished) error { return ErrNotBuilt }

// Open returns ErrNotBuilt.
func (w *Window) Open(*network.Network, engine.Options) (engine.Engine, error) {
	return nil, ErrNotBuilt
}

// Observer returns the observer given.
func (w *Window) Observer(next train.Observer) train.Observer { return next }

// Loop returns ErrNotBuilt.
func (w *Window) Loop(context.Context, <-chan struct{}) error { return ErrNotBuilt }

// Messages returns nothing.
func (w *Window) Messages() []string { return nil }

// Close does nothing.
func (w *Window) Close() error { return nil }
