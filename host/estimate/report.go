package estimate

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// Report is the result of a comparison of estimators. Lists are in the order of Parameters.
type Report struct {
	Net          string            `json:"net"`
	Loss         string            `json:"loss"`
	Beta         float64           `json:"beta"`
	Seed         uint32            `json:"seed"`
	Trials       int               `json:"trials"`
	Device       string            `json:"device"` // that ran the estimators
	Units        int               `json:"units"`  // binary units: neurons times steps
	Parameters   []string          `json:"parameters"`
	Values       []float64         `json:"values"`
	ExpectedLoss *float64          `json:"expected_loss,omitempty"` // if it can be enumerated
	Reference    string            `json:"reference"`               // exact, or the unbiased estimator used in its place
	Gradient     []float64         `json:"gradient"`                // of the reference
	Error        []float64         `json:"gradient_error"`          // its standard error
	known        []bool            // whether the error is known
	Estimators   []EstimatorReport `json:"estimators"`
}

// EstimatorReport is the result of one estimator.
type EstimatorReport struct {
	Name          string    `json:"name"`
	Unbiased      bool      `json:"unbiased"`
	Trials        int       `json:"trials"`
	Mean          []float64 `json:"mean"`
	StandardError []float64 `json:"standard_error"`
	Bias          []float64 `json:"bias"` // mean minus reference
	// BiasZ is the bias in standard errors of the difference: empty without noise, null
	// where so few trials moved a weight that its standard error is unknown.
	BiasZ        []*float64 `json:"bias_z,omitempty"`
	RelativeBias float64    `json:"relative_bias"` // length of the bias / length of the reference, without the noise in both
	// Chance is the relative bias expected from noise alone; a bias below it may be none.
	Chance          float64 `json:"relative_bias_by_chance"`
	Cosine          float64 `json:"cosine"`   // between mean and reference
	Variance        float64 `json:"variance"` // of one sample, summed over parameters
	SecondsPerTrial float64 `json:"seconds_per_trial"`
	VarianceSeconds float64 `json:"variance_seconds"` // their product: the cost of an estimate of given precision
}

// exactReference is the name of the enumerated gradient.
const exactReference = "exact"

// Run compares estimators of the gradient of the expected loss on one network under the same
// noise. With at most [MaximumUnits] units the reference is the exact gradient, otherwise
// the mean of single flips under noise of its own. If an output folder is given,
// estimate.json and pictures are written to it.
func Run(ctx context.Context, o EstimateOptions) (Report, error) {
	o = o.withDefaults()
	problem, estimators, err := o.prepare()
	if err := o.Team.Agree(err); err != nil {
		return Report{}, err
	}
	report := Report{
		Net: o.Net, Loss: o.Loss, Beta: o.Beta, Seed: o.Seed, Trials: o.Trials,
		Device:     "CPU, float64",
		Units:      problem.Circuit.Layout().Units(),
		Parameters: problem.Circuit.Parameters(), Values: problem.Parameters,
	}
	if o.Device != nil {
		report.Device = o.Device.Name()
	}
	if err := report.refer(ctx, problem, o); err != nil {
		return Report{}, err
	}
	for _, e := range estimators {
		measured, err := o.measure(ctx, problem, e)
		if err != nil {
			return Report{}, err
		}
		report.Estimators = append(report.Estimators, report.compare(e, measured))
	}
	if o.Out == "" {
		return report, nil
	}
	return report, o.Team.First(func() error { return report.save(o.Out) })
}

// prepare makes the problem and lists the estimators.
func (o *EstimateOptions) prepare() (Problem, []Estimator, error) {
	problem, err := NewProblem(*o)
	if err != nil {
		return Problem{}, nil, err
	}
	estimators, err := ParseEstimators(o.Estimators)
	if err != nil {
		return Problem{}, nil, err
	}
	estimators, err = o.onDevice(problem, estimators)
	return problem, estimators, err
}

