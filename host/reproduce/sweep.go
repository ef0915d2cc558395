package reproduce

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"spikegrad/host/estimate"
	"spikegrad/host/figure"
)

// SweepNumbers is the content of estimators.json: bias and variance of the estimators in
// networks of binary units as depth, width and steepness of the noise grow.
type SweepNumbers struct {
	Networks int     `json:"networks"` // with different weights and inputs, at every point
	Trials   int     `json:"trials"`   // of every estimator on each network
	Sweeps   []Sweep `json:"sweeps"`
}

// Sweep varies one property.
type Sweep struct {
	Over       string       `json:"over"` // depth, width or beta
	Values     []float64    `json:"values"`
	Nets       []string     `json:"nets"`
	Beta       []float64    `json:"beta"`
	Estimators []SweepCurve `json:"estimators"`
}

// SweepCurve is one estimator in a sweep, as medians over the networks.
type SweepCurve struct {
	Name             string    `json:"name"`
	Unbiased         bool      `json:"unbiased"`
	Random           bool      `json:"random"`
	RelativeBias     []float64 `json:"relative_bias"`           // length of mean − exact gradient over that of the gradient, after removing the noise
	Chance           []float64 `json:"relative_bias_by_chance"` // what the noise alone would give
	RelativeVariance []float64 `json:"relative_variance"`       // of one trial, summed over parameters, over the squared length of the gradient
}

// sweepEstimators are the estimators to compare: one of each kind.
func sweepEstimators() ([]estimate.Estimator, error) {
	return estimate.ParseEstimators("surrogate,superspike,finite_difference,score_baseline,stochastic_triples,single_flip,smoothed")
}

// sweeps lists what to run; networks have at most 20 units, so that the exact gradient is
// known.
func sweeps() []Sweep {
	depth, width, steepness := Sweep{Over: "depth"}, Sweep{Over: "width"}, Sweep{Over: "beta"}
	add := func(s *Sweep, value float64, net string, beta float64) {
		s.Values, s.Nets, s.Beta = append(s.Values, value), append(s.Nets, net), append(s.Beta, beta)
	}
	const usual = 5
	for layers := 1; layers <= 5; layers++ {
		add(&depth, float64(layers), "mlp:"+strings.TrimSuffix(strings.Repeat("3,", layers), ","), usual)
	}
	for _, units := range []int{1, 2, 3, 4, 6, 8} {
		add(&width, float64(units), fmt.Sprintf("mlp:%d,%d", units, units), usual)
	}
	for _, beta := range []float64{1, 2, 5, 10, 20} {
		add(&steepness, beta, "mlp:3,3", beta)
	}
	return []Sweep{depth, width, steepness}
}

// SweepEstimators measures bias and variance of the gradient estimators in small networks
// against depth, width and steepness of the escape noise. It writes estimators.json and
// pictures to the folder out.
func SweepEstimators(ctx context.Context, out string, o Options) error {
	numbers := SweepNumbers{Networks: 9, Trials: 20_000, Sweeps: sweeps()}
	if o.Quick {
		numbers.Networks, numbers.Trials = 5, 2000
	}
	var pictures []picture
	for i := range numbers.Sweeps {
		if err := numbers.Sweeps[i].measure(ctx, &numbers, o); err != nil {
			return err
		}
		pictures = append(pictures, numbers.Sweeps[i].pictures()...)
	}
	return save(out, "estimators", numbers, pictures...)
}

// measure fills the curves.
func (s *Sweep) measure(ctx context.Context, numbers *SweepNumbers, o Options) error {
	estimators, err := sweepEstimators()
	if err != nil {
		return err
	}
	for _, e := range estimators {
		s.Estimators = append(s.Estimators, SweepCurve{Name: e.Name(), Unbiased: e.Unbiased(), Random: e.Random()})
	}
	for point, net := range s.Nets {
		bias, chance, variance := make([][]float64, len(estimators)), make([][]float64, len(estimators)), make([][]float64, len(estimators))
		for network := range numbers.Networks {
			problem, err := estimate.NewProblem(estimate.EstimateOptions{Net: net, Beta: s.Beta[point], Seed: o.Seed + uint32(network)})
			if err != nil {
				return err
			}
			exact, err := estimate.Enumerate(ctx, problem, o.Workers)
			if err != nil {
				return err
			}
			length := norm(exact.Gradient)
			for i, e := range estimators {
				measured, err := estimate.Measure(ctx, problem, e, numbers.Trials, o.Workers)
				if err != nil {
					return err
				}
				own, noise := measured.RelativeBias(exact.Gradient, nil)
				bias[i], chance[i] = append(bias[i], own), append(chance[i], noise)
				variance[i] = append(variance[i], measured.TotalVariance()/(length*length))
			}
		}
		for i := range estimators {
			s.Estimators[i].RelativeBias = append(s.Estimators[i].RelativeBias, median(bias[i]))
			s.Estimators[i].Chance = append(s.Estimators[i].Chance, median(chance[i]))
			s.Estimators[i].RelativeVariance = append(s.Estimators[i].RelativeVariance, median(variance[i]))
		}
	}
	return nil
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// median is the middle value of an odd number of values.
func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// pictures draws bias and variance against the varied property.
func (s *Sweep) pictures() []picture {
	labels := map[string]string{"depth": "hidden layers of 3 units", "width": "units in each of 2 hidden layers", "beta": "steepness β of the escape noise"}
	bias := figure.Lines{
		Title: "Bias of the estimators", XLabel: labels[s.Over], YLabel: "length of the bias / length of the gradient", LogY: true,
	}
	variance := figure.Lines{
		Title: "Variance of one trial", XLabel: labels[s.Over], YLabel: "variance / squared length of the gradient", LogY: true,
	}
	for _, curve := range []*figure.Lines{&bias, &variance} {
		curve.LogX, curve.WholeX = s.Over == "beta", s.Over != "beta"
	}
	for _, c := range s.Estimators {
		name := strings.ReplaceAll(c.Name, "_", " ")
		bias.Series = append(bias.Series, figure.Series{Name: name, X: s.Values, Y: floored(c.RelativeBias), Points: true})
		if c.Random {
			bias.Series = append(bias.Series, figure.Series{Name: name + ", chance", X: s.Values, Y: floored(c.Chance), Scattered: true})
			variance.Series = append(variance.Series, figure.Series{Name: name, X: s.Values, Y: floored(c.RelativeVariance), Points: true})
		}
	}
	return []picture{{"bias_by_" + s.Over, bias}, {"variance_by_" + s.Over, variance}}
}

// floored keeps values away from zero, which a logarithmic axis cannot show.
func floored(values []float64) []float64 {
	list := slices.Clone(values)
	for i := range list {
		list[i] = max(list[i], 1e-6)
	}
	return list
}
