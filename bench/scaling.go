package bench

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"spikegrad/host/engine"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// Scaling is how the cost of a training step of shape E grows with one quantity while all
// else stays the same.
type Scaling struct {
	Name     string         `json:"name"` // of its picture
	Quantity string         `json:"quantity"`
	Title    string         `json:"title"`
	Device   string         `json:"device"`
	Points   []ScalingPoint `json:"points"`
	// Exponent is the exponent of the best-fitting power law, by least squares of the logarithms
	// of the times: 1 if cost grows in proportion, as it should with steps and samples; 0 for
	// other series.
	Exponent float64 `json:"exponent"`
	// Speedup is the first point's time divided by the last point's; 0 unless workers are varied.
	Speedup float64 `json:"speedup"`
	kind    scalingKind
}

// scalingKind is how cost should grow.
type scalingKind int

const (
	withOffset    scalingKind = iota // linear, with a constant cost
	proportional                     // in proportion
	inverse                          // in inverse proportion
	memoryOfSteps                    // shows memory, not time
)

// ScalingPoint is one measurement. Segments is the number of steps held at once, or 0 for
// all.
type ScalingPoint struct {
	Value     float64    `json:"value"`
	Segments  int        `json:"segment_steps"`
	StepMS    float64    `json:"step_ms"` // the median, and the smallest and the largest
	SpreadMS  [2]float64 `json:"spread_ms"`
	PeakBytes uint64     `json:"peak_bytes"`
}

// scalingSeries is what is varied, and how.
type scalingSeries struct {
	name, quantity, title string
	values                []float64
	vary                  func(s *Shape, options *Options, value float64)
	kind                  scalingKind
	segments              []int // each value is measured with each of these
}

// segmentSteps is the number of steps held at once in series where memory should stay flat.
const segmentSteps = 128

// scalingOf are the series for a device with the given number of workers.
func scalingOf(options *Options) []scalingSeries {
	steps := func(s *Shape, _ *Options, value float64) { s.Network.Steps = int(value) }
	list := []scalingSeries{
		{"scaling-steps", "time steps", "A step of training against the length of a sample", []float64{50, 100, 200, 400, 800}, steps, proportional, []int{0}},
		{"scaling-batch", "samples", "A step of training against the batch", []float64{16, 32, 64, 128, 256, 512}, func(s *Shape, _ *Options, value float64) { s.Samples = int(value) }, proportional, []int{0}},
		{"scaling-spikes", "share of channels that spike in a step (%)", "A step of training against input spikes", []float64{0, 1, 2, 5, 10, 20}, func(s *Shape, _ *Options, value float64) { s.Rate = value / 100 }, withOffset, []int{0}},
		{"scaling-memory", "time steps", "Memory against the length of a sample", []float64{256, 512, 1024, 2048, 4096, 8192}, func(s *Shape, options *Options, value float64) {
			steps(s, options, value)
			s.Samples, s.Rate = 16, 0.01
		}, memoryOfSteps, []int{0, segmentSteps}},
	}
	if options.Choice.CPU() && options.workers() > 1 {
		var counts []float64
		for n := range options.workers() {
			counts = append(counts, float64(n+1))
		}
		list = append(list, scalingSeries{"scaling-workers", "workers", "A step of training against workers of the CPU engine", counts, func(_ *Shape, options *Options, value float64) {
			options.Workers = int(value)
		}, inverse, []int{0}})
	}
	return list
}

// MeasureScaling measures how cost grows with the length of samples, the batch, input
// spikes, and workers, and memory with the length of samples. Every network is compared
// with the reference before it is timed; done is called with every series.
func MeasureScaling(ctx context.Context, options Options, done func(*Scaling)) error {
	found, err := Find("E", "")
	if err != nil {
		return err
	}
	return measureSeries(ctx, &found[0], scalingOf(&options), options, done)
}

