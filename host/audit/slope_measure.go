package audit

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/unbiased"
)

// measureDirections finds the direction of a surrogate's mean gradient, and the slope it
// promises: the mean surrogate gradient of the samples shown, along the direction, under the
// same noise as the slopes.
func (r *slopeRun) measureDirections(ctx context.Context, v int) (err error) {
	e, err := r.open(r.variants[v].network)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if v == 0 {
		if err := r.time(e); err != nil || r.options.PlanOnly {
			return err
		}
	}
	phase := "direction of " + r.variants[v].name
	r.done = 0
	count := r.aside.Count()
	runs := r.passes*count + r.options.Draws*r.shown.Count()
	var sum [][]float64
	for pass := range r.passes {
		for first := 0; first < count; first += together {
			last := min(first+together, count)
			gradient, err := r.gradient(ctx, e, r.aside, first, last, uint32(surrogateNumbers+pass*count))
			if err != nil {
				return err
			}
			sum = added(sum, gradient, float64(last-first)/float64(r.passes*count))
			r.observe(phase, runs)
		}
	}
	units, lengths := make([][]float64, len(r.parts)), make([]float64, len(r.parts))
	promised := make([]table, len(r.parts))
	for p := range r.parts {
		units[p], lengths[p] = r.direction(p, r.parts[p].of(sum))
		promised[p] = r.emptyTable(len(r.blockSizes))
		for b, size := range r.blockSizes {
			promised[p].weights[b] = float64(size) / float64(r.shown.Count())
		}
	}
	for draw := range r.options.Draws {
		first := 0
		for b, size := range r.blockSizes {
			gradient, err := r.gradient(ctx, e, r.shown, first, first+size, uint32(draw*r.shown.Count()))
			if err != nil {
				return err
			}
			for p := range r.parts {
				promised[p].values[draw][b] = dot(r.parts[p].of(gradient), units[p])
			}
			first += size
			r.observe(phase, runs)
		}
	}
	r.units, r.lengths, r.promised = append(r.units, units), append(r.lengths, lengths), append(r.promised, promised)
	return nil
}

// gradient returns the mean gradient of samples first ≤ i < last, [weight array]; the noise of
// sample i has number start + i.
func (r *slopeRun) gradient(ctx context.Context, e engine.Engine, s *unbiased.Samples, first, last int, start uint32) ([][]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := time.Now()
	gradient, err := meanGradient(e, s, first, last, start)
	r.cost.GradientSeconds += time.Since(began).Seconds()
	r.cost.GradientRuns += last - first
	r.done += last - first
	return gradient, err
}

// added adds factor·gradient to sum, which may be nil.
func added(sum, gradient [][]float64, factor float64) [][]float64 {
	if sum == nil {
		for _, array := range gradient {
			sum = append(sum, make([]float64, len(array)))
		}
	}
	for a, array := range gradient {
		for i, x := range array {
			sum[a][i] += float64(factor * x)
		}
	}
	return sum
}

// of joins the weight arrays of a part.
func (p *slopePart) of(arrays [][]float64) []float64 {
	var joined []float64
	for _, number := range p.arrays {
		joined = append(joined, arrays[number]...)
	}
	return joined
}

// direction returns the unit direction of a part's gradient, which it overwrites, and the
// length before scaling. Learned constants that the largest step would take out of bounds are
// left out, because training would hold them there.
func (r *slopeRun) direction(p int, gradient []float64) (unit []float64, length float64) {
	described, part := r.network.Weights(), &r.parts[p]
	largest := float64(r.options.Steps[len(r.options.Steps)-1] * r.reach[p])
	for {
		length = math.Sqrt(dot(gradient, gradient))
		if length == 0 {
			return gradient, 0
		}
		held, rest := false, gradient
		for _, number := range part.arrays {
			for i, w := range r.options.Weights[number] {
				room := cpuref.LearnedBound - math.Abs(float64(w))
				if described[number].Constant != "" && rest[i] != 0 && float64(largest*math.Abs(rest[i]))/length > room {
					rest[i], held = 0, true
				}
			}
			rest = rest[len(r.options.Weights[number]):]
		}
		if !held {
			break
		}
	}
	for i := range gradient {
		gradient[i] /= length
	}
	return gradient, length
}

func (r *slopeRun) emptyTable(units int) table {
	t := table{weights: make([]float64, units), share: float64(r.shown.Count()) / float64(r.all)}
	for range r.options.Draws {
		t.values = append(t.values, make([]float64, units))
	}
	return t
}

