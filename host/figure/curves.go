package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/vg/draw"
)

// Band is a quantity at each epoch, starting with epoch 1, with an optional spread around
// it, for instance over seeds. Low and High are both empty or as long as Middle.
type Band struct {
	Middle    []float64
	Low, High []float64
}

// Run is the course of one training run, or the mean of several with their spread. Empty
// bands are left out. Accuracies are fractions from 0 to 1.
type Run struct {
	Name                              string
	TrainLoss, ValidationLoss         Band
	TrainAccuracy, ValidationAccuracy Band
	// Test holds the test accuracy of each seed, or is empty. The mean is drawn as a level.
	Test []float64
}

// Curves are learning curves: loss and accuracy against epoch. With one run, colours
// distinguish training from validation; with several, colours distinguish the runs, and
// training is dashed and without its band.
type Curves struct {
	Title string
	Runs  []Run
	// Stacked puts accuracy below loss instead of beside it.
	Stacked bool
	// LogLoss makes the loss axis logarithmic.
	LogLoss bool
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64
}

// curve is one band and its appearance.
type curve struct {
	what     string
	training bool
	band     Band
	style    draw.LineStyle
}

// Picture implements [Drawing].
func (f Curves) Picture() (*Picture, error) {
	if len(f.Runs) == 0 {
		return nil, fmt.Errorf("figure: learning curves without a run: give at least one")
	}
	var losses, accuracies []curve
	for i, run := range f.Runs {
		training, validation := f.styles(i)
		name := named("run", run.Name, i)
		losses = append(losses,
			curve{name + ": training loss", true, run.TrainLoss, training},
			curve{name + ": validation loss", false, run.ValidationLoss, validation})
		accuracies = append(accuracies,
			curve{name + ": training accuracy", true, run.TrainAccuracy, training},
			curve{name + ": validation accuracy", false, run.ValidationAccuracy, validation})
	}
	var epochs int
	for _, c := range slices.Concat(losses, accuracies) {
		if err := c.check(); err != nil {
			return nil, err
		}
		epochs = max(epochs, len(c.band.Middle))
	}
	if epochs == 0 {
		return nil, fmt.Errorf("figure: learning curves without a single epoch: train at least one")
	}

	loss, err := f.lossPanel(losses, epochs)
	if err != nil {
		return nil, err
	}
	accuracy, err := f.accuracyPanel(accuracies, epochs)
	if err != nil {
		return nil, err
	}
	switch {
	case accuracy == nil:
		return layout(orUsual(f.Width, 0.6*defaultWidth), f.Title, f.legend(), []*panel{loss}), nil
	case loss == nil:
		return layout(orUsual(f.Width, 0.6*defaultWidth), f.Title, f.legend(), []*panel{accuracy}), nil
	case f.Stacked:
		loss.quietX = true
		loss.height, accuracy.height = 120, 120
		return layout(orUsual(f.Width, 0.7*defaultWidth), f.Title, f.legend(), []*panel{loss, accuracy}), nil
	}
	return layout(orUsual(f.Width, defaultWidth), f.Title, f.legend(), []*panel{loss}, []*panel{accuracy}), nil
}

// styles returns the line styles of training and validation of the i-th run.
func (f Curves) styles(i int) (training, validation draw.LineStyle) {
	if len(f.Runs) == 1 {
		return draw.LineStyle{Color: SeriesColor(0), Width: dataLine}, draw.LineStyle{Color: SeriesColor(1), Width: dataLine}
	}
	return draw.LineStyle{Color: withAlpha(SeriesColor(i), 0.7), Width: thinLine, Dashes: dashed},
		draw.LineStyle{Color: SeriesColor(i), Width: dataLine, Dashes: seriesDashes(i)}
}

func (c curve) check() error {
	if err := checkFinite(c.what, c.band.Middle); err != nil {
		return err
	}
	return checkBand(c.what, c.band.Low, c.band.High, len(c.band.Middle))
}

func (f Curves) lossPanel(curves []curve, epochs int) (*panel, error) {
	values, marks := f.courses(curves)
	if !values.any {
		return nil, nil
	}
	p := &panel{name: "loss", height: 150, x: epochAxis(epochs), grid: grid{horizontal: true}, marks: marks}
	if !f.LogLoss {
		p.y = linearAxis("loss", values)
		return p, nil
	}
	for _, c := range curves {
		for _, list := range [][]float64{c.band.Middle, c.band.Low, c.band.High} {
			if err := checkPositive(c.what, list); err != nil {
				return nil, err
			}
		}
	}
	p.y = logAxis("loss", values)
	return p, nil
}

