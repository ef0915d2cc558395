package data

import (
	"errors"
	"fmt"
	"math"

	"spikegrad/cpuref"
)

// Augment specifies how training samples are varied each time they are presented: spikes are
// dropped, the rest are moved, individually and as a whole, and others are inserted. The result
// depends only on the seed of the run and the number of the presentation: see
// [cpuref.Augmentation].
type Augment struct {
	Drop           float64 `toml:"drop"`            // probability that a spike is left out: 0
	Insert         float64 `toml:"insert"`          // inserted spikes per second per channel: 0
	JitterTime     float64 `toml:"jitter_time"`     // width of the moves in time, steps: 0
	JitterChannels float64 `toml:"jitter_channels"` // width of the moves over channels: 0
	ShiftTime      float64 `toml:"shift_time"`      // width of the moves of all spikes of a sample together, steps: 0
	ShiftChannels  float64 `toml:"shift_channels"`  // the same over channels: 0
	ShiftPixels    float64 `toml:"shift_pixels"`    // the same over rows, and over columns, of images: 0
	StretchTime    float64 `toml:"stretch_time"`    // maximum fraction by which a sample is slowed down or sped up: 0
	// StretchChannels is the largest share by which the numbers of channels grow or shrink, as the
	// lengths of vocal tracts do to the channels of a filter bank: 0.
	StretchChannels float64 `toml:"stretch_channels"`
	// Jitter is how moves are distributed: gaussian, whole numbers k with
	// probability ∝ exp(−k²/2·width²) up to five widths, or uniform, whole numbers
	// from −width to width.
	Jitter string `toml:"jitter"`
}

// Largest values allowed.
const (
	maxJitter   = 1000
	maxInserted = 500 // mean number per step, over all channels
	maxStretch  = 0.5
)

// Changes reports whether there is anything to do.
func (a *Augment) Changes() bool { return *a != Augment{Jitter: a.Jitter} }

func (a *Augment) validate(o *Options) error {
	width := func(key string, value float64) error {
		if a.Jitter == "uniform" && value != math.Trunc(value) {
			return require(false, key, value, "a whole number if jitter is uniform")
		}
		return require(value >= 0 && value <= maxJitter, key, value, fmt.Sprintf("0 to %d", maxJitter))
	}
	return firstError(
		require(a.Drop >= 0 && a.Drop < 1, "augment.drop", a.Drop, "a probability of at least 0 and below 1"),
		require(a.Insert >= 0 && a.Insert*o.StepLength <= 1, "augment.insert", a.Insert,
			fmt.Sprintf("spikes per second, from 0 to one in a step of %g s", o.StepLength)),
		width("augment.jitter_time", a.JitterTime),
		width("augment.jitter_channels", a.JitterChannels),
		width("augment.shift_time", a.ShiftTime),
		width("augment.shift_channels", a.ShiftChannels),
		width("augment.shift_pixels", a.ShiftPixels),
		require(a.StretchTime >= 0 && a.StretchTime <= maxStretch, "augment.stretch_time", a.StretchTime, fmt.Sprintf("0 to %g", maxStretch)),
		require(a.StretchChannels >= 0 && a.StretchChannels <= maxStretch, "augment.stretch_channels", a.StretchChannels, fmt.Sprintf("0 to %g", maxStretch)),
		require(a.Jitter == "gaussian" || a.Jitter == "uniform", "augment.jitter", a.Jitter, "gaussian or uniform"),
	)
}

// NewAugmentation prepares the augmentation that valid options ask for, for training samples of a
// source, with the run's seed in the options. It is nil if nothing is asked for; it is an error if
// more spikes would be inserted than possible. Inserting a Poisson-distributed number of spikes
// into equally probable channels is an independent Poisson process in each.
func NewAugmentation(o *Options, source Source) (*cpuref.Augmentation, error) {
	a := &o.Augment
	if !a.Changes() {
		return nil, nil
	}
	mean := a.Insert * source.StepLength() * float64(source.Channels())
	if mean > maxInserted {
		return nil, fmt.Errorf("data.augment.insert = %g: %g spikes would be inserted per step into %d channels; at most %d are possible: lower it",
			a.Insert, mean, source.Channels(), maxInserted)
	}
	shape := source.Shape()
	switch image := shape != (Shape{}); {
	case a.ShiftPixels > 0 && !image:
		return nil, fmt.Errorf("data.augment.shift_pixels = %g: the data are not images; use shift_channels", a.ShiftPixels)
	case image && (a.ShiftChannels > 0 || a.JitterChannels > 0 || a.StretchChannels > 0):
		return nil, errors.New("data.augment: shift_channels, jitter_channels and stretch_channels would move spikes of an image from one row to the next; use shift_pixels")
	}
	return &cpuref.Augmentation{
		Key:  [2]uint32{o.Seed, uint32(cpuref.StreamEncoder)},
		Drop: uint32(a.Drop * 0x1p32),
		Time: jitterLimits(a.Jitter, a.JitterTime), Channel: jitterLimits(a.Jitter, a.JitterChannels),
		TogetherTime: jitterLimits(a.Jitter, a.ShiftTime), TogetherChannel: jitterLimits(a.Jitter, a.ShiftChannels),
		TogetherPixel: jitterLimits(a.Jitter, a.ShiftPixels), Plane: cpuref.Extent{Height: shape.Height, Width: shape.Width},
		Stretch: uint32(a.StretchTime * 0x1p16), StretchChannels: uint32(a.StretchChannels * 0x1p16),
		Inserted: poissonLimits(mean),
	}, nil
}

// jitterLimits returns limits such that a random word reaches half their number plus k of them
// with the probability of a move by k. There are none for a width of 0.
func jitterLimits(kind string, width float64) []uint32 {
	if width == 0 {
		return nil
	}
	reach := int(width)
	if kind == "gaussian" {
		reach = int(math.Ceil(5 * width))
	}
	weights := make([]float64, 2*reach+1)
	for i := range weights {
		weights[i] = 1
		if k := float64(i - reach); kind == "gaussian" {
			weights[i] = cpuref.Exp64(-float64(k*k) / (2 * float64(width*width)))
		}
	}
	return limits(weights)
}

// poissonLimits returns limits such that a random word reaches k of them with the Poisson
// probability of k. There are none for a mean of 0.
func poissonLimits(mean float64) []uint32 {
	if mean == 0 {
		return nil
	}
	// The probability of more than this is below 2⁻³².
	most := int(mean + float64(8*math.Sqrt(mean)) + 20)
	weights := make([]float64, most+1)
	weights[0] = cpuref.Exp64(-mean)
	for k := 1; k <= most; k++ {
		weights[k] = float64(weights[k-1]*mean) / float64(k)
	}
	return limits(weights)
}

// limits returns the inner bounds of intervals of random words with lengths proportional to
// weights.
func limits(weights []float64) []uint32 {
	sum := 0.0
	for _, weight := range weights {
		sum += weight
	}
	bounds := make([]uint32, len(weights)-1)
	below := 0.0
	for i := range bounds {
		below += weights[i]
		bounds[i] = uint32(min(float64(below/sum)*0x1p32, math.MaxUint32))
	}
	return bounds
}
