package reproduce

import (
	"context"
	"fmt"
	"math"

	"spikegrad/host/estimate"
	"spikegrad/host/figure"
)

// BiasNumbers is the content of bias.json. Lists are in the order of BetaSG, those
// over w in the order of W.
type BiasNumbers struct {
	Beta                     float64              `json:"beta"`
	W                        []float64            `json:"w"`
	OutputArgmin             float64              `json:"output_argmin"` // the w of the smallest output
	BetaSG                   []float64            `json:"beta_sg"`
	SurrogateIntegralArgmin  []float64            `json:"surrogate_integral_argmin"`  // the w of the smallest integral of the surrogate derivative
	SignDisagreementFraction []float64            `json:"sign_disagreement_fraction"` // of the points where the true derivative exceeds 10⁻¹² in magnitude
	PlaneBeta                float64              `json:"plane_beta"`
	PlaneV                   [2]float64           `json:"plane_v"`
	PlaneGradientAtV         map[string][]float64 `json:"plane_gradient_at_v"` // by β_SG: surrogate gradient with respect to (v1, v2)
	SmoothedArgmin           []float64            `json:"smoothed_argmin"`     // the w of the smallest output of the network at β = β_SG
	// PlaneOrderDifference, by β_SG, is the largest distance between the two surfaces
	// obtained by integrating the surrogate gradient first along v1 or first along v2,
	// relative to the range of the first surface; see [planeSurface].
	PlaneOrderDifference map[string]float64 `json:"plane_order_difference"`
}

// biasCurves are the output and its derivatives as functions of w.
type biasCurves struct {
	output, truth []float64
	surrogate     [][]float64 // [β_SG][w]
	integral      [][]float64 // [β_SG][w]: cumulative sum from the left end
	smoothed      [][]float64 // [β_SG][w]: output at β = β_SG
}

// noDerivative is the magnitude below which a derivative counts as zero and has no sign.
const noDerivative = 1e-12

// computeBias evaluates the output, its derivative and the surrogate derivatives with
// respect to the first weight.
func computeBias(beta float64, w, betaSG []float64) *biasCurves {
	c := &biasCurves{
		surrogate: make([][]float64, len(betaSG)), integral: make([][]float64, len(betaSG)), smoothed: make([][]float64, len(betaSG)),
	}
	distance := (w[len(w)-1] - w[0]) / float64(len(w)-1)
	for _, value := range w {
		p := estimate.Toy{value, 0.05, 0.1, 1, -1}
		run := p.Run(1, beta)
		c.output = append(c.output, run.Output)
		c.truth = append(c.truth, p.Gradient(run, beta)[0])
		for i, b := range betaSG {
			slope := p.Gradient(run, b)[0]
			before := 0.0
			if n := len(c.integral[i]); n > 0 {
				before = c.integral[i][n-1]
			}
			c.smoothed[i] = append(c.smoothed[i], p.Run(1, b).Output)
			c.surrogate[i] = append(c.surrogate[i], slope)
			c.integral[i] = append(c.integral[i], before+float64(slope*distance))
		}
	}
	return c
}

// disagreement is the share of the points with a nonzero true derivative at which the
// surrogate's sign differs.
func disagreement(truth, surrogate []float64) float64 {
	compared, different := 0, 0
	for k, d := range truth {
		if math.Abs(d) <= noDerivative {
			continue
		}
		compared++
		if (d > 0) != (surrogate[k] > 0) {
			different++
		}
	}
	return float64(different) / float64(max(1, compared))
}

// planeAt is the toy network at a point of the (v1, v2) plane.
func planeAt(v1, v2 float64) estimate.Toy { return estimate.Toy{1, v1, v2, 1, -1} }

