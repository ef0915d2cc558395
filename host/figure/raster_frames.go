package figure

import "fmt"

// FrameSpans returns the number of frames in which a sample with the given number of steps is
// shown: six, or fewer if that makes them equally long.
func FrameSpans(steps int) int {
	for spans := 6; spans >= 4; spans-- {
		if steps%spans == 0 {
			return spans
		}
	}
	return min(6, steps)
}

// Frames shows the input and the layers of a raster whose neurons have rows and columns as
// frames: for an input of two channels both, otherwise the spikes of all channels or
// filters at a position. ok reports whether there are any, in a raster that can be drawn.
func (f Raster) Frames() (frames Frames, ok bool) {
	if f.check() != nil {
		return frames, false
	}
	spans := FrameSpans(f.Steps)
	frames = Frames{Title: f.title(), OwnScale: true, Width: f.Width, Channels: []string{"spikes"}}
	events := len(f.Layers) > 0 && len(f.Layers[0].Shape) == 3 && f.Layers[0].Shape[0] == 2
	if events {
		frames.Channels = []string{"darker", "brighter", "spikes"}
	}
	for span := range spans {
		frames.Spans = append(frames.Spans, fmt.Sprintf("%.4g ms", float64(span*f.Steps/spans)*f.StepMS))
	}
	for number, layer := range f.Layers {
		if len(layer.Shape) != 3 {
			continue
		}
		row := FrameSample{Name: layer.Name, Height: layer.Shape[1], Width: layer.Shape[2], Channels: []int{len(frames.Channels) - 1}}
		area := row.Height * row.Width
		pixels := area
		if number == 0 && events {
			row.Channels, pixels = []int{0, 1}, 2*area
		}
		row.Counts = make([][]float64, spans)
		for span := range row.Counts {
			row.Counts[span] = make([]float64, pixels)
		}
		for _, s := range layer.Spikes {
			// The last span that starts no later.
			span := ((s.Step+1)*spans - 1) / f.Steps
			row.Counts[span][s.Neuron%pixels]++
		}
		frames.Samples = append(frames.Samples, row)
	}
	return frames, len(frames.Samples) > 0
}
