package scene

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"spikegrad/host/network"
)

// Status is the text shown beside the data.
type Status struct {
	Title    string // the run
	Progress string // how far it is
	Hint     string // the state of the window
	History  *History
}

// Draw draws the picture of what was last presented.
func (s *Scene) Draw(status Status) error {
	if err := s.record(); err != nil {
		return err
	}
	if err := s.recording.ranges.Run(); err != nil {
		return err
	}
	s.header(&status)
	s.neuronCorner()
	for i := range s.panels {
		p := &s.panels[i]
		if !s.choice.IsPicked && (p.Kind == Membrane || p.Kind == Trials) {
			continue
		}
		if p.Kind == Frames {
			s.labelFrames(i, p)
			continue
		}
		s.sheet.region(fmt.Sprint("frame ", i), p.Area.Inset(-max(1, s.sheet.points(1))), "", func() { s.sheet.frame(p.Area, gridGrey) })
		s.label(i, p, &status)
	}
	s.uploadSheet()
	return s.recording.draw.Run()
}

// uploadSheet copies the redrawn parts of the sheet to the device.
func (s *Scene) uploadSheet() {
	mapped, pixels := s.sheetCopy.Mapped(), s.sheet.image
	for _, area := range s.sheet.take() {
		area = area.Intersect(pixels.Bounds())
		for y := area.Min.Y; y < area.Max.Y; y++ {
			from, to := pixels.PixOffset(area.Min.X, y), pixels.PixOffset(area.Max.X, y)
			copy(mapped[from:to], pixels.Pix[from:to])
		}
	}
}

// header writes the two lines at the top.
func (s *Scene) header(status *Status) {
	h, left := s.sheet, s.sheet.points(margin)
	right := s.size.X - left
	lines := []struct {
		name, left, right string
		face              typeface
		baseline, top     float64
	}{
		{"title", status.Title, status.Progress, titleText, 27, 6},
		{"sample", s.sampleText(), status.Hint, plainText, 49, 34},
	}
	for _, l := range lines {
		area := image.Rect(0, h.points(l.top), s.size.X, h.points(l.top+27))
		h.region(l.name, area, l.left+"\n"+l.right, func() {
			baseline := h.points(l.baseline)
			room := right - left - h.width(plainText, l.right) - h.points(24)
			h.text(l.face, image.Pt(left, baseline), 0, ink, h.shortened(l.face, l.left, max(room, 0)))
			h.text(plainText, image.Pt(right, baseline), 1, softInk, h.shortened(plainText, l.right, right-left))
		})
	}
}

// sampleText describes what is shown.
func (s *Scene) sampleText() string {
	n, source := s.subject.Network, s.subject.Source
	noisy := n.Layers[0].Noise.Kind != "threshold"
	mode := "noise off"
	if noisy != s.choice.OtherMode {
		mode = "noise on"
	}
	if s.choice.OtherMode {
		mode += " (other than in training)"
	}
	verdict := "correct"
	if s.shown.label != s.shown.predicted {
		verdict = "wrong"
	}
	text := fmt.Sprintf("%s sample %d of %d: true class %s, predicted %s (%s) · %s", s.subject.Part, s.choice.Sample, source.Len(),
		s.class(s.shown.label), s.class(s.shown.predicted), verdict, mode)
	if s.choice.Trial > 0 {
		text += fmt.Sprintf(" · trial %d", s.choice.Trial)
	}
	return text
}

func (s *Scene) class(i int) string {
	if names := s.subject.Source.ClassNames(); i < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}

// legend is a piece of a caption in a colour.
type legend struct {
	text  string
	color color.NRGBA
}

// caption writes the name of a panel above it: first in bold, then the rest.
func (s *Scene) caption(i int, area image.Rectangle, name, rest string, legends ...legend) {
	h := s.sheet
	place := image.Rect(area.Min.X-h.points(1), area.Min.Y-h.points(captionGap), area.Max.X, area.Min.Y-h.points(1))
	h.region(fmt.Sprint("caption ", i), place, fmt.Sprint(name, rest, legends), func() {
		baseline := area.Min.Y - h.points(6)
		x := h.text(boldText, image.Pt(area.Min.X, baseline), 0, ink, h.shortened(boldText, name, area.Dx()))
		room := area.Max.X - x
		for _, l := range legends {
			room -= h.width(plainText, l.text) + h.points(26)
		}
		if rest != "" && room > h.points(30) {
			x = h.text(plainText, image.Pt(x+h.points(8), baseline), 0, softInk, h.shortened(plainText, rest, room-h.points(8)))
		}
		for _, l := range legends {
			x += h.points(10)
			if x+h.points(14)+h.width(plainText, l.text) > area.Max.X {
				return
			}
			h.fill(image.Rect(x, baseline-h.points(5), x+h.points(12), baseline-h.points(2)), l.color)
			x = h.text(plainText, image.Pt(x+h.points(16), baseline), 0, softInk, l.text)
		}
	})
}

