package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// SlopeOptions specify the surrogates whose slopes are measured, and how. Open, Workers,
// PassSamples and Observe do not affect results.
type SlopeOptions struct {
	Network    *network.Network // as trained; its data are those of Source
	Weights    [][]float32
	Source     data.Source
	OtherMode  bool      // give layers that spike at a threshold sigmoid noise with their β
	Surrogates []string  // besides the network's: KIND or KIND:VALUE
	Samples    int       // over which slopes are averaged; 0, or more than there are, means all
	Directions int       // presentations over which the direction of a surrogate is averaged
	Draws      int       // of noise, for each sample
	Steps      []float64 // along a direction, in lengths of the weights it changes, see [slopeRun.divide]; ascending
	Seed       uint32
	// TrainSamples, if known, is their number per epoch, for comparing the cost.
	TrainSamples int
	// PlanOnly measures only what the slopes would cost.
	PlanOnly bool

	Open        func(n *network.Network, options engine.Options) (engine.Engine, error) // nil: the CPU engine
	Workers     int
	PassSamples int
	// Exchange connects the other processes of the audit; nil for one process. All make the same
	// calls with the same options, share the runs and get the same result.
	Exchange engine.Exchange
	Observe  func(SlopeProgress) // may be nil
}

// SlopeProgress is how far the measurement of slopes has come.
type SlopeProgress struct {
	Phase    string
	Done, Of int   // presentations
	Plan     *Plan // once, before anything is measured
}

const (
	// together is the number of samples per batch.
	together = 256
	// timed is the number of samples from which the cost is predicted.
	timed = 32
	// mostBlocks is the largest number of blocks of samples for promised slopes.
	mostBlocks = 16
	// leastMoved is how many presentations a step must change for the interval of their mean to
	// follow Student's distribution.
	leastMoved = 30
)

// DefaultSlopes returns the default settings, without network, data and surrogates.
func DefaultSlopes() SlopeOptions {
	return SlopeOptions{Samples: 96, Directions: 768, Draws: 2, Steps: []float64{0.005, 0.01, 0.02}}
}

// slopePart is one or several weight arrays that are changed together.
type slopePart struct {
	name    string
	arrays  []int
	readout bool
}

// slopeRun is a measurement of slopes in progress.
type slopeRun struct {
	options    SlopeOptions
	team       *engine.Team // nil for one process
	network    *network.Network
	variants   []variant
	parts      []slopePart       // the readout last, if it has weights
	all        int               // samples of the data set
	shown      *unbiased.Samples // over which slopes are averaged
	aside      *unbiased.Samples // over which directions are averaged
	passes     int               // over aside
	blockSizes []int
	batches    []engine.Batch // of the samples shown
	device     engine.Description
	cost       SlopeCost
	done       int

	units    [][][]float64 // [variant][part]: unit directions
	lengths  [][]float64   // [variant][part]: of the vectors they were made from
	promised [][]table     // [variant][part]: over blocks
	slopes   [][][]table   // [variant][part][step]
	moved    [][][]int     // [variant][part][step]: presentations whose loss changed
	reach    []float64     // [part]: length of the weights; a learned constant counts as 1
}

// Slopes measures how fast the expected loss falls along surrogate gradients.
func Slopes(ctx context.Context, o SlopeOptions) (*SlopeResult, error) {
	team, ctx := engine.Join(ctx, o.Exchange)
	r, err := newSlopeRun(team, o)
	if err := team.Agree(err); err != nil {
		return nil, err
	}
	if err := r.measure(ctx); err != nil {
		return nil, team.End(ctx, err)
	}
	return r.result(), nil
}

// measure measures directions and slopes, or only what they would cost.
func (r *slopeRun) measure(ctx context.Context) error {
	for v := range r.variants {
		if err := r.measureDirections(ctx, v); err != nil || r.options.PlanOnly {
			return err
		}
	}
	return r.measureSlopes(ctx)
}

func (o *SlopeOptions) check() error {
	switch {
	case o.Source.Len() < 2:
		return fmt.Errorf("%s has %d samples here, at least 2 are needed: choose another part", o.Source.Name(), o.Source.Len())
	case o.Samples < 0 || o.Samples == 1:
		return fmt.Errorf("%d samples: at least 2 are needed, or 0 for all", o.Samples)
	case o.Draws < 2:
		return fmt.Errorf("%d draws of noise: at least 2 are needed to measure it", o.Draws)
	case o.Directions < 1:
		return fmt.Errorf("%d presentations for directions: at least 1 is needed", o.Directions)
	case len(o.Steps) == 0:
		return fmt.Errorf("no steps: give at least one, such as 0.01")
	}
	for i, step := range o.Steps {
		if !(step > 0 && step <= 1) {
			return fmt.Errorf("a step of %g: give fractions of the norm of the weights, above 0 and up to 1", step)
		}
		if i > 0 && step <= o.Steps[i-1] {
			return fmt.Errorf("steps of %g, then %g: give them in ascending order, each once", o.Steps[i-1], step)
		}
	}
	return checkShape(o.Source, o.Network)
}

