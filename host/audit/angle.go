package audit

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// angle finds the cosine of the angle between the gradient that groups u estimate without
// bias and the one that groups s estimate, with an interval that never leaves [−1, 1].
//
// With τ = tan² of the angle and c_gh the mean of <u_g, s_b>·<u_h, s_c>/|s|² over pairs b ≠ c,
// the kernel <u_g, u_h> − (1 + τ)·c_gh has mean 0 over pairs g ≠ h at the true τ. The interval
// holds all τ at which that mean is no further from 0 than chance takes it. Its distribution
// is skewed because it contains squared noise: quantiles come from a gamma distribution with
// the same first three cumulants, which pairs and triples of groups give.
type angle struct {
	products [][]float64 // [group][group]: <u_g, u_h>
	crossed  [][]float64 // [group][group]: c_gh
	along    []float64   // [group]: <u_g, s>/|s|
	// With one group of s left out, [group of s]: the means of c and of <u_g, s>/|s|.
	others, othersAlong []float64
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
	a := &angle{products: innerProducts(u)}
	m := float64(len(s))
	onto := make([][]float64, len(u)) // [group of u][group of s]
	for g := range u {
		onto[g] = make([]float64, len(s))
		for b := range s {
			onto[g][b] = dot(u[g], s[b])
		}
		a.crossed = append(a.crossed, make([]float64, len(u)))
		sum := total(onto[g])
		for h := range g {
			a.crossed[g][h] = (float64(sum*total(onto[h])) - dot(onto[g], onto[h])) / (m * (m - 1) * square)
			a.crossed[h][g] = a.crossed[g][h]
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
		a.others = append(a.others, (float64(rest*rest)-(own-float64(x*x)))/((m-1)*(m-2)*without))
		a.othersAlong = append(a.othersAlong, rest/((m-1)*math.Sqrt(without)))
	}
	return a
}

// innerProducts are <u_g, u_h> of all pairs g ≠ h, [group][group].
func innerProducts(u [][]float64) [][]float64 {
	products := make([][]float64, len(u))
	for g := range u {
		products[g] = make([]float64, len(u))
		for h := range g {
			products[g][h] = dot(u[g], u[h])
			products[h][g] = products[g][h]
		}
	}
	return products
}

// pairs is the kernel at τ, [group][group].
func (a *angle) pairs(tau float64) [][]float64 {
	kernel := make([][]float64, len(a.along))
	for g := range kernel {
		kernel[g] = make([]float64, len(a.along))
		for h := range kernel[g] {
			kernel[g][h] = a.products[g][h] - float64((1+tau)*a.crossed[g][h])
		}
	}
	return kernel
}

// pairMean is the mean of a symmetric kernel over pairs of different groups, the variance of
// that mean and its skewness.
type pairMean struct{ mean, variance, third float64 }

// newPairMean takes the kernel, [group][group], and overwrites it.
func newPairMean(kernel [][]float64) pairMean {
	n := float64(len(kernel))
	average, rows := 0.0, make([]float64, len(kernel))
	for g, row := range kernel {
		for h, x := range row {
			if g != h {
				rows[g] += x / (n - 1)
			}
		}
		average += rows[g] / n
	}
	// Without the effects of single groups, what remains is the interaction of pairs
	// (Hoeffding's decomposition).
	for g, row := range kernel {
		row[g] = 0
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
	return pairMean{average, 4*single/n + 2*pair/(n*(n-1)), (8*triple + (24*mixed+8*cubes)*n) / (n * n * n)}
}

// significance is the mean of the kernel at τ in standard errors, with its skewness.
func (a *angle) significance(tau float64) (z, skewness float64) {
	p := newPairMean(a.pairs(tau))
	p.variance += float64((1+tau)*(1+tau)) * jackknife(a.others)
	if !(p.variance > 0) {
		return math.Copysign(math.Inf(1), p.mean), 0
	}
	return p.mean / math.Sqrt(p.variance), p.third / math.Pow(p.variance, 1.5)
}

// lengthOf is the length of a gradient of which there are independent estimates. Its
// interval comes from that of the squared length, which can be known to be nearly 0 but not
// to be less: noise that hides the gradient gives an interval from 0.
func lengthOf(u [][]float64) *Estimate {
	p := newPairMean(innerProducts(u))
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
// skewness, stretched as Student's distribution stretches the normal one. Skewness lengthens
// one tail, and is not let shorten the other: that ends abruptly where there are few weights,
// and skewness from few groups is not known well enough to say where.
func skewedQuantile(probability, skewness, freedom float64) float64 {
	if probability < 0.5 {
		return -skewedQuantile(1-probability, -skewness, freedom)
	}
	student := quantile(probability, freedom)
	if skewness <= 0 {
		return student
	}
	z := distuv.UnitNormal.Quantile(probability)
	if skewness < 0.3 { // the same to the third digit (Cornish & Fisher 1938)
		return student / z * (z + float64(float64(z*z)-1)*skewness/6)
	}
	shape := 4 / float64(skewness*skewness)
	g := distuv.Gamma{Alpha: shape, Beta: 1}
	return student / z * ((g.Quantile(probability) - shape) / math.Sqrt(shape))
}

// shortProjection is how many half intervals long the projection on s has to be for its
// square to be trusted.
const shortProjection = 2

// mostTan is the largest tan² that is looked at: a right angle.
const mostTan = 1e8

// cosine is the cosine with its interval, nil while noise hides the gradient so well that
// every angle is possible.
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
	value := math.Copysign(1, average)
	if lengths > 0 {
		value = max(-1, min(1, average/math.Sqrt(lengths)))
	}
	// The mean of the kernel falls with τ, so that what is accepted lies between two ends.
	nearest := a.border(func(side int) bool { return side <= 0 })
	farthest := a.border(func(side int) bool { return side < 0 })
	near, far := 1/math.Sqrt(1+nearest), 1/math.Sqrt(1+farthest)
	half := quantile((1+Confidence)/2, n-1) * math.Sqrt((squares-sum*average)/(n*(n-1))+jackknife(a.othersAlong))
	e := &Estimate{Value: value, Low: far, High: near}
	switch {
	case farthest >= mostTan || math.Abs(average) < half: // the sign is not known
		e.Low, e.High = -near, near
	case average < 0:
		e.Low, e.High = -near, -far
	}
	e.Low, e.High = min(e.Low, value), max(e.High, value)
	// Where <u, s> is within its noise, its square is no measure of its own noise, which is
	// then added as it is.
	if math.Abs(average) < shortProjection*half && lengths > 0 {
		e.Low = max(-1, min(e.Low, (average-half)/math.Sqrt(lengths)))
		e.High = min(1, max(e.High, (average+half)/math.Sqrt(lengths)))
	}
	if e.Low == -1 && e.High == 1 {
		return nil
	}
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
