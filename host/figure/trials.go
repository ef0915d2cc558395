package figure

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// Trials shows how one neuron responds to the same input under fresh noise: its spikes in
// every trial, and below them the probability of a spike over time.
type Trials struct {
	Title  string  `json:"title"`
	StepMS float64 `json:"step_ms"` // length of a time step in milliseconds
	Steps  int     `json:"steps"`
	// Spikes holds the steps in which the neuron fired in each trial, counted from 0, in
	// any order; a trial may be empty.
	Spikes [][]int `json:"spikes"`
	// Window is the number of steps over which the probability is averaged; 0
	// stands for 1. The last window may be shorter.
	Window int `json:"window"`
	// Width of the picture in points; 0 stands for the usual one. Pages for phones need
	// about 260.
	Width float64 `json:"-"`
}

// Picture implements [Drawing].
func (f Trials) Picture() (*Picture, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	raster := &panel{
		name:   "trials",
		header: "spikes in " + counted(len(f.Spikes), "trial"),
		height: min(max(1.6*vg.Length(len(f.Spikes)), 60), 200),
		x:      timeAxis(f.Steps, f.StepMS),
		y:      rowAxis("trial", len(f.Spikes)),
		grid:   grid{vertical: true},
		quietX: true,
	}
	var spikes []Spike
	for trial, steps := range f.Spikes {
		for _, step := range steps {
			spikes = append(spikes, Spike{Step: step, Neuron: trial})
		}
	}
	raster.marks = []mark{spikesMark(ink, f.StepMS, spikes)}

	edges, probability := f.probability()
	var values extent
	values.add(0)
	values.add(probability...)
	histogram := &panel{
		name:   "firing probability",
		header: f.averaged(),
		height: 80,
		x:      timeAxis(f.Steps, f.StepMS),
		y:      linearAxis("probability", values),
		grid:   grid{vertical: true, horizontal: true},
		marks:  []mark{stepsMark(blue, edges, probability)},
	}
	histogram.y.min = 0
	return layout(orUsual(f.Width, defaultWidth), f.Title, nil, []*panel{raster, histogram}), nil
}

func (f Trials) averaged() string {
	header := fmt.Sprintf("firing probability in a step of %.4g ms", f.StepMS)
	if f.Window > 1 {
		header += fmt.Sprintf(", mean over %d steps", f.Window)
	}
	return header
}

func (f Trials) check() error {
	if err := checkTime("trials", f.Steps, f.StepMS); err != nil {
		return err
	}
	if len(f.Spikes) == 0 {
		return fmt.Errorf("figure: trials without a trial: give at least one")
	}
	if f.Window < 0 {
		return fmt.Errorf("figure: trials: a window of %d steps: give a positive number, or 0 for 1", f.Window)
	}
	for trial, steps := range f.Spikes {
		for _, step := range steps {
			if step < 0 || step >= f.Steps {
				return fmt.Errorf("figure: trials: spike in step %d of trial %d, but the steps are 0 to %d", step, trial, f.Steps-1)
			}
		}
	}
	return nil
}

// probability returns the edges of the windows in milliseconds and the mean number of
// spikes per step per trial in each window.
func (f Trials) probability() (edges, mean []float64) {
	window := max(1, min(f.Window, f.Steps))
	count := make([]int, (f.Steps+window-1)/window)
	for _, steps := range f.Spikes {
		for _, step := range steps {
			count[step/window]++
		}
	}
	edges, mean = []float64{0}, make([]float64, len(count))
	for i, n := range count {
		end := min((i+1)*window, f.Steps)
		mean[i] = float64(n) / float64((end-i*window)*len(f.Spikes))
		edges = append(edges, float64(end)*f.StepMS)
	}
	return edges, mean
}
