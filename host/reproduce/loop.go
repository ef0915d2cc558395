package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/estimate"
	"spikegrad/host/figure"
)

// LoopNumbers is the content of loop.json: line integrals around a closed curve.
// Lists are in the order of BetaSG.
type LoopNumbers struct {
	Beta              float64           `json:"beta"`               // of the activations under the surrogate gradient
	BetaSG            []float64         `json:"beta_sg"`            //
	Points            int               `json:"points"`             // of the integrals
	SurrogateIntegral []float64         `json:"surrogate_integral"` // of the surrogate gradient
	TrueIntegral      []float64         `json:"true_integral"`      // of the gradient at β = β_SG
	Uncertainty       []float64         `json:"uncertainty"`        // change of the surrogate integral when using all points instead of half
	Convergence       []LoopConvergence `json:"convergence"`        //
	SinglePrecision   *LoopDevice       `json:"single_precision"`   // the same, computed on a device
}

// LoopDevice holds the integrals as a device computes them in single precision, with the
// same bits on every device.
type LoopDevice struct {
	Device            string    `json:"device"`
	Driver            string    `json:"driver"`
	Points            int       `json:"points"`
	SurrogateIntegral []float64 `json:"surrogate_integral"`
	TrueIntegral      []float64 `json:"true_integral"`
}

// LoopConvergence holds the integrals obtained with fewer points.
type LoopConvergence struct {
	Points            int       `json:"points"`
	SurrogateIntegral []float64 `json:"surrogate_integral"`
	TrueIntegral      []float64 `json:"true_integral"`
}

// The closed curve: parameters = d1·X + d2·Y on a circle of this radius, X = r·sin φ,
// Y = r·cos φ. The directions are the paper's random ones.
const loopRadius = 1.8

func loopDirections() (d1, d2 [5]float64) {
	return [5]float64{0.11681338662768548, -0.21802212142276334, -0.8262964981731296, 0.5019747472530862, 0.06384698506517267},
		[5]float64{-0.3031082765192074, -0.8068900418182605, 0.3674928859509495, 0.30287888289882575, 0.17397469410659336}
}

// loopAt is the point of the curve at a turn (φ/2π), with its derivative with respect to
// the turn.
func loopAt(turn float64) (p estimate.Toy, tangent [5]float64) {
	d1, d2 := loopDirections()
	sin, cos := cpuref.SinTurns(turn), cpuref.SinTurns(turn+0.25)
	for i := range p {
		p[i] = float64(loopRadius * (float64(d1[i]*sin) + float64(d2[i]*cos)))
		tangent[i] = float64(2 * math.Pi * loopRadius * (float64(d1[i]*cos) - float64(d2[i]*sin)))
	}
	return p, tangent
}

// loopIntegrands holds the dot products of gradient and tangent along the curve,
// [β_SG][point].
type loopIntegrands struct {
	surrogate, truth [][]float64
}

// computeLoop evaluates the integrands at the points 0, 1/n, … of a turn.
func computeLoop(ctx context.Context, beta float64, betaSG []float64, points, workers int) (*loopIntegrands, error) {
	const chunk = 4096
	all := &loopIntegrands{}
	for range betaSG {
		all.surrogate = append(all.surrogate, make([]float64, points))
		all.truth = append(all.truth, make([]float64, points))
	}
	err := estimate.Parallel(ctx, workers, (points+chunk-1)/chunk, func() func(int) {
		return func(task int) {
			for k := task * chunk; k < min(points, (task+1)*chunk); k++ {
				p, tangent := loopAt(float64(k) / float64(points))
				run := p.Run(1, beta)
				for i, b := range betaSG {
					all.surrogate[i][k] = along(p.Gradient(run, b), tangent)
					all.truth[i][k] = along(p.Gradient(p.Run(1, b), b), tangent)
				}
			}
		}
	})
	return all, err
}

func along(gradient, tangent [5]float64) float64 {
	sum := 0.0
	for i, g := range gradient {
		sum += float64(g * tangent[i])
	}
	return sum
}

// integrals applies the trapezoidal rule to every stride-th point of one turn, which for
// smooth periodic functions converges faster than any power of the spacing.
func integrals(values [][]float64, stride int) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		n := len(v) / stride
		list[i] = float64(sumEvery(v, stride, 0, n) / float64(n))
	}
	return list
}

