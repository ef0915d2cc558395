package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// Options specify what is audited and how precisely. Open, Workers, PassSamples and Observe
// do not affect results.
type Options struct {
	Network    *network.Network // as trained; its data are those of Source
	Weights    [][]float32
	Source     data.Source
	OtherMode  bool     // give layers that spike at a threshold sigmoid noise with their β
	Surrogates []string // besides the network's: KIND or KIND:VALUE
	Samples    int      // number shown, all if there are fewer
	Pairs      int      // largest number of runs with a flipped spike
	Precision  float64  // target: half the interval of every layer's cosines
	Seed       uint32
	// TrainSamples, if known, is their number per epoch, for comparing the cost.
	TrainSamples int

	Open        func(n *network.Network, options engine.Options) (engine.Engine, error) // nil: the CPU engine
	Workers     int
	PassSamples int
	Exchange    engine.Exchange // see [SlopeOptions]
	Observe     func(Progress)  // may be nil
}

// Progress is how far an audit has come.
type Progress struct {
	Phase      string
	Done, Of   int       // passes of a surrogate's gradient, or pairs of the unbiased one
	Uncertain  []float64 // [layer]: largest half interval of a cosine after the first passes, NaN if there is none; nil before
	Surrogates []string
}

const (
	// flipsPerSample is the number of flips per layer in every presentation: the runs that
	// decide where to flip are then a small part of all.
	flipsPerSample = 4
	// leastPasses are made before deciding, once, how many are needed.
	leastPasses = 16
	// mostGroups is the largest number of groups of passes.
	mostGroups = 32

	leastSurrogatePasses = 4
	mostSurrogatePasses  = 32
	// surrogateNoise is the largest relative squared noise of the mean surrogate gradient.
	surrogateNoise = 0.0025
	// surrogateShare limits the presentations for all surrogates, as a share of the pairs.
	surrogateShare = 0.25
	// reserve is a factor on the number of passes needed according to the first ones.
	reserve = 1.2
)

// Run audits a network.
func Run(ctx context.Context, o Options) (*Result, error) {
	team, ctx := engine.Join(ctx, o.Exchange)
	a, err := newAudit(team, o)
	if err := team.Agree(err); err != nil {
		return nil, err
	}
	if err := a.measure(ctx); err != nil {
		return nil, team.End(ctx, err)
	}
	return a.result(), nil
}

// measure measures all gradients.
func (r *run) measure(ctx context.Context) error {
	for i := range r.variants {
		if err := r.measureSurrogate(ctx, i); err != nil {
			return err
		}
	}
	return r.measureUnbiased(ctx)
}

// run is an audit in progress.
type run struct {
	options   Options
	team      *engine.Team // nil for one process
	network   *network.Network
	variants  []variant
	arrays    [][]network.Weight // [layer]: the weight arrays into it
	samples   *unbiased.Samples
	flips     int         // per layer per presentation
	surrogate [][]*groups // [variant][layer]
	readout   *groups     // nil without a leaky readout
	unbiased  []*groups   // [layer]
	pairs     []int       // [layer]: spent
	cost      Cost
	device    engine.Description
}

func newAudit(team *engine.Team, o Options) (*run, error) {
	switch {
	case !(o.Precision > 0):
		return nil, fmt.Errorf("a precision of %g: give half the width of a cosine's confidence interval, such as 0.05", o.Precision)
	case o.Samples < 1:
		return nil, fmt.Errorf("%d samples: at least 1 is needed", o.Samples)
	case o.Source.Len() == 0:
		return nil, fmt.Errorf("%s has no samples here: choose another part", o.Source.Name())
	}
	if err := checkShape(o.Source, o.Network); err != nil {
		return nil, err
	}
	if err := unbiased.RefusePotentials(o.Network); err != nil {
		return nil, err
	}
	n, err := audited(o.Network, o.OtherMode)
	if err != nil {
		return nil, err
	}
	r := &run{options: o, team: team, network: n, arrays: unbiased.Arrays(n), samples: unbiased.NewSamples(o.Source, o.Samples, o.Seed, o.Workers)}
	if r.variants, err = variants(n, o.Surrogates); err != nil {
		return nil, err
	}
	once := r.samples.Count() * len(r.arrays) // flips of a pass with one per layer per presentation
	if o.Pairs < leastPasses*once {
		return nil, fmt.Errorf("%d pairs: %d samples and %d layers need at least %d; give more pairs or fewer samples",
			o.Pairs, r.samples.Count(), len(r.arrays), leastPasses*once)
	}
	if o.Pairs/r.samples.Count() >= surrogateNumbers/r.samples.Count() {
		return nil, fmt.Errorf("%d pairs: fewer than %d are possible", o.Pairs, surrogateNumbers)
	}
	r.flips = min(flipsPerSample, o.Pairs/(leastPasses*once))
	for range r.arrays {
		r.unbiased = append(r.unbiased, newGroups(mostGroups))
	}
	return r, nil
}

