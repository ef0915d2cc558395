package cpuref

// Augmentation varies the input spikes of samples at each presentation: spikes are dropped, the
// others are moved, all together and each on its own, and new ones are inserted. The random numbers
// are words of Philox under the key, at the counter
//
//	(presentation, step, channel, 1)  for the spike of a channel in a step:
//	    words 0, 1, 2 decide whether it is dropped, its move in time, its move
//	    over channels;
//	(presentation, step, i, 2)  for the spikes inserted in a step: word 0 of
//	    i = 0 decides how many, word k mod 4 of i = 1 + k div 4 is the channel
//	    of the k-th, from 0;
//	(presentation, 0, 0, 3)  for all spikes of a presentation: words 0, 1, 2, 3 decide
//	    on their move in time, over channels and on the factors of time and channels;
//	(presentation, 1, 0, 3)  for the same: words 0, 1 decide on their move over rows and
//	    over columns of an image.
//
// Time is stretched from step 0 on and channels from channel 0 on, in units of 2⁻¹⁶; then spikes
// are moved together, then each on its own.
//
// Decisions compare words with limits that are computed once, so only integers are needed. Limits
// are ascending; a word stands for the number of limits that it reaches.
type Augmentation struct {
	Key           [2]uint32
	Drop          uint32   // spikes with a lower word are dropped
	Time, Channel []uint32 // limits, an even number of them; reaching half of them means no move
	// TogetherTime and TogetherChannel are the same for all spikes of a presentation.
	TogetherTime, TogetherChannel []uint32
	TogetherPixel                 []uint32 // the same over rows, and over columns, of an image
	Plane                         Extent   // pixels of an image, each channel being a pixel, plane after plane
	Stretch, StretchChannels      uint32   // most by which the factors of time and of channels differ from 1, in 2⁻¹⁶
	Inserted                      []uint32 // limits; the number reached is the number of spikes
}

// Together is what happens to all spikes of a presentation.
type Together struct {
	Step, Channel         int    // moves
	Pixel                 Extent // over rows and columns
	Factor, ChannelFactor uint32 // of time and of channels, in 2⁻¹⁶
}

// The last words of the counters of [Augmentation]; encoders use 0.
const (
	AugmentSpike  uint32 = 1
	AugmentInsert uint32 = 2
	AugmentWhole  uint32 = 3
)

// Augment marks the varied spikes of samples first ≤ sample < last in spikes, [sample][step][word]
// of bits, one per channel. Events are the spikes of the samples; numbers, [sample], their
// presentation numbers. Spikes that meet become one; those that would leave the steps or channels
// are dropped. Twin: shaders/augment.comp.
func Augment(spikes []uint32, events Events, numbers []uint32, a *Augmentation, channels, steps, first, last int) {
	words := Words(channels)
	clear(spikes[first*steps*words : last*steps*words])
	for b := first; b < last; b++ {
		sample := spikes[b*steps*words:][:steps*words]
		all := a.Together(numbers[b])
		for t := range steps {
			for _, channel := range events.Row(b*steps + t) {
				if to, at, kept := a.Move(all, numbers[b], uint32(t), channel, channels, steps); kept {
					sample[to*words+at/32] |= 1 << (at % 32)
				}
			}
			a.insert(sample[t*words:][:words], numbers[b], uint32(t), channels)
		}
	}
}

// Together draws what happens to all spikes of a presentation.
func (a *Augmentation) Together(number uint32) Together {
	words := Philox(a.Key, [4]uint32{number, 0, 0, AugmentWhole})
	pixel := Philox(a.Key, [4]uint32{number, 1, 0, AugmentWhole})
	return Together{
		Pixel:         Extent{move(a.TogetherPixel, pixel[0]), move(a.TogetherPixel, pixel[1])},
		Step:          move(a.TogetherTime, words[0]),
		Channel:       move(a.TogetherChannel, words[1]),
		Factor:        factor(a.Stretch, words[2]),
		ChannelFactor: factor(a.StretchChannels, words[3]),
	}
}

// factor is the factor, in 2⁻¹⁶, that a random word stands for; it is within most of 1.
func factor(most, word uint32) uint32 {
	return 1<<16 - most + uint32(uint64(word)*uint64(2*most+1)>>32)
}

// stretch multiplies a step or channel by a factor in 2⁻¹⁶.
func stretch(place, factor uint32) int { return int(uint64(place) * uint64(factor) >> 16) }

// Move returns where the spike of a channel in a step of a presentation goes, and whether it is
// kept.
func (a *Augmentation) Move(all Together, number, step, channel uint32, channels, steps int) (toStep, toChannel int, kept bool) {
	words := Philox(a.Key, [4]uint32{number, step, channel, AugmentSpike})
	toStep = stretch(step, all.Factor) + all.Step + move(a.Time, words[1])
	moved, inside := a.movePixel(all.Pixel, stretch(channel, all.ChannelFactor))
	toChannel = moved + all.Channel + move(a.Channel, words[2])
	kept = inside && words[0] >= a.Drop && toStep >= 0 && toStep < steps && toChannel >= 0 && toChannel < channels
	return toStep, toChannel, kept
}

// movePixel moves a channel that is a pixel of a plane, and reports whether it stays in the plane.
func (a *Augmentation) movePixel(by Extent, channel int) (to int, inside bool) {
	if len(a.TogetherPixel) == 0 {
		return channel, true
	}
	area := a.Plane.Area()
	at := a.Plane.Place(channel % area)
	y, x := at.Height+by.Height, at.Width+by.Width
	inside = y >= 0 && y < a.Plane.Height && x >= 0 && x < a.Plane.Width
	return channel/area*area + y*a.Plane.Width + x, inside
}

// insert marks the spikes inserted in a step.
func (a *Augmentation) insert(row []uint32, number, step uint32, channels int) {
	if len(a.Inserted) == 0 {
		return
	}
	count := reached(a.Inserted, Philox(a.Key, [4]uint32{number, step, 0, AugmentInsert})[0])
	var words [4]uint32
	for k := range count {
		if k%4 == 0 {
			words = Philox(a.Key, [4]uint32{number, step, uint32(1 + k/4), AugmentInsert})
		}
		channel := uint64(words[k%4]) * uint64(channels) >> 32
		row[channel/32] |= 1 << (channel % 32)
	}
}

// move is the move that a random word stands for: none if it reaches half of the limits.
func move(limits []uint32, word uint32) int { return reached(limits, word) - len(limits)/2 }

// reached is the number of limits that a random word reaches.
func reached(limits []uint32, word uint32) int {
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
