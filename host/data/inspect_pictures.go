package data

import (
	"fmt"

	"spikegrad/host/figure"
)

// Rasters draws the first samples of a part, of as many different classes as possible.
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

// Frames draws the first samples of a part, of as many different classes as possible, as
// pixels in equal spans of time. ok reports whether the data have pixels, in one or two
// channels.
func (i *Inspection) Frames(part, samples int) (drawing figure.Drawing, ok bool) {
	source := i.sources[part]
	shape := source.Shape()
	if shape.Channels < 1 || shape.Channels > 2 {
		return nil, false
	}
	frames := figure.Frames{
		Channels: []string{"darker", "brighter"}[2-shape.Channels:],
	}
	if shape.Channels == 1 {
		frames.Channels = []string{"spikes"}
	}
	spans := figure.FrameSpans(i.Steps)
	milliseconds := func(span int) float64 { return 1000 * float64(span*i.Steps/spans) * i.StepLength }
	frames.Title = fmt.Sprintf("%s, %s: samples of different classes, frames of %.4g ms", i.Data, i.Parts[part].Part, milliseconds(spans)/float64(spans))
	for span := range spans {
		frames.Spans = append(frames.Spans, fmt.Sprintf("%.4g ms", milliseconds(span)))
	}
	for _, sample := range firstOfClasses(source, samples) {
		row := figure.FrameSample{Name: "class " + i.ClassNames[source.Label(sample)], Height: shape.Height, Width: shape.Width}
		rows, index := source.AppendEvents(nil, nil, sample, uint32(sample))
		for span := range spans {
			counts := make([]float64, shape.Inputs())
			for _, spikes := range rows[span*i.Steps/spans : (span+1)*i.Steps/spans] {
				for _, channel := range index[spikes[0]:spikes[1]] {
					counts[channel]++
				}
			}
			row.Counts = append(row.Counts, counts)
		}
		frames.Samples = append(frames.Samples, row)
	}
	return frames, true
}

// firstOfClasses returns the first samples of up to count different classes, in their order.
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

// Rates draws the rate of each channel in each part.
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
