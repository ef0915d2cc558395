package reproduce

import (
	"context"
	"errors"
	"runtime"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// run trains networks by all methods, side by side where there are processors.
func (m *matching) run(ctx context.Context, workers int) ([]MatchingMethod, error) {
	methods := m.methods()
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	// The long ones first.
	order := []int{1, 2, 0}
	failures := make([]error, len(methods))
	each := max(1, workers/len(methods))
	err := estimate.Parallel(ctx, workers, len(order), func() func(int) {
		return func(task int) {
			i := order[task]
			failures[i] = m.train(ctx, &methods[i], each)
		}
	})
	return methods, errors.Join(append(failures, err)...)
}

// train trains a network by one method and fills in what came of it.
func (m *matching) train(ctx context.Context, method *MatchingMethod, workers int) (err error) {
	n := m.network(method)
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: m.seed, Workers: workers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	weights := n.Initialise(m.seed)
	batch := m.batch(method.Trials)
	record := m.record(method.Trials)
	for update := range m.updates {
		if err := ctx.Err(); err != nil {
			return err
		}
		for k := range batch.Numbers {
			batch.Numbers[k] = uint32(update*method.Trials + k)
		}
		if err := e.SetWeights(weights); err != nil {
			return err
		}
		outcome, err := e.Gradient(batch, cpuref.StreamNoise, record)
		if err != nil {
			return err
		}
		found := m.matched(n, outcome, record)
		method.VanRossum = append(method.VanRossum, found.VanRossum)
		method.L2 = append(method.L2, found.L2)
		method.HiddenRate = append(method.HiddenRate, found.HiddenRate)
		method.OutputRate = append(method.OutputRate, found.OutputRate)
		gradients, err := e.Gradients()
		if err != nil {
			return err
		}
		// A plain step along the sum over trials, of which engines give the mean.
		for i, rate := range []float64{method.RateHidden, method.RateOutput} {
			step := float32(rate * float64(method.Trials))
			for j, g := range gradients[i] {
				weights[i][j] -= float32(step * g)
			}
		}
	}
	if method.Final, method.raster, err = m.evaluate(n, weights, method.Stochastic, workers); err != nil {
		return err
	}
	method.OtherMode, _, err = m.evaluate(n.OtherMode(), weights, !method.Stochastic, workers)
	late := method.VanRossum[m.updates-max(1, m.updates/10):]
	for _, distance := range late {
		method.Late += distance / float64(len(late))
	}
	method.OverTheStart = method.Late / method.VanRossum[0]
	return err
}

// evaluate runs a trained network, with noise over all trials, and returns the output
// spikes of the first.
func (m *matching) evaluate(n *network.Network, weights [][]float32, stochastic bool, workers int) (Matched, []figure.Spike, error) {
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: m.seed, Workers: workers})
	if err != nil {
		return Matched{}, nil, err
	}
	defer e.Close()
	if err := e.SetWeights(weights); err != nil {
		return Matched{}, nil, err
	}
	trials := 1
	if stochastic {
		trials = m.trials
	}
	record := m.record(trials)
	outcome, err := e.Evaluate(m.batch(trials), cpuref.StreamEvaluation, record)
	if err != nil {
		return Matched{}, nil, err
	}
	var spikes []figure.Spike
	for step := range m.steps {
		for neuron := range m.outputs {
			if record.Spiked(n, 1, 0, step, neuron) {
				spikes = append(spikes, figure.Spike{Step: step, Neuron: neuron})
			}
		}
	}
	return m.matched(n, outcome, record), spikes, nil
}

// matched measures the recorded trials of a batch.
func (m *matching) matched(n *network.Network, outcome engine.Outcome, record *engine.Record) Matched {
	trials := outcome.Samples
	distances := make([]float64, trials*cpuref.Stride(m.outputs))
	sums := make([]float64, trials)
	measured := *n
	distance := func(loss string) float64 {
		measured.Readout.Loss, measured.Readout.LossScale = loss, 1
		a := network.DistanceParameters[float64](&measured)
		a.Distance, a.Spikes, a.Steps, a.Neurons = distances, record.Spikes[1], m.steps, m.outputs
		for range trials {
			a.Targets = append(a.Targets, m.bits...)
		}
		cpuref.SpikeDistance(&a, &cpuref.Workspace[float64]{}, 0, trials)
		cpuref.RowSums(sums, distances, m.outputs, 0, trials)
		mean := 0.0
		for _, sum := range sums {
			mean += sum / float64(trials)
		}
		return mean
	}
	seconds := float64(trials*m.steps) * matchingStep
	return Matched{
		VanRossum: distance("van_rossum"), L2: distance("spike_difference"),
		HiddenRate: float64(outcome.Spikes[0]) / (seconds * float64(m.hidden)),
		OutputRate: float64(outcome.Spikes[1]) / (seconds * float64(m.outputs)),
	}
}

// record is for the spikes of so many trials.
func (m *matching) record(trials int) *engine.Record {
	r := &engine.Record{}
	for _, neurons := range []int{m.hidden, m.outputs} {
		r.Spikes = append(r.Spikes, make([]uint32, trials*m.steps*cpuref.Words(neurons)))
	}
	return r
}

// batch shows the frozen input, Poisson spikes that are the same in all trials and
// updates, so many times.
func (m *matching) batch(trials int) *engine.Batch {
	b := &engine.Batch{Labels: make([]uint32, trials), Targets: m.bits}
	key := [2]uint32{m.seed, uint32(cpuref.StreamDataset)}
	chance := float64(matchingInputRate) * matchingStep
	for t := range m.steps {
		begin := uint32(len(b.Index))
		for i := range m.inputs {
			word := cpuref.Philox(key, [4]uint32{uint32(t), uint32(i / 4)})[i%4]
			if cpuref.Uniform[float64](word) < chance {
				b.Index = append(b.Index, uint32(i))
			}
		}
		b.Rows = append(b.Rows, [2]uint32{begin, uint32(len(b.Index))})
	}
	one := b.Rows
	for k := range trials {
		b.Numbers = append(b.Numbers, uint32(k))
		if k > 0 {
			b.Rows = append(b.Rows, one...)
		}
	}
	return b
}