// checkShape rejects data that a network was not made for.
func checkShape(s data.Source, n *network.Network) error {
	if s.Channels() != n.Inputs || s.Classes() != n.Classes || s.Steps() != n.Steps {
		return fmt.Errorf("%s has %d channels, %d classes and %d steps, but the network was built for %d, %d and %d",
			s.Name(), s.Channels(), s.Classes(), s.Steps(), n.Inputs, n.Classes, n.Steps)
	}
	return nil
}

func newSlopeRun(team *engine.Team, o SlopeOptions) (*slopeRun, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	n, err := audited(o.Network, o.OtherMode)
	if err != nil {
		return nil, err
	}
	r := &slopeRun{options: o, team: team, network: n, all: o.Source.Len()}
	if r.variants, err = variants(n, o.Surrogates); err != nil {
		return nil, err
	}
	r.choose()
	if presentations := float64(float64(o.Draws) * float64(r.shown.Count())); presentations+float64(r.passes*r.aside.Count()) >= surrogateNumbers {
		return nil, fmt.Errorf("%d draws of noise for %d samples: noise can be drawn for at most %d presentations", o.Draws, r.shown.Count(), surrogateNumbers)
	}
	if err := r.divide(); err != nil {
		return nil, err
	}
	r.plan()
	return r, nil
}

// choose picks the samples over which slopes are averaged and, if enough are left, other ones
// for the directions, so that slopes are not measured on the samples that their directions fit.
func (r *slopeRun) choose() {
	o := &r.options
	count := o.Samples
	if count == 0 || count > r.all {
		count = r.all
	}
	r.shown = unbiased.NewSamples(o.Source, count, o.Seed, o.Workers)
	r.aside = unbiased.NewSamples(o.Source, r.all, o.Seed, o.Workers)
	r.shown.Filler.Part, r.aside.Filler.Part = r.team.Part(), r.team.Part()
	if left := r.all - count; left >= count {
		r.aside.Chosen = r.aside.Chosen[count:]
	}
	r.aside.Chosen = r.aside.Chosen[:min(len(r.aside.Chosen), o.Directions)]
	r.passes = (o.Directions + r.aside.Count() - 1) / r.aside.Count()
	blocks := min(mostBlocks, count)
	for b := range blocks {
		r.blockSizes = append(r.blockSizes, (b+1)*count/blocks-b*count/blocks)
	}
}

// divide lists the parts of the weights: each array except biases that are all 0, then the
// spiking layers together, then the readout. Learned constants are logarithms, whose length
// means nothing: each counts as 1, so that a step of 0.01 changes constants by 1 % in root mean
// square.
func (r *slopeRun) divide() error {
	described := r.network.Weights()
	together, readout := slopePart{name: "all layers"}, slopePart{name: "readout", readout: true}
	for number, w := range described {
		if !strings.HasPrefix(w.Name, "layer") {
			readout.arrays = append(readout.arrays, number)
			continue
		}
		together.arrays = append(together.arrays, number)
		zero := !slices.ContainsFunc(r.options.Weights[number], func(w float32) bool { return w != 0 })
		if !(w.Bias && zero) { // steps are shares of a length; such biases are only in "all layers"
			r.parts = append(r.parts, slopePart{name: w.Name, arrays: []int{number}})
		}
	}
	if len(together.arrays) > 1 {
		r.parts = append(r.parts, together)
	}
	if len(readout.arrays) > 0 {
		r.parts = append(r.parts, readout)
	}
	for _, p := range r.parts {
		square := 0.0
		for _, number := range p.arrays {
			if described[number].Constant != "" {
				square += float64(len(r.options.Weights[number]))
				continue
			}
			for _, w := range r.options.Weights[number] {
				square += float64(float64(w) * float64(w))
			}
		}
		if square == 0 {
			return fmt.Errorf("the weights %s are all zero: steps are fractions of their norm; audit a trained network", p.name)
		}
		r.reach = append(r.reach, math.Sqrt(square))
	}
	return nil
}

// spiking returns the number of parts in which surrogates differ.
func (r *slopeRun) spiking() int {
	if last := len(r.parts) - 1; r.parts[last].readout {
		return last
	}
	return len(r.parts)
}

func (r *slopeRun) open(n *network.Network) (engine.Engine, error) {
	o := &r.options
	e, err := r.team.Open(n, o.Open, engine.Options{Seed: o.Seed, Workers: o.Workers, PassSamples: o.PassSamples})
	if err != nil {
		return nil, err
	}
	r.device = e.Describe()
	if err := r.team.Agree(e.SetWeights(o.Weights)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (r *slopeRun) observe(phase string, of int) {
	if r.options.Observe != nil {
		r.options.Observe(SlopeProgress{Phase: phase, Done: r.done, Of: of})
	}
}
