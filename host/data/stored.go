package data

import (
	"math/bits"
	"slices"
)

// maxChannels is the largest number of channels: a channel, and the number of
// spikes in a step, must fit 16 bits.
const maxChannels = 1<<16 - 1

// stored is a source whose spikes are in memory: two bytes per spike and two
// bytes per step.
type stored struct {
	description
	labels   []uint32
	starts   []int     // [sample]: where its spikes begin in channel
	counts   []uint16  // [sample·steps + step]: number of spikes
	channels []uint16  // spikes of all samples, in order of sample, step, channel
	recorded *Recorded // of the file that was read; nil for other data
}

func (s *stored) Len() int { return len(s.labels) }

func (s *stored) Label(sample int) uint32 { return s.labels[sample] }

func (s *stored) AppendEvents(rows [][2]uint32, index []uint32, sample int, _ uint32) ([][2]uint32, []uint32) {
	from := s.starts[sample]
	for _, count := range s.counts[sample*s.steps : (sample+1)*s.steps] {
		first := uint32(len(index))
		for _, channel := range s.channels[from : from+int(count)] {
			index = append(index, uint32(channel))
		}
		from += int(count)
		rows = append(rows, [2]uint32{first, uint32(len(index))})
	}
	return rows, index
}

// reserve makes room for samples with the given number of spikes in all.
func (s *stored) reserve(samples, spikes int) {
	s.labels = slices.Grow(s.labels, samples)
	s.starts = slices.Grow(s.starts, samples)
	s.counts = slices.Grow(s.counts, samples*s.steps)
	s.channels = slices.Grow(s.channels, spikes)
}

// add appends a sample with the spikes marked in a raster, and clears the
// raster.
func (s *stored) add(label uint32, spikes *raster) {
	s.labels = append(s.labels, label)
	s.starts = append(s.starts, len(s.channels))
	for step := range s.steps {
		before := len(s.channels)
		s.channels = takeRow(s.channels, spikes.row(step))
		s.counts = append(s.counts, uint16(len(s.channels)-before))
	}
}

// raster is one sample as bits: marking sorts spikes by step and channel and
// merges several at the same place.
type raster struct {
	width int // words per step
	words []uint64
}

func newRaster(steps, channels int) *raster {
	width := (channels + 63) / 64
	return &raster{width: width, words: make([]uint64, steps*width)}
}

func (r *raster) row(step int) []uint64 { return r.words[step*r.width : (step+1)*r.width] }

// mark marks a spike and reports whether it is the first at its place.
func (r *raster) mark(step, channel int) bool {
	word, bit := &r.row(step)[channel/64], uint64(1)<<(channel%64)
	first := *word&bit == 0
	*word |= bit
	return first
}

// takeRow appends the channels marked in a row, ascending, and clears it.
func takeRow[T uint16 | uint32](channels []T, row []uint64) []T {
	for i, word := range row {
		for ; word != 0; word &= word - 1 {
			channels = append(channels, T(i*64+bits.TrailingZeros64(word)))
		}
		row[i] = 0
	}
	return channels
}
