package check

import (
	"context"
	"fmt"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Variant is a way to run a network that must not change a bit.
type Variant struct {
	Workers      int // goroutines of the CPU engine
	PassSamples  int // samples on a device at once
	SegmentSteps int // steps of a sample held at once
}

// apply sets the options with which an engine is opened.
func (v Variant) apply(options engine.Options) engine.Options {
	options.Workers, options.PassSamples, options.SegmentSteps = v.Workers, v.PassSamples, v.SegmentSteps
	return options
}

// CPUVariants returns different numbers of workers, and samples cut in time.
func CPUVariants() []Variant {
	return []Variant{{Workers: 1}, {Workers: 2}, {Workers: 7, SegmentSteps: 32}}
}

// VulkanVariants returns the whole batch on the device, and one chunk at a time, cut in
// time.
func VulkanVariants() []Variant {
	return []Variant{{}, {PassSamples: cpuref.ChunkSamples, SegmentSteps: 32}}
}

// applies reports whether the variant affects a case: splitting a batch of one chunk
// changes nothing.
func (v Variant) applies(c *Case) bool {
	return v.PassSamples == 0 || c.Samples > max(v.PassSamples, cpuref.ChunkSamples)
}

// Opener opens an engine for a network.
type Opener func(n *network.Network, options engine.Options) (engine.Engine, error)

// Candidate is an engine to compare with the reference.
type Candidate struct {
	Open     Opener
	Variants []Variant
}

// Report summarizes a candidate's runs of a family of networks.
type Report struct {
	Device    engine.Description
	Cases     int // networks times variants compared
	Values    int
	Different int
	First     *Difference // the earliest, in the first network with one
	Seconds   float64     // time of the candidate's runs
	Err       error       // what ended its runs early; nil if nothing did
}

// OK reports whether all cases ran and nothing differed.
func (r *Report) OK() bool { return r.Err == nil && r.Different == 0 && r.Cases > 0 }

// Family runs every case on the reference, the CPU engine, and on all candidates, and
// reports for each candidate; done is called after every case. A candidate that fails
// is left out of the remaining cases. The error is that of the reference or of the
// context.
func Family(ctx context.Context, cases []Case, candidates []Candidate, done func(finished int)) ([]Report, error) {
	reports := make([]Report, len(candidates))
	for i := range cases {
		c := &cases[i]
		want, _, err := runOn(c, referenceEngine, Variant{})
		if err != nil {
			return nil, fmt.Errorf("network %q on the CPU engine: %w", c.Name, err)
		}
		if array := want.notFinite(); array != "" {
			return nil, fmt.Errorf("network %q on the CPU engine: %s is not finite, so engines may differ: the case needs smaller weights", c.Name, array)
		}
		for j, candidate := range candidates {
			for _, variant := range candidate.Variants {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if reports[j].Err == nil && variant.applies(c) {
					reports[j].compare(c, want, candidate.Open, variant)
				}
			}
		}
		done(i + 1)
	}
	return reports, nil
}

func referenceEngine(n *network.Network, options engine.Options) (engine.Engine, error) {
	return engine.NewCPU[float32](n, options)
}

// compare runs a case on a candidate and adds its differences from the reference.
func (r *Report) compare(c *Case, want *Trace, open Opener, variant Variant) {
	begin := time.Now()
	got, description, err := runOn(c, open, variant)
	r.Seconds += time.Since(begin).Seconds()
	if err == nil {
		var result Result
		result, err = Compare(want, got)
		r.Cases++
		r.Values += result.Values
		r.Different += result.Different
		if r.First == nil {
			r.First = result.First
		}
		r.Device = description
	}
	if err != nil {
		r.Err = fmt.Errorf("network %q: %w", c.Name, err)
	}
}

// runOn runs a case on a new engine.
func runOn(c *Case, open Opener, variant Variant) (t *Trace, description engine.Description, err error) {
	e, err := open(c.Network, variant.apply(engine.Options{Seed: c.Seed, Optimizer: c.Optimizer}))
	if err != nil {
		return nil, description, err
	}
	defer func() {
		if closed := e.Close(); err == nil {
			err = closed
		}
	}()
	description = e.Describe()
	t, err = Run(c, e)
	if v, ok := e.(*engine.Vulkan); ok && err == nil && len(v.Messages()) > 0 {
		err = fmt.Errorf("the validation layer says: %s", v.Messages()[0])
	}
	return t, description, err
}
