package data

import (
	"fmt"
	"math"

	"spikegrad/cpuref"
)

// Augment says how training samples are varied at each presentation: spikes are
// dropped, those left are moved, each by itself and all together, and others
// inserted. What happens depends on the
// seed of the run and the number of the presentation alone.
type Augment struct {
	Drop           float64 `toml:"drop"`            // probability that a spike is left out: 0
	Insert         float64 `toml:"insert"`          // inserted spikes per second and channel: 0
	JitterTime     float64 `toml:"jitter_time"`     // width of the moves in time, steps: 0
	JitterChannels float64 `toml:"jitter_channels"` // width of the moves over channels: 0
	ShiftTime      float64 `toml:"shift_time"`      // width of the moves of all spikes of a sample together, steps: 0
	ShiftChannels  float64 `toml:"shift_channels"`  // the same over channels: 0
	StretchTime    float64 `toml:"stretch_time"`    // largest share by which a sample is slowed down or sped up: 0
	// Jitter is how moves are distributed: gaussian, whole numbers k with
	// probability ∝ exp(−k²/2·width²) up to five widths, or uniform, whole numbers
	// from −width to width.
	Jitter string `toml:"jitter"`
}

// Bounds of what can be asked for.
const (
	maxJitter   = 1000
	maxInserted = 500 // mean number in a step, over all channels
	maxStretch  = 0.5
)

