package figure

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"spikegrad/host/atomicfile"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Resolution is the resolution of PNG files in pixels per inch.
const Resolution = 200

// Drawing is data that can be laid out as a picture: every kind of picture in this package.
// Picture fails if the data are empty, contradictory or not finite; the error names the
// offending item.
type Drawing interface {
	Picture() (*Picture, error)
}

// Format is a file format for pictures.
type Format int

const (
	// PNG is a raster image of [Resolution] pixels per inch.
	PNG Format = iota
	// SVG is a vector image; text stays text.
	SVG
)

// FormatOf returns the format that the suffix of a path stands for: .png or
// .svg, in either case.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png":
		return PNG, nil
	case ".svg":
		return SVG, nil
	}
	return 0, fmt.Errorf("figure: unknown format of %q: name a file that ends in .png or .svg", path)
}

// Panel is the position of a panel's data area in a picture: fractions of the width from
// the left and of the height from the top.
type Panel struct {
	Name                     string
	Left, Top, Right, Bottom float64
}

// Picture is a picture that has been laid out and can be written in any format,
// any number of times.
type Picture struct {
	width, height vg.Length
	panels        []*panel
	overlays      []func(draw.Canvas) // titles and legends of the whole picture
}

// Size returns the width and height in points (1/72 inch).
func (p *Picture) Size() (width, height float64) {
	return p.width.Points(), p.height.Points()
}

// Pixels returns the width and height of the PNG form.
func (p *Picture) Pixels() (width, height int) {
	pixels := func(l vg.Length) int { return int(l.Dots(Resolution) + 0.5) }
	return pixels(p.width), pixels(p.height)
}

// Panels returns the data areas from top to bottom and left to right.
func (p *Picture) Panels() []Panel {
	list := make([]Panel, len(p.panels))
	for i, q := range p.panels {
		list[i] = Panel{
			Name:   q.name,
			Left:   float64(q.rect.Min.X / p.width),
			Right:  float64(q.rect.Max.X / p.width),
			Top:    float64(1 - q.rect.Max.Y/p.height),
			Bottom: float64(1 - q.rect.Min.Y/p.height),
		}
	}
	return list
}

// Write writes the picture in the given format.
func (p *Picture) Write(w io.Writer, format Format) error {
	switch format {
	case PNG:
		canvas := vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(Resolution), vgimg.UseBackgroundColor(color.White))
		p.draw(draw.New(canvas))
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
		return err
	case SVG:
		canvas := vgsvg.New(p.width, p.height)
		ground := draw.New(canvas)
		ground.FillPolygon(color.White, corners(ground.Rectangle))
		p.draw(ground)
		var text bytes.Buffer
		if _, err := canvas.WriteTo(&text); err != nil {
			return err
		}
		_, err := w.Write(withFallbackFonts(text.Bytes()))
		return err
	}
	return fmt.Errorf("figure: unknown format %d: use PNG or SVG", format)
}

// Save writes the picture to a file whose suffix, .png or .svg, selects the format. The
// file is written completely or not at all.
func (p *Picture) Save(path string) error {
	format, err := FormatOf(path)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return p.Write(w, format) })
}

// Save lays a drawing out and writes it to a file; see [Picture.Save]. It does not create
// folders.
func Save(path string, d Drawing) error {
	picture, err := d.Picture()
	if err != nil {
		return err
	}
	return picture.Save(path)
}

func (p *Picture) draw(c draw.Canvas) {
	for _, q := range p.panels {
		q.draw(c)
	}
	for _, overlay := range p.overlays {
		overlay(c)
	}
}

func corners(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
}

// withFallbackFonts lists fonts with the same metrics after the one that the layout was
// measured with: few systems have Liberation Sans, and a viewer would otherwise substitute
// a serif face with different widths.
func withFallbackFonts(svg []byte) []byte {
	return bytes.ReplaceAll(svg,
		[]byte("font-family:Liberation Sans;font-variant:normal;"),
		[]byte("font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;"))
}

// SaveBoth writes a picture as PNG and SVG.
func SaveBoth(folder, name string, drawing Drawing) error {
	for _, suffix := range []string{".png", ".svg"} {
		if err := Save(filepath.Join(folder, name+suffix), drawing); err != nil {
			return err
		}
	}
	return nil
}
