package audit

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastNew is how much of a unit direction must be outside the span of others for it to
// count as a new one: with less, it would be measured with more than ten times the noise.
const leastNew = 0.1

// Span is what the slopes of several surrogates together show about one part of the
// weights: the projection of the true gradient on the span of their directions. Both
// bounds hold simultaneously, for all surrogates, at level [Confidence] in the data set
// (Scheffé 1953).
type Span struct {
	Surrogates  []string  `json:"surrogates"` // directions that add something new
	Combination []float64 `json:"combination"`
	// Length is the estimated length of the projection, without its noise.
	Length float64 `json:"length"`
	// LengthLow is a lower bound of the length of the true gradient; 0 means none.
	LengthLow float64 `json:"length_low"`
	// CosineHigh, [surrogate], are upper bounds of the cosines of all surrogates.
	CosineHigh []float64 `json:"cosine_high"`
}

// spanOf combines slopes along unit directions, [surrogate]. The first direction is the
// one with the largest slope. It is nil if all slopes are zero.
func spanOf(names []string, units [][]float64, slopes []table, first int) *Span {
	basis, factors, chosen := orthonormal(units, first)
	along := make([]table, len(basis))
	means, length := make([]float64, len(basis)), 0.0
	for k := range basis {
		along[k] = combined(slopes, factors[k])
		s := along[k].spread()
		means[k] = s.mean
		length += float64(s.mean*s.mean) - s.data
	}
	norm := math.Sqrt(dot(means, means))
	if norm == 0 {
		return nil
	}
	span := &Span{Length: math.Sqrt(max(0, length)), Combination: make([]float64, len(chosen))}
	best := make([]float64, len(basis))
	for k := range best {
		best[k] = means[k] / norm
		for c, v := range chosen {
			span.Combination[c] += float64(best[k] * factors[k][v])
		}
	}
	for _, v := range chosen {
		span.Surrogates = append(span.Surrogates, names[v])
	}
	all := combined(along, best).spread()
	dimensions := float64(len(basis))
	scheffe := math.Sqrt(dimensions * distuv.F{D1: dimensions, D2: all.samplingFreedom}.Quantile(Confidence))
	span.LengthLow = max(0, norm-float64(scheffe*math.Sqrt(all.data)))
	for v := range slopes {
		s := slopes[v].spread()
		high := 1.0
		if span.LengthLow > 0 {
			high = max(-1, min(1, (s.mean+float64(scheffe*math.Sqrt(s.data)))/span.LengthLow))
		}
		span.CosineHigh = append(span.CosineHigh, high)
	}
	return span
}

// orthonormal makes an orthonormal basis of the span of unit vectors (Gram & Schmidt),
// beginning with vector first; factors, [basis][vector], express it by the vectors
// chosen.
func orthonormal(units [][]float64, first int) (basis, factors [][]float64, chosen []int) {
	order := []int{first}
	for v := range units {
		if v != first {
			order = append(order, v)
		}
	}
	for _, v := range order {
		rest, own := append([]float64(nil), units[v]...), make([]float64, len(units))
		own[v] = 1
		for range 2 { // twice, against rounding
			for k, e := range basis {
				common := dot(rest, e)
				for i := range rest {
					rest[i] -= float64(common * e[i])
				}
				for w := range own {
					own[w] -= float64(common * factors[k][w])
				}
			}
		}
		length := math.Sqrt(dot(rest, rest))
		if length < leastNew {
			continue
		}
		for i := range rest {
			rest[i] /= length
		}
		for w := range own {
			own[w] /= length
		}
		basis, factors, chosen = append(basis, rest), append(factors, own), append(chosen, v)
	}
	return basis, factors, chosen
}