// refer fills in what the estimators are compared with.
func (r *Report) refer(ctx context.Context, p Problem, o EstimateOptions) error {
	if r.Units <= MaximumUnits {
		exact, err := enumerateOver(ctx, o.Team, p, o.Workers)
		if err != nil {
			return err
		}
		r.Reference, r.ExpectedLoss, r.Gradient = exactReference, &exact.Loss, exact.Gradient
		r.Error, r.known = make([]float64, len(exact.Gradient)), make([]bool, len(exact.Gradient))
		for i := range r.known {
			r.known[i] = true
		}
		return nil
	}
	// Separate noise, so that the errors of estimate and reference are independent.
	p.Seed = ^p.Seed
	measured, err := o.measure(ctx, p, SingleFlip{})
	if err != nil {
		return err
	}
	r.Reference, r.Gradient = SingleFlip{}.Name(), measured.Mean
	for i := range measured.Mean {
		r.Error, r.known = append(r.Error, measured.StandardError(i)), append(r.known, measured.known(i))
	}
	return nil
}

func (r *Report) compare(e Estimator, m Measured) EstimatorReport {
	row := EstimatorReport{
		Name: e.Name(), Unbiased: e.Unbiased(), Trials: m.Trials, Mean: m.Mean,
		Variance: m.TotalVariance(), SecondsPerTrial: m.Seconds,
	}
	row.VarianceSeconds = row.Variance * row.SecondsPerTrial
	var reference, mean, product float64 // squared lengths and a scalar product
	for i, want := range r.Gradient {
		d, deviation := m.Mean[i]-want, m.StandardError(i)
		row.Bias = append(row.Bias, d)
		row.StandardError = append(row.StandardError, deviation)
		if e.Random() {
			var z *float64
			if m.known(i) && r.known[i] {
				z = new(float64)
				*z = d / math.Hypot(deviation, r.Error[i])
			}
			row.BiasZ = append(row.BiasZ, z)
		}
		reference += float64(want * want)
		mean += float64(m.Mean[i] * m.Mean[i])
		product += float64(m.Mean[i] * want)
	}
	row.RelativeBias, row.Chance = m.RelativeBias(r.Gradient, r.Error)
	if reference > 0 && mean > 0 {
		row.Cosine = product / math.Sqrt(float64(reference*mean))
	}
	return row
}

// LargestZ returns the largest magnitude of any parameter's bias in standard errors, 0 if
// none is known.
func (r *EstimatorReport) LargestZ() float64 {
	largest := 0.0
	for _, z := range r.BiasZ {
		if z != nil {
			largest = math.Max(largest, math.Abs(*z))
		}
	}
	return largest
}

// mostZ is where a significance is just called large: the sample may hardly vary.
const mostZ = 999

// Write writes the report as a table.
func (r *Report) Write(w io.Writer) error {
	fmt.Fprintf(w, "%s: %d units, %d parameters, β = %g, %d trials on %s; reference: %s\n\n", r.Net, r.Units, len(r.Parameters), r.Beta, r.Trials, r.Device, r.Reference)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "estimator\trelative bias\tby chance\tlargest z\tcosine\tvariance\tµs/trial\tvariance·µs\t")
	for i := range r.Estimators {
		e := &r.Estimators[i]
		z := "–"
		if slices.ContainsFunc(e.BiasZ, func(z *float64) bool { return z != nil }) {
			z = fmt.Sprintf("%.1f", e.LargestZ())
			if e.LargestZ() > mostZ {
				z = fmt.Sprintf("> %d", mostZ)
			}
		}
		fmt.Fprintf(table, "%s\t%.4f\t%.4f\t%s\t%.4f\t%.3g\t%.3g\t%.3g\t\n", e.Name, e.RelativeBias, e.Chance, z, e.Cosine, e.Variance, e.SecondsPerTrial*1e6, e.VarianceSeconds*1e6)
	}
	return table.Flush()
}

// save writes the report and its pictures to a folder.
func (r *Report) save(out string) error {
	if err := atomicfile.Folder(out); err != nil {
		return err
	}
	if err := atomicfile.WriteJSON(filepath.Join(out, "estimate.json"), r); err != nil {
		return err
	}
	if err := figure.Save(filepath.Join(out, "bias.png"), r.biasPicture()); err != nil {
		return err
	}
	for name, lines := range map[string]figure.Lines{
		"estimates_unbiased.png": r.estimatesPicture(true),
		"estimates_biased.png":   r.estimatesPicture(false),
		"cost.png":               r.costPicture(),
	} {
		if len(lines.Series) == 0 {
			continue
		}
		if err := figure.Save(filepath.Join(out, name), lines); err != nil {
			return err
		}
	}
	return nil
}
