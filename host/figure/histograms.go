package figure

import (
	"fmt"
	"math"
)

// Histograms shows how numbers are distributed: panels in a grid, each with the same groups
// as outlines over common bins.
type Histograms struct {
	Title   string
	Groups  []string      // names, in the order of the values of every panel
	Columns [][]Histogram // panels from left to right, in each column downwards
}

// Histogram is one panel. Numbers beyond the ends of its axis count in the outermost bins.
type Histogram struct {
	Name     string
	Label    string // of the numbers, with their unit
	Min, Max float64
	Bins     int
	Values   [][]float64 // [group]; a group may be empty
}

// Picture implements [Drawing].
func (f Histograms) Picture() (*Picture, error) {
	var columns [][]*panel
	for _, column := range f.Columns {
		var panels []*panel
		for _, h := range column {
			p, err := h.panel(len(f.Groups))
			if err != nil {
				return nil, err
			}
			panels = append(panels, p)
		}
		if len(panels) == 0 {
			return nil, fmt.Errorf("figure: histograms with an empty column: give at least one panel")
		}
		columns = append(columns, panels)
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("figure: histograms without a column: give at least one")
	}
	var legend []entry
	for i, name := range f.Groups {
		legend = append(legend, entry{name: name, color: SeriesColor(i), box: true})
	}
	return layout(defaultWidth, f.Title, legend, columns...), nil
}

func (h Histogram) panel(groups int) (*panel, error) {
	if h.Bins < 1 || !(h.Min < h.Max) || math.IsInf(h.Max-h.Min, 0) {
		return nil, fmt.Errorf("figure: histogram %q has %d bins from %g to %g: give at least one, over a finite range", h.Name, h.Bins, h.Min, h.Max)
	}
	if err := checkLength(fmt.Sprintf("histogram %q", h.Name), len(h.Values), groups, "the groups are"); err != nil {
		return nil, err
	}
	edges := make([]float64, h.Bins+1)
	for i := range edges {
		edges[i] = h.Min + (h.Max-h.Min)*float64(i)/float64(h.Bins)
	}
	p := &panel{
		name: h.Name, header: h.Name, height: 85, grid: grid{vertical: true, horizontal: true},
		x: axis{label: h.Label, min: h.Min, max: h.Max},
	}
	var all extent
	all.add(0)
	for i, values := range h.Values {
		if len(values) == 0 {
			continue
		}
		if err := checkFinite(fmt.Sprintf("histogram %q, group %d", h.Name, i), values); err != nil {
			return nil, err
		}
		shares := make([]float64, h.Bins)
		for _, v := range values {
			bin := int(math.Floor((v - h.Min) / (h.Max - h.Min) * float64(h.Bins)))
			shares[min(max(bin, 0), h.Bins-1)] += 1 / float64(len(values))
		}
		all.add(shares...)
		p.marks = append(p.marks, stepsMark(SeriesColor(i), edges, shares))
	}
	p.y = linearAxis("share", all)
	return p, nil
}
