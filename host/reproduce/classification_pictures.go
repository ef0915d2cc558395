package reproduce

import (
	"fmt"

	"spikegrad/host/figure"
	"spikegrad/host/train"
)

// learningCurves draws mean and standard deviation over seeds after each epoch.
func (c *ClassificationResult) learningCurves() figure.Curves {
	drawing := figure.Curves{}
	if len(c.Methods[0].Runs) > 1 {
		drawing.Title = "mean and standard deviation over seeds"
	}
	for i := range c.Methods {
		m := &c.Methods[i]
		run := figure.Run{
			Name:          m.Name,
			TrainLoss:     m.band(func(e *train.Epoch) *float64 { return &e.TrainLoss }),
			TrainAccuracy: m.band(func(e *train.Epoch) *float64 { return &e.TrainAccuracy }),
			Test:          m.Trained.Accuracy.Values,
		}
		run.ValidationLoss = m.band(func(e *train.Epoch) *float64 { return e.ValidationLoss })
		run.ValidationAccuracy = m.band(func(e *train.Epoch) *float64 { return e.ValidationAccuracy })
		drawing.Runs = append(drawing.Runs, run)
	}
	return drawing
}

// spikesByEpoch draws the activity during training, mean and standard deviation over seeds.
func (c *ClassificationResult) spikesByEpoch() figure.Lines {
	drawing := figure.Lines{Title: "Activity while training", XLabel: "epoch", YLabel: "spikes per neuron per sample", WholeX: true}
	for i := range c.Methods {
		m := &c.Methods[i]
		band := m.band(func(e *train.Epoch) *float64 { return &e.SpikesPerNeuron })
		s := figure.Series{Name: m.Name, Y: band.Middle, Low: band.Low, High: band.High}
		for epoch := range band.Middle {
			s.X = append(s.X, float64(epoch+1))
		}
		drawing.Series = append(drawing.Series, s)
	}
	return drawing
}

// band collects a quantity after each epoch over the runs of a method; empty if it is
// missing for some epoch.
func (m *MethodResult) band(of func(*train.Epoch) *float64) (band figure.Band) {
	for epoch := range m.Runs[0].Epochs {
		over := m.collect(func(r *RunResult) (float64, bool) {
			value := of(&r.Epochs[epoch])
			if value == nil {
				return 0, false
			}
			return *value, true
		})
		if len(over.Values) == 0 {
			return figure.Band{}
		}
		band.Middle = append(band.Middle, over.Mean)
		band.Low = append(band.Low, over.Mean-over.Deviation)
		band.High = append(band.High, over.Mean+over.Deviation)
	}
	return band
}

// accuracies compares the methods in both modes.
func (c *ClassificationResult) accuracies() figure.Bars {
	drawing := figure.Bars{ValueLabel: "test accuracy (%)", Dots: true}
	if len(c.Methods[0].Runs) > 1 {
		drawing.Title = "mean and 95 % confidence interval over seeds"
	}
	trained, other := figure.Group{Name: "as trained"}, figure.Group{Name: "in the other mode"}
	for i := range c.Methods {
		m := &c.Methods[i]
		drawing.Categories = append(drawing.Categories, m.Name)
		addBar(&trained, m.Trained.Accuracy, 100, len(m.Runs))
		addBar(&other, m.Other.Accuracy, 100, len(m.Runs))
	}
	drawing.Groups = []figure.Group{trained, other}
	return drawing
}

// layers compares a quantity of every layer across the methods, each in the mode it was
// trained in.
func (c *ClassificationResult) layers(label string, levels []figure.Level, of func(*ModeResult) []OverSeeds) figure.Bars {
	drawing := figure.Bars{ValueLabel: label, Levels: levels}
	for l := range of(&c.Methods[0].Trained) {
		drawing.Groups = append(drawing.Groups, figure.Group{Name: fmt.Sprintf("layer %d", l)})
	}
	for i := range c.Methods {
		m := &c.Methods[i]
		drawing.Categories = append(drawing.Categories, m.Name)
		for l, x := range of(&m.Trained) {
			addBar(&drawing.Groups[l], x, 1, len(m.Runs))
		}
	}
	return drawing
}

// addBar adds a mean over runs and, if there are several, its 95 % confidence interval.
func addBar(g *figure.Group, x OverSeeds, unit float64, runs int) {
	g.Values = append(g.Values, unit*x.Mean)
	if runs > 1 {
		half, _ := confidence95(x)
		g.Low = append(g.Low, unit*(x.Mean-half))
		g.High = append(g.High, unit*(x.Mean+half))
	}
	samples := make([]float64, len(x.Values))
	for i, value := range x.Values {
		samples[i] = unit * value
	}
	g.Samples = append(g.Samples, samples)
}
