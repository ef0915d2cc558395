package unbiased

import (
	"context"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/network"
)

// Flips estimates the gradient of the expected loss by single flips, over passes of samples.
type Flips struct {
	flipper
	samples *Samples
	base    engine.Batch
}

// NewFlips makes an estimator on an engine that has the weights of a network. The seed decides
// which spikes are flipped.
func NewFlips(e engine.Engine, n *network.Network, s *Samples, seed uint32, workers int) *Flips {
	return &Flips{flipper: newFlipper(e, n, cpuref.StreamEvaluation, seed, workers), samples: s}
}

// flipper flips spikes of recorded presentations.
type flipper struct {
	engine  engine.Engine
	network *network.Network
	layers  []layer
	stream  cpuref.Stream // of the noise
	seed    uint32
	workers int

	replicas []engine.Replica
	pairs    []int // [layer]: flips so far
	runs     int   // presentations run forward so far
}

func newFlipper(e engine.Engine, n *network.Network, stream cpuref.Stream, seed uint32, workers int) flipper {
	layers := newLayers(n)
	return flipper{engine: e, network: n, layers: layers, stream: stream, seed: seed, workers: workers, pairs: make([]int, len(layers))}
}

// renew copies the engine's weights to layers with learned constants.
func (u *flipper) renew() error {
	if !u.network.Learns() {
		return nil
	}
	weights, err := u.engine.Weights()
	if err != nil {
		return err
	}
	for i := range u.layers {
		l := &u.layers[i]
		count := len(l.arrays())
		if len(l.learned) > 0 {
			l.setWeights(weights[:count])
		}
		weights = weights[count:]
	}
	return nil
}

// Pairs returns the number of flips so far, [layer]. The slice keeps counting.
func (u *Flips) Pairs() []int { return u.pairs }

// Runs returns how many presentations were run forward so far, flipped or not.
func (u *Flips) Runs() int { return u.runs }

// recordBytes bounds the memory of the records of current presentations.
const recordBytes = 128 << 20

// choice is a flip in the current batch.
type choice struct {
	presentation, layer int
	unit
}

// Pass shows all samples once, with the noise of the numbered pass, and flips the given number of
// spikes of each layer in each of them. It returns the mean over the samples of the estimated
// gradient, [layer][weight of the layer]; nil for layers without flips.
func (u *Flips) Pass(ctx context.Context, number int, flips []int) ([][]float64, error) {
	gradient := make([][]float64, len(u.layers))
	for l := range u.layers {
		if flips[l] > 0 {
			gradient[l] = make([]float64, u.layers[l].weights)
		}
	}
	at := u.together()
	for first := 0; first < u.samples.Count(); first += at {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := u.present(ctx, number, first, min(first+at, u.samples.Count()), flips, gradient); err != nil {
			return nil, err
		}
	}
	return gradient, nil
}

// together returns how many presentations are recorded at once.
func (u *Flips) together() int {
	bytes := 0
	for l := range u.layers {
		bytes += u.network.Steps * (4*u.layers[l].neurons + 4*cpuref.Words(u.layers[l].neurons))
	}
	return max(1, min(u.samples.Count(), recordBytes/bytes))
}

// present adds the contribution of samples first ≤ i < last of a pass.
func (u *Flips) present(ctx context.Context, number, first, last int, flips []int, gradient [][]float64) error {
	if err := u.samples.Fill(&u.base, first, last, uint32(number*u.samples.Count())); err != nil {
		return err
	}
	record := newRecord(u.network, last-first)
	if _, err := u.engine.Evaluate(&u.base, u.stream, record); err != nil {
		return err
	}
	u.runs += last - first
	return u.add(ctx, &u.base, record, flips, u.samples.Count(), gradient)
}