// sumEvery adds the points first·stride … (last−1)·stride by recursive halving, which keeps
// the rounding error close to that of a single addition.
func sumEvery(v []float64, stride, first, last int) float64 {
	if last-first <= 8 {
		sum := 0.0
		for k := first; k < last; k++ {
			sum += v[k*stride]
		}
		return sum
	}
	middle := (first + last) / 2
	return sumEvery(v, stride, first, middle) + sumEvery(v, stride, middle, last)
}

// Loop shows that surrogate gradients are not a conservative field: the line integral of
// the toy network's surrogate gradient around a closed curve is not zero. It writes
// loop.json and pictures to the folder out.
func Loop(ctx context.Context, out string, o Options) error {
	numbers := LoopNumbers{Beta: 1e4, BetaSG: []float64{1, 5, 20}, Points: 1 << 20}
	if o.Quick {
		numbers.Points = 1 << 18
	}
	values, err := computeLoop(ctx, numbers.Beta, numbers.BetaSG, numbers.Points, o.Workers)
	if err != nil {
		return err
	}
	for stride := numbers.Points >> 10; stride >= 1; stride /= 2 {
		numbers.Convergence = append(numbers.Convergence, LoopConvergence{
			Points:            numbers.Points / stride,
			SurrogateIntegral: integrals(values.surrogate, stride),
			TrueIntegral:      integrals(values.truth, stride),
		})
	}
	finest, half := numbers.Convergence[len(numbers.Convergence)-1], numbers.Convergence[len(numbers.Convergence)-2]
	numbers.SurrogateIntegral, numbers.TrueIntegral = finest.SurrogateIntegral, finest.TrueIntegral
	for i, v := range finest.SurrogateIntegral {
		numbers.Uncertainty = append(numbers.Uncertainty, math.Abs(v-half.SurrogateIntegral[i]))
	}
	if numbers.SinglePrecision, err = loopOnDevice(&numbers, o); err != nil {
		return err
	}
	return save(out, "loop", numbers, loopPictures(&numbers, values)...)
}

