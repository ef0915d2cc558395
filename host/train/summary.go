package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Summary summarizes a finished run: summary.json. Test and validation numbers are
// nil without such samples. Spikes are those of the test, in the mode the network
// was trained in, or of the last epoch if there are no test samples.
type Summary struct {
	TestAccuracy          *float64  `json:"test_accuracy"`
	TestAccuracyOtherMode *float64  `json:"test_accuracy_other_mode"` // noise off, or on if trained without
	TestLoss              *float64  `json:"test_loss"`
	TestLossOtherMode     *float64  `json:"test_loss_other_mode"`
	ValidationAccuracy    *float64  `json:"validation_accuracy"` // of the kept weights
	TrainAccuracy         float64   `json:"train_accuracy"`      // of the last epoch
	TrainLoss             float64   `json:"train_loss"`          // the same
	SamplesPerSecond      float64   `json:"train_samples_per_second"`
	Device                string    `json:"device"` // on which the run finished
	Driver                string    `json:"driver"`
	Seed                  uint32    `json:"seed"`
	Epochs                int       `json:"epochs"`
	Steps                 int       `json:"steps"`      // updates
	KeptEpoch             int       `json:"kept_epoch"` // of the kept weights
	SpikesPerNeuron       float64   `json:"spikes_per_neuron"`
	LayerSpikes           []float64 `json:"layer_spikes_per_neuron"`
	SpikesOtherMode       *float64  `json:"spikes_per_neuron_other_mode"`
	// LearnedConstants are those of the kept weights; nil if none are learned.
	LearnedConstants []LearnedConstant `json:"learned_constants,omitempty"`
	Weights          int               `json:"weights"`        // numbers
	WeightsSHA256    string            `json:"weights_sha256"` // see [WeightsSHA256]
	ConfigSHA256     string            `json:"config_sha256"`  // see [Config.Hash]
	// Pretrained is what the run started from; nil if its weights were drawn.
	Pretrained        *Pretrained `json:"pretrained,omitempty"`
	TrainSamples      int         `json:"train_samples"`
	ValidationSamples int         `json:"validation_samples"`
	TestSamples       int         `json:"test_samples"`
	TrainSeconds      float64     `json:"train_seconds"`
	Notes             []string    `json:"notes"`   // from reading the data, one line each
	Seconds           float64     `json:"seconds"` // training, validation and test
	// Finished is when the run finished; zero in summaries older than this field.
	Finished time.Time `json:"finished,omitzero"`
}

// finish tests the kept weights, in both modes, and writes the model, pictures and,
// last, the summary, whose presence means that the run is complete.
func (r *run) finish(ctx context.Context) (*Summary, error) {
	began := time.Now()
	s, weights, err := r.summarise()
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{
		"program": "spikegrad", "format": "pt",
		"seed": strconv.FormatUint(uint64(s.Seed), 10), "config_sha256": s.ConfigSHA256,
	}
	model := NewModel(r.network, weights, metadata)
	err = r.ranks.First(func() error {
		if err := atomicfile.Write(filepath.Join(r.options.Folder, modelFile), model.Write); err != nil {
			return err
		}
		r.drawCurves()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.split.Test.Len() > 0 {
		if err := r.test(ctx, s, weights); err != nil {
			return nil, err
		}
	}
	s.Seconds += time.Since(began).Seconds()
	s.Finished = time.Now().UTC().Truncate(time.Second)
	r.board.summary(s)
	err = r.ranks.First(func() error {
		return atomicfile.Write(filepath.Join(r.options.Folder, summaryFile), func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", "  ")
			return encoder.Encode(s)
		})
	})
	return s, err
}

// summarise puts the kept weights into the engine and fills in everything that
// needs no test.
func (r *run) summarise() (*Summary, [][]float32, error) {
	p, last := &r.progress, &r.progress.History[len(r.progress.History)-1]
	s := &Summary{
		TrainAccuracy: last.TrainAccuracy, TrainLoss: last.TrainLoss, ValidationAccuracy: last.ValidationAccuracy,
		Device: r.description.Device, Driver: r.description.Driver,
		Seed: r.config.Seed, Epochs: p.Epochs, Steps: p.Updates, KeptEpoch: p.Epochs,
		SpikesPerNeuron: last.SpikesPerNeuron, LayerSpikes: last.LayerSpikes,
		ConfigSHA256: r.config.Hash(), Notes: r.split.Notes,
		TrainSamples: r.split.Train.Len(), ValidationSamples: r.split.Validation.Len(), TestSamples: r.split.Test.Len(),
	}
	if pretrained := r.config.Pretrained; !pretrained.IsZero() {
		s.Pretrained = &pretrained
	}
	for _, epoch := range p.History {
		s.TrainSeconds += epoch.TrainSeconds
		s.Seconds += epoch.Seconds
	}
	s.SamplesPerSecond = perSecond(p.Epochs*s.TrainSamples, s.TrainSeconds)
	if r.config.Training.Keep == "best" {
		if r.best == nil {
			return nil, nil, fmt.Errorf("the checkpoint in %s has no best weights: start a new run", r.options.Folder)
		}
		s.KeptEpoch, s.ValidationAccuracy = p.Best.Epoch, &p.Best.Accuracy
		if err := r.engine.SetWeights(r.best); err != nil {
			return nil, nil, err
		}
	}
	weights, err := r.engine.Weights()
	if err != nil {
		return nil, nil, err
	}
	for _, values := range weights {
		s.Weights += len(values)
	}
	s.WeightsSHA256, s.LearnedConstants = WeightsSHA256(weights), learnedConstants(r.network, weights)
	return s, weights, nil
}

// test evaluates the test samples with noise as in training and then in the other
// mode, and draws a sample. Only one engine exists at a time: a device may not have
// room for two.
func (r *run) test(ctx context.Context, s *Summary, weights [][]float32) error {
	found, err := r.evaluate(ctx, r.engine, r.split.Test, PhaseTest)
	if err != nil {
		return err
	}
	s.TestAccuracy, s.TestLoss = &found.Accuracy, &found.Loss
	s.SpikesPerNeuron, s.LayerSpikes = found.SpikesPerNeuron, found.LayerSpikes
	if err := r.ranks.First(r.drawRaster); err != nil {
		return err
	}
	if err := r.close(); err != nil {
		return err
	}
	other, err := r.testOther(ctx, r.network.OtherMode(), weights)
	if err != nil {
		return err
	}
	s.TestAccuracyOtherMode, s.TestLossOtherMode, s.SpikesOtherMode = &other.Accuracy, &other.Loss, &other.SpikesPerNeuron
	return nil
}

func (r *run) testOther(ctx context.Context, n *network.Network, weights [][]float32) (found Evaluation, err error) {
	var e engine.Engine
	if e, err = r.open(n); err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err = e.SetWeights(weights); err != nil {
		return found, err
	}
	return r.evaluate(ctx, e, r.split.Test, PhaseOtherMode)
}
