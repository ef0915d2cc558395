package audit

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is a number with its confidence interval at level [Confidence].
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Confidence is the level of all intervals.
const Confidence = 0.95

// half returns half the length of the interval.
func (e *Estimate) half() float64 { return (e.High - e.Low) / 2 }

// products are the inner products of two gradients, u unbiased and s surrogate, without
// the variance of their estimates.
type products struct{ uu, us, ss float64 }

// bias returns |s − u|/|u|.
func (p products) bias() float64 {
	return math.Sqrt(max(0, p.ss-2*p.us+p.uu)) / math.Sqrt(p.uu)
}

// scale returns <u,s>/<s,s>: the factor that brings s closest to u.
func (p products) scale() float64 { return p.us / p.ss }

// comparison holds the inner products from all groups of two independent sets, and those
// with one group left out.
type comparison struct {
	all              products
	withoutU         []products // [group of u]
	withoutS         []products // [group of s]
	degreesOfFreedom float64
}

// compare compares independent estimates u of one gradient with independent estimates
// s of another; there are at least three of each.
func compare(u, s [][]float64) *comparison {
	meanU, meanS := mean(u), mean(s)
	squaresU, squaresS := newSquares(u, meanU), newSquares(s, meanS)
	between := dot(meanU, meanS)
	c := &comparison{
		all:              products{squaresU.product(), between, squaresS.product()},
		degreesOfFreedom: float64(min(len(u), len(s)) - 1),
	}
	for a := range u {
		c.withoutU = append(c.withoutU, products{squaresU.without(a), leaveOut(between, dot(u[a], meanS), len(u)), c.all.ss})
	}
	for b := range s {
		c.withoutS = append(c.withoutS, products{c.all.uu, leaveOut(between, dot(meanU, s[b]), len(s)), squaresS.without(b)})
	}
	return c
}

// leaveOut returns a mean of n terms without one of them.
func leaveOut(mean, term float64, n int) float64 {
	return (float64(mean*float64(n)) - term) / float64(n-1)
}

// squares estimates the squared length of a gradient from n independent estimates, by
// the mean of <g_a, g_b> over all pairs a ≠ b.
type squares struct {
	n      float64
	sum    float64   // |Σ g|²
	own    float64   // Σ |g_a|²
	withs  []float64 // [group]: <Σ g, g_a>
	square []float64 // [group]: |g_a|²
}

func newSquares(list [][]float64, mean []float64) *squares {
	q := &squares{n: float64(len(list))}
	q.sum = float64(float64(q.n*q.n) * dot(mean, mean))
	for _, g := range list {
		square := dot(g, g)
		q.own += square
		q.square = append(q.square, square)
		q.withs = append(q.withs, float64(q.n*dot(mean, g)))
	}
	return q
}

// product returns the estimate from all groups.
func (q *squares) product() float64 { return (q.sum - q.own) / (q.n * (q.n - 1)) }

// without returns the estimate without one group.
func (q *squares) without(a int) float64 {
	sum := q.sum - 2*q.withs[a] + q.square[a]
	return (sum - (q.own - q.square[a])) / ((q.n - 1) * (q.n - 2))
}

// estimate returns a function of the products with a jackknife interval over the groups
// of both sets, nil if the function has no value.
func (c *comparison) estimate(f func(products) float64) *Estimate {
	value := f(c.all)
	variance := jackknife(each(c.withoutU, f)) + jackknife(each(c.withoutS, f))
	if math.IsNaN(value) || math.IsInf(value, 0) || math.IsNaN(variance) || math.IsInf(variance, 0) {
		return nil
	}
	half := float64(quantile((1+Confidence)/2, c.degreesOfFreedom) * math.Sqrt(variance))
	return &Estimate{value, value - half, value + half}
}

// each returns the values of a function.
func each(list []products, f func(products) float64) []float64 {
	var values []float64
	for _, p := range list {
		values = append(values, f(p))
	}
	return values
}

// jackknife returns the variance of a number from its values with one group left out at a
// time (Efron & Stein 1981).
func jackknife(without []float64) float64 {
	n := float64(len(without))
	mean, squares := total(without)/n, 0.0
	for _, value := range without {
		squares += float64((value - mean) * (value - mean))
	}
	return squares * (n - 1) / n
}

// total returns the sum of numbers.
func total(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum
}

// quantile returns that of Student's distribution.
func quantile(probability, degreesOfFreedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degreesOfFreedom}.Quantile(probability)
}

// Signs compares the signs of two gradients at the weights whose unbiased estimate
// differs from zero at [SignLevel].
type Signs struct {
	Weights     int     `json:"weights"`
	Significant int     `json:"significant"`
	ByChance    float64 `json:"significant_by_chance"` // expected if all derivatives were zero
	Different   int     `json:"different"`
}

// SignLevel is the two-sided level at which a derivative counts as known.
const SignLevel = 0.001

// compareSigns compares estimates as [compare] does.
func compareSigns(u, s [][]float64) Signs {
	n := float64(len(u))
	limit := quantile(1-SignLevel/2, n-1)
	meanU, meanS := mean(u), mean(s)
	signs := Signs{Weights: len(meanU), ByChance: SignLevel * float64(len(meanU))}
	for i, m := range meanU {
		squares := 0.0
		for _, g := range u {
			squares += float64((g[i] - m) * (g[i] - m))
		}
		if m == 0 || math.Abs(m) <= float64(limit*math.Sqrt(squares/(n*(n-1)))) {
			continue
		}
		signs.Significant++
		if m > 0 != (meanS[i] > 0) {
			signs.Different++
		}
	}
	return signs
}
