package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Group is an engine made of several, its members, which share each batch by chunks in proportion
// to their measured speeds. Their sums are combined in the same tree in which one device adds, so
// the bits are those of one device, whatever the shares.
//
// A member whose device is lost or out of memory is dropped from then on, with a warning; the
// others redo its part.
type Group struct {
	network *network.Network
	members []*member
	sum     []float32              // of the last gradient
	last    cut                    // of the last batch
	mutex   sync.Mutex             // guards changes of members and last, which Prepare reads
	choose  func(speeds []float64) // if not nil, may change the speeds from which shares are made; for tests
}

// member is an engine of a group and its speed by kind of work, in samples per second.
type member struct {
	Engine
	speed [2]float64  // [work], 0 if unknown
	runs  [2]int      // [work]
	room  [][]float32 // for sums of nodes
}

var _ Engine = (*Group)(nil)

// NewGroup makes a group of engines for a network and takes ownership of them.
func NewGroup(n *network.Network, engines []Engine) *Group {
	g := &Group{network: n}
	for _, e := range engines {
		g.members = append(g.members, &member{Engine: e})
	}
	return g
}

// Describe names all devices.
func (g *Group) Describe() Description {
	var devices, drivers []string
	for _, m := range g.members {
		d := m.Describe()
		devices, drivers = append(devices, d.Device), append(drivers, d.Driver)
	}
	return Description{Device: strings.Join(devices, " + "), Driver: strings.Join(drivers, " + ")}
}

// SetWeights implements [Engine].
func (g *Group) SetWeights(weights [][]float32) error {
	return g.all(func(m *member) error { return m.SetWeights(weights) })
}

// SetOptimizer implements [Engine].
func (g *Group) SetOptimizer(states [][][]float32) error {
	return g.all(func(m *member) error { return m.SetOptimizer(states) })
}

// SetGradients implements [Engine].
func (g *Group) SetGradients(gradients [][]float32) error {
	return g.all(func(m *member) error { return m.SetGradients(gradients) })
}

// SetSums implements [Engine].
func (g *Group) SetSums(sums []float32, samples int) error {
	return g.all(func(m *member) error { return m.SetSums(sums, samples) })
}

// Update implements [Engine].
func (g *Group) Update(update Update) error {
	return g.all(func(m *member) error { return m.Update(update) })
}

// SumLength implements [Engine].
func (g *Group) SumLength() int { return g.members[0].SumLength() }

// SumStarts implements [Engine].
func (g *Group) SumStarts() []int { return g.members[0].SumStarts() }

// Weights implements [Engine].
func (g *Group) Weights() (weights [][]float32, err error) {
	err = g.any(func(m *member) error { weights, err = m.Weights(); return err })
	return weights, err
}

// Optimizer implements [Engine].
func (g *Group) Optimizer() (states [][][]float32, err error) {
	err = g.any(func(m *member) error { states, err = m.Optimizer(); return err })
	return states, err
}

// Gradients implements [Engine].
func (g *Group) Gradients() (gradients [][]float32, err error) {
	err = g.any(func(m *member) error { gradients, err = m.Gradients(); return err })
	return gradients, err
}

// Close closes all members.
func (g *Group) Close() error {
	var failed []error
	for _, m := range g.members {
		failed = append(failed, m.Close())
	}
	return errors.Join(failed...)
}

// any has the first member do something; if its device is lost, the next one.
func (g *Group) any(do func(m *member) error) error {
	for {
		err := do(g.members[0])
		if again, err := g.without([]error{err}); !again {
			return err
		}
	}
}

// all has all members do the same thing at once.
func (g *Group) all(do func(m *member) error) error {
	failed := make([]error, len(g.members))
	var group sync.WaitGroup
	for i, m := range g.members {
		group.Go(func() { failed[i] = do(m) })
	}
	group.Wait()
	lost, err := g.without(failed)
	if lost { // the others have done it, unless they also failed
		return errors.Join(slices.DeleteFunc(failed, deviceLost)...)
	}
	return err
}

// without drops the members whose devices are lost; failed may cover just the first ones. It
// reports whether there were any, with others left; otherwise it returns the first failure.
func (g *Group) without(failed []error) (lost bool, err error) {
	var left, gone []*member
	for i, m := range g.members {
		if i >= len(failed) || !deviceLost(failed[i]) {
			left = append(left, m)
			continue
		}
		gone = append(gone, m)
	}
	if len(gone) == 0 || len(left) == 0 {
		for _, err := range failed {
			if err != nil {
				return false, err
			}
		}
		return false, nil
	}
	for i, err := range failed {
		if deviceLost(err) {
			slog.Warn(fmt.Sprintf("%s is left out from here on; the other devices do its part, and no result changes", g.members[i].Describe().Device), "error", err)
		}
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, m := range gone {
		_ = m.Close() // errors no longer matter
	}
	g.members = left
	return true, nil
}

// deviceLost reports whether a failure costs a device, but not the others.
func deviceLost(err error) bool {
	return errors.Is(err, gpu.ErrDeviceLost) || errors.Is(err, gpu.ErrOutOfMemory)
}
