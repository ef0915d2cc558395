package check

import (
	"bytes"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// caseFile is a drawn case as TOML: nothing in it depends on how this version draws
// cases.
type caseFile struct {
	Name       string               `toml:"name"`
	Seed       uint32               `toml:"seed"` // of weights, inputs and noise
	Samples    int                  `toml:"samples"`
	Inputs     int                  `toml:"inputs"`
	Classes    int                  `toml:"classes"`
	Steps      int                  `toml:"steps"`
	StepLength float64              `toml:"step_length"`
	Variant    variantTable         `toml:"variant"`
	Optimizer  optimizerTable       `toml:"optimizer"`
	Augment    *cpuref.Augmentation `toml:"augment,omitempty"`
	Network    network.Network      `toml:"network"`
}

type variantTable struct {
	Workers      int `toml:"workers"`
	PassSamples  int `toml:"pass_samples"`
	SegmentSteps int `toml:"segment_steps"`
}

type optimizerTable struct {
	Kind         string  `toml:"kind"`
	LearningRate float64 `toml:"learning_rate"`
	WeightDecay  float64 `toml:"weight_decay"`
	Momentum     float64 `toml:"momentum"`
	SecondMoment float64 `toml:"second_moment"`
	Epsilon      float64 `toml:"epsilon"`
	ClipNorm     float64 `toml:"clip_norm"`
}

// TOML formats the case for [ReadDrawn].
func (d Drawn) TOML() string {
	n, u := d.Network, d.Update
	var text bytes.Buffer
	encoder := toml.NewEncoder(&text)
	encoder.SetIndentTables(false)
	err := encoder.Encode(caseFile{
		Name: d.Name, Seed: d.Seed, Samples: d.Samples,
		Inputs: n.Inputs, Classes: n.Classes, Steps: n.Steps, StepLength: n.StepLength,
		Variant:   variantTable(d.Variant),
		Optimizer: optimizerTable{network.Optimizers.List()[d.Optimizer], u.LearningRate, u.WeightDecay, u.Momentum, u.SecondMoment, u.Epsilon, u.ClipNorm},
		Augment:   d.Augment, Network: *n,
	})
	if err != nil {
		return "# " + err.Error() // no value of the tables above can cause this
	}
	return text.String()
}

// ReadDrawn reads what [Drawn.TOML] wrote.
func ReadDrawn(text []byte, file string) (Drawn, error) {
	var f caseFile
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return Drawn{}, fmt.Errorf("%s is not a network from spikegrad check --random: %w", file, err)
	}
	n := &f.Network
	n.Inputs, n.Classes, n.Steps, n.StepLength = f.Inputs, f.Classes, f.Steps, f.StepLength
	if err := f.check(); err != nil {
		return Drawn{}, fmt.Errorf("%s: %w", file, err)
	}
	o := f.Optimizer
	return Drawn{
		Case{
			Name: f.Name, Network: n, Optimizer: network.Optimizers.Number(o.Kind), Samples: f.Samples, Augment: f.Augment, Seed: f.Seed,
			Update: engine.Update{
				LearningRate: o.LearningRate, WeightDecay: o.WeightDecay, Momentum: o.Momentum,
				SecondMoment: o.SecondMoment, Epsilon: o.Epsilon, ClipNorm: o.ClipNorm,
			},
		},
		Variant(f.Variant),
	}, nil
}

// check rejects what no engine could run.
func (f *caseFile) check() error {
	const most = 1 << 12
	for _, number := range []struct {
		key         string
		value, from int
	}{
		{"samples", f.Samples, 1}, {"inputs", f.Inputs, 1}, {"classes", f.Classes, 1}, {"steps", f.Steps, 1},
		{"variant.workers", f.Variant.Workers, 0}, {"variant.pass_samples", f.Variant.PassSamples, 0}, {"variant.segment_steps", f.Variant.SegmentSteps, 0},
	} {
		if number.value < number.from || number.value > most {
			return fmt.Errorf("%s = %d: from %d to %d is allowed", number.key, number.value, number.from, most)
		}
	}
	if network.Optimizers.Find(f.Optimizer.Kind) == nil {
		return fmt.Errorf("optimizer.kind = %q is unknown; want one of %s", f.Optimizer.Kind, network.Optimizers.Names())
	}
	if a := f.Augment; a != nil {
		for _, limits := range [][]uint32{a.Time, a.Channel, a.TogetherTime, a.TogetherChannel} {
			if len(limits)%2 != 0 || len(limits) > most {
				return fmt.Errorf("augment has %d limits of moves: an even number up to %d is needed", len(limits), most)
			}
		}
	}
	if err := f.Network.Validate(); err != nil {
		return err
	}
	weights := 0.0
	for _, w := range f.Network.Weights() {
		weights += float64(w.Rows) * float64(w.Columns)
	}
	if weights > 1<<24 {
		return fmt.Errorf("the network has %.0f weights: up to %d are compared", weights, 1<<24)
	}
	return nil
}
