package audit

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// angle finds the cosine of the angle between the gradient that groups u estimate without
// bias and one that is known better, with an interval that never leaves [−1, 1].
//
// With a_g = <u_g, s>/|s| and τ = tan² of the angle, the kernel <u_g, u_h> − (1 + τ)·a_g·a_h
// has mean 0 over pairs g ≠ h at the true τ, exactly. The interval holds all τ at which that
// mean is no further from 0 than chance takes it. Its distribution is skewed, since the
// square of noise is in it: quantiles are those of a gamma distribution with its three
// first cumulants, which come from the pairs and triples of groups.
type angle struct {
	products [][]float64 // [group][group]: <u_g, u_h>
	along    []float64   // [group]: a_g
	// others, [group of s], are the mean of a_g with one group of s left out.
	others []float64
}

// newAngle takes independent estimates u of one gradient and s of another; nil while noise
// hides s.
func newAngle(u, s [][]float64) *angle {
	average := mean(s)
	squares := newSquares(s, average)
	square := squares.product()
	if !(square > 0) {
		return nil
	}
	a := &angle{}
	for g := range u {
		a.products = append(a.products, make([]float64, len(u)))
		for h := range g {
			a.products[g][h] = dot(u[g], u[h])
			a.products[h][g] = a.products[g][h]
		}
		a.along = append(a.along, dot(u[g], average)/math.Sqrt(square))
	}
	meanU := mean(u)
	between := dot(meanU, average)
	for b := range s {
		without := squares.without(b)
		if !(without > 0) {
			return nil
		}
		a.others = append(a.others, leaveOut(between, dot(meanU, s[b]), len(s))/math.Sqrt(without))
	}
	return a
}

// pairs is the matrix of the kernel at τ, [group][group], without a diagonal.
func (a *angle) pairs(tau float64) [][]float64 {
	kernel := make([][]float64, len(a.along))
	for g := range kernel {
		kernel[g] = make([]float64, len(a.along))
		for h := range kernel[g] {
			if g != h {
				kernel[g][h] = a.products[g][h] - float64((1+tau)*float64(a.along[g]*a.along[h]))
			}
		}
	}
	return kernel
}

// significance is the mean of the kernel at τ in standard errors, with its skewness.
func (a *angle) significance(tau float64) (z, skewness float64) {
	kernel, n := a.pairs(tau), float64(len(a.along))
	average, rows := 0.0, make([]float64, len(kernel))
	for g, row := range kernel {
		for _, x := range row {
			rows[g] += x / (n - 1)
		}
		average += rows[g] / n
	}
	// What is left of the kernel without the effects of single groups is that of pairs of
	// noises (Hoeffding's decomposition).
	for g, row := range kernel {
		for h := range row {
			if g != h {
				row[h] -= (n-1)/(n-2)*(rows[g]+rows[h]-2*average) + average
			}
		}
	}
	var single, pair, triple, mixed, cubes float64
	for g, row := range kernel {
		d := (n - 1) / (n - 2) * (rows[g] - average)
		single += float64(d*d) / (n - 1)
		cubes += float64(float64(d*d)*d) / n
		for h, x := range row {
			pair += float64(x*x) / (n * (n - 3))
			mixed += float64(d*x) * (rows[h] - average) * (n - 1) / (n - 2) / (n * (n - 1))
			for k, y := range kernel[h] {
				triple += float64(x*y) * kernel[k][g] / (n * (n - 1) * (n - 2))
			}
		}
	}
	single = max(0, single-pair/(n-2))
	variance := 4*single/n + 2*pair/(n*(n-1))
	skewed := (8*triple + (24*mixed+8*cubes)*n) / (n * n * n)
	ofS, m := 0.0, float64(len(a.others))
	center := 0.0
	for _, other := range a.others {
		center += other / m
	}
	for _, other := range a.others {
		d := (1 + tau) * (float64(other*other) - float64(center*center))
		ofS += float64(d*d) * (m - 1) / m
	}
	variance += ofS
	if !(variance > 0) {
		return math.Copysign(math.Inf(1), average), 0
	}
	return average / math.Sqrt(variance), skewed / math.Pow(variance, 1.5)
}

// accepts says whether the mean at τ is within what chance allows: 0 if it is, else on
// which side it lies outside.
func (a *angle) accepts(tau float64) int {
	z, skewness := a.significance(tau)
	freedom := float64(len(a.along) - 1)
	tail := (1 - Confidence) / 2
	if z > skewedQuantile(1-tail, skewness, freedom) {
		return 1
	}
	if z < skewedQuantile(tail, skewness, freedom) {
		return -1
	}
	return 0
}

// skewedQuantile is a quantile of a gamma distribution with mean 0, variance 1 and a
// skewness, stretched as Student's distribution stretches the normal one.
func skewedQuantile(probability, skewness, freedom float64) float64 {
	stretch := quantile(Confidence/2+0.5, freedom) / distuv.UnitNormal.Quantile(Confidence/2+0.5)
	if skewness < 0 {
		return -skewedQuantile(1-probability, -skewness, freedom)
	}
	if skewness < 0.3 { // the same to the third digit (Cornish & Fisher 1938)
		z := distuv.UnitNormal.Quantile(probability)
		return float64(stretch * (z + float64(float64(z*z)-1)*skewness/6))
	}
	shape := 4 / float64(skewness*skewness)
	g := distuv.Gamma{Alpha: shape, Beta: 1}
	return float64(stretch * ((g.Quantile(probability) - shape) / math.Sqrt(shape)))
}

// mostTan is the largest tan² that is looked at: a right angle.
const mostTan = 1e8

// cosine is the cosine with its interval, nil while noise hides the gradient.
func (a *angle) cosine() *Estimate {
	n := float64(len(a.along))
	sum, squares, lengths := 0.0, 0.0, 0.0
	for g, x := range a.along {
		sum, squares = sum+x, squares+float64(x*x)
		for h := range a.along {
			if g != h {
				lengths += a.products[g][h] / (n * (n - 1))
			}
		}
	}
	average := sum / n
	if !(lengths > 0) {
		return nil
	}
	value := max(-1, min(1, average/math.Sqrt(lengths)))
	// The mean of the kernel falls with τ, so that what is accepted lies between two ends.
	nearest := a.border(func(side int) bool { return side <= 0 })
	farthest := a.border(func(side int) bool { return side < 0 })
	near, far := 1/math.Sqrt(1+nearest), 1/math.Sqrt(1+farthest)
	half := quantile((1+Confidence)/2, n-1) * math.Sqrt((squares-sum*average)/(n*(n-1)))
	e := &Estimate{Value: value, Low: far, High: near}
	switch {
	case farthest >= mostTan || math.Abs(average) < half: // the sign is not known
		e.Low, e.High = -near, near
	case average < 0:
		e.Low, e.High = -near, -far
	}
	e.Low, e.High = min(e.Low, value), max(e.High, value)
	return e
}

// border is the smallest τ from which on a condition on the side holds, by bisection of
// the angle.
func (a *angle) border(holds func(side int) bool) float64 {
	if holds(a.accepts(0)) {
		return 0
	}
	if !holds(a.accepts(mostTan)) {
		return mostTan
	}
	low, high := 0.0, math.Atan(math.Sqrt(mostTan))
	for range 40 {
		middle := (low + high) / 2
		if t := math.Tan(middle); holds(a.accepts(t * t)) {
			high = middle
		} else {
			low = middle
		}
	}
	t := math.Tan(high)
	return t * t
}