// loopOnDevice computes the integrals on the device of the options.
func loopOnDevice(numbers *LoopNumbers, o Options) (*LoopDevice, error) {
	loop := engine.ToyLoop{Angles: make([][2]float32, numbers.Points), Beta: float32(numbers.Beta)}
	for k := range loop.Angles {
		turn := float64(k) / float64(numbers.Points)
		loop.Angles[k] = [2]float32{float32(cpuref.SinTurns(turn)), float32(cpuref.SinTurns(turn + 0.25))}
	}
	d1, d2 := loopDirections()
	for i, direction := range [][5]float64{d1, d2, d1, d2} {
		length := loopRadius
		if i >= 2 {
			length *= 2 * math.Pi
		}
		for _, d := range direction {
			loop.Directions = append(loop.Directions, float32(d*length))
		}
	}
	for _, b := range numbers.BetaSG {
		loop.BetaSurrogate = append(loop.BetaSurrogate, float32(b))
	}
	sums, description, err := loop.Sum(o.Device, engine.Options{Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	result := &LoopDevice{Device: description.Device, Driver: description.Driver, Points: numbers.Points}
	for i := range numbers.BetaSG {
		result.SurrogateIntegral = append(result.SurrogateIntegral, float64(sums.Surrogate[i])/float64(numbers.Points))
		result.TrueIntegral = append(result.TrueIntegral, float64(sums.Truth[i])/float64(numbers.Points))
	}
	return result, nil
}

// loopPictures draws, for each β_SG, the integrands and their running integrals, and the
// convergence of the integrals.
func loopPictures(numbers *LoopNumbers, values *loopIntegrands) []picture {
	const shown = 2048
	var pictures []picture
	for i, b := range numbers.BetaSG {
		turns, surrogate, truth := spaced(0, 1, shown+1), make([]float64, shown+1), make([]float64, shown+1)
		surrogateSum, trueSum := make([]float64, shown+1), make([]float64, shown+1)
		step := numbers.Points / shown
		for k := range shown {
			surrogate[k], truth[k] = values.surrogate[i][k*step], values.truth[i][k*step]
			surrogateSum[k+1] = surrogateSum[k] + sumEvery(values.surrogate[i][k*step:], 1, 0, step)/float64(numbers.Points)
			trueSum[k+1] = trueSum[k] + sumEvery(values.truth[i][k*step:], 1, 0, step)/float64(numbers.Points)
		}
		surrogate[shown], truth[shown] = surrogate[0], truth[0]
		series := func(surrogate, truth []float64) []figure.Series {
			return []figure.Series{
				{Name: fmt.Sprintf("surrogate gradient, β = 10⁴, β_SG = %g", b), X: turns, Y: surrogate},
				{Name: fmt.Sprintf("true gradient, β = β_SG = %g", b), X: turns, Y: truth},
			}
		}
		pictures = append(pictures,
			picture{fmt.Sprintf("loop_integrand_%g", b), figure.Lines{
				Title:  "Gradient along a closed curve in parameter space",
				XLabel: "position on the circle (turns)", YLabel: "gradient · tangent",
				Series: series(surrogate, truth),
			}},
			picture{fmt.Sprintf("loop_integral_%g", b), figure.Lines{
				Title:  fmt.Sprintf("Line integral: the surrogate's ends at %.3g, the gradient's at 0", surrogateSum[shown]),
				XLabel: "position on the circle (turns)", YLabel: "integral so far",
				Series: series(surrogateSum, trueSum),
				Levels: []figure.Level{{Value: 0}},
			}})
	}
	return append(pictures,
		picture{"loop_convergence", convergencePicture(numbers)},
		picture{"loop_maps", loopMaps(numbers.outputBetas())},
		picture{"loop_output", loopOutput(numbers.outputBetas())})
}

// outputBetas are the steepnesses for which the output is drawn.
func (n *LoopNumbers) outputBetas() []float64 { return append(slices.Clone(n.BetaSG), n.Beta) }

// loopMaps draws the output over the plane of the two directions, with the circle.
func loopMaps(betas []float64) figure.Maps {
	const limit, cells = 2.5, 64
	d1, d2 := loopDirections()
	drawing := figure.Maps{Title: "Output over the plane of the closed curve", XLabel: "along d1", YLabel: "along d2"}
	var circle [][2]float64
	for _, turn := range spaced(0, 1, 129) {
		circle = append(circle, [2]float64{loopRadius * cpuref.SinTurns(turn), loopRadius * cpuref.SinTurns(turn+0.25)})
	}
	for _, beta := range betas {
		m := figure.Map{Name: fmt.Sprintf("β = %g", beta), MinX: -limit, MaxX: limit, MinY: -limit, MaxY: limit, Curve: circle}
		m.Sampled(cells, cells, func(x, y float64) float64 {
			var p estimate.Toy
			for i := range p {
				p[i] = float64(d1[i]*x) + float64(d2[i]*y)
			}
			return p.Run(1, beta).Output
		})
		drawing.Panels = append(drawing.Panels, m)
	}
	return drawing
}

// loopOutput draws the output along the circle.
func loopOutput(betas []float64) figure.Lines {
	drawing := figure.Lines{Title: "Output along the closed curve", XLabel: "position on the circle (turns)", YLabel: "output y"}
	turns := spaced(0, 1, 2049)
	for _, beta := range betas {
		s := figure.Series{Name: fmt.Sprintf("β = %g", beta), X: turns}
		for _, turn := range turns {
			p, _ := loopAt(turn)
			s.Y = append(s.Y, p.Run(1, beta).Output)
		}
		drawing.Series = append(drawing.Series, s)
	}
	return drawing
}

// convergencePicture draws the distance of the surrogate integrals from the finest one
// against the number of points.
func convergencePicture(numbers *LoopNumbers) figure.Drawing {
	lines := figure.Lines{
		Title:  "Convergence of the surrogate line integral",
		XLabel: "points", YLabel: "distance from the integral with most points", LogX: true, LogY: true,
	}
	for i, b := range numbers.BetaSG {
		s := figure.Series{Name: fmt.Sprintf("β_SG = %g", b), Points: true}
		for _, c := range numbers.Convergence[:len(numbers.Convergence)-1] {
			distance := math.Abs(c.SurrogateIntegral[i] - numbers.SurrogateIntegral[i])
			s.X = append(s.X, float64(c.Points))
			s.Y = append(s.Y, math.Max(distance, 1e-17)) // a logarithmic axis has no zero
		}
		lines.Series = append(lines.Series, s)
	}
	return lines
}