func (f Curves) accuracyPanel(curves []curve, epochs int) (*panel, error) {
	values, marks := f.courses(curves)
	for i, run := range f.Runs {
		if len(run.Test) == 0 {
			continue
		}
		if err := checkFractions(named("run", run.Name, i)+": test accuracy", run.Test); err != nil {
			return nil, err
		}
		level := stat.Mean(run.Test, nil)
		values.add(level)
		marks = append(marks, levelMark(f.testStyle(i), false, level))
	}
	if !values.any {
		return nil, nil
	}
	for _, c := range curves {
		if err := checkFractions(c.what, c.band.Middle); err != nil {
			return nil, err
		}
	}
	return &panel{name: "accuracy", height: 150, x: epochAxis(epochs), y: fractionAxis("accuracy", values),
		grid: grid{horizontal: true}, marks: marks}, nil
}

// courses returns the range of all curves and how to draw them: the bands come first, so
// that no line is hidden under a neighbour's band.
func (f Curves) courses(curves []curve) (values extent, marks []mark) {
	for _, c := range curves {
		values.add(c.band.Middle...)
		if len(c.band.Low) > 0 && (len(f.Runs) == 1 || !c.training) {
			values.add(c.band.Low...)
			values.add(c.band.High...)
			marks = append(marks, bandMark(nrgba(c.style.Color), epochNumbers(len(c.band.Low)), c.band.Low, c.band.High))
		}
	}
	for _, c := range curves {
		epochs := epochNumbers(len(c.band.Middle))
		marks = append(marks, lineMark(c.style, epochs, c.band.Middle))
		if len(epochs) <= 20 {
			marks = append(marks, dotsMark(nrgba(c.style.Color), smallDot, epochs, c.band.Middle))
		}
	}
	return values, marks
}

func (f Curves) testStyle(i int) draw.LineStyle {
	if len(f.Runs) == 1 {
		return draw.LineStyle{Color: black, Width: lightLine, Dashes: dotted}
	}
	return draw.LineStyle{Color: SeriesColor(i), Width: lightLine, Dashes: dotted}
}

func (f Curves) legend() []entry {
	key := func(name string, style draw.LineStyle) entry {
		return entry{name: name, color: nrgba(style.Color), width: style.Width, dash: style.Dashes}
	}
	training, validation := f.styles(0)
	if len(f.Runs) == 1 {
		entries := []entry{key("training", training), key("validation", validation)}
		if test := f.Runs[0].Test; len(test) > 0 {
			entries = append(entries, key("test "+meanAndSpread(test), f.testStyle(0)))
		}
		return entries
	}
	var entries []entry
	tested := false
	for i, run := range f.Runs {
		_, style := f.styles(i)
		name := run.Name
		if name == "" {
			name = fmt.Sprintf("run %d", i+1)
		}
		if len(run.Test) > 0 {
			tested = true
			name += " (test " + meanAndSpread(run.Test) + ")"
		}
		entries = append(entries, key(name, style))
	}
	grey := func(style draw.LineStyle) draw.LineStyle { style.Color = black; return style }
	entries = append(entries, key("validation", grey(validation)), key("training", grey(training)))
	if tested {
		entries = append(entries, key("test", grey(f.testStyle(0))))
	}
	return entries
}

// meanAndSpread writes accuracies as their mean, with the standard deviation if there are
// several.
func meanAndSpread(values []float64) string {
	if len(values) == 1 {
		return fmt.Sprintf("%.3f", values[0])
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return fmt.Sprintf("%.3f ± %.3f", mean, deviation)
}

func epochNumbers(n int) []float64 {
	numbers := make([]float64, n)
	for i := range numbers {
		numbers[i] = float64(i + 1)
	}
	return numbers
}

func epochAxis(epochs int) axis {
	room := max(0.02*float64(epochs-1), 0.1)
	// There is no epoch 0, so the axis never reaches it.
	return axis{label: "epoch", min: 1 - min(room, 0.5), max: float64(epochs) + room, whole: true}
}

// fractionAxis ends at 1 and starts at 0 unless all values lie in the upper half, where the
// differences would be lost.
func fractionAxis(label string, values extent) axis {
	a := axis{label: label, max: 1}
	if values.lo > 0.5 {
		a.min = values.lo - 0.15*(1-values.lo) - 0.005
	}
	a.min, a.max = min(a.min, values.lo), max(a.max, values.hi)
	room := 0.03 * (a.max - a.min)
	a.max += room // so that a line at 1 is not half outside
	return a
}
