package evaluate

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"spikegrad/cpuref"
	"spikegrad/host/figure"
)

// calibrationBins is the number of confidence bins, of equal width.
const calibrationBins = 10

// Calibration measures whether predictions are correct as often as their probabilities promise. The
// confidence of a prediction is the probability of the predicted class.
type Calibration struct {
	// Error is the expected calibration error (Naeini et al. 2015): the mean over samples of
	// |accuracy − confidence| of their bin, with bins of width 0.1.
	Error      float64          `json:"expected_error"`
	Confidence float64          `json:"confidence"` // mean
	Accuracy   float64          `json:"accuracy"`
	Loss       float64          `json:"loss"` // mean of −log of the label's probability
	Bins       []CalibrationBin `json:"bins"` // those with samples, ascending
}

// CalibrationBin summarizes the predictions with confidences from Low to High.
type CalibrationBin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Samples    int     `json:"samples"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// calibrator sorts predictions into bins.
type calibrator struct {
	samples, correct [calibrationBins]int
	confidence       [calibrationBins]float64
	loss             float64
}

// add adds the class probabilities of a sample.
func (c *calibrator) add(probabilities []float64, label uint32) {
	best := floats.MaxIdx(probabilities) // the lowest if several tie
	confidence := probabilities[best]
	bin := min(int(confidence*calibrationBins), calibrationBins-1)
	c.samples[bin]++
	c.confidence[bin] += confidence
	if best == int(label) {
		c.correct[bin]++
	}
	c.loss -= cpuref.Log64(max(probabilities[label], math.SmallestNonzeroFloat32))
}

// calibration summarizes the bins.
func (c *calibrator) calibration() *Calibration {
	total, result := 0, &Calibration{Bins: []CalibrationBin{}}
	for _, samples := range c.samples {
		total += samples
	}
	for i, samples := range c.samples {
		if samples == 0 {
			continue
		}
		bin := CalibrationBin{
			Low: float64(i) / calibrationBins, High: float64(i+1) / calibrationBins, Samples: samples,
			Confidence: c.confidence[i] / float64(samples), Accuracy: float64(c.correct[i]) / float64(samples),
		}
		share := float64(samples) / float64(total)
		result.Error += float64(share * math.Abs(bin.Accuracy-bin.Confidence))
		result.Confidence += float64(share * bin.Confidence)
		result.Accuracy += float64(share * bin.Accuracy)
		result.Bins = append(result.Bins, bin)
	}
	result.Loss = c.loss / float64(total)
	return result
}

// softmax writes the probabilities of classes from their logits: those in the cross-entropy loss.
func softmax(probabilities []float64, logits []float32) {
	largest := slices.Max(logits)
	total := 0.0
	for class, x := range logits {
		probabilities[class] = cpuref.Exp64(float64(x) - float64(largest))
		total += probabilities[class]
	}
	for class := range probabilities {
		probabilities[class] /= total
	}
}

// ReliabilityPicture plots accuracy against confidence, for single presentations and for means over
// trials. Calibrated predictions lie on the diagonal.
func ReliabilityPicture(title string, p *Performance) (drawing figure.Lines, any bool) {
	drawing = figure.Lines{
		Title: title, XLabel: "confidence (probability of the predicted class)", YLabel: "accuracy",
		Series: []figure.Series{{Name: "calibrated", X: []float64{0, 1}, Y: []float64{0, 1}}},
	}
	for _, part := range []struct {
		name        string
		calibration *Calibration
	}{{"single trials", p.Single}, {"averaged over trials", p.Calibration}} {
		if part.calibration == nil {
			continue
		}
		series := figure.Series{Name: part.name, Points: true}
		for _, bin := range part.calibration.Bins {
			series.X, series.Y = append(series.X, bin.Confidence), append(series.Y, bin.Accuracy)
		}
		drawing.Series, any = append(drawing.Series, series), true
	}
	return drawing, any
}
