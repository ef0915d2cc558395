package reproduce

import (
	"context"
	"errors"
	"runtime"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/evaluate"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// run trains networks by all methods, in parallel if there are enough processors.
func (m *matching) run(ctx context.Context, workers int) ([]MatchingMethod, error) {
	methods := m.methods()
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	failures := make([]error, len(methods))
	each := max(1, workers/len(methods))
	err := estimate.Parallel(ctx, workers, len(methods), func() func(int) {
		return func(i int) { failures[i] = m.train(ctx, &methods[i], each) }
	})
	return methods, errors.Join(append(failures, err)...)
}

// train trains a network by one method and fills in the results.
func (m *matching) train(ctx context.Context, method *MatchingMethod, workers int) (err error) {
	n := m.network(method)
	weights := n.Initialise(m.seed)
	own, err := m.open(n, method.Stochastic, workers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	other, err := m.open(n.OtherMode(), !method.Stochastic, workers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	if method.Before, err = own.show(weights, 0, cpuref.StreamEvaluation); err != nil {
		return err
	}
	method.before = own.trial()
	rule, learners := m.rule(n, own.batch), method.learners(weights)
	for update := range m.updates {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := own.show(weights, update, cpuref.StreamNoise)
		if err != nil {
			return err
		}
		method.Curves.add(found)
		if update%matchingOtherEvery == 0 {
			if found, err = other.show(weights, update, cpuref.StreamNoise); err != nil {
				return err
			}
			method.OtherMode.add(found)
		}
		hidden, output := rule.changes(weights[1], own.record, own.trials)
		learners[0].step(weights[0], hidden, own.trials)
		learners[1].step(weights[1], output, own.trials)
	}
	if method.Final, err = own.show(weights, 0, cpuref.StreamEvaluation); err != nil {
		return err
	}
	method.after = own.trial()
	method.Hidden, method.Output = own.spikeTrains(0), own.spikeTrains(1)
	if method.FinalOther, err = other.show(weights, 0, cpuref.StreamEvaluation); err != nil {
		return err
	}
	distance := method.Curves.Distance
	late := distance[m.updates-max(1, m.updates/10):]
	for _, d := range late {
		method.Late += d / float64(len(late))
	}
	method.OverTheStart = method.Late / distance[0]
	return nil
}

// matchingShow presents the input to a network, in several trials if it has noise.
type matchingShow struct {
	*matching
	engine.Engine
	network   *network.Network
	trials    int
	batch     *engine.Batch
	record    *engine.Record
	distances []float64 // [trial][output]
	windows   [2]*evaluate.WindowCounts
}

func (m *matching) open(n *network.Network, stochastic bool, workers int) (*matchingShow, error) {
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: m.seed, Workers: workers})
	if err != nil {
		return nil, err
	}
	s := &matchingShow{matching: m, Engine: e, network: n, trials: 1, record: &engine.Record{}}
	if stochastic {
		s.trials = m.trials
	}
	s.batch = m.batch(s.trials)
	for l, neurons := range []int{m.hidden, m.outputs} {
		s.record.Spikes = append(s.record.Spikes, make([]uint32, s.trials*m.steps*cpuref.Words(neurons)))
		s.record.Membrane = append(s.record.Membrane, make([]float32, s.trials*m.steps*neurons))
		s.windows[l] = evaluate.NewWindowCounts(neurons, m.steps, min(matchingWindow, m.steps-1))
	}
	s.distances = make([]float64, s.trials*cpuref.Stride(m.outputs))
	return s, nil
}

// show runs the trials of an update and measures them.
func (s *matchingShow) show(weights [][]float32, update int, stream cpuref.Stream) (Matched, error) {
	for k := range s.batch.Numbers {
		s.batch.Numbers[k] = uint32(update*s.trials + k)
	}
	if err := s.SetWeights(weights); err != nil {
		return Matched{}, err
	}
	outcome, err := s.Evaluate(s.batch, stream, s.record)
	if err != nil {
		return Matched{}, err
	}
	seconds := float64(s.trials*s.steps) * matchingStep
	return Matched{
		Distance: s.distance("van_rossum") / s.lossPerDistance(), L2: s.distance("spike_difference") / float64(s.outputs),
		HiddenRate: float64(outcome.Spikes[0]) / (seconds * float64(s.hidden)),
		OutputRate: float64(outcome.Spikes[1]) / (seconds * float64(s.outputs)),
		HiddenFano: s.fano(0, s.hidden), OutputFano: s.fano(1, s.outputs),
	}, nil
}

// distance is a loss of the recorded trials, summed over outputs and averaged over trials.
func (s *matchingShow) distance(loss string) float64 {
	measured := *s.network
	measured.Readout.Loss = loss
	a := network.DistanceParameters[float64](&measured)
	a.Distance, a.Spikes, a.Steps, a.Neurons = s.distances, s.record.Spikes[1], s.steps, s.outputs
	for range s.trials {
		a.Targets = append(a.Targets, s.bits...)
	}
	cpuref.SpikeDistance(&a, &cpuref.Workspace[float64]{}, 0, s.trials)
	sums := make([]float64, s.trials)
	cpuref.RowSums(sums, s.distances, s.outputs, 0, s.trials)
	mean := 0.0
	for _, sum := range sums {
		mean += sum / float64(s.trials)
	}
	return mean
}

// lossPerDistance is the factor between the program's van Rossum loss, which sums over
// outputs with the kernel amplitude (1−a_m)/(a_m−a_s), and the paper's distance.
func (m *matching) lossPerDistance() float64 {
	decayMembrane, drive := network.Decay[float64](matchingStep, matchingMembrane)
	decaySynapse, _ := network.Decay[float64](matchingStep, matchingSynapse)
	ratio := drive / (decayMembrane - decaySynapse) / matchingAmplitude
	return float64(float64(ratio*ratio) * float64(m.outputs))
}

// fano is the Fano factor of a layer over the trials.
func (s *matchingShow) fano(layer, neurons int) float64 {
	if s.trials == 1 {
		return 0
	}
	counts, words := s.windows[layer], cpuref.Words(neurons)
	counts.Reset()
	for trial := range s.trials {
		counts.Add(func(step int) []uint32 { return s.record.Spikes[layer][(trial*s.steps+step)*words:][:words] })
	}
	if fano := counts.Fano(); fano != nil {
		return fano.Mean
	}
	return 0
}

// spikes returns the spikes of a layer in a recorded trial, by step.
func (s *matchingShow) spikes(layer, trial int) []figure.Spike {
	var spikes []figure.Spike
	for step := range s.steps {
		for neuron := range s.network.Layers[layer].Neurons {
			if s.record.Spiked(s.network, layer, trial, step, neuron) {
				spikes = append(spikes, figure.Spike{Step: step, Neuron: neuron})
			}
		}
	}
	return spikes
}

// trial returns the first recorded trial.
func (s *matchingShow) trial() matchedTrial { return matchedTrial{s.spikes(0, 0), s.spikes(1, 0)} }

// batch repeats the frozen input, Poisson spikes that are the same in all trials and
// updates, for the given number of trials.
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
