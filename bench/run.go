package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/check"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// Options select what is measured.
type Options struct {
	Device   string        // as [engine.Choose] takes it; for results
	Choice   engine.Choice // the device
	Workers  int           // goroutines of the CPU engine; 0: one per processor
	Repeats  int           // number of timed steps
	Samples  int           // of the batch; 0: the shape's own
	CacheDir string        // of compiled pipelines
	Kernels  bool          // also time every kernel of a Vulkan device

	// Tuning is used on Vulkan devices; see [engine.Options].
	Tuning gpu.Tuning

	segmentSteps int // see [engine.Options]
}

// Measure measures shapes one after another on a device with the given rates; done is
// called with every result.
func Measure(ctx context.Context, shapes []Shape, options Options, rates Rates, done func(*Result)) error {
	for i := range shapes {
		if err := ctx.Err(); err != nil {
			return err
		}
		result, err := Run(ctx, &shapes[i], options, rates)
		if err != nil {
			return fmt.Errorf("shape %s on %s: %w", &shapes[i], options.Device, err)
		}
		done(result)
		runtime.GC()
	}
	return nil
}

// DeviceRates measures the chosen device. The rates of a group are the sums of its members' rates.
func DeviceRates(options Options) (total Rates, err error) {
	if members := options.Choice.Members; len(members) > 0 {
		for _, member := range members {
			options.Choice = member
			rates, err := DeviceRates(options)
			if err != nil {
				return total, err
			}
			total.CopyBytes += rates.CopyBytes
			total.Operations += rates.Operations
		}
		return total, nil
	}
	if options.Choice.Vulkan {
		return VulkanRates(options.Choice.Info.Index, gpu.Options{CacheDir: options.CacheDir})
	}
	return CPURates(options.workers()), nil
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Run compares a small batch of a shape with the reference, then warms up and times whole
// steps.
func Run(ctx context.Context, s *Shape, options Options, rates Rates) (*Result, error) {
	r := &Result{Subject: s.subject(&options), Title: s.Title, Steps: s.Network.Steps}
	if options.Choice.CPU() {
		r.Workers = options.workers()
	}
	if r.Samples != s.Samples {
		r.Note = fmt.Sprintf("a batch of %d samples instead of %d", r.Samples, s.Samples)
	}
	if s.Alone {
		if len(options.Choice.Members) > 0 {
			return nil, errors.New("kernels alone are measured on one device: name another shape, or one device")
		}
		return r, runAlone(ctx, s, options, rates, r)
	}
	return r, runNetwork(ctx, s, options, rates, r)
}

// open opens the engine to be measured.
func (o *Options) open(n *network.Network) (engine.Engine, error) {
	options := engine.Options{Seed: seed, Optimizer: optimizer, Workers: o.Workers, CacheDir: o.CacheDir, Profile: o.Kernels, SegmentSteps: o.segmentSteps, Tuning: o.Tuning}
	return o.Choice.Open(n, options)
}

func runNetwork(ctx context.Context, s *Shape, options Options, rates Rates, r *Result) (err error) {
	if r.ComparedValues, err = compare(s, &options); err != nil {
		return err
	}
	weights, batch := s.Network.Initialise(seed), s.Batch(r.Samples)
	var t times
	var outcome engine.Outcome
	timed := options
	timed.Kernels = false
	r.PeakBytes, err = peakOf(s.Network, &timed, func(e engine.Engine) error {
		r.describe(e)
		if err := e.SetWeights(weights); err != nil {
			return err
		}
		if outcome, err = t.measure(ctx, e, batch, options.Repeats); err != nil {
			return err
		}
		r.FlipReplicasPerSecond, err = flips(s, e, batch, options.Repeats)
		return err
	})
	if err != nil {
		return err
	}
	r.count(s, batch, outcome, &t, rates)
	if options.Kernels && options.Choice.Vulkan {
		r.Kernels, r.Compiled, err = kernelTimes(s, &options, weights, batch)
	}
	return err
}

// measure times the given number of steps after one warm-up step, and returns the outcome of the
// last.
func (t *times) measure(ctx context.Context, e engine.Engine, batch *engine.Batch, repeats int) (outcome engine.Outcome, err error) {
	for number := range repeats + 1 {
		if err := ctx.Err(); err != nil {
			return outcome, err
		}
		begin := time.Now()
		if _, err := e.Evaluate(batch, cpuref.StreamNoise, nil); err != nil {
			return outcome, err
		}
		forward := time.Now()
		if outcome, err = e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			return outcome, err
		}
		gradient := time.Now()
		if err := e.Update(update(number + 1)); err != nil {
			return outcome, err
		}
		if number > 0 {
			t.add(forward.Sub(begin), gradient.Sub(forward), time.Since(gradient))
		}
	}
	return outcome, nil
}