// newRecord makes a record of what estimates need, for the given number of presentations.
func newRecord(n *network.Network, presentations int) *engine.Record {
	record := &engine.Record{Loss: make([]float32, presentations), Regularizer: make([]float32, presentations)}
	for _, layer := range n.Layers {
		record.Spikes = append(record.Spikes, make([]uint32, presentations*n.Steps*cpuref.Words(layer.Neurons)))
		record.Membrane = append(record.Membrane, make([]float32, presentations*n.Steps*layer.Neurons))
	}
	return record
}

// LossOf returns the loss of a presentation, including regularizers.
func LossOf(record *engine.Record, presentation int) float64 {
	return float64(record.Loss[presentation]) + float64(record.Regularizer[presentation])
}

// historiesOf returns those of all presentations of a batch.
func historiesOf(n *network.Network, batch *engine.Batch, record *engine.Record) []history {
	histories := make([]history, batch.Samples())
	for i := range histories {
		histories[i] = historyOf(n, batch, record, i)
	}
	return histories
}

// add flips the given number of spikes of each layer in every recorded presentation of a batch, and
// adds to gradient their contribution to a mean over the given number of samples.
func (u *flipper) add(ctx context.Context, base *engine.Batch, record *engine.Record, flips []int, samples int, gradient [][]float64) error {
	histories := historiesOf(u.network, base, record)
	if err := u.renew(); err != nil {
		return err
	}
	chosen, err := u.choose(ctx, base, histories, flips)
	if err != nil || len(chosen) == 0 {
		return err
	}
	flipped, err := u.flip(base, chosen)
	if err != nil {
		return err
	}
	response := make([]float64, u.network.Steps)
	for i, c := range chosen {
		l, h := &u.layers[c.layer], &histories[c.presentation]
		gain := flipped[i] - LossOf(record, c.presentation) // once signed, L with S = 1 minus L with S = 0
		if h.spiked(c.layer, c.step, c.neuron) {
			gain = -gain
		}
		share := l.slope(h, c.step, c.neuron) / c.chance / float64(flips[c.layer]*samples)
		l.addEligibility(gradient[c.layer], h, c.step, c.neuron, float64(gain*share), response)
		l.addTraces(gradient[c.layer], c.neuron, float64(gain*share), c.traces)
	}
	return nil
}

// choose draws the units to flip, presentation after presentation.
func (u *flipper) choose(ctx context.Context, base *engine.Batch, histories []history, flips []int) ([]choice, error) {
	drawn := make([][]choice, len(histories))
	err := estimate.Parallel(ctx, u.workers, len(histories), func() func(int) {
		var d drawer
		return func(i int) {
			for l, count := range flips {
				if count == 0 {
					continue
				}
				uniform := func(flip int) float64 {
					words := cpuref.Philox([2]uint32{u.seed, uint32(cpuref.StreamEstimator)},
						[4]uint32{base.Numbers[i], uint32(l), uint32(flip), 0})
					return (float64(words[0]) + float64(float64(words[1])*0x1p-32)) * 0x1p-32
				}
				for _, chosen := range d.draw(&u.layers[l], &histories[i], count, uniform) {
					drawn[i] = append(drawn[i], choice{i, l, chosen})
				}
			}
		}
	})
	var all []choice
	for _, list := range drawn {
		all = append(all, list...)
	}
	return all, err
}

// flip returns the losses of a batch's presentations with flipped spikes, including regularizers,
// [choice]. The engine runs them from the flips on.
func (u *flipper) flip(base *engine.Batch, chosen []choice) ([]float64, error) {
	u.replicas = u.replicas[:0]
	for _, c := range chosen {
		u.replicas = append(u.replicas, engine.Replica{
			Sample: c.presentation, Flip: engine.Flip{Layer: c.layer, Step: c.step, Neuron: c.neuron},
		})
		u.pairs[c.layer]++
	}
	u.runs += len(chosen)
	loss, regularizer, err := u.engine.Replicas(base, u.stream, u.replicas)
	if err != nil {
		return nil, err
	}
	flipped := make([]float64, len(chosen))
	for i := range flipped {
		flipped[i] = float64(loss[i]) + float64(regularizer[i])
	}
	return flipped, nil
}