// Bias shows, in a toy network of sigmoid units, that surrogate gradients differ in sign from the
// derivative on part of the range, that their integral has its minimum elsewhere, and that they are
// nonzero where the gradient vanishes. It writes bias.json and pictures to the folder out.
func Bias(_ context.Context, out string, _ Options) error {
	numbers := BiasNumbers{
		Beta: 100, W: spaced(-0.2, 0.2, 10_001), BetaSG: []float64{15, 30},
		PlaneBeta: 20, PlaneV: [2]float64{1.7, -1.3}, PlaneGradientAtV: map[string][]float64{},
		PlaneOrderDifference: map[string]float64{},
	}
	curves := computeBias(numbers.Beta, numbers.W, numbers.BetaSG)
	numbers.OutputArgmin = numbers.W[lowest(curves.output)]
	for i := range numbers.BetaSG {
		numbers.SurrogateIntegralArgmin = append(numbers.SurrogateIntegralArgmin, numbers.W[lowest(curves.integral[i])])
		numbers.SmoothedArgmin = append(numbers.SmoothedArgmin, numbers.W[lowest(curves.smoothed[i])])
		numbers.SignDisagreementFraction = append(numbers.SignDisagreementFraction, disagreement(curves.truth, curves.surrogate[i]))
	}
	p := planeAt(numbers.PlaneV[0], numbers.PlaneV[1])
	for _, b := range planeBetaSG() {
		gradient := p.Gradient(p.Run(1, numbers.PlaneBeta), b)
		numbers.PlaneGradientAtV[fmt.Sprint(b)] = gradient[1:3]
		numbers.PlaneOrderDifference[fmt.Sprint(b)] = integratePlane(numbers.PlaneBeta, b).difference()
	}
	pictures := append(biasPictures(&numbers, curves), picture{"bias_plane", descentPicture(&numbers)})
	return save(out, "bias", numbers, append(pictures, surfacePictures(&numbers)...)...)
}

func planeBetaSG() []float64 { return []float64{2, 4, 20} }

// biasPictures draws the output, the derivatives and the integrals against w.
func biasPictures(numbers *BiasNumbers, c *biasCurves) []picture {
	const every = 10
	thin := func(list []float64) []float64 {
		var some []float64
		for k := 0; k < len(list); k += every {
			some = append(some, list[k])
		}
		return some
	}
	w := thin(numbers.W)
	derivatives := []figure.Series{{Name: "true derivative, β = 100", X: w, Y: thin(scaled(c.truth))}}
	smoothed := []figure.Series{{Name: "β = 100", X: w, Y: thin(shifted(c.output))}}
	integrals := []figure.Series{{Name: "output, β = 100", X: w, Y: thin(shifted(c.output))}}
	for i, b := range numbers.BetaSG {
		name := fmt.Sprintf("surrogate, β_SG = %g", b)
		derivatives = append(derivatives, figure.Series{Name: name, X: w, Y: thin(scaled(c.surrogate[i]))})
		smoothed = append(smoothed, figure.Series{Name: fmt.Sprintf("smoothed, β = β_SG = %g", b), X: w, Y: thin(shifted(c.smoothed[i]))})
		integrals = append(integrals, figure.Series{Name: "integral of the " + name, X: w, Y: thin(shifted(c.integral[i]))})
	}
	return []picture{
		{"bias_output", figure.Lines{
			Title:  "Output of the toy network",
			XLabel: "w", YLabel: "output y", Series: []figure.Series{{X: w, Y: thin(c.output)}},
		}},
		{"bias_derivative", figure.Lines{
			Title:  "Derivative of the output: the signs differ on part of the range",
			XLabel: "w", YLabel: "derivative / its largest magnitude", Series: derivatives, Levels: []figure.Level{{Value: 0}},
		}},
		{"bias_smoothed", figure.Lines{
			Title:  "Output of the network itself at β = β_SG: its minima lie elsewhere again",
			XLabel: "w", YLabel: "(value − left end) / range", Series: smoothed, Levels: []figure.Level{{Value: 0}},
		}},
		{"bias_integral", figure.Lines{
			Title:  "What gradient descent sees: the minimum moves",
			XLabel: "w", YLabel: "(value − left end) / range", Series: integrals, Levels: []figure.Level{{Value: 0}},
		}},
	}
}

// scaled divides a list by its largest magnitude.
func scaled(list []float64) []float64 {
	largest := 0.0
	for _, v := range list {
		largest = math.Max(largest, math.Abs(v))
	}
	result := make([]float64, len(list))
	for k, v := range list {
		result[k] = v / largest
	}
	return result
}

// shifted shifts and scales a list to start at zero and have range one.
func shifted(list []float64) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range list {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	result := make([]float64, len(list))
	for k, v := range list {
		result[k] = (v - list[0]) / (high - low)
	}
	return result
}
