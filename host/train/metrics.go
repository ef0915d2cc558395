package train

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Epoch is what is reported about an epoch. Losses are means of the cross-entropy over
// samples, accuracies shares of samples; those of training are measured on each batch before
// its update. Validation numbers are nil without validation samples.
type Epoch struct {
	Epoch              int       `json:"epoch"`   // the first is 1
	Updates            int       `json:"updates"` // of the run
	TrainLoss          float64   `json:"train_loss"`
	TrainAccuracy      float64   `json:"train_accuracy"`
	Regularizer        float64   `json:"regularizer"` // mean over training samples
	ValidationLoss     *float64  `json:"validation_loss"`
	ValidationAccuracy *float64  `json:"validation_accuracy"`
	SpikesPerNeuron    float64   `json:"spikes_per_neuron"` // per training sample
	LayerSpikes        []float64 `json:"layer_spikes_per_neuron"`
	// LearnedConstants are those after the epoch; nil if none are learned, and in runs older
	// than this field.
	LearnedConstants []LearnedConstant `json:"learned_constants,omitempty"`
	TrainSeconds     float64           `json:"train_seconds"`
	Seconds          float64           `json:"seconds"` // validation included
	SamplesPerSecond float64           `json:"samples_per_second"`
}

// totals accumulates batches, in their order, so that the same run reports the same numbers.
type totals struct {
	Samples     int      `json:"samples"`
	Loss        float64  `json:"loss"`
	Regularizer float64  `json:"regularizer"`
	Correct     int      `json:"correct"`
	Spikes      []uint64 `json:"spikes"` // [layer]
	Seconds     float64  `json:"seconds"`
}

func (t *totals) add(o engine.Outcome) {
	t.Samples += o.Samples
	t.Loss += float64(float64(o.Loss) * float64(o.Samples))
	t.Regularizer += float64(float64(o.Regularizer) * float64(o.Samples))
	t.Correct += o.Correct
	if len(t.Spikes) != len(o.Spikes) {
		t.Spikes = make([]uint64, len(o.Spikes))
	}
	for l, spikes := range o.Spikes {
		t.Spikes[l] += spikes
	}
}

func (t *totals) loss() float64     { return t.Loss / float64(max(t.Samples, 1)) }
func (t *totals) accuracy() float64 { return float64(t.Correct) / float64(max(t.Samples, 1)) }

// spikesPerNeuron returns the mean number of spikes per neuron per sample, over all spiking
// layers and in each.
func (t *totals) spikesPerNeuron(n *network.Network) (all float64, layers []float64) {
	spikes, neurons := uint64(0), 0
	samples := float64(max(t.Samples, 1))
	for l, count := range t.Spikes {
		spikes += count
		if !n.Layers[l].HandsPotential() {
			neurons += n.Layers[l].Neurons
		}
		layers = append(layers, float64(count)/(float64(n.Layers[l].Neurons)*samples))
	}
	return float64(spikes) / (float64(max(neurons, 1)) * samples), layers
}

// perSecond returns the speed in samples per second; 0 if no time passed.
func perSecond(samples int, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(samples) / seconds
}

// writeMetrics replaces metrics.csv and metrics.jsonl. They are rewritten completely each
// time, so that they never have a row that is not in the checkpoint.
func writeMetrics(folder string, history []Epoch, layers int) error {
	err := atomicfile.Write(filepath.Join(folder, "metrics.csv"), func(w io.Writer) error {
		return writeCSV(w, history, layers)
	})
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(folder, "metrics.jsonl"), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		for i := range history {
			if err := encoder.Encode(&history[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeCSV(w io.Writer, history []Epoch, layers int) error {
	table := csv.NewWriter(w)
	heading := []string{"epoch", "updates", "train_loss", "train_accuracy", "regularizer",
		"validation_loss", "validation_accuracy", "spikes_per_neuron"}
	for l := range layers {
		heading = append(heading, fmt.Sprintf("layer%d_spikes_per_neuron", l))
	}
	heading = append(heading, "train_seconds", "seconds", "samples_per_second")
	if err := table.Write(heading); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }
	orEmpty := func(x *float64) string {
		if x == nil {
			return ""
		}
		return number(*x)
	}
	for _, e := range history {
		row := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Updates),
			number(e.TrainLoss), number(e.TrainAccuracy), number(e.Regularizer),
			orEmpty(e.ValidationLoss), orEmpty(e.ValidationAccuracy), number(e.SpikesPerNeuron)}
		for _, spikes := range e.LayerSpikes {
			row = append(row, number(spikes))
		}
		row = append(row, number(e.TrainSeconds), number(e.Seconds), number(e.SamplesPerSecond))
		if err := table.Write(row); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
