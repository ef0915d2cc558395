package estimate

import (
	"fmt"
	"strings"

	"spikegrad/host/figure"
)

// mostShown is how many parameters a picture can show side by side.
const mostShown = 24

// estimatesPicture shows the results of the unbiased or the biased estimators for the
// first parameters, with two standard errors; it is empty if there are no such
// estimators.
func (r *Report) estimatesPicture(unbiased bool) figure.Lines {
	shown := min(len(r.Parameters), mostShown)
	lines := figure.Lines{
		Title:  fmt.Sprintf("%s, β = %g: estimates of %d trials with two standard errors", r.Net, r.Beta, r.Trials),
		XLabel: "parameter", YLabel: "derivative of the expected loss", WholeX: true,
		Levels: []figure.Level{{Value: 0}},
	}
	add := func(name string, place float64, mean, deviation []float64) {
		s := figure.Series{Name: strings.ReplaceAll(name, "_", " "), Scattered: true, Spread: figure.ErrorBars}
		for i := range shown {
			s.X = append(s.X, float64(i)+place)
			s.Y = append(s.Y, mean[i])
			s.Low = append(s.Low, mean[i]-2*deviation[i])
			s.High = append(s.High, mean[i]+2*deviation[i])
		}
		lines.Series = append(lines.Series, s)
	}
	const room = 0.7 // of the distance between parameters
	var chosen []EstimatorReport
	for _, e := range r.Estimators {
		if e.Unbiased == unbiased {
			chosen = append(chosen, e)
		}
	}
	if len(chosen) == 0 {
		return lines
	}
	add(r.Reference+" (reference)", -room/2, r.Gradient, r.Error)
	for k, e := range chosen {
		add(e.Name, room*(float64(k+1)/float64(len(chosen))-0.5), e.Mean, e.StandardError)
	}
	return lines
}

// biasPicture shows the length of the bias relative to the gradient, with the length
// expected from noise alone.
func (r *Report) biasPicture() figure.Bars {
	found, noise := figure.Group{Name: "bias, without noise"}, figure.Group{Name: "expected from noise alone"}
	bars := figure.Bars{
		Title:      fmt.Sprintf("%s, β = %g: distance from the %s gradient", r.Net, r.Beta, r.Reference),
		ValueLabel: "length of the difference / length of the gradient",
	}
	for _, e := range r.Estimators {
		bars.Categories = append(bars.Categories, strings.ReplaceAll(e.Name, "_", " "))
		found.Values, noise.Values = append(found.Values, e.RelativeBias), append(noise.Values, e.Chance)
	}
	bars.Groups = []figure.Group{found, noise}
	return bars
}

// costPicture shows variance against time per trial of the unbiased estimators and,
// for comparison, of the surrogate gradient with the matched surrogate.
func (r *Report) costPicture() figure.Lines {
	lines := figure.Lines{
		Title:  fmt.Sprintf("%s, β = %g: cost and value of one sample", r.Net, r.Beta),
		XLabel: "time of a trial (µs)", YLabel: "variance of a sample", LogX: true, LogY: true,
	}
	for _, e := range r.Estimators {
		if (e.Unbiased || e.Name == MatchedSurrogate().Name()) && e.Variance > 0 && e.SecondsPerTrial > 0 {
			lines.Series = append(lines.Series, figure.Series{
				Name: strings.ReplaceAll(e.Name, "_", " "), Scattered: true, X: []float64{e.SecondsPerTrial * 1e6}, Y: []float64{e.Variance},
			})
		}
	}
	return lines
}
