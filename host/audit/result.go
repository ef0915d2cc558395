package audit

import (
	"fmt"
	"math"

	"spikegrad/host/network"
)

// Result is the result of an audit. Everything but Cost, Device and Driver is the same on
// every device.
type Result struct {
	Data       string         `json:"data"`
	Samples    int            `json:"samples"`
	Seed       uint32         `json:"seed"`
	OtherMode  bool           `json:"other_mode"`
	Loss       string         `json:"loss"`
	Confidence float64        `json:"confidence"`
	Precision  float64        `json:"precision"` // as requested
	Reached    bool           `json:"precision_reached"`
	Surrogates []string       `json:"surrogates"` // the network's first
	Layers     []LayerResult  `json:"layers"`
	Readout    *ReadoutResult `json:"readout"` // nil if the loss counts spikes
	Cost       Cost           `json:"cost"`
	Device     string         `json:"device"`
	Driver     string         `json:"driver"`
	Notes      []string       `json:"notes"` // from reading the data
}

// LayerResult is what was found about the weights into a layer.
type LayerResult struct {
	Layer  int           `json:"layer"`
	Noise  network.Noise `json:"-"`
	Kind   string        `json:"noise"`
	Pairs  int           `json:"pairs"`
	Passes int           `json:"passes"`
	Parts  []PartResult  `json:"parts"` // all weights, then each array if there are several
}

// PartResult compares gradients with respect to the weights of a layer or one of its
// arrays.
type PartResult struct {
	Name string `json:"name"` // layer0, layer0.input, …
	// Length is that of the unbiased gradient; its interval starts at 0 while noise hides it.
	Length     *Estimate   `json:"unbiased_length"`
	Surrogates []Agreement `json:"surrogates"`
}

// Agreement compares a surrogate gradient with the unbiased one. Estimates are nil while noise
// hides them.
type Agreement struct {
	Surrogate    string    `json:"surrogate"`
	Cosine       *Estimate `json:"cosine"`
	RelativeBias *Estimate `json:"relative_bias"` // |s − u|/|u|
	// Scale is the factor that brings the surrogate gradient closest to the unbiased one.
	Scale *Estimate `json:"scale"`
	Signs Signs     `json:"signs"`
}

// ReadoutResult is the gradient of the readout's weights, which is exact by
// back-propagation.
type ReadoutResult struct {
	Exact  bool      `json:"exact"`
	Length *Estimate `json:"length"`
}

// Cost is what an audit took, compared with an epoch of training on the same device: forward
// and backward passes of all training samples, at the speed of the audit's.
type Cost struct {
	Pairs           int     `json:"pairs"`         // runs with a flipped spike, each compared with the unflipped run
	ForwardRuns     int     `json:"forward_runs"`  // of one sample, flipped or not
	GradientRuns    int     `json:"gradient_runs"` // forward and backward
	FlipSeconds     float64 `json:"flip_seconds"`
	GradientSeconds float64 `json:"gradient_seconds"`
	EpochSamples    int     `json:"epoch_samples"`
	EpochSeconds    float64 `json:"epoch_seconds"` // estimated; 0 if the samples of an epoch are unknown
	Epochs          float64 `json:"epochs"`        // time of the audit in epochs
}

// passes returns the number of passes in a set of groups.
func (g *groups) passes() int {
	if g.partly > 0 {
		return (len(g.means)-1)*g.size + g.partly
	}
	return len(g.means) * g.size
}

// uncertainty returns the largest half interval of the cosines of a layer, NaN while one is
// unknown.
func (r *run) uncertainty(l int) float64 {
	largest, u := 0.0, r.unbiased[l].complete()
	for v := range r.variants {
		cosine := cosineOf(u, r.surrogate[v][l].complete())
		if cosine == nil {
			return math.NaN()
		}
		largest = max(largest, cosine.half())
	}
	return largest
}

// cosineOf returns the cosine between two gradients, nil while noise hides one.
func cosineOf(u, s [][]float64) *Estimate {
	if a := newAngle(u, s); a != nil {
		return a.cosine()
	}
	return nil
}

func (r *run) result() *Result {
	o := &r.options
	found := &Result{
		Data: o.Source.Name(), Samples: r.samples.Count(), Seed: o.Seed, OtherMode: o.OtherMode,
		Loss: r.network.Readout.Loss, Confidence: Confidence, Precision: o.Precision, Reached: true,
		Cost: r.cost, Device: r.device.Device, Driver: r.device.Driver,
	}
	for _, v := range r.variants {
		found.Surrogates = append(found.Surrogates, v.name)
	}
	for l := range r.arrays {
		found.Layers = append(found.Layers, r.layerResult(l))
		found.Reached = found.Reached && r.uncertainty(l) <= o.Precision
	}
	if r.readout != nil {
		g := r.readout.complete()
		found.Readout = &ReadoutResult{Exact: true, Length: lengthOf(g)}
	}
	c := &found.Cost
	if o.TrainSamples > 0 {
		c.EpochSamples = o.TrainSamples
		c.EpochSeconds = c.GradientSeconds / float64(c.GradientRuns) * float64(o.TrainSamples)
		c.Epochs = (c.FlipSeconds + c.GradientSeconds) / c.EpochSeconds
	}
	return found
}

func (r *run) layerResult(number int) LayerResult {
	noise := r.network.Layers[number].Noise
	found := LayerResult{
		Layer: number, Noise: noise, Kind: noise.Kind,
		Passes: r.unbiased[number].passes(), Pairs: r.pairs[number],
	}
	whole, arrays := span{}, r.arrays[number]
	var parts []span // [array]
	for _, a := range arrays {
		size := a.Rows * a.Columns
		parts = append(parts, span{whole.last, whole.last + size})
		whole.last += size
	}
	found.Parts = append(found.Parts, r.partResult(number, fmt.Sprintf("layer%d", number), whole))
	if len(arrays) > 1 {
		for i, a := range arrays {
			found.Parts = append(found.Parts, r.partResult(number, a.Name, parts[i]))
		}
	}
	return found
}

func (r *run) partResult(layer int, name string, s span) PartResult {
	u := s.of(r.unbiased[layer].complete())
	found := PartResult{Name: name, Length: lengthOf(u)}
	for v := range r.variants {
		surrogate := s.of(r.surrogate[v][layer].complete())
		c := compare(u, surrogate)
		found.Surrogates = append(found.Surrogates, Agreement{
			Surrogate: r.variants[v].name,
			Cosine:    cosineOf(u, surrogate), RelativeBias: biasOf(u, surrogate), Scale: c.estimate(products.scale),
			Signs: compareSigns(u, surrogate),
		})
	}
	return found
}
