package estimate

import "math"

// Moments are mean and spread of samples of a gradient, [parameter].
type Moments struct {
	Trials  int
	Mean    []float64
	Squares []float64 // sum of squared deviations from the mean
	// Cubes and Fourths are the sums of their third and fourth powers.
	Cubes, Fourths []float64
}

func newMoments(parameters int) *Moments {
	return &Moments{
		Mean: make([]float64, parameters), Squares: make([]float64, parameters),
		Cubes: make([]float64, parameters), Fourths: make([]float64, parameters),
	}
}

// add adds one sample.
func (m *Moments) add(sample []float64) {
	for i, x := range sample {
		m.absorb(i, 1, x, 0, 0, 0)
	}
	m.Trials++
}

// merge adds the samples of other.
func (m *Moments) merge(other *Moments) {
	if m.Trials == 0 || other.Trials == 0 {
		if m.Trials == 0 {
			*m = *other
		}
		return
	}
	for i := range m.Mean {
		m.absorb(i, float64(other.Trials), other.Mean[i], other.Squares[i], other.Cubes[i], other.Fourths[i])
	}
	m.Trials += other.Trials
}

// absorb adds b samples of a parameter's derivative, given by their mean and sums of powers
// (Chan, Golub & LeVeque 1979; higher powers Pébay 2008).
func (m *Moments) absorb(i int, b, mean, squares, cubes, fourths float64) {
	a := float64(m.Trials)
	d := mean - m.Mean[i]
	share := d / (a + b)
	between := float64(float64(d*share)*a) * b
	m.Fourths[i] += fourths + float64(between*float64(share*share))*(a*a-a*b+b*b) +
		float64(6*float64(share*share))*(float64(float64(a*a)*squares)+float64(float64(b*b)*m.Squares[i])) +
		float64(4*share)*(float64(a*cubes)-float64(b*m.Cubes[i]))
	m.Cubes[i] += cubes + float64(between*share)*(a-b) + float64(3*share)*(float64(a*squares)-float64(b*m.Squares[i]))
	m.Squares[i] += squares + between
	m.Mean[i] += float64(share * b)
}

// Variance returns the variance of one sample of a parameter's derivative.
func (m *Moments) Variance(parameter int) float64 {
	if m.Trials < 2 {
		return 0
	}
	return m.Squares[parameter] / float64(m.Trials-1)
}

// StandardError returns the standard error of the mean of a parameter's derivative.
func (m *Moments) StandardError(parameter int) float64 {
	return math.Sqrt(m.Variance(parameter) / float64(max(1, m.Trials)))
}

// effective returns the number of trials that determine the variance of a parameter's
// derivative: all of them divided by the kurtosis, so a third for a normal distribution,
// and about the number of trials that moved it at all if these are few.
func (m *Moments) effective(parameter int) float64 {
	if m.Fourths[parameter] == 0 {
		return 0
	}
	return float64(m.Squares[parameter]*m.Squares[parameter]) / m.Fourths[parameter]
}

// leastEffective is how many effective trials a standard error needs to be trusted.
const leastEffective = 30

// known reports whether the standard error of a parameter's derivative can be trusted.
func (m *Moments) known(parameter int) bool { return m.effective(parameter) >= leastEffective }

// RelativeBias compares the mean with a gradient that has errors of its own, or none (nil).
// The length of the difference includes noise: its expected square is subtracted for bias,
// and chance is what the noise alone would give. Both are relative to the length of the
// gradient, from which the noise is subtracted, too; they are 0 while noise hides it.
func (m *Moments) RelativeBias(gradient, errors []float64) (bias, chance float64) {
	difference, noise, length := 0.0, 0.0, 0.0
	for i, want := range gradient {
		d, deviation := m.Mean[i]-want, m.StandardError(i)
		difference += float64(d * d)
		noise += float64(deviation * deviation)
		length += float64(want * want)
		if errors != nil {
			noise += float64(errors[i] * errors[i])
			length -= float64(errors[i] * errors[i])
		}
	}
	if !(length > 0) {
		return 0, 0
	}
	return math.Sqrt(max(0, difference-noise) / length), math.Sqrt(noise / length)
}

// TotalVariance returns the sum of the variances of all parameters: the mean squared
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