func (a *Augment) validate(o *Options) error {
	width := func(key string, value float64) error {
		if a.Jitter == "uniform" && value != math.Trunc(value) {
			return require(false, key, value, "a whole number where jitter is uniform")
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
		require(a.StretchTime >= 0 && a.StretchTime <= maxStretch, "augment.stretch_time", a.StretchTime, fmt.Sprintf("0 to %g", maxStretch)),
		require(a.Jitter == "gaussian" || a.Jitter == "uniform", "augment.jitter", a.Jitter, "gaussian or uniform"),
	)
}

// Augmenter varies presentations. It is used by any number of goroutines. The
// random numbers are words of Philox under the key (seed of the run,
// [cpuref.StreamEncoder]), at the counter
//
//	(presentation, step, channel, 1)  for the spike of a channel in a step:
//	    words 0, 1, 2 decide whether it is dropped, its move in time, its move
//	    over channels;
//	(presentation, step, i, 2)  for the spikes inserted in a step: word 0 of
//	    i = 0 decides how many, word k mod 4 of i = 1 + k div 4 is the channel
//	    of the k-th, from 0;
//	(presentation, 0, 0, 3)  for all spikes of a presentation: words 0, 1, 2
//	    decide on their move in time, over channels and on the factor of time.
//
// Time is stretched from step 0 on, in units of 2⁻¹⁶ of a step, then spikes are moved
// together, then each by itself.
//
// Decisions compare words with limits that are computed once, so only integers
// are worked with. Inserting a number of spikes that has a Poisson distribution
// into equally probable channels is an independent Poisson process in each.
type Augmenter struct {
	key             [2]uint32
	steps, channels int
	drop            uint32 // spikes are dropped whose word is below
	time, channel   []uint32
	together        [2][]uint32 // moves of all spikes: in time, over channels
	stretch         uint64      // most by which the factor of time differs from 1, in 2⁻¹⁶
	inserted        []uint32
}

// common is what happens to all spikes of a presentation.
type common struct {
	step, channel int
	factor        uint64 // of time, in 2⁻¹⁶
}

// The last words of counters; 0 is that of the Poisson encoder.
const (
	augmentSpike  uint32 = 1
	augmentInsert uint32 = 2
	augmentWhole  uint32 = 3
)

// NewAugmenter prepares what valid options ask for, for training samples of a
// source with the seed of the run in the options. It is nil if nothing is asked
// for, and an error if more spikes would be inserted than are possible.
func NewAugmenter(o *Options, source Source) (*Augmenter, error) {
	a := &o.Augment
	if *a == (Augment{Jitter: a.Jitter}) {
		return nil, nil
	}
	mean := a.Insert * source.StepLength() * float64(source.Channels())
	if mean > maxInserted {
		return nil, fmt.Errorf("data.augment.insert = %g: %g spikes would be inserted in a step of %d channels, at most %d are possible; lower it",
			a.Insert, mean, source.Channels(), maxInserted)
	}
	return &Augmenter{
		key: [2]uint32{o.Seed, uint32(cpuref.StreamEncoder)}, steps: source.Steps(), channels: source.Channels(),
		drop: uint32(a.Drop * 0x1p32),
		time: jitterLimits(a.Jitter, a.JitterTime), channel: jitterLimits(a.Jitter, a.JitterChannels),
		together: [2][]uint32{jitterLimits(a.Jitter, a.ShiftTime), jitterLimits(a.Jitter, a.ShiftChannels)},
		stretch:  uint64(a.StretchTime * 0x1p16),
		inserted: poissonLimits(mean),
	}, nil
}

// common draws what happens to all spikes of a presentation.
func (a *Augmenter) common(number uint32) common {
	words := cpuref.Philox(a.key, [4]uint32{number, 0, 0, augmentWhole})
	return common{
		step:    drawn(a.together[0], words[0]) - len(a.together[0])/2,
		channel: drawn(a.together[1], words[1]) - len(a.together[1])/2,
		factor:  1<<16 - a.stretch + uint64(words[2])*(2*a.stretch+1)>>32,
	}
}

// spike is where the spike of a channel in a step goes, and whether it stays. One
// that would leave the steps or channels is dropped.
func (a *Augmenter) spike(number uint32, all common, step, channel uint32) (newStep, newChannel int, kept bool) {
	words := cpuref.Philox(a.key, [4]uint32{number, step, channel, augmentSpike})
	newStep = int(uint64(step)*all.factor>>16) + all.step + drawn(a.time, words[1]) - len(a.time)/2
	newChannel = int(channel) + all.channel + drawn(a.channel, words[2]) - len(a.channel)/2
	kept = words[0] >= a.drop && newStep >= 0 && newStep < a.steps && newChannel >= 0 && newChannel < a.channels
	return newStep, newChannel, kept
}

// insert marks the spikes that are inserted in a step.
func (a *Augmenter) insert(number, step uint32, row []uint64) {
	count := drawn(a.inserted, cpuref.Philox(a.key, [4]uint32{number, step, 0, augmentInsert})[0])
	var words [4]uint32
	for k := range count {
		if k%4 == 0 {
			words = cpuref.Philox(a.key, [4]uint32{number, step, uint32(1 + k/4), augmentInsert})
		}
		channel := uint64(words[k%4]) * uint64(a.channels) >> 32
		row[channel/64] |= 1 << (channel % 64)
	}
}

// sample marks the spikes of a presentation in a cleared raster: rows and index
// are those of the sample, as of [Source.AppendEvents].
func (a *Augmenter) sample(spikes *raster, rows [][2]uint32, index []uint32, number uint32) {
	all := a.common(number)
	for step, row := range rows {
		for _, channel := range index[row[0]:row[1]] {
			if step, channel, kept := a.spike(number, all, uint32(step), channel); kept {
				spikes.mark(step, channel)
			}
		}
		if len(a.inserted) > 0 {
			a.insert(number, uint32(step), spikes.row(step))
		}
	}
}

// drawn is the number of limits that a random word reaches: limits ascend.
func drawn(limits []uint32, word uint32) int {
	low, high := 0, len(limits)
	for low < high {
		if middle := (low + high) / 2; word >= limits[middle] {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// jitterLimits are limits of which a random word reaches half their number plus
// k with the probability of a move by k. There are none for a width of 0.
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

// poissonLimits are limits of which a random word reaches k with the probability
// of k in a Poisson distribution. There are none for a mean of 0.
func poissonLimits(mean float64) []uint32 {
	if mean == 0 {
		return nil
	}
	// Beyond this what is left has less than 2⁻³² of all probability.
	most := int(mean + float64(8*math.Sqrt(mean)) + 20)
	weights := make([]float64, most+1)
	weights[0] = cpuref.Exp64(-mean)
	for k := 1; k <= most; k++ {
		weights[k] = float64(weights[k-1]*mean) / float64(k)
	}
	return limits(weights)
}

// limits are the inner bounds of intervals of random words whose lengths are
// proportional to weights.
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
