package audit

import "math"

// Measured is a number with two confidence intervals at level [Confidence]. Both account
// for the network's noise. Low and High hold for the samples drawn; DataLow and DataHigh
// also account for their choice, and hold for the whole data set.
type Measured struct {
	Value    float64 `json:"value"`
	Error    float64 `json:"standard_error"` // due to noise, for the samples drawn
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	DataLow  float64 `json:"data_low"`
	DataHigh float64 `json:"data_high"`
}

// zero reports whether the interval for the data set contains zero.
func (m *Measured) zero() bool { return m.DataLow <= 0 && m.DataHigh >= 0 }

// table holds the measurements of a quantity: [draw of noise][unit], where a unit is a
// sample or a block of samples, weighted by its share of the samples drawn.
type table struct {
	values  [][]float64
	weights []float64 // [unit]; the sum is 1
	share   float64   // of the data set that was drawn
}

// combined returns the weighted sum of tables of the same units.
func combined(tables []table, factors []float64) table {
	sum := tables[0]
	sum.values = make([][]float64, len(tables[0].values))
	for r := range sum.values {
		sum.values[r] = make([]float64, len(sum.weights))
		for k, t := range tables {
			for u, x := range t.values[r] {
				sum.values[r][u] += float64(factors[k] * x)
			}
		}
	}
	return sum
}

// blocks returns the means of a table of samples over blocks with the given sample counts.
func (t table) blocks(sizes []int) table {
	b := table{weights: make([]float64, len(sizes)), share: t.share}
	for r := range t.values {
		b.values = append(b.values, make([]float64, len(sizes)))
		first := 0
		for u, size := range sizes {
			for _, x := range t.values[r][first:][:size] {
				b.values[r][u] += x / float64(size)
			}
			first += size
			b.weights[u] = float64(size) / float64(len(t.weights))
		}
	}
	return b
}

// spread is a mean with the variances of its errors.
type spread struct {
	mean            float64
	noise           float64 // variance, for the samples drawn
	noiseFreedom    float64
	data            float64 // variance, for the data set
	samplingFreedom float64
}

// spread returns the mean of a table. The variance due to noise comes from the draws of
// every unit; that due to the choice of samples from the means of units, reduced for the
// share of the data set that was drawn (two-stage sampling, Cochran 1977, chapter 10).
func (t table) spread() spread {
	draws, units := float64(len(t.values)), float64(len(t.weights))
	means := make([]float64, len(t.weights))
	var s spread
	var squares float64
	for u, w := range t.weights {
		for r := range t.values {
			means[u] += t.values[r][u] / draws
		}
		variance := 0.0
		for r := range t.values {
			d := t.values[r][u] - means[u]
			variance += float64(d*d) / (draws - 1)
		}
		own := float64(w*w) * variance / draws
		s.noise += own
		squares += float64(own * own)
		s.mean += float64(w * means[u])
	}
	between := 0.0
	for u, w := range t.weights {
		d := float64(w * (means[u] - s.mean))
		between += float64(d * d)
	}
	between *= units / (units - 1)
	s.data = float64(t.share*s.noise) + float64((1-t.share)*between)
	// Welch and Satterthwaite with estimated variances, whose squares are too large by
	// (draws + 1)/(draws − 1).
	s.noiseFreedom = 1
	if squares > 0 {
		s.noiseFreedom = min(units*(draws-1), max(1, float64(s.noise*s.noise)*(draws+1)/squares))
	}
	s.samplingFreedom = units - 1
	if t.share == 1 {
		s.samplingFreedom = s.noiseFreedom
	}
	return s
}

// measured returns the mean of a table with its intervals.
func (t table) measured() *Measured {
	s := t.spread()
	half := float64(quantile((1+Confidence)/2, s.noiseFreedom) * math.Sqrt(s.noise))
	halfData := float64(quantile((1+Confidence)/2, s.samplingFreedom) * math.Sqrt(s.data))
	return &Measured{s.mean, math.Sqrt(s.noise), s.mean - half, s.mean + half, s.mean - halfData, s.mean + halfData}
}

// ratio returns the mean of a over that of b, paired by unit, with intervals by Fieller
// (1954), nil if b's cannot be distinguished from 0 in the data set.
func ratio(a, b table) *Measured {
	sa, sb, sum := a.spread(), b.spread(), combined([]table{a, b}, []float64{1, 1}).spread()
	low, high, known := fieller(sa.mean, sb.mean, sa.noise, sb.noise, (sum.noise-sa.noise-sb.noise)/2, min(sa.noiseFreedom, sb.noiseFreedom))
	dataLow, dataHigh, knownData := fieller(sa.mean, sb.mean, sa.data, sb.data, (sum.data-sa.data-sb.data)/2, min(sa.samplingFreedom, sb.samplingFreedom))
	if !known || !knownData {
		return nil
	}
	value := sa.mean / sb.mean
	residual := combined([]table{a, b}, []float64{1, -value}).spread()
	return &Measured{value, math.Sqrt(residual.noise) / math.Abs(sb.mean), low, high, dataLow, dataHigh}
}

// fieller returns the interval of a ratio of means a/b with given variances and
// covariance.
func fieller(a, b, varianceA, varianceB, covariance, freedom float64) (low, high float64, known bool) {
	t := quantile((1+Confidence)/2, freedom)
	square := float64(t * t)
	denominator := float64(b*b) - float64(square*varianceB)
	if !(denominator > 0) {
		return 0, 0, false
	}
	middle := float64(a*b) - float64(square*covariance)
	root := math.Sqrt(max(0, float64(middle*middle)-float64(denominator*(float64(a*a)-float64(square*varianceA)))))
	return (middle - root) / denominator, (middle + root) / denominator, true
}
