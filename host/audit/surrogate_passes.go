package audit

import (
	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/unbiased"
)

// surrogateNumbers is the number of the first presentation for surrogate gradients, so that
// their noise differs from that of the flips.
const surrogateNumbers = 1 << 31

// surrogatePass makes one pass of all samples and returns the surrogate gradient of an
// engine: the mean over the samples, [weight array].
func surrogatePass(e engine.Engine, s *unbiased.Samples, number int) ([][]float64, error) {
	return meanGradient(e, s, 0, s.Count(), surrogateNumbers+uint32(number*s.Count()))
}

// meanGradient returns the mean surrogate gradient of samples first ≤ i < last, [weight
// array]; the noise of sample i has number start + i.
func meanGradient(e engine.Engine, s *unbiased.Samples, first, last int, start uint32) ([][]float64, error) {
	var batch engine.Batch
	if err := s.Fill(&batch, first, last, start); err != nil {
		return nil, err
	}
	if _, err := e.Gradient(&batch, cpuref.StreamEvaluation, nil); err != nil {
		return nil, err
	}
	arrays, err := e.Gradients()
	if err != nil {
		return nil, err
	}
	gradient := make([][]float64, len(arrays))
	for i, array := range arrays {
		gradient[i] = make([]float64, len(array))
		for j, value := range array {
			gradient[i][j] = float64(value)
		}
	}
	return gradient, nil
}
