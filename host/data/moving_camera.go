package data

import (
	"math"
	"sort"

	"spikegrad/cpuref"
)

// A simulated event camera. Each of its pixels compares the logarithm of the brightness with its
// value at the pixel's last event: a change by the contrast threshold, up or down, is an event;
// every pixel has its own thresholds (Lichtsteiner, Posch & Delbruck, A 128×128 120 dB 15 µs latency
// asynchronous temporal contrast vision sensor, IEEE Journal of Solid-State Circuits 2008). Between
// frames, two milliseconds apart, brightness changes linearly. Everything is integer, made of exact
// functions and of random numbers that depend only on the seed, the sample and the place, so that
// events are the same on all machines.
const (
	frameLength = 2_000_000 // nanoseconds
	digitSide   = 8         // width and height of a digit, pixels
	digitScale  = 3         // pixels of the sensor per pixel of the digit
	fine        = 256       // parts of a pixel
	levels      = 16 * fine // steps of brightness over all grey values of a digit, 0 to 16
	logScale    = 1 << 20   // parts per unit of a logarithm
	brightness  = 0.5       // of a grey value, relative to the background
	pixels      = movingSize * movingSize
	sqrt3       = 1.7320508075688772
	firstTurn   = 0.125 // direction of the first saccade, turns from right to down: it crosses strokes of any direction
)

// simulatedCamera is what all samples share.
type simulatedCamera struct {
	*MovingDigits
	key       [2]uint32
	log       [levels + 1]int32 // logarithm of the brightness, in parts of logScale
	on, off   [pixels]int32     // thresholds of pixels, in parts of logScale
	accidents []uint32          // limits of random words for the number of spontaneous events in a frame
	frames    int               // of a saccade
}

func newSimulatedCamera(m *MovingDigits) *simulatedCamera {
	c := &simulatedCamera{MovingDigits: m, key: [2]uint32{m.Seed, uint32(cpuref.StreamDataset)}}
	for level := range c.log {
		grey := float64(level) / fine
		c.log[level] = int32(math.Round(cpuref.Log64(1+float64(brightness*grey)) * logScale))
	}
	for pixel := range pixels {
		words := cpuref.Philox(c.key, [4]uint32{uint32(pixel), 0, 0, movingThreshold})
		more := cpuref.Philox(c.key, [4]uint32{uint32(pixel), 1, 0, movingThreshold})
		c.on[pixel], c.off[pixel] = c.threshold(words), c.threshold(more)
	}
	c.accidents = poissonLimits(m.Noise * 2 * pixels * frameLength / perSecond)
	c.frames = int(math.Round(m.SaccadeLength * perSecond / frameLength))
	return c
}

// threshold draws a threshold around the contrast: the sum of four uniform numbers is nearly normal,
// with variance 1/3.
func (c *simulatedCamera) threshold(words [4]uint32) int32 {
	sum := -2.0
	for _, word := range words {
		sum += fraction(word)
	}
	deviation := float64(float64(sum*c.Mismatch) * sqrt3)
	return int32(math.Round(float64(c.Contrast*max(1+deviation, 0.25)) * logScale))
}

// scene is working memory for one sample after the other. It is used by one goroutine.
type scene struct {
	*simulatedCamera
	grey   [digitSide + 2][digitSide + 2]int32 // with a dark margin
	now    *[pixels]int32                      // logarithm of the brightness
	before *[pixels]int32                      // in the previous frame
	memory [pixels]int32                       // at the last event
	lit    struct{ left, right, top, bottom int }
	events []event
}

func newScene(c *simulatedCamera) *scene {
	return &scene{simulatedCamera: c, now: new([pixels]int32), before: new([pixels]int32)}
}

// record returns the events of a sample, valid until the next call. Values are from 0 to 1.
func (s *scene) record(digit []float32, sample uint32) []event {
	for i, value := range digit {
		s.grey[i/digitSide+1][i%digitSide+1] = int32(float64(value) * 16)
	}
	s.events = s.events[:0]
	words := cpuref.Philox(s.key, [4]uint32{sample, 0, 0, movingStart})
	middle := float64(movingSize-digitSide*digitScale) / 2
	aside := func(word uint32) float64 { return float64(2*fraction(word)) - 1 }
	start := func(word uint32) float64 { return middle + float64(aside(word)*s.Offset) }
	x, y, angle := start(words[0]), start(words[1]), firstTurn+float64(aside(words[2])*s.Rotation)
	s.show(x, y)
	s.memory = *s.now
	frame := 0
	for saccade := range s.Saccades {
		turn := angle + float64(saccade)/float64(s.Saccades)
		// cos is sin a quarter turn later.
		dx, dy := float64(s.Amplitude*cpuref.SinTurns(turn+0.25)), float64(s.Amplitude*cpuref.SinTurns(turn))
		for i := range s.frames {
			// Slow, fast, slow: u²(3 − 2u).
			u := float64(i+1) / float64(s.frames)
			way := float64(float64(u*u) * (3 - float64(2*u)))
			s.see(x+float64(dx*way), y+float64(dy*way), frame)
			s.accident(sample, frame)
			frame++
		}
		x, y = x+dx, y+dy
	}
	return s.events
}

