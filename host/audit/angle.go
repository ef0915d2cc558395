package audit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// angle finds the cosine of the angle between the gradient that groups u estimate without bias and the
// one that groups s estimate, with an interval within [−1, 1].
//
// With τ = tan² of the angle and c_gh the mean of <u_g, s_b>·<u_h, s_c>/|s|² over pairs b ≠ c, the
// kernel <u_g, u_h> − (1 + τ)·c_gh has mean 0 over pairs g ≠ h at the true τ. The interval holds all τ
// at which that mean is no further from 0 than by chance. Its distribution is skewed because it
// contains squared noise: quantiles are those of a gamma distribution with the same first three
// cumulants, estimated from pairs and triples of groups.
type angle struct {
	balance
	along []float64 // [group]: <u_g, s>/|s|
	// With one group of s left out, [group of s]: the mean of <u_g, s>/|s|.
	othersAlong []float64
}

// newAngle takes independent estimates u of one gradient and s of another; it returns nil while noise
// hides s.
func newAngle(u, s [][]float64) *angle {
	average := mean(s)
	squares := newSquares(s, average)
	square := squares.product()
	if !(square > 0) {
		return nil
	}
	a, m := &angle{}, float64(len(s))
	var others []float64 // the mean of c with one group of s left out
	crossed := squareOf(len(u))
	onto := make([][]float64, len(u)) // [group of u][group of s]
	for g := range u {
		onto[g] = make([]float64, len(s))
		for b := range s {
			onto[g][b] = dot(u[g], s[b])
		}
		sum := total(onto[g])
		for h := range g {
			crossed[g][h] = (float64(sum*total(onto[h])) - dot(onto[g], onto[h])) / (m * (m - 1) * square)
			crossed[h][g] = crossed[g][h]
		}
		a.along = append(a.along, sum/(m*math.Sqrt(square)))
	}
	between := mean(onto)
	sum, own := total(between), dot(between, between)
	for b, x := range between {
		without := squares.without(b)
		if !(without > 0) {
			return nil
		}
		rest := sum - x
		others = append(others, (float64(rest*rest)-(own-float64(x*x)))/((m-1)*(m-2)*without))
		a.othersAlong = append(a.othersAlong, rest/((m-1)*math.Sqrt(without)))
	}
	noise := jackknife(others)
	a.balance = newBalance(innerProducts(u), crossed, func(x float64) float64 { return float64(float64(x*x) * noise) })
	return a
}

// innerProducts returns <u_g, u_h> for all pairs g ≠ h, [group][group].
func innerProducts(u [][]float64) [][]float64 {
	products := squareOf(len(u))
	for g := range u {
		for h := range g {
			products[g][h] = dot(u[g], u[h])
			products[h][g] = products[g][h]
		}
	}
	return products
}

// squareOf returns an n×n matrix of zeros.
func squareOf(n int) [][]float64 {
	square := make([][]float64, n)
	for g := range square {
		square[g] = make([]float64, n)
	}
	return square
}

// kernel is a symmetric function of two different groups, decomposed (Hoeffding's decomposition): its
// mean over all pairs, the contribution of each single group, and the remainder of each pair.
type kernel struct {
	mean   float64
	single []float64   // [group]
	pairs  [][]float64 // [group][group]
}

// newKernel takes the values, [group][group], and overwrites them.
func newKernel(values [][]float64) kernel {
	n := float64(len(values))
	k := kernel{single: make([]float64, len(values)), pairs: values}
	for g, row := range values {
		for h, x := range row {
			if g != h {
				k.single[g] += x / (n - 1)
			}
		}
		k.mean += k.single[g] / n
	}
	for g := range k.single {
		k.single[g] = (n - 1) / (n - 2) * (k.single[g] - k.mean)
	}
	for g, row := range values {
		row[g] = 0
		for h := range row {
			if g != h {
				row[h] -= k.single[g] + k.single[h] + k.mean
			}
		}
	}
	return k
}

// set sets the kernel to a − factor·b, all of the same groups.
func (k *kernel) set(a *kernel, factor float64, b *kernel) {
	less := func(to, a, b []float64) {
		for i, x := range a {
			to[i] = x - float64(factor*b[i])
		}
	}
	k.mean = a.mean - float64(factor*b.mean)
	less(k.single, a.single, b.single)
	for g, row := range k.pairs {
		less(row, a.pairs[g], b.pairs[g])
	}
}