// valueAxis writes the numbers to the left of an area.
func (s *Scene) valueAxis(i int, area image.Rectangle, marks []tick) {
	h := s.sheet
	place := image.Rect(area.Min.X-h.points(gutter), area.Min.Y, area.Min.X-h.points(1), area.Max.Y)
	h.region(fmt.Sprint("values ", i), place, fmt.Sprint(marks), func() {
		half := h.points(smallSize * 0.36)
		for _, t := range marks {
			y := area.Max.Y - 1 - int(t.share*float64(area.Dy()))
			y = min(max(y, area.Min.Y), area.Max.Y-1)
			h.fill(image.Rect(area.Min.X-h.points(tickLength), y, area.Min.X-h.points(1), y+max(1, h.points(1))), softInk)
			baseline := min(max(y+half, area.Min.Y+2*half), area.Max.Y)
			h.text(smallText, image.Pt(area.Min.X-h.points(tickLength+3), baseline), 1, softInk, t.label)
		}
	})
}

// baseAxis writes the numbers below an area, and their label.
func (s *Scene) baseAxis(i int, area image.Rectangle, marks []tick, label string) {
	h := s.sheet
	place := image.Rect(area.Min.X-h.points(1), area.Max.Y+h.points(1), area.Max.X+h.points(1), area.Max.Y+h.points(axisRoom-2))
	h.region(fmt.Sprint("base ", i), place, fmt.Sprint(marks, label), func() {
		for _, t := range marks {
			x := area.Min.X + min(int(t.share*float64(area.Dx())), area.Dx()-1)
			h.fill(image.Rect(x, area.Max.Y+h.points(1), x+max(1, h.points(1)), area.Max.Y+h.points(1+tickLength)), softInk)
			half := h.width(smallText, t.label) / 2
			x = min(max(x, area.Min.X+half), area.Max.X-half)
			h.text(smallText, image.Pt(x, area.Max.Y+h.points(tickLength+smallSize+2)), 0.5, softInk, t.label)
		}
		h.text(smallText, image.Pt((area.Min.X+area.Max.X)/2, area.Max.Y+h.points(tickLength+2*smallSize+6)), 0.5, softInk, label)
	})
}

// parts is the number of labels that fit on an axis of the given length.
func (s *Scene) parts(length int, each float64) int { return max(1, length/s.sheet.points(each)) }

// timeAxis writes the time axis below an area.
func (s *Scene) timeAxis(i int, area image.Rectangle) {
	n := s.subject.Network
	s.baseAxis(i, area, ticks(0, 1000*float64(n.Steps)*n.StepLength, s.parts(area.Dx(), 70)), "time (ms)")
}

// label writes the text of a panel and sets how its curves are drawn.
func (s *Scene) label(i int, p *Panel, status *Status) {
	n, area := s.subject.Network, p.Area
	lowest := p.Kind == Readout || n.Spiking() && p.Kind == Layer && p.Layer == len(n.Layers)-1
	if lowest || p.Kind == Trials {
		s.timeAxis(i, area)
	}
	switch p.Kind {
	case Input:
		s.caption(i, area, "input", fmt.Sprintf("%d channels, %.3g spikes per channel", p.Rows, float64(s.shown.inputSpikes)/float64(p.Rows)))
		s.valueAxis(i, area, rowTicks(p.Rows, s.parts(area.Dy(), 26)))
	case Layer:
		s.caption(i, area, fmt.Sprintf("layer %d", p.Layer), fmt.Sprintf("%d neurons, %.3g spikes per neuron", p.Rows, s.shown.layerSpikes[p.Layer]))
		s.valueAxis(i, area, rowTicks(p.Rows, s.parts(area.Dy(), 26)))
	case Readout:
		s.labelReadout(i, p)
	case Loss:
		s.labelLoss(i, p, status.History)
	case Weights:
		s.labelWeights(i, p)
	case Membrane:
		s.labelMembrane(i, p)
	case Trials:
		s.caption(i, area, "its spikes", fmt.Sprintf("in %d trials of the sample with fresh noise", trials))
		s.valueAxis(i, area, rowTicks(trials, s.parts(area.Dy(), 26)))
	}
}

func (s *Scene) labelReadout(i int, p *Panel) {
	label, predicted := s.shown.label, s.shown.predicted
	legends := []legend{{"true class " + s.class(label), trueColor}}
	var curves []curve
	for class := range s.subject.Network.Classes {
		if class != label && class != predicted {
			curves = append(curves, curve{number: class, color: paleGrey, width: 1})
		}
	}
	if label != predicted {
		curves = append(curves, curve{number: predicted, color: predictedColor, width: 1.8})
		legends = append(legends, legend{"predicted " + s.class(predicted), predictedColor})
	}
	curves = append(curves, curve{number: label, color: trueColor, width: 2.4})
	if s.subject.Network.Classes > 2 {
		legends = append(legends, legend{"other classes", paleGrey})
	}
	values := newSpan(extremes(s.plot.readoutRange))
	parts := s.parts(p.Area.Dy(), 26)
	s.caption(i, p.Area, "readout", "membranes", legends...)
	s.valueAxis(i, p.Area, ticks(values.low, values.high, parts))
	s.writeStyle(s.plot.readout, p, values, p.Steps, gridLines(values, parts), curves)
}

