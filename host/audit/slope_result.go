package audit

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// SlopeResult is the result of measuring slopes along surrogate gradients. Everything but
// Cost, Device and Driver is the same on every device.
type SlopeResult struct {
	Data        string      `json:"data"`
	DataSamples int         `json:"data_samples"` // of the data set
	Samples     int         `json:"samples"`      // drawn from them
	Directions  int         `json:"direction_runs"`
	Draws       int         `json:"draws"`
	Seed        uint32      `json:"seed"`
	OtherMode   bool        `json:"other_mode"`
	Loss        string      `json:"loss"`
	Confidence  float64     `json:"confidence"`
	Steps       []float64   `json:"steps"`      // in lengths of the weights; slopes are those at the first
	Surrogates  []string    `json:"surrogates"` // the network's first
	Parts       []SlopePart `json:"parts"`
	Readout     *SelfTest   `json:"readout"` // nil if the loss counts spikes
	Cost        SlopeCost   `json:"cost"`
	Device      string      `json:"device"`
	Driver      string      `json:"driver"`
	Notes       []string    `json:"notes"` // from reading the data
}

// SlopePart holds the slopes of one weight array, or of all spiking layers together.
type SlopePart struct {
	Name       string    `json:"name"` // layer0.input, …, all layers
	Weights    float64   `json:"weights_length"`
	Best       int       `json:"best"` // surrogate with the largest slope; −1 if none is known
	Surrogates []SlopeOf `json:"surrogates"`
	Span       *Span     `json:"span"` // nil if a slope is unknown
}

// SlopeOf is what was found about one surrogate. Pointers are nil if unknown.
type SlopeOf struct {
	Surrogate string `json:"surrogate"`
	// Length is that of the mean surrogate gradient, without its noise.
	Length *float64 `json:"length"`
	// Direction is the cosine between the direction used, which comes from only some
	// presentations, and that of the mean surrogate gradient.
	Direction *Estimate `json:"direction_cosine"`
	Promised  *Measured `json:"promised"` // slope if the surrogate gradient were the true one
	Slope     *Measured `json:"slope"`
	Factor    *Measured `json:"factor"` // slope / promised
	// ToBest is the slope over that of the best surrogate, paired by sample: the ratio of the
	// cosines with the true gradient. Behind is the best slope minus this one.
	ToBest *Measured   `json:"to_best"`
	Behind *Measured   `json:"behind_best"`
	Steps  []StepSlope `json:"steps"`
}

// StepSlope is a slope at one step.
type StepSlope struct {
	Step  float64   `json:"step"`
	Moved int       `json:"moved"` // presentations whose loss changed
	Slope *Measured `json:"slope"` // nil if too few moved
	// ToFirst is the slope over that at the first step, paired by sample.
	ToFirst *Measured `json:"to_first"`
}

// SelfTest compares the slope along the readout's gradient, which is exact by
// back-propagation, with its length under the same noise: they are equal except for the
// square of the step.
type SelfTest struct {
	Slope    *Measured `json:"slope"`
	Promised *Measured `json:"promised"`
	Ratio    float64   `json:"ratio"`
	Passed   bool      `json:"passed"`
}

// selfTestLimit is how far the readout's slope may be from what its gradient promises, in
// lengths of the gradient: a slope near 0 is not judged by its own size.
const selfTestLimit = 0.02

func (r *slopeRun) result() *SlopeResult {
	o := &r.options
	found := &SlopeResult{
		Data: o.Source.Name(), DataSamples: r.all, Samples: r.shown.Count(), Directions: r.passes * r.aside.Count(), Draws: o.Draws,
		Seed: o.Seed, OtherMode: o.OtherMode, Loss: r.network.Readout.Loss, Confidence: Confidence, Steps: o.Steps,
		Cost: r.cost, Device: r.device.Device, Driver: r.device.Driver,
	}
	for _, v := range r.variants {
		found.Surrogates = append(found.Surrogates, v.name)
	}
	found.Cost.total(o.TrainSamples)
	if o.PlanOnly {
		return found
	}
	for p := range r.spiking() {
		found.Parts = append(found.Parts, r.partSlopes(p))
	}
	if last := len(r.parts) - 1; r.parts[last].readout && len(r.slopes[0][last]) > 0 {
		t := &SelfTest{Slope: r.slopes[0][last][0].measured(), Promised: r.promised[0][last].measured()}
		t.Ratio = t.Slope.Value / t.Promised.Value
		t.Passed = math.Abs(t.Slope.Value-t.Promised.Value) <= selfTestLimit*max(math.Abs(t.Promised.Value), r.lengths[0][last])
		found.Readout = t
	}
	return found
}

func (r *slopeRun) partSlopes(p int) SlopePart {
	found := SlopePart{Name: r.parts[p].name, Weights: r.reach[p], Best: -1}
	known := true
	for v := range r.variants {
		s := r.slopeOf(v, p)
		if s.Slope == nil {
			known = false
		} else if found.Best < 0 || s.Slope.Value > found.Surrogates[found.Best].Slope.Value {
			found.Best = v
		}
		found.Surrogates = append(found.Surrogates, s)
	}
	if found.Best < 0 {
		return found
	}
	var units [][]float64
	var slopes []table
	for v := range r.variants {
		s := &found.Surrogates[v]
		if s.Slope == nil {
			continue
		}
		units, slopes = append(units, r.units[v][p]), append(slopes, r.slopes[v][p][0])
		if v != found.Best {
			best := r.slopes[found.Best][p][0]
			s.ToBest = ratio(r.slopes[v][p][0], best)
			s.Behind = combined([]table{best, r.slopes[v][p][0]}, []float64{1, -1}).measured()
		}
	}
	if known {
		var names []string
		for _, v := range r.variants {
			names = append(names, v.name)
		}
		found.Span = spanOf(names, units, slopes, found.Best)
	}
	return found
}

func (r *slopeRun) slopeOf(v, p int) SlopeOf {
	promised := r.promised[v][p]
	found := SlopeOf{Surrogate: r.variants[v].name, Promised: promised.measured()}
	if square := float64(found.Promised.Value * r.lengths[v][p]); square > 0 {
		length := math.Sqrt(square)
		cosine := func(promised float64) float64 {
			return min(1, math.Sqrt(max(0, promised)/r.lengths[v][p]))
		}
		found.Length = &length
		found.Direction = &Estimate{cosine(found.Promised.Value), cosine(found.Promised.DataLow), cosine(found.Promised.DataHigh)}
	}
	for k, t := range r.slopes[v][p] {
		s := StepSlope{Step: r.options.Steps[k], Moved: r.moved[v][p][k]}
		if s.Moved >= leastMoved {
			s.Slope = t.measured()
			if k > 0 && found.Steps[0].Slope != nil {
				s.ToFirst = ratio(t, r.slopes[v][p][0])
			}
		}
		found.Steps = append(found.Steps, s)
	}
	if len(found.Steps) == 0 || found.Steps[0].Slope == nil {
		return found
	}
	found.Slope = found.Steps[0].Slope
	found.Factor = ratio(r.slopes[v][p][0].blocks(r.blockSizes), promised)
	return found
}

// slopesFile holds all numbers in the folder of an audit.
const slopesFile = "slopes.json"

// ReadSlopes reads slopes from a folder written by [SlopeResult.Write].
func ReadSlopes(folder string) (*SlopeResult, error) {
	path := filepath.Join(folder, slopesFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s contains no slopes: %w", folder, err)
	}
	var r SlopeResult
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s contains no slopes: %w; remove it and audit again", path, err)
	}
	return &r, nil
}
