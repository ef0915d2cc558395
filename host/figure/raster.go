package figure

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Spike is a spike of a neuron, or an event of an input channel, in a time
// step; both count from 0.
type Spike struct {
	Step   int `json:"step"`
	Neuron int `json:"neuron"`
}

// SpikeLayer is the activity of one layer, or of the input.
type SpikeLayer struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit,omitempty"` // what its rows are: "channel" for an input; "" stands for "neuron"
	Neurons int     `json:"neurons"`
	Shape   []int   `json:"shape,omitempty"` // of neurons at rows and columns: channels or filters, height, width
	Spikes  []Spike `json:"spikes"`          // in any order
	// Potentials are the membrane potentials of neurons that do not spike, (neuron, step), drawn
	// instead of spikes; empty for others.
	Potentials [][]float64 `json:"potentials,omitempty"`
}

// Raster shows one sample passing through all layers: input and layers as rasters above one
// another, then the readout, on one time axis. A spike in step t, and the membrane
// potential of step t, are drawn at (t + ½)·StepMS.
type Raster struct {
	Sample string       `json:"sample"`  // what the sample is, for the title: "test sample 17"
	StepMS float64      `json:"step_ms"` // length of a time step in milliseconds
	Steps  int          `json:"steps"`
	Layers []SpikeLayer `json:"layers"` // the input, then the layers in their order
	// Readout holds the membrane potential of each class at each step (class, step), or is
	// empty. It has no unit: the threshold of the neurons is 1.
	Readout [][]float64 `json:"readout"`
	Classes []string    `json:"classes"` // name of each class; empty: their numbers
	// True and Predicted are the class of the sample and the answer of the
	// network, as indices into Readout.
	True      int `json:"true"`
	Predicted int `json:"predicted"`
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64 `json:"-"`
}

// mostPanels limits a picture to a size that a viewer can open: if there are more layers,
// only the first and the last are shown.
const mostPanels = 24

// Picture implements [Drawing].
func (f Raster) Picture() (*Picture, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var column []*panel
	for i, layer := range f.Layers {
		if left := len(f.Layers) - mostPanels; left > 0 && i >= mostPanels/2 && i < mostPanels/2+left {
			continue
		}
		stroke := blue
		if i == 0 {
			stroke = ink
		}
		column = append(column, layer.panel(stroke, f.Steps, f.StepMS))
	}
	if len(f.Readout) > 0 {
		column = append(column, f.readoutPanel())
	}
	for _, p := range column[:len(column)-1] {
		p.quietX = true
	}
	return layout(orUsual(f.Width, defaultWidth), f.title(), nil, column), nil
}

func (f Raster) check() error {
	if err := checkTime("raster", f.Steps, f.StepMS); err != nil {
		return err
	}
	if len(f.Layers) == 0 && len(f.Readout) == 0 {
		return fmt.Errorf("figure: raster without a layer: give at least one, or readout traces")
	}
	for i, layer := range f.Layers {
		if err := layer.check(named("layer", layer.Name, i), f.Steps); err != nil {
			return err
		}
	}
	if len(f.Readout) == 0 {
		return nil
	}
	if err := checkTraces("raster: readout of class", f.Readout, f.Steps); err != nil {
		return err
	}
	if len(f.Classes) > 0 {
		if err := checkLength("raster: class names", len(f.Classes), len(f.Readout), "the readout traces are"); err != nil {
			return err
		}
	}
	for _, class := range []int{f.True, f.Predicted} {
		if class < 0 || class >= len(f.Readout) {
			return fmt.Errorf("figure: raster: class %d, but the readout has classes 0 to %d", class, len(f.Readout)-1)
		}
	}
	return nil
}

// checkTraces rejects traces that do not have a finite number at every step.
func checkTraces(of string, traces [][]float64, steps int) error {
	for i, trace := range traces {
		what := fmt.Sprintf("%s %d", of, i)
		if err := checkLength(what, len(trace), steps, "the time steps are"); err != nil {
			return err
		}
		if err := checkFinite(what, trace); err != nil {
			return err
		}
	}
	return nil
}

func (l SpikeLayer) check(what string, steps int) error {
	if l.Neurons <= 0 {
		return fmt.Errorf("figure: %s has %d neurons: at least 1 is needed", what, l.Neurons)
	}
	if l.Shape != nil {
		product := 1
		for _, size := range l.Shape {
			product = min(product*max(0, min(size, l.Neurons+1)), l.Neurons+1)
		}
		if len(l.Shape) != 3 || product != l.Neurons {
			return fmt.Errorf("figure: %s has %d neurons and the shape %v: three numbers are needed whose product is that", what, l.Neurons, l.Shape)
		}
	}
	if len(l.Potentials) > 0 {
		if err := checkLength(what+": potentials", len(l.Potentials), l.Neurons, "the neurons are"); err != nil {
			return err
		}
		if err := checkTraces(what+": potential of neuron", l.Potentials, steps); err != nil {
			return err
		}
	}
	for _, s := range l.Spikes {
		if s.Neuron < 0 || s.Neuron >= l.Neurons || s.Step < 0 || s.Step >= steps {
			return fmt.Errorf("figure: %s: spike of neuron %d in step %d, but it has neurons 0 to %d and steps 0 to %d",
				what, s.Neuron, s.Step, l.Neurons-1, steps-1)
		}
	}
	return nil
}

