package report

import (
	"fmt"

	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// learned draws each learned constant over epochs, if the metrics have it: those of older
// runs do not.
func (s *section) learned() error {
	type key struct {
		layer int
		name  string
	}
	var order []key
	courses := map[key]*course{}
	for _, e := range s.Epochs {
		for _, c := range e.LearnedConstants {
			k := key{c.Layer, c.Name}
			if courses[k] == nil {
				courses[k], order = &course{}, append(order, k)
			}
			scale := 1.0
			if network.InSeconds(c.Name) {
				scale = 1000
			}
			of := courses[k]
			of.epochs = append(of.epochs, float64(e.Epoch))
			for i, value := range [...]float64{c.Median, c.LowerQuartile, c.UpperQuartile, c.Least, c.Largest} {
				of.values[i] = append(of.values[i], scale*value)
			}
			of.spread = of.spread || c.Least < c.Largest
		}
	}
	for _, k := range order {
		label := k.name
		if network.InSeconds(k.name) {
			label += " (ms)"
		}
		c, err := draw(fmt.Sprintf("layer%d %s", k.layer, k.name), func(width float64) figure.Drawing {
			return courses[k].lines(label, width)
		})
		if err != nil {
			return err
		}
		s.Learned = append(s.Learned, c)
	}
	return nil
}

// course is the course of a constant over epochs.
type course struct {
	epochs []float64
	values [5][]float64 // median, lower and upper quartile, least, largest
	spread bool         // it differs from neuron to neuron
}

func (c *course) lines(label string, width float64) figure.Lines {
	median := figure.Series{Name: "median and quartiles", X: c.epochs, Y: c.values[0], Low: c.values[1], High: c.values[2]}
	lines := figure.Lines{XLabel: "epoch", YLabel: label, WholeX: true, Width: width}
	if !c.spread {
		median.Name, median.Low, median.High = "", nil, nil
		lines.Series = []figure.Series{median}
		return lines
	}
	lines.Series = []figure.Series{
		median,
		{Name: "least", X: c.epochs, Y: c.values[3]},
		{Name: "largest", X: c.epochs, Y: c.values[4]},
	}
	return lines
}