func measureSeries(ctx context.Context, base *Shape, list []scalingSeries, options Options, done func(*Scaling)) error {
	for _, series := range list {
		s := &Scaling{Name: series.name, Quantity: series.quantity, Title: series.title, Device: options.Device, kind: series.kind}
		for _, segments := range series.segments {
			for _, value := range series.values {
				point, err := measurePoint(ctx, base, &series, value, segments, options)
				if err != nil {
					return fmt.Errorf("%s with %g %s: %w", series.name, value, series.quantity, err)
				}
				s.Points = append(s.Points, *point)
			}
		}
		switch s.kind {
		case proportional:
			s.Exponent = s.exponent()
		case inverse:
			s.Speedup = s.Points[0].StepMS / s.Points[len(s.Points)-1].StepMS
		}
		done(s)
	}
	return nil
}

func measurePoint(ctx context.Context, base *Shape, series *scalingSeries, value float64, segments int, options Options) (*ScalingPoint, error) {
	shape, net := *base, *base.Network
	shape.Network = &net
	series.vary(&shape, &options, value)
	options.segmentSteps = segments
	if _, err := compare(&shape, &options); err != nil {
		return nil, err
	}
	batch, weights := shape.Batch(shape.Samples), net.Initialise(seed)
	p := &ScalingPoint{Value: value, Segments: segments}
	var t times
	var err error
	p.PeakBytes, err = peakOf(&net, &options, func(e engine.Engine) error {
		if err := e.SetWeights(weights); err != nil {
			return err
		}
		_, err := t.measure(ctx, e, batch, options.Repeats)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.StepMS, p.SpreadMS = middle(t.step)
	return p, nil
}

// peakOf is the peak memory of an engine of a network while do ran: for engines on a
// device, the device's memory.
func peakOf(n *network.Network, options *Options, do func(e engine.Engine) error) (peak uint64, err error) {
	var device uint64
	peak, err = peakMemory(func() error {
		e, err := options.open(n)
		if err != nil {
			return err
		}
		err = do(e)
		if v, ok := e.(*engine.Vulkan); ok {
			device = v.PeakMemory()
		}
		if closed := e.Close(); err == nil {
			err = closed
		}
		return err
	})
	if device > 0 {
		peak = device
	}
	return peak, err
}

// exponent is the slope of log time against log value.
func (s *Scaling) exponent() float64 {
	var x, y []float64
	for _, p := range s.Points {
		x, y = append(x, math.Log(p.Value)), append(y, math.Log(p.StepMS))
	}
	_, slope := stat.LinearRegression(x, y, nil, false)
	return slope
}

// Picture shows time with its spread or, for the series about memory, memory with and
// without segments. The line of proportion goes through the last point.
func (s *Scaling) Picture() figure.Lines {
	drawing := figure.Lines{Title: s.Title, XLabel: s.Quantity, YLabel: "time of a step (ms)"}
	line := figure.Series{Name: "measured", Points: true, Spread: figure.ErrorBars}
	if s.kind == memoryOfSteps {
		drawing.YLabel, line.Name = "memory of the engine (MiB)", "whole samples"
	}
	add := func() {
		if len(line.X) > 0 {
			drawing.Series = append(drawing.Series, line)
		}
		line = figure.Series{Name: fmt.Sprintf("segments of %d steps", segmentSteps), Points: true}
	}
	for i, p := range s.Points {
		if i > 0 && p.Segments != s.Points[i-1].Segments {
			add()
		}
		line.X = append(line.X, p.Value)
		if s.kind == memoryOfSteps {
			line.Y = append(line.Y, float64(p.PeakBytes)/(1<<20))
			continue
		}
		line.Y, line.Low, line.High = append(line.Y, p.StepMS), append(line.Low, p.SpreadMS[0]), append(line.High, p.SpreadMS[1])
	}
	add()
	last := s.Points[len(s.Points)-1]
	switch s.kind {
	case proportional:
		drawing.Series = append(drawing.Series, figure.Series{Name: "in proportion", X: []float64{0, last.Value}, Y: []float64{0, last.StepMS}})
	case inverse:
		ideal := figure.Series{Name: "in inverse proportion"}
		for _, p := range s.Points {
			ideal.X, ideal.Y = append(ideal.X, p.Value), append(ideal.Y, s.Points[0].StepMS/p.Value)
		}
		drawing.Series, drawing.WholeX = append(drawing.Series, ideal), true
	}
	return drawing
}
