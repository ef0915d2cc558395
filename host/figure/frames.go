package figure

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Frames shows what pixels did in a few spans of time, side by side, and samples below each
// other. Each channel has a colour; the more there is of it at a pixel, the stronger.
type Frames struct {
	Title    string
	Channels []string // names, for the legend: one or two
	Spans    []string // names of the columns
	Samples  []FrameSample
}

// FrameSample is a row of [Frames].
type FrameSample struct {
	Name          string
	Height, Width int
	Counts        [][]float64 // [span][(channel·Height + y)·Width + x], at least 0; y = 0 is on top
}

// colors are those of channels: of two, off and on.
func (f Frames) colors() []color.NRGBA {
	if len(f.Channels) == 1 {
		return []color.NRGBA{blue}
	}
	return []color.NRGBA{vermillion, blue}
}

// Picture implements [Drawing].
func (f Frames) Picture() (*Picture, error) {
	if len(f.Channels) < 1 || len(f.Channels) > 2 || len(f.Spans) == 0 || len(f.Samples) == 0 {
		return nil, fmt.Errorf("figure: frames of %d channels, %d spans and %d samples: give 1 or 2 channels, and some spans and samples",
			len(f.Channels), len(f.Spans), len(f.Samples))
	}
	largestCount := 0.0
	for _, s := range f.Samples {
		if err := checkLength(fmt.Sprintf("frames of %q", s.Name), len(s.Counts), len(f.Spans), "the spans are"); err != nil {
			return nil, err
		}
		for _, counts := range s.Counts {
			what := fmt.Sprintf("a frame of %q", s.Name)
			if err := checkLength(what, len(counts), len(f.Channels)*s.Height*s.Width, "its pixels in all channels are"); err != nil {
				return nil, err
			}
			if err := checkFinite(what, counts); err != nil {
				return nil, err
			}
			for _, count := range counts {
				largestCount = max(largestCount, count)
			}
		}
	}
	share := (defaultWidth-2*outerMargin-columnGap*vg.Length(len(f.Spans)-1))/vg.Length(len(f.Spans)) - overhang
	var columns [][]*panel
	for k, span := range f.Spans {
		var column []*panel
		for row, s := range f.Samples {
			p := &panel{
				name:   fmt.Sprintf("%s, %s", s.Name, span),
				height: share * vg.Length(s.Height) / vg.Length(s.Width),
				x:      axis{bare: true, max: float64(s.Width)}, y: axis{bare: true, max: float64(s.Height)},
				marks: []mark{f.pixels(s, s.Counts[k], largestCount)},
			}
			if row == 0 {
				p.header = span
			}
			p.y.label = " " // leaves as much room as the names of the first column take
			if k == 0 {
				p.y.label = s.Name
			}
			column = append(column, p)
		}
		columns = append(columns, column)
	}
	var legend []entry
	for c, name := range f.Channels {
		legend = append(legend, entry{name: name, color: f.colors()[c], box: true})
	}
	return layout(defaultWidth, f.Title, legend, columns...), nil
}

// pixels fills the pixels with square cells, as large as fit, and frames them.
func (f Frames) pixels(s FrameSample, counts []float64, most float64) mark {
	return func(c draw.Canvas, p *panel) {
		cell := min((p.rect.Max.X-p.rect.Min.X)/vg.Length(s.Width), (p.rect.Max.Y-p.rect.Min.Y)/vg.Length(s.Height))
		at := func(x, y int) vg.Point {
			return vg.Point{X: p.rect.Min.X + cell*vg.Length(x), Y: p.rect.Max.Y - cell*vg.Length(y)}
		}
		for y := range s.Height {
			for x := range s.Width {
				shade, some := white, false
				for channel, full := range f.colors() {
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

// shaded lays a share of a colour over another, as ink does.
func shaded(under, over color.NRGBA, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 {
		return uint8(float64(a)*(1-share*(1-float64(b)/255)) + 0.5)
	}
	return color.NRGBA{R: mix(under.R, over.R), G: mix(under.G, over.G), B: mix(under.B, over.B), A: 255}
}
