package train

import (
	"context"
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Evaluation is the performance of a network on a set of samples, without
// learning.
type Evaluation struct {
	Samples         int
	Loss            float64 // mean cross-entropy
	Regularizer     float64 // mean
	Accuracy        float64 // share of samples
	SpikesPerNeuron float64 // per sample
	LayerSpikes     []float64
	Predicted       []uint32 // [sample]: class
}

// Evaluate runs all samples of a source through the network of an engine, at most
// batch at once. The noise of a sample is a function of the engine's seed and of
// the sample's index in the source, so that two evaluations of the same weights
// are equal. each, which may be nil, is called after every batch with the result
// so far (without Predicted). A cancelled context ends it with the context's
// error.
func Evaluate(ctx context.Context, e engine.Engine, n *network.Network, source data.Source, batch int, filler *data.Filler, each func(Evaluation)) (Evaluation, error) {
	if source.Channels() != n.Inputs || source.Classes() != n.Classes || source.Steps() != n.Steps {
		return Evaluation{}, fmt.Errorf("%s has %d channels, %d classes and %d steps, but the network was built for %d, %d and %d",
			source.Name(), source.Channels(), source.Classes(), source.Steps(), n.Inputs, n.Classes, n.Steps)
	}
	samples := make([]int, source.Len())
	for i := range samples {
		samples[i] = i
	}
	presented := data.Presentations{Source: source, Samples: samples, Batch: batch, Filled: e.Prepare}
	var sum totals
	predicted := make([]uint32, len(samples))
	for filled, err := range data.NewLoader(filler).Batches(ctx, presented) {
		if err != nil {
			return Evaluation{}, err
		}
		last := sum.Samples + filled.Samples()
		outcome, err := e.Evaluate(filled, cpuref.StreamEvaluation, &engine.Record{Predicted: predicted[sum.Samples:last]})
		if err != nil {
			return Evaluation{}, err
		}
		sum.add(outcome)
		if each != nil {
			each(sum.evaluation(n, nil))
		}
		if last == len(samples) { // complete, even if the context has been cancelled by now
			break
		}
	}
	return sum.evaluation(n, predicted), nil
}

func (t *totals) evaluation(n *network.Network, predicted []uint32) Evaluation {
	all, layers := t.spikesPerNeuron(n)
	return Evaluation{
		Samples: t.Samples, Loss: t.loss(), Accuracy: t.accuracy(),
		Regularizer:     t.Regularizer / float64(max(t.Samples, 1)),
		SpikesPerNeuron: all, LayerSpikes: layers, Predicted: predicted,
	}
}
