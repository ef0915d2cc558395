package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"spikegrad/bench"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// benchCommand is spikegrad bench.
type benchCommand struct {
	Shape        string    `default:"all" help:"Network to time: A to H, or all."`
	Variant      string    `help:"Only this variant of the shape, such as T=8 for A or N=512 for B."`
	Neuron       string    `default:"lif" help:"Neuron model of all layers: ${neurons}."`
	Bias         bool      `help:"Give all layers biases."`
	LearnedDelay int       `placeholder:"N" help:"Give all layers learned delays of up to N steps; every layer must be dense."`
	Learn        []string  `placeholder:"NAMES" help:"Make these constants learnable in every neuron: ${constants}."`
	Device       []string  `default:"auto" help:"Device to time: auto, cpu, vulkan:N, vulkan:NAME or all. Several joined by + share each batch; several separated by commas are timed in turn."`
	Repeat       int       `default:"7" help:"Number of training steps to time, after one warm-up step."`
	Workers      int       `help:"CPU worker goroutines; 0 for one per processor."`
	Batch        int       `help:"Samples per batch; 0 for the shape's own."`
	Kernels      bool      `help:"Also time every kernel, on Vulkan devices, and print what the driver reports about it: registers, local memory, occupancy."`
	SkipBelow    []float64 `placeholder:"X,..." help:"Measure the effect of treating surrogate derivatives below these thresholds as 0."`
	Scaling      bool      `help:"Measure how time and memory grow with steps, samples, spikes and workers."`
	Out          string    `help:"With --scaling: folder for the pictures." placeholder:"FOLDER"`
	JSON         bool      `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (benchCommand) Help() string {
	return `Times training steps (forward, backward, update) of fixed networks on synthetic input. Before timing, results
for a small batch of the same network are compared bit for bit with those of the plain loops of the CPU
engine. Times are medians, shown with the fastest and the slowest step.

BYTES counts what the kernels of a step read and write if nothing stays cached between kernels. OPERATIONS counts
additions, multiplications and integer operations. The shares are relative to the copy bandwidth and the arithmetic
throughput measured on the device just before. EVENTS counts synaptic events: spikes times the synapses each reaches. MEMORY is what the
engine allocated.

--skip-below times steps in which surrogate derivatives below a threshold count as 0, as with the configuration key
skip_below. Threshold 0, which skips nothing, is always included. SPEED-UP is the step time at threshold 0 divided
by the step time at the given threshold. COSINE is the cosine between the gradients at the initial weights with the threshold and
with threshold 0; LEAST is the lowest such cosine of any one weight array.

--scaling varies one property of shape E at a time. Memory is also measured with samples split into time segments, whose
membrane potentials are recomputed for the gradient, and with fewer input spikes in smaller batches.

    A  65536 LIF neurons without synapses, 64 samples, 4 to 32 steps
    B  one N-N linear layer and N LIF neurons, N = 512 and 4096, 500 steps, batch 16
    C  128-512-512-20 feed-forward, 256 steps, batch 256
    D  700-200-200-20 feed-forward, 500 steps, batch 256
    E  700-128-20 recurrent, 175 steps, batch 100; also single-flip replicas
    F  three recurrent conv1d layers on 700 channels, 350 steps, batch 64
    G  three conv1d layers on 20 channels, 100 steps, batch 400
    H  two conv2d layers on 2 channels of 34×34, 100 steps, batch 64

Examples:

    spikegrad bench --shape E
    spikegrad bench --shape all --device cpu,vulkan:0 --json
    spikegrad bench --shape D --device vulkan:0 --kernels
    spikegrad bench --shape E --neuron adaptive
    spikegrad bench --shape D --skip-below 0,1e-3,1e-2
    spikegrad bench --scaling --device cpu --out runs/scaling`
}

// benchResult is what --json prints.
type benchResult struct {
	Results []*bench.Result     `json:"results"`
	Skips   []*bench.SkipResult `json:"skips"`   // with --skip-below, in place of results
	Scaling []*bench.Scaling    `json:"scaling"` // with --scaling, in place of results
}

// Run runs the benchmarks.
func (c *benchCommand) Run(a *app) error {
	shapes, err := bench.Find(c.Shape, c.Variant)
	if err != nil {
		return usageError{err}
	}
	if network.Neurons.Find(c.Neuron) == nil {
		return usageError{fmt.Errorf("--neuron %q is unknown; want one of %s", c.Neuron, network.Neurons.Names())}
	}
	layers := bench.Layers{Neuron: c.Neuron, Bias: c.Bias, LearnedDelay: c.LearnedDelay, Learn: c.Learn}
	for i := range shapes {
		shapes[i] = shapes[i].With(layers)
		if err := shapes[i].Network.Validate(); err != nil {
			return usageError{fmt.Errorf("shape %s: %w", shapes[i].Name, err)}
		}
	}
	for _, number := range []struct {
		flag         string
		value, least int
	}{{"repeat", c.Repeat, 1}, {"workers", c.Workers, 0}, {"batch", c.Batch, 0}} {
		if number.value < number.least {
			return usageError{fmt.Errorf("--%s %d: must be at least %d", number.flag, number.value, number.least)}
		}
	}
	for _, threshold := range c.SkipBelow {
		if !(threshold >= 0 && threshold <= math.MaxFloat32) {
			return usageError{fmt.Errorf("--skip-below %g: must be at least 0 (nothing is skipped)", threshold)}
		}
	}
	if c.Scaling && (len(c.SkipBelow) > 0 || c.Kernels || c.Batch > 0) {
		return usageError{errors.New("--scaling runs its own series: leave out --skip-below, --kernels and --batch")}
	}
	if c.Scaling && layers.Changed() {
		return usageError{errors.New("--scaling measures shape E unchanged: leave out --neuron, --bias, --learned-delay and --learn")}
	}
	if c.Out != "" && !c.Scaling {
		return usageError{errors.New("--out is the folder for the pictures of --scaling: add --scaling, or leave out --out")}
	}
	choices, err := c.choices(a)
	if err != nil {
		return err
	}
	result := benchResult{Results: []*bench.Result{}, Skips: []*bench.SkipResult{}, Scaling: []*bench.Scaling{}}
	for _, choice := range choices {
		options := bench.Options{
			Device: choice.Name(), Choice: tuned(choice), Workers: c.Workers, Repeats: c.Repeat, Samples: c.Batch, Kernels: c.Kernels,
			CacheDir: pipelineCache(),
		}
		if err := c.measure(a, shapes, options, &result); err != nil {
			if len(result.Results)+len(result.Skips)+len(result.Scaling) == 0 {
				return err
			}
			return errors.Join(err, result.print(a, c.JSON)) // keep what was measured before
		}
	}
	return result.print(a, c.JSON)
}

// measure measures one device and adds the results to result.
func (c *benchCommand) measure(a *app, shapes []bench.Shape, options bench.Options, result *benchResult) error {
	if c.Scaling {
		return c.scaling(a, options, result)
	}
	if len(c.SkipBelow) > 0 {
		return bench.MeasureSkips(a.ctx, shapes, c.SkipBelow, options, func(r *bench.SkipResult) {
			result.Skips = append(result.Skips, r)
			fmt.Fprintf(a.notes, "%s %s %s, skip_below %g: %.4g ms per step (%d values compared)\n", r.Shape, r.Variant, r.Device, r.SkipBelow, r.StepMS, r.ComparedValues)
		})
	}
	rates, err := bench.DeviceRates(options)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.notes, "%s: copy bandwidth %.1f GB/s, arithmetic throughput %.1f GFLOP/s\n", options.Device, rates.CopyBytes/1e9, rates.Operations/1e9)
	return bench.Measure(a.ctx, shapes, options, rates, func(r *bench.Result) {
		result.Results = append(result.Results, r)
		fmt.Fprintf(a.notes, "%s %s %s: %.4g ms per step, %.4g samples/s (%d values compared)\n", r.Shape, r.Variant, r.Device, r.StepMS, r.SamplesPerSecond, r.ComparedValues)
	})
}

func (b *benchResult) print(a *app, asJSON bool) error {
	if asJSON {
		return writeJSON(a.out, b)
	}
	if len(b.Scaling) > 0 {
		return b.writeScaling(a)
	}
	if len(b.Skips) > 0 {
		return b.writeSkips(a)
	}
	return b.write(a)
}

// choices returns the devices to measure.
func (c *benchCommand) choices(a *app) ([]engine.Choice, error) {
	if slices.Contains(c.Device, "all") {
		found, err := vulkanChoices()
		if err != nil {
			fmt.Fprintln(a.notes, "only the CPU engine is measured:", oneLine(err))
		}
		return append([]engine.Choice{{}}, found...), nil
	}
	var choices []engine.Choice
	for _, device := range c.Device {
		choice, err := choose(device)
		if err != nil {
			return nil, err
		}
		choices = append(choices, choice)
	}
	return choices, nil
}

func (b *benchResult) writeSkips(a *app) error {
	var t table
	t.row("SHAPE", "DEVICE", "BATCH", "SKIP_BELOW", "STEP", "(LEAST-LARGEST)", "BACKWARD", "SPEED-UP", "COSINE", "LEAST")
	for _, r := range b.Skips {
		t.row(r.Shape+" "+r.Variant, r.Device, fmt.Sprint(r.Samples), fmt.Sprintf("%g", r.SkipBelow),
			ms(r.StepMS), fmt.Sprintf("(%.4g-%.4g)", r.SpreadMS[0], r.SpreadMS[1]), ms(r.BackwardMS),
			fmt.Sprintf("%.2f", r.Speedup), fmt.Sprintf("%.6f", r.Cosine), fmt.Sprintf("%.6f", r.LeastCosine))
	}
	return t.write(a.out)
}

func ms(value float64) string { return fmt.Sprintf("%.4g ms", value) }

func (b *benchResult) write(a *app) error {
	var t table
	t.row("SHAPE", "DEVICE", "BATCH", "STEP", "(LEAST-LARGEST)", "FORWARD", "BACKWARD", "UPDATE", "SAMPLES/S", "EVENTS/S", "BYTES", "SHARE", "OPERATIONS", "SHARE", "MEMORY")
	for _, r := range b.Results {
		t.row(r.Shape+" "+r.Variant, r.Device, fmt.Sprint(r.Samples),
			ms(r.StepMS), fmt.Sprintf("(%.4g-%.4g)", r.Spread.Step[0], r.Spread.Step[1]), ms(r.ForwardMS), ms(r.BackwardMS), ms(r.UpdateMS),
			fmt.Sprintf("%.4g", r.SamplesPerSecond), fmt.Sprintf("%.3g", r.SynapticEventsPerSecond),
			bytesText(uint64(r.BytesMoved)), fmt.Sprintf("%.0f %%", 100*r.BandwidthShare),
			fmt.Sprintf("%.3g", r.Operations), fmt.Sprintf("%.0f %%", 100*r.ArithmeticShare), bytesText(r.PeakBytes))
	}
	if err := t.write(a.out); err != nil {
		return err
	}
	for _, r := range b.Results {
		if r.FlipReplicasPerSecond > 0 {
			fmt.Fprintf(a.out, "%s on %s: %.4g single-flip replicas/s\n", r.Shape, r.Device, r.FlipReplicasPerSecond)
		}
		if r.Note != "" {
			fmt.Fprintf(a.out, "%s %s on %s: %s\n", r.Shape, r.Variant, r.Device, r.Note)
		}
		for _, k := range r.Kernels {
			fmt.Fprintf(a.out, "%s %s on %s: %-18s %3d dispatches %10.4g ms\n", r.Shape, r.Variant, r.Device, k.Name, k.Dispatches, k.MS)
		}
		for _, c := range r.Compiled {
			fmt.Fprintf(a.out, "%s %s on %s: %-18s compiled: %s\n", r.Shape, r.Variant, r.Device, c.Kernel, c)
		}
	}
	return nil
}
