package report

import (
	"bytes"
	"fmt"
	"html/template"

	"spikegrad/host/figure"
)

// chart is a picture on the page.
type chart struct {
	Caption string
	// Wide and Narrow are the picture as SVG elements for wide and narrow screens; Narrow
	// may be empty.
	Wide, Narrow template.HTML
}

// narrowWidth is the width in points that fits on a phone.
const narrowWidth = 258

// draw draws a picture in both widths; a width of 0 stands for the usual one.
func draw(caption string, drawing func(width float64) figure.Drawing) (chart, error) {
	c := chart{Caption: caption}
	for _, form := range []struct {
		width float64
		to    *template.HTML
		class string
	}{{0, &c.Wide, "wide"}, {narrowWidth, &c.Narrow, "narrow"}} {
		picture, err := drawing(form.width).Picture()
		if err != nil {
			return chart{}, fmt.Errorf("drawing %s: %w", caption, err)
		}
		var svg bytes.Buffer
		if err := picture.Write(&svg, figure.SVG); err != nil {
			return chart{}, err
		}
		points, _ := picture.Size()
		*form.to = inline(svg.Bytes(), form.class, caption, points)
	}
	return c, nil
}

// inline turns an SVG file into an element of a page, at most as wide as it was drawn.
func inline(svg []byte, class, label string, points float64) template.HTML {
	_, svg, _ = bytes.Cut(svg, []byte("<svg"))
	_, svg, _ = bytes.Cut(svg, []byte("viewBox"))
	if i := bytes.LastIndex(svg, []byte("</svg>")); i >= 0 {
		svg = svg[:i]
	}
	return template.HTML(fmt.Sprintf("<svg class=\"%s\" style=\"max-width:%.4gpt\" role=\"img\" aria-label=\"%s\" viewBox%s</svg>",
		class, points, template.HTMLEscapeString(label), svg))
}
