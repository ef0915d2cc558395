package evaluate

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spikegrad/host/engine"
)

// Performance is how well a network does on a set of samples in several trials. Predictions
// from different trials of a sample are compared in pairs: Agreement is the share of equal
// pairs, 1 with a single trial.
type Performance struct {
	Samples        int       `json:"samples"`
	Trials         int       `json:"trials"`
	TrialAccuracy  []float64 `json:"trial_accuracy"`     // [trial]: share of samples
	Accuracy       float64   `json:"accuracy"`           // mean over trials
	AccuracySpread float64   `json:"accuracy_deviation"` // standard deviation over trials; 0 for one
	Agreement      float64   `json:"agreement"`          // mean over samples
	Voted          float64   `json:"voted_accuracy"`     // of the class predicted most often; the lowest if several tie
	Loss           float64   `json:"loss"`               // mean cross-entropy
	Confusion      [][]int   `json:"confusion"`          // [true class][predicted class]: presentations
	Activity       []Firing  `json:"layers"`
	// Calibration is for probabilities averaged over the trials of a sample, Single for single
	// presentations.
	Calibration *Calibration `json:"calibration"`
	Single      *Calibration `json:"calibration_single"`

	Predicted     [][]int     `json:"-"` // [sample][class]: trials in which it was predicted
	Probabilities [][]float64 `json:"-"` // [sample][class]: mean over trials
	Deviations    [][]float64 `json:"-"` // [sample][class]: of the probabilities over trials; 0 for one
}

// Firing is how much the neurons of a layer fire.
type Firing struct {
	Neurons         int     `json:"neurons"`
	SpikesPerNeuron float64 `json:"spikes_per_neuron"` // per sample, mean over presentations
	Rate            float64 `json:"rate_hz"`           // spikes per second per neuron
}

// Accuracy presents every sample in several trials; nil samples means all of the source. A
// cancelled context ends it with the context's error.
func Accuracy(ctx context.Context, s *Subject, samples []int, trials int) (*Performance, error) {
	if samples == nil {
		samples = wholeSource(s.Source)
	}
	classes := s.Network.Classes
	p := &Performance{
		Samples: len(samples), Trials: trials,
		Confusion: table[int](classes, classes), Predicted: table[int](len(samples), classes),
		Probabilities: table[float64](len(samples), classes), Deviations: table[float64](len(samples), classes),
	}
	var single calibrator
	probabilities := make([]float64, classes)
	var correct []int
	var loss float64
	spikes := make([]uint64, len(s.Network.Layers))
	recorder := func(presentations int) *engine.Record {
		return &engine.Record{
			Predicted: make([]uint32, presentations), Loss: make([]float32, presentations), Logits: make([]float32, presentations*classes),
		}
	}
	err := s.present(ctx, samples, trials, recorder, func(shown presented) {
		for i, class := range shown.record.Predicted {
			trial, sample := (shown.first+i)/len(samples), (shown.first+i)%len(samples)
			if trial == len(correct) {
				correct = append(correct, 0)
			}
			label := s.Source.Label(samples[sample])
			if class == label {
				correct[trial]++
			}
			p.Confusion[label][class]++
			p.Predicted[sample][class]++
			softmax(probabilities, shown.record.Logits[i*classes:][:classes])
			single.add(probabilities, label)
			p.absorb(sample, trial, probabilities)
			loss += float64(shown.record.Loss[i])
		}
		for l, total := range shown.spikes {
			spikes[l] += total
		}
	})
	if err != nil {
		return nil, err
	}
	for _, count := range correct {
		p.TrialAccuracy = append(p.TrialAccuracy, float64(count)/float64(len(samples)))
	}
	p.Accuracy, p.AccuracySpread = meanAndDeviation(p.TrialAccuracy)
	presentations := len(samples) * trials
	p.Loss = loss / float64(presentations)
	duration := float64(s.Network.Steps) * s.Network.StepLength
	for l, total := range spikes {
		neurons := s.Network.Layers[l].Neurons
		perNeuron := float64(total) / (float64(neurons) * float64(presentations))
		p.Activity = append(p.Activity, Firing{neurons, perNeuron, perNeuron / duration})
	}
	p.compareTrials(s, samples)
	p.Single = single.calibration()
	p.spread(s, samples)
	return p, nil
}

// absorb adds the probabilities of a trial to the means of a sample and the sums of squared
// deviations from them (Welford 1962).
func (p *Performance) absorb(sample, trial int, probabilities []float64) {
	for class, x := range probabilities {
		mean := &p.Probabilities[sample][class]
		before := x - *mean
		*mean += before / float64(trial+1)
		p.Deviations[sample][class] += float64(before * (x - *mean))
	}
}

// Best returns the class of a sample with the highest mean probability over trials.
func (p *Performance) Best(sample int) int { return floats.MaxIdx(p.Probabilities[sample]) }

// spread turns sums of squared deviations into standard deviations, and calibrates the means.
func (p *Performance) spread(s *Subject, samples []int) {
	var means calibrator
	for i, squares := range p.Deviations {
		for class, sum := range squares {
			squares[class] = math.Sqrt(sum / float64(max(p.Trials-1, 1)))
		}
		means.add(p.Probabilities[i], s.Source.Label(samples[i]))
	}
	p.Calibration = means.calibration()
}

// compareTrials fills in what follows from the predictions of each sample in all trials.
func (p *Performance) compareTrials(s *Subject, samples []int) {
	equal, voted := 0, 0
	for i, predicted := range p.Predicted {
		most := 0
		for class, count := range predicted {
			equal += count * (count - 1)
			if count > predicted[most] {
				most = class
			}
		}
		if most == int(s.Source.Label(samples[i])) {
			voted++
		}
	}
	p.Voted = float64(voted) / float64(len(samples))
	p.Agreement = 1
	if p.Trials > 1 {
		p.Agreement = float64(equal) / (float64(len(samples)) * float64(p.Trials) * float64(p.Trials-1))
	}
}

// table makes a table of zeros.
func table[E any](rows, columns int) [][]E {
	table := make([][]E, rows)
	for i := range table {
		table[i] = make([]E, columns)
	}
	return table
}

// meanAndDeviation returns the mean and the standard deviation, which is 0 for one value.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	if len(values) == 1 {
		return values[0], 0
	}
	return stat.MeanStdDev(values, nil)
}