// measureSlopes measures the slopes of all parts along all directions.
func (r *slopeRun) measureSlopes(ctx context.Context) (err error) {
	e, err := r.open(r.network)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := r.fillBatches(); err != nil {
		return err
	}
	r.done = 0
	for v := range r.variants {
		slopes, moved := make([][]table, len(r.parts)), make([][]int, len(r.parts))
		for p := range r.parts {
			steps := r.options.Steps
			if r.parts[p].readout {
				if v > 0 {
					continue // its gradient is the same for all surrogates
				}
				steps = steps[:1]
			}
			if r.lengths[v][p] == 0 {
				continue // a surrogate without a direction
			}
			for _, step := range steps {
				t, changed, err := r.slope(ctx, e, &r.parts[p], r.units[v][p], float64(step*r.reach[p]))
				if err != nil {
					return err
				}
				slopes[p], moved[p] = append(slopes[p], t), append(moved[p], changed)
			}
		}
		r.slopes, r.moved = append(r.slopes, slopes), append(r.moved, moved)
	}
	return nil
}

// fillBatches makes the batches of the samples shown, for everything that follows.
func (r *slopeRun) fillBatches() error {
	for first := 0; first < r.shown.Count(); first += together {
		var batch engine.Batch
		if err := r.shown.Fill(&batch, first, min(first+together, r.shown.Count()), 0); err != nil {
			return err
		}
		r.batches = append(r.batches, batch)
	}
	return nil
}

// sides returns the weights ±h along a unit direction, and how far apart they are along it as
// rounded by the engine.
func (p *slopePart) sides(weights [][]float32, unit []float64, h float64) (up, down [][]float32, distance float64) {
	up, down = slices.Clone(weights), slices.Clone(weights)
	for _, number := range p.arrays {
		up[number], down[number] = make([]float32, len(weights[number])), make([]float32, len(weights[number]))
		for i, w := range weights[number] {
			up[number][i], down[number][i] = float32(float64(w)+float64(h*unit[0])), float32(float64(w)-float64(h*unit[0]))
			distance += float64((float64(up[number][i]) - float64(down[number][i])) * unit[0])
			unit = unit[1:]
		}
	}
	return up, down, distance
}

// slope measures (L(θ + h·d, ξ) − L(θ − h·d, ξ))/2h for all samples and draws of noise ξ,
// and counts the presentations in which the two losses differ.
func (r *slopeRun) slope(ctx context.Context, e engine.Engine, p *slopePart, unit []float64, h float64) (t table, moved int, err error) {
	up, down, distance := p.sides(r.options.Weights, unit, h)
	high, err := r.losses(ctx, e, up)
	if err != nil {
		return t, 0, err
	}
	low, err := r.losses(ctx, e, down)
	if err != nil {
		return t, 0, err
	}
	t = r.emptyTable(r.shown.Count())
	for i := range t.weights {
		t.weights[i] = 1 / float64(r.shown.Count())
	}
	for draw := range high {
		for i := range high[draw] {
			difference := high[draw][i] - low[draw][i]
			if difference != 0 {
				moved++
			}
			t.values[draw][i] = difference / distance
		}
	}
	return t, moved, nil
}

// losses returns those of all samples shown, [draw of noise][sample].
func (r *slopeRun) losses(ctx context.Context, e engine.Engine, weights [][]float32) ([][]float64, error) {
	began := time.Now()
	defer func() { r.cost.ForwardSeconds += time.Since(began).Seconds() }()
	if err := e.SetWeights(weights); err != nil {
		return nil, err
	}
	count := r.shown.Count()
	all := make([][]float64, r.options.Draws)
	for draw := range all {
		for b := range r.batches {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			batch, first := &r.batches[b], b*together
			for i := range batch.Numbers {
				batch.Numbers[i] = uint32(draw*count + first + i)
			}
			record := engine.Record{Loss: make([]float32, batch.Samples()), Regularizer: make([]float32, batch.Samples())}
			if _, err := e.Evaluate(batch, cpuref.StreamEvaluation, &record); err != nil {
				return nil, err
			}
			for i := range batch.Numbers {
				all[draw] = append(all[draw], unbiased.LossOf(&record, i))
			}
			r.cost.ForwardRuns += batch.Samples()
			r.done += batch.Samples()
		}
		r.observe("slopes", r.cost.Plan.ForwardRuns)
	}
	return all, nil
}
