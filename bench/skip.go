package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// SkipResult is how counting surrogate derivatives below a threshold as 0 affects the time
// of a step and the gradient: see skip_below of [network.Surrogate].
type SkipResult struct {
	Subject
	SkipBelow float64 `json:"skip_below"` // of all layers

	StepMS     float64    `json:"step_ms"` // forward, backward and update: the median, and the smallest and the largest
	SpreadMS   [2]float64 `json:"spread_ms"`
	BackwardMS float64    `json:"backward_ms"` // the median
	Speedup    float64    `json:"speedup"`     // step time with threshold 0 divided by that with this one
	// Cosine is the cosine of the angle between the gradient at the initial weights and the
	// one with threshold 0; LeastCosine is the same for the weight array where it is
	// smallest. Both are 0 where nothing is left of a gradient.
	Cosine      float64 `json:"cosine"`
	LeastCosine float64 `json:"least_cosine"`
}

// MeasureSkips measures shapes with several thresholds, 0 always first; done is called with
// every result.
func MeasureSkips(ctx context.Context, shapes []Shape, thresholds []float64, options Options, done func(*SkipResult)) error {
	for i := range shapes {
		s := &shapes[i]
		if s.Alone {
			return fmt.Errorf("shape %s is neurons alone, without weights: shapes B to H have a gradient to compare", s)
		}
		subject := s.subject(&options)
		batch := s.Batch(subject.Samples)
		var exact [][]float32
		var first float64
		for _, threshold := range withZero(thresholds) {
			r := &SkipResult{Subject: subject, SkipBelow: threshold}
			gradient, err := r.run(ctx, s, batch, options)
			if err != nil {
				return fmt.Errorf("shape %s on %s, skip_below %g: %w", s, options.Device, threshold, err)
			}
			if exact == nil {
				exact, first = gradient, r.StepMS
			}
			r.Speedup = first / r.StepMS
			r.Cosine, r.LeastCosine = cosines(exact, gradient)
			done(r)
			runtime.GC()
		}
	}
	return nil
}

// withZero returns the thresholds and 0 in ascending order, without duplicates.
func withZero(thresholds []float64) []float64 {
	all := append([]float64{0}, thresholds...)
	slices.Sort(all)
	return slices.Compact(all)
}

// run compares, times, and returns the gradient at the initial weights.
func (r *SkipResult) run(ctx context.Context, s *Shape, batch *engine.Batch, options Options) (gradient [][]float32, err error) {
	skipping, net := *s, *s.Network
	net.Layers = slices.Clone(net.Layers)
	for l := range net.Layers {
		net.Layers[l].Surrogate.SkipBelow = r.SkipBelow
	}
	skipping.Network = &net
	options.Kernels = false
	if r.ComparedValues, err = compare(&skipping, &options); err != nil {
		return nil, err
	}
	e, err := options.open(&net)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := e.Close(); err == nil {
			err = closed
		}
	}()
	r.describe(e)
	if gradient, err = initialGradient(&net, e, batch); err != nil {
		return nil, err
	}
	var t times
	if _, err = t.measure(ctx, e, batch, options.Repeats); err != nil {
		return nil, err
	}
	r.Repeats = len(t.step)
	r.StepMS, r.SpreadMS = middle(t.step)
	r.BackwardMS, _ = middle(t.backward)
	return gradient, nil
}

// initialGradient returns the gradient at the initial weights, which stay in the engine.
func initialGradient(n *network.Network, e engine.Engine, batch *engine.Batch) ([][]float32, error) {
	if err := e.SetWeights(n.Initialise(seed)); err != nil {
		return nil, err
	}
	if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
		return nil, err
	}
	return e.Gradients()
}

// cosines returns the cosine of the angle between two gradients, and the smallest of those
// between their arrays.
func cosines(a, b [][]float32) (all, least float64) {
	var product, squareA, squareB float64
	least = 1
	for i := range a {
		p, x, y := products(a[i], b[i])
		product, squareA, squareB = product+p, squareA+x, squareB+y
		least = min(least, cosine(p, x, y))
	}
	return cosine(product, squareA, squareB), least
}

// products returns the dot products of two vectors, of the first with itself and of the
// second with itself.
func products(a, b []float32) (ab, aa, bb float64) {
	for i, x := range a {
		y := float64(b[i])
		ab, aa, bb = ab+float64(x)*y, aa+float64(x)*float64(x), bb+y*y
	}
	return ab, aa, bb
}

func cosine(product, squareA, squareB float64) float64 {
	if squareA == 0 || squareB == 0 {
		return 0
	}
	return product / math.Sqrt(squareA) / math.Sqrt(squareB)
}