// count records the times and the amount of work.
func (r *Result) count(s *Shape, batch *engine.Batch, outcome engine.Outcome, t *times, rates Rates) {
	n, rows := s.Network, float64(r.Samples*r.Steps)
	t.put(r, CountWork(n, r.Samples, float64(len(batch.Index)), outcome.Spikes), rates)
	r.InputSpikeShare = float64(len(batch.Index)) / rows / float64(n.Inputs)
	for l, spikes := range outcome.Spikes {
		r.LayerSpikeShare = append(r.LayerSpikeShare, float64(spikes)/rows/float64(n.Layers[l].Neurons))
	}
}

// kernelTimes runs one step on a device that records timestamps around every kernel, and returns what
// the driver reports of the kernels, too.
func kernelTimes(s *Shape, options *Options, weights [][]float32, batch *engine.Batch) (kernels []KernelTime, compiled []engine.Compiled, err error) {
	opened, err := options.open(s.Network)
	if err != nil {
		return nil, nil, err
	}
	e := opened.(*engine.Vulkan)
	defer func() {
		if closed := e.Close(); err == nil {
			err = closed
		}
	}()
	if err := e.SetWeights(weights); err != nil {
		return nil, nil, err
	}
	for number := range 2 { // the first is a warm-up
		if _, err := e.Gradient(batch, cpuref.StreamNoise, nil); err != nil {
			return nil, nil, err
		}
		if err := e.Update(update(number + 1)); err != nil {
			return nil, nil, err
		}
	}
	for _, timing := range e.Timings() {
		kernels = append(kernels, KernelTime{timing.Name, timing.Dispatches, 1000 * timing.Seconds})
	}
	compiled, err = e.Compiled()
	return kernels, compiled, err
}

// compare trains briefly on a small batch of the shape's own input, on the device and on
// the CPU engine with plain loops, and compares all bits. It returns the number of values
// compared.
func compare(s *Shape, options *Options) (int, error) {
	var want *check.Trace
	err := withPlainLoops(func() (err error) {
		want, err = trace(caseOf(s), &Options{Workers: options.Workers})
		return err
	})
	if err != nil {
		return 0, err
	}
	got, err := trace(caseOf(s), options)
	if err != nil {
		return 0, err
	}
	return verdict(want, got)
}

// caseOf is the case to compare.
func caseOf(s *Shape) *check.Case {
	return &check.Case{
		Name: s.String(), Network: s.Network, Optimizer: optimizer, Update: update(1), Samples: s.Compared, Seed: seed,
		Batch: func(_, samples int) *engine.Batch { return s.Batch(samples) },
	}
}

// verdict returns an error unless two traces are equal.
func verdict(want, got *check.Trace) (int, error) {
	compared, err := check.Compare(want, got)
	if err == nil && compared.Different > 0 {
		err = fmt.Errorf("%d of %d values differ from the reference, so nothing is timed: %s", compared.Different, compared.Values, compared.First)
	}
	return compared.Values, err
}

// withPlainLoops makes the CPU engine use plain loops while do runs.
func withPlainLoops(do func() error) error {
	used := cpuref.UsedInstructions()
	defer cpuref.UseInstructions(used)
	cpuref.UseInstructions(cpuref.PlainInstructions)
	return do()
}

func trace(c *check.Case, options *Options) (t *check.Trace, err error) {
	e, err := options.open(c.Network)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := e.Close(); err == nil {
			err = closed
		}
	}()
	return check.Run(c, e)
}

// replicasPerSample is the number of replicas run for every sample of the batch.
const replicasPerSample = 32

// flips is the number of single-flip replicas per second for a shape of one recurrent
// layer, counting the time of the runs without a flip.
func flips(s *Shape, e engine.Engine, batch *engine.Batch, repeats int) (float64, error) {
	if s.Name != "E" {
		return 0, nil
	}
	steps, neurons := s.Network.Steps, s.Network.Layers[0].Neurons
	var replicas []engine.Replica
	for b := range batch.Samples() {
		for i := range replicasPerSample { // steps evenly spaced, neurons one after another
			flip := engine.Flip{Step: i * steps / replicasPerSample, Neuron: (b*replicasPerSample + i) % neurons}
			replicas = append(replicas, engine.Replica{Sample: b, Flip: flip})
		}
	}
	var spent []float64
	for range repeats {
		begin := time.Now()
		if _, _, err := e.Replicas(batch, cpuref.StreamNoise, replicas); err != nil {
			return 0, err
		}
		spent = append(spent, time.Since(begin).Seconds())
	}
	median, _ := middle(spent)
	return float64(len(replicas)) / median, nil
}