// triples returns the sum of a_gh·b_hk·c_kg over all groups g, h, k.
func triples(a, b, c [][]float64) float64 {
	sum := 0.0
	for g, row := range a {
		for h, x := range row {
			for k, y := range b[h] {
				sum += float64(float64(x*y) * c[k][g])
			}
		}
	}
	return sum
}

// pairMean is the mean of a kernel over pairs of different groups, the variance of that mean
// and its third cumulant.
type pairMean struct{ mean, variance, third float64 }

// estimate computes the mean of pairs, given the kernel's own triples.
func (k *kernel) estimate(triples float64) pairMean {
	n := float64(len(k.pairs))
	var single, pair, mixed, cubes float64
	for g, row := range k.pairs {
		d := k.single[g]
		single += float64(d*d) / (n - 1)
		cubes += float64(float64(d*d)*d) / n
		for h, x := range row {
			pair += float64(x*x) / (n * (n - 3))
			mixed += float64(d*x) * k.single[h] / (n * (n - 1))
		}
	}
	single = max(0, single-pair/(n-2))
	third := 8*triples/(n*(n-1)*(n-2)) + float64((float64(24*mixed)+float64(8*cubes))*n)
	return pairMean{k.mean, 4*single/n + 2*pair/(n*(n-1)), third / (n * n * n)}
}

// balance finds the x at which the kernel top − x·bottom has mean 0, where bottom has a positive mean.
type balance struct {
	top, bottom, both kernel                  // both is scratch for the one at x
	triples           [4]float64              // of the kernel at x, as a polynomial in x
	noise             func(x float64) float64 // contribution of the noise of s to the variance of its mean
}

// newBalance takes the values of two kernels, [group][group], and overwrites them.
func newBalance(top, bottom [][]float64, noise func(x float64) float64) balance {
	b := balance{top: newKernel(top), bottom: newKernel(bottom), both: newKernel(squareOf(len(top))), noise: noise}
	p, q := b.top.pairs, b.bottom.pairs
	b.triples = [4]float64{triples(p, p, p), -3 * triples(p, p, q), 3 * triples(p, q, q), -triples(q, q, q)}
	return b
}

// significance returns the mean of the kernel at x in standard errors, and its skewness.
func (b *balance) significance(x float64) (z, skewness float64) {
	b.both.set(&b.top, x, &b.bottom)
	t := &b.triples
	p := b.both.estimate(t[0] + float64(x*(t[1]+float64(x*(t[2]+float64(x*t[3]))))))
	p.variance += b.noise(x)
	if !(p.variance > 0) {
		return math.Copysign(math.Inf(1), p.mean), 0
	}
	return p.mean / math.Sqrt(p.variance), p.third / math.Pow(p.variance, 1.5)
}

// accepts returns 0 if the mean at x is within what chance allows, otherwise the side on which it is
// outside.
func (b *balance) accepts(x float64) int {
	z, skewness := b.significance(x)
	freedom := float64(len(b.top.single) - 1)
	tail := (1 - Confidence) / 2
	if z > skewedQuantile(1-tail, skewness, freedom) {
		return 1
	}
	if z < skewedQuantile(tail, skewness, freedom) {
		return -1
	}
	return 0
}

// interval returns the ends of the interval of squares t² for which x = t² + shift is accepted. It is
// one interval because the kernel's mean decreases with x.
func (b *balance) interval(shift float64) (nearest, farthest float64) {
	nearest = b.border(shift, func(side int) bool { return side <= 0 })
	return nearest, b.border(shift, func(side int) bool { return side < 0 })
}

// border returns the smallest t² from which a condition on the side holds, at most mostTan, by
// bisection of the angle whose tangent is t.
func (b *balance) border(shift float64, holds func(side int) bool) float64 {
	if holds(b.accepts(shift)) {
		return 0
	}
	if !holds(b.accepts(mostTan + shift)) {
		return mostTan
	}
	low, high := 0.0, math.Atan(math.Sqrt(mostTan))
	for range 40 {
		middle := (low + high) / 2
		if t := math.Tan(middle); holds(b.accepts(float64(t*t) + shift)) {
			high = middle
		} else {
			low = middle
		}
	}
	t := math.Tan(high)
	return t * t
}

