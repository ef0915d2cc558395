package bench

import (
	"slices"
	"time"

	"spikegrad/host/engine"
)

// Subject is what was measured and on which device.
type Subject struct {
	Shape   string `json:"shape"`
	Variant string `json:"variant"`
	Device  string `json:"device"` // as --device takes it
	Name    string `json:"device_name"`
	Driver  string `json:"driver"`
	Samples int    `json:"samples"` // of the batch
	Repeats int    `json:"repeats"`

	ComparedValues int `json:"compared_values"` // numbers and spikes found equal to the reference's before timing anything
}

// subject is a shape with the requested batch size.
func (s *Shape) subject(options *Options) Subject {
	subject := Subject{Shape: s.Name, Variant: s.Variant, Device: options.Device, Samples: s.Samples}
	if options.Samples > 0 {
		subject.Samples = options.Samples
	}
	return subject
}

// describe names the device of an engine.
func (s *Subject) describe(e engine.Engine) {
	description := e.Describe()
	s.Name, s.Driver = description.Device, description.Driver
}

// Result holds the measurements of one shape on one device. Times are medians; Spread holds the
// smallest and the largest.
type Result struct {
	Subject
	Title   string `json:"title"`
	Steps   int    `json:"steps"`
	Workers int    `json:"workers"` // of the CPU engine; 0 on other devices
	Note    string `json:"note"`    // what differs from the named shape

	SamplesPerSecond        float64   `json:"samples_per_second"`
	SynapticEventsPerSecond float64   `json:"synaptic_events_per_second"`
	StepMS                  float64   `json:"step_ms"` // forward, backward and update
	ForwardMS               float64   `json:"forward_ms"`
	BackwardMS              float64   `json:"backward_ms"`
	UpdateMS                float64   `json:"update_ms"`
	StepsMS                 []float64 `json:"steps_ms"` // every step
	Spread                  Spread    `json:"spread_ms"`

	BytesMoved            float64      `json:"bytes_moved"` // see [Work]
	BandwidthShare        float64      `json:"bandwidth_share"`
	CopyBytesPerSecond    float64      `json:"copy_bytes_per_second"`
	Operations            float64      `json:"operations"`
	ArithmeticShare       float64      `json:"arithmetic_share"`
	ArithmeticPerSecond   float64      `json:"arithmetic_per_second"`
	PeakBytes             uint64       `json:"peak_bytes"` // memory that the engine took, above what was in use before
	FlipReplicasPerSecond float64      `json:"flip_replicas_per_second"`
	InputSpikeShare       float64      `json:"input_spike_share"` // of channels, per step
	LayerSpikeShare       []float64    `json:"layer_spike_share"`
	Kernels               []KernelTime `json:"kernels"` // of a Vulkan device, if requested
	// Compiled is what the driver reports of these kernels, if it does.
	Compiled []engine.Compiled `json:"compiled,omitempty"`
}

// Spread holds the smallest and largest times of a [Result], in milliseconds.
type Spread struct {
	Step     [2]float64 `json:"step"`
	Forward  [2]float64 `json:"forward"`
	Backward [2]float64 `json:"backward"`
	Update   [2]float64 `json:"update"`
}

// KernelTime is the time of all dispatches of one kernel in a step.
type KernelTime struct {
	Name       string  `json:"name"`
	Dispatches int     `json:"dispatches"`
	MS         float64 `json:"ms"`
}

// times are the times of repeated steps in milliseconds.
type times struct{ forward, gradient, update, backward, step []float64 }

// add adds the times of one step; the gradient's time includes the forward pass.
func (t *times) add(forward, gradient, update time.Duration) {
	f, g, u := milliseconds(forward), milliseconds(gradient), milliseconds(update)
	t.forward = append(t.forward, f)
	t.gradient = append(t.gradient, g)
	t.update = append(t.update, u)
	t.backward = append(t.backward, max(0, g-f))
	t.step = append(t.step, g+u)
}

// put sets medians and spread, and what follows from them.
func (t *times) put(r *Result, work Work, rates Rates) {
	r.Repeats = len(t.step)
	r.StepsMS = t.step
	r.StepMS, r.Spread.Step = middle(t.step)
	r.ForwardMS, r.Spread.Forward = middle(t.forward)
	r.BackwardMS, r.Spread.Backward = middle(t.backward)
	r.UpdateMS, r.Spread.Update = middle(t.update)
	seconds := r.StepMS / 1000
	r.SamplesPerSecond = float64(r.Samples) / seconds
	r.SynapticEventsPerSecond = work.Events / seconds
	r.BytesMoved, r.Operations = work.Bytes, work.Operations
	r.CopyBytesPerSecond, r.ArithmeticPerSecond = rates.CopyBytes, rates.Operations
	r.BandwidthShare = work.Bytes / seconds / rates.CopyBytes
	r.ArithmeticShare = work.Operations / seconds / rates.Operations
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// middle returns the median, and the smallest and the largest value.
func middle(values []float64) (median float64, ends [2]float64) {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	median = sorted[half]
	if len(sorted)%2 == 0 {
		median = (sorted[half-1] + sorted[half]) / 2
	}
	return median, [2]float64{sorted[0], sorted[len(sorted)-1]}
}
