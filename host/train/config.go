package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// Config is everything that determines a run.
type Config struct {
	Seed       uint32          `toml:"seed"`
	Data       data.Options    `toml:"data"`
	Network    network.Network `toml:"network"`
	Training   Training        `toml:"training"`
	Pretrained Pretrained      `toml:"pretrained"`
}

// Training specifies how long and by what rule weights are trained.
type Training struct {
	Epochs          int               `toml:"epochs"`
	Batch           int               `toml:"batch"`            // samples per update
	Keep            string            `toml:"keep"`             // the weights that a run keeps: last, or best in validation
	EvaluationBatch int               `toml:"evaluation_batch"` // samples per batch without learning; does not affect results
	Checkpoint      int               `toml:"checkpoint"`       // updates between checkpoints inside an epoch; 0 for none
	Patience        int               `toml:"patience"`         // training ends after this many epochs without better validation; 0: never
	ClipNorm        float64           `toml:"clip_norm"`        // largest norm of the gradient of all weights; 0: unlimited
	Estimator       string            `toml:"estimator"`        // of the gradient: surrogate, or one of [unbiased.Estimators]
	EstimatorTrials int               `toml:"estimator_trials"` // single_flip: flips per layer per sample; score_baseline: presentations of each sample
	Freeze          []string          `toml:"freeze"`           // weight arrays that are not trained: [network.Network.WeightNames]
	Optimizer       network.Optimizer `toml:"optimizer"`
	Schedule        Schedule          `toml:"schedule"`
	Rates           []Rates           `toml:"rates"`
}

// Default returns a complete configuration for a dataset, NAME or NAME:PATH, with one stochastic
// recurrent layer.
func Default(dataset string) (Config, error) {
	options, err := data.Defaults(dataset)
	if err != nil {
		return Config{}, err
	}
	layer := network.DefaultLayer()
	layer.Initial.Rate = 0
	if options.Encoded() {
		// At such rates spikes add a mean drive to the fluctuation that the initial weights are
		// scaled for; a smaller fluctuation keeps neurons from firing continuously, out of the
		// surrogate derivative's reach.
		options.Encoder.Kind, options.Encoder.MaxRate = "poisson", 400
		layer.Initial.SigmaU = 0.4
	}
	// On the mean over the layer, as in the paper. If they are penalized one by one, neurons that
	// fire continuously send errors through the recurrence that upset all others.
	regularizer := network.DefaultRegularizer()
	regularizer.Average = "layer"
	layer.Regularizers = []network.Regularizer{regularizer}
	return Config{
		Seed:    1,
		Data:    options,
		Network: network.Network{Layers: []network.Layer{layer}, Readout: network.DefaultReadout()},
		Training: Training{
			Epochs: 30, Batch: 32, Keep: "last", EvaluationBatch: 256, Checkpoint: 100, Estimator: "surrogate", EstimatorTrials: 4,
			Optimizer: network.DefaultOptimizer(),
			Schedule:  Schedule{Kind: "cosine", Final: 0.05, Length: 30, Factor: 1},
		},
	}, nil
}

// Validate returns a one-line error for the first value that is not allowed: key, value, what is
// allowed.
func (c *Config) Validate() error {
	for _, f := range fields(c) {
		if err := f.check(); err != nil {
			return err
		}
	}
	if err := c.Data.Validate(); err != nil {
		return err
	}
	if err := c.Training.validate(); err != nil {
		return err
	}
	if err := c.validateNetwork(); err != nil {
		return err
	}
	if err := c.validateFreeze(); err != nil {
		return err
	}
	if _, err := c.rates(); err != nil {
		return err
	}
	if c.Training.Keep == "best" && c.Data.Validation == 0 && !c.Data.Divided() {
		return errNoValidation
	}
	if c.Training.Estimator != "surrogate" && c.Data.Augment.Changes() {
		return fmt.Errorf("training.estimator = %q needs unaltered input spikes: leave out data.augment, or use the estimator surrogate", c.Training.Estimator)
	}
	if c.Training.Estimator != "surrogate" && c.Network.Drops() {
		return fmt.Errorf("training.estimator = %q needs every spike to reach the layer above: set network.layer.dropout to 0, or use the estimator surrogate", c.Training.Estimator)
	}
	return nil
}

// validateNetwork checks as much of a network as possible before the data are opened; [Prepare]
// does the rest.
func (c *Config) validateNetwork() error {
	n := c.Network
	if n.Targeted() {
		return fmt.Errorf("network.readout.loss = %q needs target spikes, but the data have classes: use counts, or spikegrad reproduce spike-matching", n.Readout.Loss)
	}
	var first, common error // that for the largest input, and one that occurs twice
	seen := map[string]bool{}
	for _, in := range c.possibleInputs() {
		err := c.validateWith(in)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
		if common == nil && seen[err.Error()] {
			common = err
		}
		seen[err.Error()] = true
	}
	return cmp.Or(common, first)
}

// validateWith checks the network with an input.
func (c *Config) validateWith(in input) error {
	n, err := c.networkFor(in)
	if err != nil {
		return err
	}
	if err := checkSize(n); err != nil {
		return err
	}
	return c.checkEstimator(n)
}

