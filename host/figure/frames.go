package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Frames shows the activity of pixels in a few time spans, side by side, with one sample
// per row. Each channel has a colour; the more there is of it at a pixel, the stronger.
type Frames struct {
	Title    string
	Channels []string // names, for the legend: one to three
	Spans    []string // names of the columns
	Samples  []FrameSample
	OwnScale bool    // scale colours to full strength in every row, rather than only in the row with the largest count
	Width    float64 // of the picture, in points; 0 stands for the usual one
}

// frameGap is the distance between frames.
const frameGap = vg.Length(8)

// tallest is the maximum ratio of height to width of a frame: the pixels of taller planes are
// drawn smaller.
const tallest = 3

// FrameSample is a row of [Frames].
type FrameSample struct {
	Name          string
	Height, Width int
	Channels      []int       // indices of its channels in the picture; empty: all
	Counts        [][]float64 // [span][(channel·Height + y)·Width + x], at least 0; y = 0 is on top
}

// colors are the colours of a row's channels; in pictures of two or three channels, off and on come
// first.
func (f Frames) colors(s FrameSample) []color.NRGBA {
	all := []color.NRGBA{vermillion, blue, green}
	if len(f.Channels) == 1 {
		all = []color.NRGBA{blue}
	}
	if len(s.Channels) == 0 {
		return all[:len(f.Channels)]
	}
	var colors []color.NRGBA
	for _, channel := range s.Channels {
		colors = append(colors, all[channel])
	}
	return colors
}

// check checks a row and returns its largest count.
func (s FrameSample) check(f Frames) (most float64, err error) {
	channels := len(f.Channels)
	if len(s.Channels) > 0 {
		if channels = len(s.Channels); slices.Max(s.Channels) >= len(f.Channels) || slices.Min(s.Channels) < 0 {
			return 0, fmt.Errorf("figure: frames of %q have the channels %v of %d", s.Name, s.Channels, len(f.Channels))
		}
	}
	if err := checkLength(fmt.Sprintf("frames of %q", s.Name), len(s.Counts), len(f.Spans), "the spans are"); err != nil {
		return 0, err
	}
	for _, counts := range s.Counts {
		what := fmt.Sprintf("a frame of %q", s.Name)
		if err := checkLength(what, len(counts), channels*s.Height*s.Width, "its pixels in all channels are"); err != nil {
			return 0, err
		}
		if err := checkFinite(what, counts); err != nil {
			return 0, err
		}
		for _, count := range counts {
			most = max(most, count)
		}
	}
	return most, nil
}

// Picture implements [Drawing].
func (f Frames) Picture() (*Picture, error) {
	if len(f.Channels) < 1 || len(f.Channels) > 3 || len(f.Spans) == 0 || len(f.Samples) == 0 {
		return nil, fmt.Errorf("figure: frames of %d channels, %d spans and %d samples: give 1 to 3 channels, and some spans and samples",
			len(f.Channels), len(f.Spans), len(f.Samples))
	}
	var scales []float64
	for _, s := range f.Samples {
		most, err := s.check(f)
		if err != nil {
			return nil, err
		}
		scales = append(scales, most)
	}
	if !f.OwnScale {
		most := slices.Max(scales)
		for row := range scales {
			scales[row] = most
		}
	}
	width := orUsual(f.Width, defaultWidth)
	// Names take up room only on the left of the first column, so that all frames are
	// equally wide.
	room, spans := labelGap+labelText().size, vg.Length(len(f.Spans))
	side := (width - 2*outerMargin - room - frameGap*(spans-1)) / spans
	var columns [][]*panel
	for k, span := range f.Spans {
		var column []*panel
		for row, s := range f.Samples {
			p := &panel{
				name:   fmt.Sprintf("%s, %s", s.Name, span),
				height: side * vg.Length(min(float64(s.Height)/float64(s.Width), tallest)),
				x:      axis{bare: true, max: float64(s.Width)}, y: axis{bare: true, max: float64(s.Height)},
				marks: []mark{f.pixels(s, s.Counts[k], scales[row])},
			}
			if row == 0 {
				p.header = span
			}
			if k == 0 {
				p.y.label = s.Name
			}
			column = append(column, p)
		}
		columns = append(columns, column)
	}
	var legend []entry
	for c, name := range f.Channels {
		legend = append(legend, entry{name: name, color: f.colors(FrameSample{})[c], box: true})
	}
	picture := layout(width, f.Title, legend, columns...)
	for k, column := range columns {
		for _, p := range column {
			p.rect.Min.X = outerMargin + room + vg.Length(k)*(side+frameGap)
			p.rect.Max.X = p.rect.Min.X + side
		}
	}
	return picture, nil
}

// pixels fills the pixels with square cells, as large as fit, and draws a frame around
// them.
func (f Frames) pixels(s FrameSample, counts []float64, most float64) mark {
	colors := f.colors(s)
	return func(c draw.Canvas, p *panel) {
		cell := min((p.rect.Max.X-p.rect.Min.X)/vg.Length(s.Width), (p.rect.Max.Y-p.rect.Min.Y)/vg.Length(s.Height))
		at := func(x, y int) vg.Point {
			return vg.Point{X: p.rect.Min.X + cell*vg.Length(x), Y: p.rect.Max.Y - cell*vg.Length(y)}
		}
		for y := range s.Height {
			for x := range s.Width {
				shade, some := white, false
				for channel, full := range colors {
					if count := counts[(channel*s.Height+y)*s.Width+x]; count > 0 {
						shade, some = shaded(shade, full, math.Pow(count/most, 0.6)), true
					}
				}
				if some {
					upper, lower := at(x, y), at(x+1, y+1)
					c.FillPolygon(shade, corners(vg.Rectangle{Min: vg.Point{X: upper.X, Y: lower.Y}, Max: vg.Point{X: lower.X, Y: upper.Y}}))
				}
			}
		}
		outline := corners(vg.Rectangle{Min: at(0, s.Height), Max: at(s.Width, 0)})
		c.StrokeLines(draw.LineStyle{Color: axisGrey, Width: hairline}, append(outline, outline[0]))
	}
}

// shaded mixes a share of one colour over another, as ink does.
func shaded(under, over color.NRGBA, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 {
		return uint8(float64(a)*(1-share*(1-float64(b)/255)) + 0.5)
	}
	return color.NRGBA{R: mix(under.R, over.R), G: mix(under.G, over.G), B: mix(under.B, over.B), A: 255}
}
