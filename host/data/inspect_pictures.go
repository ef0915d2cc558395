package data

import (
	"fmt"

	"spikegrad/host/figure"
)

// Rasters is a picture of the first samples of a part, of different classes as
// far as there are.
func (i *Inspection) Rasters(part, samples int) figure.Drawing {
	source := i.sources[part]
	drawing := figure.Raster{
		Sample: fmt.Sprintf("%s, %s: samples of different classes", i.Data, i.Parts[part].Part),
		StepMS: 1000 * i.StepLength, Steps: i.Steps,
	}
	for _, sample := range firstOfClasses(source, samples) {
		rows, index := source.AppendEvents(nil, nil, sample, uint32(sample))
		layer := figure.SpikeLayer{
			Name: fmt.Sprintf("sample %d, class %s", sample, i.ClassNames[source.Label(sample)]),
			Unit: "channel", Neurons: i.Channels,
		}
		for step, row := range rows {
			for _, channel := range index[row[0]:row[1]] {
				layer.Spikes = append(layer.Spikes, figure.Spike{Step: step, Neuron: int(channel)})
			}
		}
		drawing.Layers = append(drawing.Layers, layer)
	}
	return drawing
}

// firstOfClasses are the first samples of as many classes, in their order.
func firstOfClasses(source Source, count int) []int {
	var samples []int
	seen := map[uint32]bool{}
	for sample := 0; sample < source.Len() && len(samples) < count; sample++ {
		if label := source.Label(sample); !seen[label] {
			seen[label] = true
			samples = append(samples, sample)
		}
	}
	return samples
}

// Rates is a picture of the rate of each channel in each part.
func (i *Inspection) Rates() figure.Drawing {
	drawing := figure.Lines{
		Title: i.Data + ": mean rates", XLabel: "channel", YLabel: "rate (spikes/s)", WholeX: true,
	}
	for _, part := range i.Parts {
		series := figure.Series{Name: part.Part, Y: part.ChannelRates}
		for channel := range part.ChannelRates {
			series.X = append(series.X, float64(channel))
		}
		drawing.Series = append(drawing.Series, series)
	}
	return drawing
}
