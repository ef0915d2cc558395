package evaluate

// WindowCounts adds up, over trials of one sample, how often each neuron of a layer
// spikes in a window that moves over the steps one by one.
type WindowCounts struct {
	neurons, steps, window int
	trials                 uint64
	count, squared         []uint32 // [window·neuron]: sums over trials
	moving                 []uint32 // [neuron]: spikes in the current window
}

// NewWindowCounts makes counts without any trials; window is 1 to steps.
func NewWindowCounts(neurons, steps, window int) *WindowCounts {
	size := (steps - window + 1) * neurons
	return &WindowCounts{
		neurons: neurons, steps: steps, window: window, moving: make([]uint32, neurons),
		count: make([]uint32, size), squared: make([]uint32, size),
	}
}

// Reset forgets all trials.
func (w *WindowCounts) Reset() {
	w.trials = 0
	clear(w.count)
	clear(w.squared)
}

// Add adds a trial; row returns the spike bits of a step, [word].
func (w *WindowCounts) Add(row func(step int) []uint32) {
	w.trials++
	clear(w.moving)
	for step := range w.steps {
		w.change(row(step), 1)
		first := step - w.window + 1
		if first < 0 {
			continue
		}
		count, squared := w.count[first*w.neurons:][:w.neurons], w.squared[first*w.neurons:][:w.neurons]
		for i, spikes := range w.moving {
			count[i] += spikes
			squared[i] += spikes * spikes
		}
		w.change(row(first), ^uint32(0))
	}
}

// change adds a number, modulo 2³², to the moving counts of the neurons that spike.
func (w *WindowCounts) change(bits []uint32, by uint32) {
	forSpikes(bits, func(neuron int) { w.moving[neuron] += by })
}

// factor returns the Fano factor of a neuron in a window if its mean count is above the
// minimum: (N·Σc² − (Σc)²) / ((N−1)·Σc), whose numerator and denominator are whole
// numbers.
func (w *WindowCounts) factor(i int, minimum float64) (factor float64, enough bool) {
	count, squared := uint64(w.count[i]), uint64(w.squared[i])
	if count == 0 || float64(count) <= minimum*float64(w.trials) {
		return 0, false
	}
	return float64(w.trials*squared-count*count) / float64((w.trials-1)*count), true
}

// MeanFano is a mean of Fano factors and their number.
type MeanFano struct {
	Mean  float64 `json:"mean"`
	Count int     `json:"count"`
}

// Fano returns the Fano factor by the definition of Gygax & Zenke 2025: the mean over
// all neurons and all T−window moving windows (the first T−window of the T−window+1)
// with any spike in any trial, where each window of a neuron is one value. The variance
// is divided by N−1. It is nil without a spike; at least two trials are needed.
func (w *WindowCounts) Fano() *MeanFano {
	var all fanoSum
	all.add(w)
	return all.mean()
}

// fanoSum adds up the Fano factors of windows with a spike.
type fanoSum struct {
	sum   float64
	count int
}

func (f *fanoSum) add(w *WindowCounts) {
	for i := range (w.steps - w.window) * w.neurons {
		if factor, any := w.factor(i, 0); any {
			f.sum += factor
			f.count++
		}
	}
}

func (f *fanoSum) mean() *MeanFano {
	if f.count == 0 {
		return nil
	}
	return &MeanFano{f.sum / float64(f.count), f.count}
}