func (s *Scene) labelLoss(i int, p *Panel, history *History) {
	training, validating, first := history.curves()
	points := len(training)
	store := func(at int, values []float32) {
		for j, value := range values {
			words(s.plot.history)[at+j] = math.Float32bits(value)
		}
	}
	store(0, training)
	store(mostPoints, validating)
	legends := []legend{{"training", trainingColor}}
	curves := []curve{{number: 0, color: trainingColor, width: 1.6}}
	low, high := math.Inf(1), math.Inf(-1)
	for j := range training {
		low, high = min(low, float64(training[j])), max(high, float64(training[j]))
		if j >= first {
			low, high = min(low, float64(validating[j])), max(high, float64(validating[j]))
		}
	}
	if first < points {
		legends = append(legends, legend{"validation", validationColor})
		curves = append(curves, curve{number: 1, color: validationColor, width: 2.2, first: first})
	}
	values := newSpan(min(low, 0), high)
	if points == 0 {
		curves, values, legends = nil, span{0, 1}, nil
	}
	parts := s.parts(p.Area.Dy(), 26)
	s.caption(i, p.Area, "loss", "cross-entropy (nats)", legends...)
	s.valueAxis(i, p.Area, ticks(values.low, values.high, parts))
	from := float64(history.first)
	s.baseAxis(i, p.Area, ticks(from, from+float64(max(history.Updates(), 1)), s.parts(p.Area.Dx(), 80)), "update")
	s.writeStyle(s.plot.loss, p, values, points, gridLines(values, parts), curves)
}

func (s *Scene) labelWeights(i int, p *Panel) {
	w := s.subject.Network.Weights()[s.choice.Weights]
	low, high := extremes(s.plot.weightRange)
	full := max(-low, high)
	if !(full > 0) {
		full = 1
	}
	words(s.plot.matrixScale)[0] = math.Float32bits(float32(256 / full))
	s.caption(i, p.Area, "weights "+w.Name, fmt.Sprintf("%d × %d", w.Rows, w.Columns),
		legend{fmt.Sprintf("−%.2g", full), negativeColor}, legend{fmt.Sprintf("+%.2g", full), positiveColor})
	s.valueAxis(i, p.Area, rowTicks(w.Rows, s.parts(p.Area.Dy(), 26)))
	s.baseAxis(i, p.Area, rowTicks(w.Columns, s.parts(p.Area.Dx(), 60)), "from (columns), to neuron (rows)")
}

func (s *Scene) labelMembrane(i int, p *Panel) {
	picked := s.choice.Picked
	low, high := extremes(s.plot.membraneRange)
	values := newSpan(min(low, 0), max(high, 1.1)) // with room for the threshold, 1
	_, trace := s.splitMembrane(p.Area)
	parts := s.parts(trace.Dy(), 26)
	s.caption(i, p.Area, fmt.Sprintf("layer %d, neuron %d", picked.Layer, picked.Number), "membrane",
		legend{"threshold", thresholdColor}, legend{"spikes", spikeColor})
	s.valueAxis(i, trace, ticks(values.low, values.high, parts))
	lines := append(gridLines(values, min(parts, 6)), line{network.Threshold, thresholdColor})
	s.writeStyle(s.plot.membrane, &Panel{Area: trace}, values, p.Steps, lines, []curve{{color: membraneColor, width: 1.8}})
}

// neuronCorner prepares the part of the sheet that belongs to the picked neuron, or
// explains there how to pick one.
func (s *Scene) neuronCorner() {
	h := s.sheet
	var corner image.Rectangle
	var ofNeuron []int
	for i, p := range s.panels {
		if p.Kind == Membrane || p.Kind == Trials {
			corner = corner.Union(p.Area)
			ofNeuron = append(ofNeuron, i)
		}
	}
	if corner.Empty() {
		return
	}
	corner.Min = corner.Min.Sub(image.Pt(h.points(gutter), h.points(captionGap)))
	corner.Max = s.size
	h.region("neuron", corner, fmt.Sprint(s.choice.IsPicked), func() {
		for _, i := range ofNeuron { // their labels are gone
			for _, part := range []string{"frame ", "caption ", "values ", "base "} {
				delete(h.regions, fmt.Sprint(part, i))
			}
		}
		if s.choice.IsPicked {
			return
		}
		x := corner.Min.X + h.points(gutter)
		h.text(boldText, image.Pt(x, corner.Min.Y+h.points(captionGap-6)), 0, ink, "neuron")
		h.text(plainText, image.Pt(x, corner.Min.Y+h.points(captionGap+18)), 0, softInk, "Click a row of a layer's raster to see the neuron's")
		h.text(plainText, image.Pt(x, corner.Min.Y+h.points(captionGap+36)), 0, softInk, "membrane and its spikes in trials with fresh noise.")
	})
}