// networkFor returns the network for an input, with the classes determined by the data options, or
// else as many as fit.
func (c *Config) networkFor(in input) (*network.Network, error) {
	n := c.Network
	n.Layers = slices.Clone(n.Layers) // validation completes them
	classes := c.Data.Known().Classes
	n.Inputs, n.Classes, n.Steps, n.StepLength = in.channels, max(classes, 1), c.Data.Steps, c.Data.StepLength
	if err := takeShape(&n, in.shape, c.Data.Name); err != nil {
		return nil, err
	}
	for l := range n.Layers {
		layer := &n.Layers[l]
		if layer.Initial.Rate == 0 {
			layer.Initial.Rate = 1
		}
		if n.Spiking() && classes == 0 {
			n.Classes = layer.Neurons
			if layer.Convolutional() {
				n.Classes = layer.Filters
			}
		}
	}
	return &n, n.Validate()
}

// Sized returns the network of a valid configuration with the sizes that determine its memory. The
// data are opened only if their options do not determine these sizes; initial weights are not
// computed.
func Sized(c *Config) (*network.Network, error) {
	if known := c.Data.Known(); known.Channels > 0 && known.Classes > 0 {
		return c.networkFor(input{known.Channels, known.Shape})
	}
	_, n, err := Prepare(c)
	return n, err
}

// checkEstimator checks that the estimator asked for can train a valid network.
func (c *Config) checkEstimator(n *network.Network) error {
	t := &c.Training
	if t.Estimator == "surrogate" {
		return nil
	}
	if err := unbiased.Estimable(n, t.Estimator, t.EstimatorTrials, t.Batch); err != nil {
		return fmt.Errorf("training.estimator: %w", err)
	}
	return nil
}

// validateFreeze checks that the frozen arrays exist, and that some others are left to train.
func (c *Config) validateFreeze() error {
	names := c.Network.WeightNames()
	left := len(names)
	for i, name := range c.Training.Freeze {
		if !slices.Contains(names, name) {
			return fmt.Errorf("training.freeze names %q: the network has the weights %s", name, strings.Join(names, ", "))
		}
		if !slices.Contains(c.Training.Freeze[:i], name) {
			left--
		}
	}
	if left == 0 && len(names) > 0 {
		return fmt.Errorf("training.freeze names all weights of the network: leave some out, so that there is something to train")
	}
	return nil
}

func (t *Training) validate() error {
	const most = 1 << 20
	switch {
	case t.Epochs < 1 || t.Epochs > most:
		return fmt.Errorf("training.epochs = %d: must be from 1 to %d", t.Epochs, most)
	case t.Batch < 1 || t.Batch > most:
		return fmt.Errorf("training.batch = %d: must be from 1 to %d", t.Batch, most)
	case t.EvaluationBatch < 1 || t.EvaluationBatch > most:
		return fmt.Errorf("training.evaluation_batch = %d: must be from 1 to %d", t.EvaluationBatch, most)
	case t.Checkpoint < 0:
		return fmt.Errorf("training.checkpoint = %d: give a number of updates, or 0 for a checkpoint after every epoch only", t.Checkpoint)
	case t.Patience < 0:
		return fmt.Errorf("training.patience = %d: give a number of epochs, or 0 to train all", t.Patience)
	case !(t.ClipNorm >= 0 && t.ClipNorm <= 1e6):
		return fmt.Errorf("training.clip_norm = %g: must be from 0 (no limit) to 1e+06", t.ClipNorm)
	case t.Keep != "last" && t.Keep != "best":
		return fmt.Errorf("training.keep = %q is unknown; want best or last", t.Keep)
	}
	if t.Estimator != "surrogate" && !slices.Contains(unbiased.Estimators(), t.Estimator) {
		return fmt.Errorf("training.estimator = %q is unknown; want one of surrogate, %s", t.Estimator, strings.Join(unbiased.Estimators(), ", "))
	}
	if t.EstimatorTrials < 1 || t.EstimatorTrials > 1<<12 {
		return fmt.Errorf("training.estimator_trials = %d: must be from 1 to %d", t.EstimatorTrials, 1<<12)
	}
	if err := t.Schedule.validate(); err != nil {
		return err
	}
	return validateOptimizer(&t.Optimizer)
}

func validateOptimizer(o *network.Optimizer) error {
	if network.Optimizers.Find(o.Kind) == nil {
		return fmt.Errorf("training.optimizer.kind = %q is unknown; want one of %s", o.Kind, network.Optimizers.Names())
	}
	if err := network.Optimizers.ValidateAll(network.Shared, o); err != nil {
		return fmt.Errorf("training.optimizer.%w", err)
	}
	return nil
}

// updateOf returns the engine's settings for an update, numbered from 1.
func updateOf(o *network.Optimizer, number int) engine.Update {
	update := engine.Update{Number: number, LearningRate: o.LearningRate, WeightDecay: o.WeightDecay, Epsilon: o.Epsilon}
	for _, p := range network.Optimizers.Find(o.Kind).Parameters {
		switch p.Key {
		case "momentum":
			update.Momentum = o.Momentum
		case "beta1":
			update.Momentum = o.Beta1
		case "beta2":
			update.SecondMoment = o.Beta2
		case "epsilon":
			update.Epsilon = orElse(o.Epsilon, p.Zero)
		}
	}
	return update
}

func orElse(value, otherwise float64) float64 {
	if value == 0 {
		return otherwise
	}
	return value
}

// check rejects values that no key can have.
func (f field) check() error {
	switch v := f.value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s = %g: a finite number is needed", f.path, v)
		}
	case string:
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return fmt.Errorf("%s = %q: text in UTF-8 without zero bytes is needed", f.path, v)
		}
	}
	return nil
}
