package data

import (
	"math"
	"runtime"
	"sync"

	"spikegrad/cpuref"
)

// The last word of a random number's counter is its purpose in a generated
// dataset.
const (
	randmanManifold uint32 = iota // counter: mode, unit·dimensions + dimension, manifold
	randmanPoint                  // counter: sample of the class, dimension, class

	movingThreshold // counter: pixel, polarity
	movingStart     // counter: sample
	movingNoise     // counter: sample, frame, number in the frame
)

// maxModes is the largest number of modes of a manifold.
const maxModes = 1000

func defaultRandman(o *Options) {
	o.Steps = 100
	o.Test = 0.1
	o.Randman = Randman{
		Channels: 20, Dimensions: 1, Smoothness: 0.5, Classes: 15,
		SamplesPerClass: 1000, StepFraction: 1, Spikes: 1,
	}
}

// openRandman generates samples on smooth random manifolds (Zenke and Vogels, The
// remarkable robustness of surrogate gradient learning for instilling complex
// function in spiking neural networks, Neural Computation 2021). With F modes, and
// for each unit e, dimension d and mode i uniform amplitude A (0 for i = 0),
// frequency B and phase C, a class is the manifold
//
//	y_e(x) = Π_d Σ_i A s_i sin(2π(i·B·x_d + C)),   s_i = 1/((i+1)^α + 1)
//
// over x uniform in [0,1)^D. Each y_e is rescaled to [0,1] over the samples of the
// class, and unit e spikes in step trunc(T·fraction·y_e), or T−1 if that is T. For
// several spikes per unit there are as many manifolds over the same x; spikes that
// meet in a step become one.
func openRandman(o *Options) (Split, error) {
	return split(generateRandman(o), o)
}

func generateRandman(o *Options) *stored {
	r := &o.Randman
	s := &stored{description: description{
		name: "randman", channels: r.Channels, classNames: numberedClasses(r.Classes),
		steps: o.Steps, stepLength: o.StepLength,
	}}
	s.reserve(r.Classes*r.SamplesPerClass, r.Classes*r.SamplesPerClass*r.Channels*r.Spikes)
	spikes := newRaster(o.Steps, r.Channels)
	steps := make([]uint32, r.Spikes*r.Channels*r.SamplesPerClass) // [spike][unit][sample]
	for class := range r.Classes {
		randmanClass(steps, o, class)
		for sample := range r.SamplesPerClass {
			for train := range r.Spikes * r.Channels {
				spikes.mark(int(steps[train*r.SamplesPerClass+sample]), train%r.Channels)
			}
			s.add(uint32(class), spikes)
		}
	}
	return s
}

// randmanClass fills steps, [spike][unit][sample], with the steps of the spikes of
// a class.
func randmanClass(steps []uint32, o *Options, class int) {
	r := &o.Randman
	key := [2]uint32{r.Seed, uint32(cpuref.StreamDataset)}
	points := make([]float64, r.SamplesPerClass*r.Dimensions) // [sample][dimension]
	for i := range points {
		sample, dimension := i/r.Dimensions, i%r.Dimensions
		words := cpuref.Philox(key, [4]uint32{uint32(sample), uint32(dimension), uint32(class), randmanPoint})
		points[i] = fraction(words[0])
	}
	// Every spike train is computed by a single goroutine.
	var group sync.WaitGroup
	trains := r.Spikes * r.Channels
	workers := min(runtime.GOMAXPROCS(0), trains)
	for w := range workers {
		group.Go(func() {
			m := manifold{spectrum: spectrum(r.Smoothness)}
			coordinate := make([]float64, r.SamplesPerClass)
			for train := w; train < trains; train += workers {
				spike, unit := train/r.Channels, train%r.Channels
				for i := range coordinate {
					coordinate[i] = 1
				}
				for dimension := range r.Dimensions {
					m.draw(key, uint32(unit*r.Dimensions+dimension), uint32(class*r.Spikes+spike))
					for i := range coordinate {
						coordinate[i] *= m.at(points[i*r.Dimensions+dimension])
					}
				}
				quantize(steps[train*r.SamplesPerClass:(train+1)*r.SamplesPerClass], coordinate, o.Steps, r.StepFraction)
			}
		})
	}
	group.Wait()
}

// quantize rescales coordinates to [0,1] and computes their steps. If all are
// equal they become 0.
func quantize(steps []uint32, coordinate []float64, count int, share float64) {
	low, high := coordinate[0], coordinate[0]
	for _, y := range coordinate {
		low, high = min(low, y), max(high, y)
	}
	for i, y := range coordinate {
		scaled := 0.0
		if high > low {
			scaled = (y - low) / (high - low)
		}
		steps[i] = min(uint32(float64(count)*share*scaled), uint32(count-1))
	}
}

// spectrum returns the s_i of manifolds of smoothness alpha; there are
// min(⌈1000^(1/alpha)⌉, 1000) modes.
func spectrum(alpha float64) []float64 {
	// Log64 and Exp64 may miss a whole number in the last bits, which must not add
	// a mode.
	count := math.Ceil(cpuref.Exp64(cpuref.Log64(1000)/alpha) * (1 - 1e-12))
	s := make([]float64, int(min(count, maxModes)))
	for i := range s {
		s[i] = 1 / (float64(cpuref.Exp64(alpha*cpuref.Log64(float64(i+1)))) + 1)
	}
	return s
}

// manifold is f_{e,d}, one coordinate over one dimension.
type manifold struct {
	spectrum                    []float64
	amplitude, frequency, phase []float64 // [mode]: A·s_i, i·B, C
}

// draw draws the modes of the function and manifold with these numbers.
func (m *manifold) draw(key [2]uint32, function, number uint32) {
	m.amplitude, m.frequency, m.phase = m.amplitude[:0], m.frequency[:0], m.phase[:0]
	for i, s := range m.spectrum {
		words := cpuref.Philox(key, [4]uint32{uint32(i), function, number, randmanManifold})
		amplitude := fraction(words[0]) * s
		if i == 0 {
			amplitude = 0
		}
		m.amplitude = append(m.amplitude, amplitude)
		m.frequency = append(m.frequency, float64(i)*fraction(words[1]))
		m.phase = append(m.phase, fraction(words[2]))
	}
}

// at returns the function's value at x.
func (m *manifold) at(x float64) float64 {
	sum := 0.0
	frequency, phase := m.frequency[:len(m.amplitude)], m.phase[:len(m.amplitude)]
	for i, amplitude := range m.amplitude {
		angle := float64(frequency[i]*x) + phase[i]
		sum += float64(amplitude * cpuref.SinTurns(angle))
	}
	return sum
}

// fraction turns a random word into a number in [0, 1).
func fraction(word uint32) float64 { return float64(float64(word) * 0x1p-32) }