// open makes an engine with the weights for one of the variants.
func (r *run) open(n *network.Network) (engine.Engine, error) {
	e, err := r.team.Open(n, r.options.Open, engine.Options{Seed: r.options.Seed, Workers: r.options.Workers, PassSamples: r.options.PassSamples})
	if err != nil {
		return nil, err
	}
	r.device = e.Describe()
	if err := r.team.Agree(e.SetWeights(r.options.Weights)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (r *run) observe(p Progress) {
	if r.options.Observe != nil {
		r.options.Observe(p)
	}
}

// measureSurrogate averages the gradient of a variant over enough passes for its noise to be
// small. One engine is open at a time: a device may not have room for two.
func (r *run) measureSurrogate(ctx context.Context, number int) (err error) {
	v := r.variants[number]
	e, err := r.open(v.network)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	list := make([]*groups, len(r.arrays))
	for l := range list {
		list[l] = newGroups(mostGroups)
	}
	r.surrogate = append(r.surrogate, list)
	if number == 0 && !r.network.Spiking() {
		r.readout = newGroups(mostGroups)
	}
	most := float64(surrogateShare*float64(r.options.Pairs)) / float64(len(r.variants)*r.samples.Count())
	passes := max(leastSurrogatePasses, min(mostSurrogatePasses, int(most)))
	for pass := range passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		gradient, err := surrogatePass(e, r.samples, pass)
		if err != nil {
			return err
		}
		r.cost.GradientSeconds += time.Since(began).Seconds()
		r.cost.GradientRuns += r.samples.Count()
		for l := range r.arrays {
			var all []float64
			for range r.arrays[l] {
				all = append(all, gradient[0]...)
				gradient = gradient[1:]
			}
			list[l].add(all)
		}
		if number == 0 && r.readout != nil {
			r.readout.add(slices.Concat(gradient...))
		}
		r.observe(Progress{Phase: "surrogate " + v.name, Done: pass + 1, Of: passes})
		if pass+1 >= leastSurrogatePasses && quiet(list) {
			break
		}
	}
	return nil
}

// quiet reports whether the noise of mean gradients is small.
func quiet(list []*groups) bool {
	for _, g := range list {
		gradients := g.complete()
		average := mean(gradients)
		square := newSquares(gradients, average).product()
		if !(dot(average, average)-square <= surrogateNoise*square) {
			return false
		}
	}
	return true
}

// measureUnbiased makes passes with flips. The first ones alone decide how many are needed
// for the cosines of each layer: stopping when an interval happens to be short would favour
// short intervals that miss the truth.
func (r *run) measureUnbiased(ctx context.Context) (err error) {
	e, err := r.open(r.network)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	u := unbiased.NewFlips(e, r.network, r.samples, r.options.Seed, r.options.Workers)
	r.pairs = u.Pairs()
	began := time.Now()
	spent := 0
	needed := make([]int, len(r.arrays)) // passes
	for l := range needed {
		needed[l] = leastPasses
	}
	var uncertain []float64
	for pass := 0; ; pass++ {
		if pass == leastPasses {
			for l := range needed {
				uncertain = append(uncertain, r.uncertainty(l))
				needed[l] = passesFor(uncertain[l], r.options.Precision)
			}
		}
		flips, cost := make([]int, len(r.arrays)), 0
		for l := range flips {
			if pass < needed[l] {
				flips[l] = r.flips
				cost += r.flips * r.samples.Count()
			}
		}
		if cost == 0 || spent+cost > r.options.Pairs {
			break
		}
		spent += cost
		gradient, err := u.Pass(ctx, pass, flips)
		if err != nil {
			return err
		}
		for l := range gradient {
			if flips[l] > 0 {
				r.unbiased[l].add(gradient[l])
			}
		}
		r.observe(Progress{Phase: "unbiased", Done: spent, Of: r.options.Pairs, Uncertain: uncertain})
	}
	r.cost.FlipSeconds = time.Since(began).Seconds()
	r.cost.ForwardRuns = u.Runs()
	for _, pairs := range u.Pairs() {
		r.cost.Pairs += pairs
	}
	return nil
}

// passesFor returns the number of passes, in whole groups, that reduces half an interval
// from its value after the first passes to a precision; it shrinks at least with the square
// root of their number.
func passesFor(half, precision float64) int {
	if math.IsNaN(half) {
		return math.MaxInt
	}
	if half <= precision {
		return leastPasses
	}
	ratio := half / precision
	passes := math.Ceil(float64(reserve*leastPasses) * float64(ratio*ratio))
	if passes > surrogateNumbers {
		return math.MaxInt
	}
	size := 1
	for mostGroups*size < int(passes) {
		size *= 2
	}
	return (int(passes) + size - 1) / size * size
}