func (l SpikeLayer) panel(stroke color.NRGBA, steps int, stepMS float64) *panel {
	if len(l.Potentials) > 0 {
		p := membranePanel(l.Name, counted(l.Neurons, "neuron"), l.Potentials, steps, stepMS)
		for _, trace := range l.Potentials {
			p.trace(trace, draw.LineStyle{Color: stroke, Width: thinLine})
		}
		return p.panel
	}
	unit := l.Unit
	if unit == "" {
		unit = "neuron"
	}
	return &panel{
		name:   l.Name,
		header: fmt.Sprintf("%s · %s · %.3g spikes per %s", l.Name, counted(l.Neurons, unit), float64(len(l.Spikes))/float64(l.Neurons), unit),
		height: rowsHeight(l.Neurons),
		x:      timeAxis(steps, stepMS),
		y:      rowAxis(unit, l.Neurons),
		grid:   grid{vertical: true},
		marks:  []mark{spikesMark(stroke, stepMS, l.Spikes)},
	}
}

// membranes is a panel of membrane potentials over time.
type membranes struct {
	*panel
	times []float64
}

// membranePanel is a panel for these traces, without their lines.
func membranePanel(name, count string, traces [][]float64, steps int, stepMS float64) membranes {
	times := make([]float64, steps)
	for i := range times {
		times[i] = (float64(i) + 0.5) * stepMS
	}
	var values extent
	for _, trace := range traces {
		values.add(trace...)
	}
	return membranes{&panel{
		name:   name,
		header: name + " · " + count,
		height: 100,
		x:      timeAxis(steps, stepMS),
		y:      linearAxis("membrane", values),
		grid:   grid{vertical: true, horizontal: true},
	}, times}
}

// trace adds the line of one trace.
func (m membranes) trace(values []float64, style draw.LineStyle) {
	m.marks = append(m.marks, lineMark(style, m.times, values))
	if len(m.times) == 1 {
		m.marks = append(m.marks, dotsMark(nrgba(style.Color), dotRadius, m.times, values))
	}
}

func (f Raster) readoutPanel() *panel {
	p := membranePanel("readout", counted(len(f.Readout), "class"), f.Readout, f.Steps, f.StepMS)
	trace := func(class int, style draw.LineStyle) { p.trace(f.Readout[class], style) }
	others := draw.LineStyle{Color: paleGrey, Width: thinLine}
	for class := range f.Readout {
		if class != f.True && class != f.Predicted {
			trace(class, others)
		}
	}
	correct := draw.LineStyle{Color: vermillion, Width: strongLine}
	wrong := draw.LineStyle{Color: blue, Width: dataLine}
	p.note = []entry{{name: "true class " + f.shortClass(f.True), color: vermillion, width: correct.Width}}
	if f.Predicted != f.True {
		trace(f.Predicted, wrong)
		p.note = append(p.note, entry{name: "predicted " + f.shortClass(f.Predicted), color: blue, width: wrong.Width})
	}
	trace(f.True, correct)
	if len(f.Readout) > 2 {
		p.note = append(p.note, entry{name: "other classes", color: paleGrey, width: others.Width})
	}
	return p.panel
}

func (f Raster) title() string {
	if more := len(f.Layers) - mostPanels; more > 0 {
		f.Sample += fmt.Sprintf(", %d layers in the middle left out", more)
		f.Sample = strings.TrimPrefix(f.Sample, ", ")
	}
	if len(f.Readout) == 0 {
		return f.Sample
	}
	verdict := "correct"
	if f.True != f.Predicted {
		verdict = "wrong"
	}
	title := fmt.Sprintf("true class %s, predicted %s (%s)", f.class(f.True), f.class(f.Predicted), verdict)
	if f.Sample != "" {
		title = f.Sample + ": " + title
	}
	return title
}

func (f Raster) class(i int) string {
	if len(f.Classes) > 0 {
		return f.Classes[i]
	}
	return fmt.Sprint(i)
}

// shortClass is class for the legend, where several names have to share a line.
func (f Raster) shortClass(i int) string { return smallText().shorten(f.class(i), 60) }

func timeAxis(steps int, stepMS float64) axis {
	return axis{label: "time (ms)", min: 0, max: float64(steps) * stepMS}
}

// rowAxis numbers the rows of a raster from 0, with a margin of half a row at both ends.
func rowAxis(label string, rows int) axis {
	return axis{label: label, min: -0.5, max: float64(rows) - 0.5, whole: true}
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "class":
		return fmt.Sprintf("%d classes", n)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// rowsHeight is the height of a raster of n rows: it grows with the square root, so that a
// layer of ten neurons is readable beside one of a thousand.
func rowsHeight(n int) vg.Length {
	return min(max(6.5*vg.Length(math.Sqrt(float64(n))), 40), 165)
}

// nrgba returns a line's colour, which in this package is always of that type.
func nrgba(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }
