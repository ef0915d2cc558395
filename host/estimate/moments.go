package estimate

import "math"

// Moments are mean and spread of samples of a gradient, [parameter].
type Moments struct {
	Trials  int
	Mean    []float64
	Squares []float64 // sum of squared deviations from the mean
}

func newMoments(parameters int) *Moments {
	return &Moments{Mean: make([]float64, parameters), Squares: make([]float64, parameters)}
}

// add takes in one sample (Welford 1962).
func (m *Moments) add(sample []float64) {
	m.Trials++
	for i, x := range sample {
		d := x - m.Mean[i]
		m.Mean[i] += d / float64(m.Trials)
		m.Squares[i] += float64(d * (x - m.Mean[i]))
	}
}

// merge takes in the samples of other (Chan, Golub & LeVeque 1979).
func (m *Moments) merge(other *Moments) {
	if m.Trials == 0 || other.Trials == 0 {
		if m.Trials == 0 {
			*m = *other
		}
		return
	}
	total := float64(m.Trials + other.Trials)
	share := float64(other.Trials) / total
	for i := range m.Mean {
		d := other.Mean[i] - m.Mean[i]
		m.Squares[i] += other.Squares[i] + float64(float64(float64(d*d)*float64(m.Trials))*share)
		m.Mean[i] += float64(d * share)
	}
	m.Trials += other.Trials
}

// Variance is the variance of one sample of a parameter's derivative.
func (m *Moments) Variance(parameter int) float64 {
	if m.Trials < 2 {
		return 0
	}
	return m.Squares[parameter] / float64(m.Trials-1)
}

// StandardError is the standard error of the mean of a parameter's derivative.
func (m *Moments) StandardError(parameter int) float64 {
	return math.Sqrt(m.Variance(parameter) / float64(max(1, m.Trials)))
}

// TotalVariance is the sum of the variances of all parameters: the mean squared
// distance of one sample of the gradient from its mean.
func (m *Moments) TotalVariance() float64 {
	total := 0.0
	for i := range m.Mean {
		total += m.Variance(i)
	}
	return total
}

// mergeTree merges moments over a fixed binary tree into the first.
func mergeTree(chunks []*Moments) *Moments {
	for distance := 1; distance < len(chunks); distance *= 2 {
		for i := 0; i+distance < len(chunks); i += 2 * distance {
			chunks[i].merge(chunks[i+distance])
		}
	}
	return chunks[0]
}