// biasOf returns |s − u|/|u| for the gradients that groups u and s estimate, nil while noise hides u.
// With x its square, <u_g − s, u_h − s> − x·<u_g, u_h> has mean 0 over pairs g ≠ h.
func biasOf(u, s [][]float64) *Estimate {
	c := compare(u, s)
	value := c.all.bias()
	if !(c.all.uu > 0) {
		return nil
	}
	average := mean(s)
	bottom, top, along := innerProducts(u), squareOf(len(u)), make([]float64, len(u))
	for g := range u {
		along[g] = dot(u[g], average)
		for h := range g {
			top[g][h] = bottom[g][h] - along[g] - along[h] + c.all.ss
			top[h][g] = top[g][h]
		}
	}
	noise := jackknife(each(c.withoutS, func(p products) float64 { return p.ss - 2*p.us }))
	b := newBalance(top, bottom, func(float64) float64 { return noise })
	nearest, farthest := b.interval(0)
	if farthest >= mostTan {
		return nil
	}
	return &Estimate{Value: value, Low: min(value, math.Sqrt(nearest)), High: max(value, math.Sqrt(farthest))}
}

// lengthOf returns the length of a gradient from independent estimates of it. Its interval comes from
// that of the squared length, cut off at 0: if noise hides the gradient, the interval starts at 0.
func lengthOf(u [][]float64) *Estimate {
	k := newKernel(innerProducts(u))
	p := k.estimate(triples(k.pairs, k.pairs, k.pairs))
	error, skewness := math.Sqrt(p.variance), 0.0
	if error > 0 {
		skewness = p.third / math.Pow(p.variance, 1.5)
	}
	tail, freedom := (1-Confidence)/2, float64(len(u)-1)
	root := func(square float64) float64 { return math.Sqrt(max(0, square)) }
	return &Estimate{
		Value: root(p.mean),
		Low:   root(p.mean - float64(error*skewedQuantile(1-tail, skewness, freedom))),
		High:  root(p.mean - float64(error*skewedQuantile(tail, skewness, freedom))),
	}
}

// skewedQuantile returns a quantile of a gamma distribution with mean 0, variance 1 and the given
// skewness, widened as Student's distribution widens the normal one. Skewness lengthens one tail, but
// may not shorten the other: that one ends abruptly if there are few weights, and skewness from few
// groups is not known well enough to say where.
func skewedQuantile(probability, skewness, freedom float64) float64 {
	if probability < 0.5 {
		return -skewedQuantile(1-probability, -skewness, freedom)
	}
	student := quantile(probability, freedom)
	if skewness <= 0 {
		return student
	}
	z := mathext.NormalQuantile(probability)
	if skewness < 0.3 { // equal to three digits (Cornish & Fisher 1938)
		return student / z * (z + float64(float64(z*z)-1)*skewness/6)
	}
	shape := 4 / float64(skewness*skewness)
	g := distuv.Gamma{Alpha: shape, Beta: 1}
	return student / z * ((g.Quantile(probability) - shape) / math.Sqrt(shape))
}

// shortProjection is how many half intervals long the projection on s must be for its square to be
// trusted.
const shortProjection = 2

// mostTan is the largest tan², or other square, considered: a right angle.
const mostTan = 1e8

// cosine returns the cosine with its interval, nil while noise hides the gradient so well that every
// angle is possible.
func (a *angle) cosine() *Estimate {
	n := float64(len(a.along))
	sum, squares, length := 0.0, 0.0, a.top.mean
	for _, x := range a.along {
		sum, squares = sum+x, squares+float64(x*x)
	}
	average := sum / n
	value := math.Copysign(1, average)
	if length > 0 {
		value = max(-1, min(1, average/math.Sqrt(length)))
	}
	nearest, farthest := a.interval(1)
	near, far := 1/math.Sqrt(1+nearest), 1/math.Sqrt(1+farthest)
	half := float64(quantile((1+Confidence)/2, n-1) * math.Sqrt((squares-float64(sum*average))/(n*(n-1))+jackknife(a.othersAlong)))
	e := &Estimate{Value: value, Low: far, High: near}
	switch {
	case farthest >= mostTan || math.Abs(average) < half: // the sign is not known
		e.Low, e.High = -near, near
	case average < 0:
		e.Low, e.High = -near, -far
	}
	e.Low, e.High = min(e.Low, value), max(e.High, value)
	// If <u, s> is within its noise, the interval of its square does not reflect that noise, which is
	// then added directly.
	if math.Abs(average) < shortProjection*half && length > 0 {
		e.Low = max(-1, min(e.Low, (average-half)/math.Sqrt(length)))
		e.High = min(1, max(e.High, (average+half)/math.Sqrt(length)))
	}
	if e.Low == -1 && e.High == 1 {
		return nil
	}
	return e
}
