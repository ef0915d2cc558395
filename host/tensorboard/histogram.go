package tensorboard

import "sort"

// Histogram is the distribution of values.
type Histogram struct {
	Min, Max, Count, Sum, SumOfSquares float64
	// Limits, [bucket], are the upper ends: a bucket holds the values above the previous
	// limit, up to its own.
	Limits  []float64
	Buckets []float64 // [bucket]: number of values
}

// Field numbers of a histogram.
const (
	histogramMin, histogramMax, histogramCount, histogramSum, histogramSquares, histogramLimits, histogramBuckets = 1, 2, 3, 4, 5, 6, 7
)

// buckets is the number of pieces of equal width that a histogram divides the range of its
// values into.
const buckets = 30

// NewHistogram sorts finite values into 30 buckets of equal width, or into one if all are equal.
// Without values, there are no buckets.
func NewHistogram(values []float32) Histogram {
	var h Histogram
	if len(values) == 0 {
		return h
	}
	h.Min, h.Max = float64(values[0]), float64(values[0])
	for _, value := range values {
		v := float64(value)
		h.Min, h.Max = min(h.Min, v), max(h.Max, v)
		h.Count++
		h.Sum += v
		h.SumOfSquares += float64(v * v)
	}
	if h.Min == h.Max {
		h.Limits, h.Buckets = []float64{h.Max}, []float64{h.Count}
		return h
	}
	for i := 1; i < buckets; i++ {
		h.Limits = append(h.Limits, h.Min+float64((h.Max-h.Min)*(float64(i)/buckets)))
	}
	h.Limits, h.Buckets = append(h.Limits, h.Max), make([]float64, buckets)
	for _, v := range values {
		h.Buckets[sort.SearchFloat64s(h.Limits, float64(v))]++
	}
	return h
}

func (h Histogram) encode(m *message) {
	var histogram message
	for _, number := range []struct {
		field int
		value float64
	}{{histogramMin, h.Min}, {histogramMax, h.Max}, {histogramCount, h.Count}, {histogramSum, h.Sum}, {histogramSquares, h.SumOfSquares}} {
		histogram.double(number.field, number.value)
	}
	histogram.doubles(histogramLimits, h.Limits)
	histogram.doubles(histogramBuckets, h.Buckets)
	m.bytes(valueHistogram, histogram)
}

func decodeHistogram(content []byte) (Content, error) {
	var h Histogram
	numbers := map[int]*float64{histogramMin: &h.Min, histogramMax: &h.Max, histogramCount: &h.Count, histogramSum: &h.Sum, histogramSquares: &h.SumOfSquares}
	err := eachField(content, func(f field) (err error) {
		switch number := numbers[f.number]; {
		case number != nil && f.wire == wireFixed64:
			*number = f.double()
		case f.number == histogramLimits:
			h.Limits, err = f.doubles()
		case f.number == histogramBuckets:
			h.Buckets, err = f.doubles()
		}
		return err
	})
	return h, err
}