// show fills now with the logarithm of the brightness of every pixel, with the corner of the digit
// at (x, y). Pixels beyond lit are dark.
func (s *scene) show(x, y float64) {
	var row, column [movingSize]int // pixels of grey to interpolate from
	var below, right [movingSize]int32
	locate := func(corner float64, index *[movingSize]int, weight *[movingSize]int32) (first, end int) {
		at := int(math.Floor(float64(corner*fine) + 0.5))
		first = movingSize
		for i := range index {
			// The middle of pixel i on the grid of the middles of grey pixels, which has a margin of
			// 1.
			place := floorDivide(i*fine+fine/2-at, digitScale) - fine/2 + fine
			if place < 0 || place >= (digitSide+1)*fine {
				continue // dark
			}
			first, end = min(first, i), i+1
			index[i], weight[i] = place/fine, int32(place%fine)
		}
		return min(first, end), end
	}
	clear(s.now[:])
	s.lit.left, s.lit.right = locate(x, &column, &right)
	s.lit.top, s.lit.bottom = locate(y, &row, &below)
	for j := s.lit.top; j < s.lit.bottom; j++ {
		above, under := &s.grey[row[j]], &s.grey[row[j]+1]
		for i := s.lit.left; i < s.lit.right; i++ {
			c := column[i]
			upper := above[c]*(fine-right[i]) + above[c+1]*right[i]
			lower := under[c]*(fine-right[i]) + under[c+1]*right[i]
			s.now[j*movingSize+i] = s.log[(upper*(fine-below[j])+lower*below[j])/fine]
		}
	}
}

// floorDivide returns the largest integer not above a/b, for b > 0.
func floorDivide(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// see shows a frame and records the events on the way to it.
func (s *scene) see(x, y float64, frame int) {
	s.before, s.now = s.now, s.before
	were := s.lit
	s.show(x, y)
	for j := min(were.top, s.lit.top); j < max(were.bottom, s.lit.bottom); j++ {
		for i := min(were.left, s.lit.left); i < max(were.right, s.lit.right); i++ {
			if pixel := j*movingSize + i; s.now[pixel] != s.before[pixel] {
				s.change(i, j, frame)
			}
		}
	}
}

// change records the events of a pixel whose brightness changed: one at each threshold passed.
func (s *scene) change(i, j, frame int) {
	pixel := j*movingSize + i
	now, before := s.now[pixel], s.before[pixel]
	on, step := now > before, s.on[pixel]
	if !on {
		step = -s.off[pixel]
	}
	for {
		next := s.memory[pixel] + step
		if on && next > now || !on && next < now {
			return
		}
		s.memory[pixel] = next
		// What the previous frame already passed, but only with the other threshold, is passed at
		// once.
		passed := max(int64(next-before)*frameLength/int64(now-before), 0)
		s.events = append(s.events, event{
			time: int64(frame)*frameLength + min(passed, frameLength-1), x: uint16(i), y: uint16(j), on: on,
		})
	}
}

// accident adds the spontaneous events of a frame.
func (s *scene) accident(sample uint32, frame int) {
	if len(s.accidents) == 0 {
		return
	}
	draw := func(number int) [4]uint32 {
		return cpuref.Philox(s.key, [4]uint32{sample, uint32(frame), uint32(number), movingNoise})
	}
	word := draw(0)[0]
	count := sort.Search(len(s.accidents), func(k int) bool { return word < s.accidents[k] })
	for number := range count {
		words := draw(number + 1)
		place := int(uint64(words[0]) * 2 * pixels >> 32)
		pixel := place % pixels
		s.events = append(s.events, event{
			time: int64(frame)*frameLength + int64(uint64(words[1])*frameLength>>32),
			x:    uint16(pixel % movingSize), y: uint16(pixel / movingSize), on: place >= pixels,
		})
	}
}
