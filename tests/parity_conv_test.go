package tests

import (
	"fmt"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// convCase is one layer over positions, with the layer below.
type convCase struct {
	below                   cpuref.Extent // positions of a plane below
	filtersBelow            int           // filters of the layer below; −n: n channels of an input
	kernel, stride, padding cpuref.Extent
	filters                 int
	recurrentKernel         cpuref.Extent // empty: not recurrent
	samples, steps          int
	delay, recurrentDelay   int
	noise                   cpuref.EscapeNoise
	reset                   cpuref.Reset
	surrogate               cpuref.Surrogate
	differentiate           bool
	limited                 bool // derivatives far from the threshold are skipped
	spread                  kernels.Spread
	depth                   uint32 // samples per lane in the backward pass
}

func (c convCase) String() string {
	return fmt.Sprintf("below=%dx%d,kernel=%d,stride=%d,padding=%d,above=%dx%d,recurrent=%d,samples=%d,steps=%d,delays=%d+%d,noise=%d,reset=%d,surrogate=%d,differentiate=%v,limited=%v,spread=%d·%d·%d·%d",
		c.below, c.filtersBelow, c.kernel, c.stride, c.padding, c.positions(), c.filters, c.recurrentKernel, c.samples, c.steps,
		c.delay, c.recurrentDelay, c.noise, c.reset, c.surrogate, c.differentiate, c.limited,
		c.spread.Lanes, c.spread.Blocks, c.spread.Samples, c.depth)
}

func (c convCase) isRecurrent() bool { return c.recurrentKernel.Area() > 0 }

func (c convCase) positions() cpuref.Extent {
	return cpuref.Extent{
		Height: (c.below.Height+2*c.padding.Height-c.kernel.Height)/c.stride.Height + 1,
		Width:  (c.below.Width+2*c.padding.Width-c.kernel.Width)/c.stride.Width + 1,
	}
}

// copies is the maximum number of spikes of an input in a step.
func (c convCase) copies() int { return 1 + c.samples%2*2 }

// repeated repeats every event up to the given number of times.
func (s *source) repeated(events cpuref.Events, most int) cpuref.Events {
	var all cpuref.Events
	for r := range events.Rows {
		begin := uint32(len(all.Index))
		for _, n := range events.Row(r) {
			for range 1 + int(s.word())%most {
				all.Index = append(all.Index, n)
			}
		}
		all.Rows = append(all.Rows, [2]uint32{begin, uint32(len(all.Index))})
	}
	return all
}

// unit is the number of numbers that a position of the layer takes; unitBelow is the same
// for the layer below.
func (c convCase) unit() int { return cpuref.Stride(c.filters) }

func (c convCase) unitBelow() int {
	if c.filtersBelow < 0 {
		return 1
	}
	return cpuref.Stride(c.filtersBelow)
}

// numbersBelow is the number of numbers of the layer below.
func (c convCase) numbersBelow() int { return c.input().Planes * c.below.Area() * c.unitBelow() }

// neurons is the number of numbers of the layer, including those between the filters.
func (c convCase) neurons() int { return c.positions().Area() * c.unit() }

func (c convCase) input() cpuref.Window {
	return cpuref.Window{
		Positions: c.positions(), Below: c.below, Planes: max(1, -c.filtersBelow), Unit: c.unitBelow(),
		Kernel: c.kernel, Stride: c.stride, Padding: c.padding,
	}
}

func (c convCase) recurrent() cpuref.Window {
	p, k := c.positions(), c.recurrentKernel
	return cpuref.Window{
		Positions: p, Below: p, Planes: 1, Unit: c.unit(),
		Kernel: k, Stride: cpuref.Extent{Height: 1, Width: 1}, Padding: cpuref.Extent{Height: k.Height / 2, Width: k.Width / 2},
	}
}

func (c convCase) neuron() cpuref.Neuron[float32] {
	return lifCase{noise: c.noise, reset: c.reset, surrogate: c.surrogate, differentiate: c.differentiate, limited: c.limited}.neuron()
}

// sizesOfCases are samples and steps: up to three chunks, and up to three words.
var sizesOfCases = [][2]int{{9, 8}, {3, 33}, {17, 1}, {1, 70}, {2, 33}}

// inputCases cover every stride, padding and kernel without recurrence, with everything
// else random: among them kernels wider than the layer below, kernels so narrow that some
// windows lie entirely in the padding, and single positions. Every third has a single row.
// Spreads and kinds are few, to limit the number of pipelines.
func inputCases() []convCase {
	var cases []convCase
	for stride := 1; stride <= 3; stride++ {
		for padding := range 4 {
			for kernel := 1; kernel <= 7; kernel++ {
				s := &source{seed: uint32(len(cases))}
				size := sizesOfCases[s.word()%5]
				rows := [4]int{1, 1, 1, 0} // below, kernel, stride, padding
				if len(cases)%3 > 0 {
					rows = [4]int{[]int{2, 3, 6}[s.word()%3], 1 + int(s.word()%5), 1 + int(s.word()%3), int(s.word() % 3)}
				}
				cases = append(cases, convCase{
					below: cpuref.Extent{
						Height: max(rows[0], rows[1]-2*rows[3]), Width: max([]int{1, 2, 5, 9}[s.word()%4], kernel-2*padding),
					},
					filtersBelow: []int{-1, 17, 3, -2, 1, 16, -3}[s.word()%7],
					kernel:       cpuref.Extent{Height: rows[1], Width: kernel}, stride: cpuref.Extent{Height: rows[2], Width: stride},
					padding: cpuref.Extent{Height: rows[3], Width: padding}, filters: []int{1, 3, 15, 16, 17, 33}[s.word()%6],
					samples: size[0], steps: size[1], delay: min(int(s.word()%3), size[1]-1), noise: cpuref.NoiseSigmoid,
					spread: []kernels.Spread{{Lanes: 3, Blocks: 2, Samples: 3}, {Lanes: 16, Blocks: 1, Samples: 1}}[s.word()%2],
				})
			}
		}
	}
	return cases
}

// recurrentCases cover every number of filters with windows from one element to wider than
// the layer, and every noise and reset.
func recurrentCases() []convCase {
	var cases []convCase
	one := cpuref.Extent{Height: 1, Width: 1}
	for i, c := range [][5]int{ // rows, columns, filters, kernel
		{1, 1, 3, 1, 1}, {1, 1, 17, 1, 5}, {1, 5, 1, 1, 3}, {1, 7, 15, 1, 5}, {1, 2, 16, 1, 7}, {1, 4, 33, 1, 3}, {1, 3, 17, 1, 9}, {1, 9, 3, 1, 1},
		{3, 4, 3, 3, 3}, {2, 2, 17, 5, 3}, {5, 1, 15, 3, 1}, {2, 5, 1, 3, 7}, {4, 3, 16, 1, 3},
	} {
		s := &source{seed: uint32(i)}
		size := sizesOfCases[i%5]
		next := convCase{
			below: cpuref.Extent{Height: c[0], Width: c[1]}, filtersBelow: -1, kernel: one, stride: one, filters: c[2],
			recurrentKernel: cpuref.Extent{Height: c[3], Width: c[4]}, samples: size[0], steps: size[1],
			delay: min(int(s.word()%3), size[1]-1), recurrentDelay: min(i%4, size[1]-1),
			noise: cpuref.EscapeNoise(i % 4), reset: cpuref.Reset(i / 3 % 3), surrogate: cpuref.Surrogate(i), differentiate: i%2 == 0, limited: i%3 == 1,
		}
		quads := uint32(next.neurons() / 4)
		next.spread = []kernels.Spread{{}, {Lanes: (quads + 1) / 2, Blocks: 2, Samples: 2}, {Lanes: quads, Blocks: 1, Samples: 3}}[i%3]
		next.depth = []uint32{8, 2, 1, 0, 1, 3, 1, 2}[i%8]
		if 32*next.depth*next.spread.Samples*quads > 32<<10 { // of shared memory
			next.depth = 2
		}
		cases = append(cases, next)
	}
	return cases
}

// spikesOf returns random bits [rows][word] for filters at positions, each of which takes
// unit numbers: those between the filters have no spikes.
func (s *source) spikesOf(rows, positions, unit, filters int, chance float32) []uint32 {
	words := cpuref.Words(positions * unit)
	bits := make([]uint32, rows*words)
	for r := range rows {
		for p := range positions {
			for f := range filters {
				if n := p*unit + f; s.uniform(0, 1) < chance {
					bits[r*words+n/32] |= 1 << (n % 32)
				}
			}
		}
	}
	return bits
}

// convRun holds what cpuref computes for a case.
type convRun struct {
	forward          cpuref.LIFForwardArguments[float32]
	backward         cpuref.LIFBackwardArguments[float32]
	errors           []float32 // random, from above
	errorBelow       cpuref.ErrorBelowArguments[float32]
	input, recurrent cpuref.WeightGradientArguments[float32] // all chunks in Partial
}

func runConv(c convCase, seed uint32) *convRun {
	s := &source{seed: seed, next: 1000}
	rows, neurons, numbersBelow := c.samples*c.steps, c.neurons(), c.numbersBelow()
	input := c.input()
	run := &convRun{errors: s.rows(rows, neurons, -1, 1, 0.3)}
	events := listed(s.spikesOf(rows, input.Planes*c.below.Area(), c.unitBelow(), max(1, c.filtersBelow), 0.3), rows, numbersBelow)
	if c.copies() > 1 {
		events = s.repeated(events, c.copies())
	}
	scale := 12 / float32(input.Blocks()*max(1, c.filtersBelow))
	run.forward = cpuref.LIFForwardArguments[float32]{
		Spikes:   make([]uint32, rows*cpuref.Words(neurons)),
		Membrane: make([]float32, rows*neurons), Lost: make([]float32, rows*neurons),
		Events: events, InputWeights: s.rows(input.Rows(0), c.filters, -0.4*scale, scale, 0.1),
		Steps: c.steps, Neurons: neurons, Filters: c.filters, Input: c.input(), Recurrent: c.recurrent(),
		Delay: c.delay, RecurrentDelay: c.recurrentDelay,
		Key: [2]uint32{s.word(), uint32(cpuref.StreamNoise)}, Layer: 2, Neuron: c.neuron(),
	}
	if seed%3 == 1 {
		run.forward.Bias = s.rows(1, c.filters, -0.2, 0.3, 0)
	}
	for range c.samples {
		run.forward.Numbers = append(run.forward.Numbers, s.word())
	}
	var reversed []float32
	if c.isRecurrent() {
		run.forward.RecurrentWeights = s.rows(c.recurrentKernel.Area()*c.unit(), c.filters, -0.4, 0.4, 0.2)
		reversed = make([]float32, c.recurrentKernel.Area()*c.filters*c.unit())
		cpuref.Transpose(reversed, run.forward.RecurrentWeights, c.unit(), c.filters, c.recurrentKernel.Area())
	}
	var work cpuref.Workspace[float32]
	cpuref.LIFForward(&run.forward, &work, 0, c.samples)
	run.input = gradientOf(c, events, numbersBelow, run.errors, c.input(), c.delay)
	if c.isRecurrent() {
		own := listed(run.forward.Spikes, rows, neurons)
		run.recurrent = gradientOf(c, own, neurons, run.errors, c.recurrent(), c.recurrentDelay)
		run.backward = cpuref.LIFBackwardArguments[float32]{
			Error:  append([]float32(nil), run.errors...),
			Spikes: run.forward.Spikes, Membrane: run.forward.Membrane, Lost: run.forward.Lost,
			SpikeError: s.rows(c.samples, neurons, -0.1, 0.1, 0.5), RecurrentTransposed: reversed,
			Steps: c.steps, Neurons: neurons, Filters: c.filters, Recurrent: c.recurrent(),
			RecurrentDelay: c.recurrentDelay, Neuron: c.neuron(),
		}
		cpuref.LIFBackward(&run.backward, &work, 0, c.samples)
	}
	if c.filtersBelow > 0 {
		run.errorBelow = cpuref.ErrorBelowArguments[float32]{
			Error: make([]float32, rows*numbersBelow), Above: run.errors, Transposed: make([]float32, c.kernel.Area()*c.filters*c.unitBelow()),
			Steps: c.steps, Neurons: neurons, Below: numbersBelow, Filters: c.filters, Window: c.input(), Delay: c.delay,
		}
		cpuref.Transpose(run.errorBelow.Transposed, run.forward.InputWeights, c.unitBelow(), c.filters, c.kernel.Area())
		cpuref.ErrorBelow(&run.errorBelow, &cpuref.Workspace[float32]{}, 0, c.samples)
	}
	return run
}

// listed lists the spikes of rows of bits.
func listed(bits []uint32, rows, numbers int) cpuref.Events {
	events := cpuref.Events{Rows: make([][2]uint32, rows), Index: make([]uint32, rows*numbers)}
	cpuref.BuildEvents(events, bits, cpuref.Words(numbers), numbers, 0, rows)
	return events
}

// gradientOf sums the partial weight gradients of all chunks, for weights applied to events
// of the given number of channels.
func gradientOf(c convCase, events cpuref.Events, numbers int, errors []float32, window cpuref.Window, delay int) cpuref.WeightGradientArguments[float32] {
	rows := window.Rows(0)
	size := rows * c.unit()
	all := make([]float32, cpuref.Chunks(c.samples)*size)
	a := cpuref.WeightGradientArguments[float32]{
		Trains: make([]uint32, numbers*c.copies()*c.samples*cpuref.Words(c.steps)), Error: errors, Copies: c.copies(),
		Samples: c.samples, Steps: c.steps, Neurons: c.filters, Window: window, Delay: delay,
	}
	cpuref.SpikeTrainsSegment(a.Trains, events, numbers, c.copies(), c.samples, c.steps, cpuref.Segment{}, 0, c.samples)
	for chunk := range cpuref.Chunks(c.samples) {
		a.Partial = all[chunk*size:][:size]
		a.First, a.Last = chunk*cpuref.ChunkSamples, min((chunk+1)*cpuref.ChunkSamples, c.samples)
		cpuref.WeightGradient(&a, &cpuref.Workspace[float32]{}, 0, rows)
	}
	a.Partial = all
	return a
}

// beyond returns weights with additional values at the end that no window may use; a device
// would neither complain about reading there nor return zeros.
func beyond(weights []float32, rowLength int) []float32 {
	out := append([]float32(nil), weights...)
	for range 64 * rowLength {
		out = append(out, 1e9)
	}
	return out
}

// TestConvolutionInput runs the kernels on input connections.
func TestConvolutionInput(t *testing.T) {
	eachConvCase(t, inputCases(), 4, func(r rig, c convCase, run *convRun, k *convKernels) {
		checkConvForward(r, c, run)
		checkConvGradient(r, k.gradient, "input gradient", &run.input)
		if c.filtersBelow > 0 {
			checkConvErrorBelow(r, k.errorBelow, &run.errorBelow)
		}
	})
}

// TestConvolutionRecurrent runs the kernels on recurrent connections.
func TestConvolutionRecurrent(t *testing.T) {
	eachConvCase(t, recurrentCases(), 3, func(r rig, c convCase, run *convRun, k *convKernels) {
		checkConvForward(r, c, run)
		checkConvBackward(r, c, run)
		checkConvGradient(r, k.gradient, "recurrent gradient", &run.recurrent)
	})
}

// convKernels are the kernels that all cases share.
type convKernels struct {
	errorBelow *kernels.ErrorBelow
	gradient   *kernels.WeightGradient
}

// eachConvCase runs a check on every device for every case; with -short, for one case in
// some.
func eachConvCase(t *testing.T, cases []convCase, some int, check func(r rig, c convCase, run *convRun, k *convKernels)) {
	if testing.Short() {
		var few []convCase
		for i := 0; i < len(cases); i += some {
			few = append(few, cases[i])
		}
		cases = few
	}
	runs := make([]*convRun, len(cases))
	spiking := 0
	for i, c := range cases {
		runs[i] = runConv(c, uint32(i))
		if slices.Max(runs[i].forward.Spikes) > 0 {
			spiking++
		}
	}
	if 2*spiking < len(cases) {
		t.Errorf("there are spikes in %d of %d cases only", spiking, len(cases))
	}
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for part, choice := range []kernels.WeightGradientChoice{{Spread: 8}, {Blocks: 3, Spread: 1}} {
			gradient, err := kernels.NewWeightGradient(device, choice)
			if err != nil {
				t.Fatal(err)
			}
			errorBelow, err := kernels.NewErrorBelow(device, kernels.ErrorBelowChoice{})
			if err != nil {
				t.Fatal(err)
			}
			for i := part; i < len(cases); i += 2 { // every second case
				t.Run(cases[i].String(), func(t *testing.T) {
					check(rig{t, device}, cases[i], runs[i], &convKernels{errorBelow, gradient})
				})
			}
		}
	})
}

func checkConvForward(r rig, c convCase, run *convRun) {
	r.Helper()
	a := &run.forward
	recurrent := c.isRecurrent()
	k, err := kernels.NewLIFForward(r.device, kernels.LIFForwardChoice{
		Neurons: uint32(a.Neurons), Noise: uint32(c.noise), Reset: uint32(c.reset),
		Recurrent: recurrent, Bias: a.Bias != nil, StoreLost: c.differentiate, Convolution: true, Spread: c.spread,
	})
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.LIFForwardBuffers{
		Spikes: garbage(r, "spikes", len(a.Spikes)), Membrane: garbage(r, "membrane", len(a.Membrane)),
		Lost: onlyIf(c.differentiate, garbage(r, "lost", len(a.Lost))),
		Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index),
		InputWeights:      array(r, "input weights", beyond(a.InputWeights, c.unit())),
		RecurrentWeights:  onlyIf(recurrent, array(r, "recurrent weights", a.RecurrentWeights)),
		Numbers:           array(r, "numbers", append(a.Key[:], a.Numbers...)),
		Bias:              onlyIf(a.Bias != nil, array(r, "bias", a.Bias)),
		ConstantsOfLayer:  array(r, "constants", kernels.NeuronConstants(&a.Neuron)),
		InputGeometry:     array(r, "input geometry", kernels.WindowNumbers(a.Input)),
		RecurrentGeometry: onlyIf(recurrent, array(r, "recurrent geometry", kernels.WindowNumbers(a.Recurrent))),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.LIFForwardParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(a.Neurons), Filters: uint32(c.filters),
			Input: a.Input, Recurrent: a.Recurrent,
			Delay: uint32(c.delay), RecurrentDelay: uint32(c.recurrentDelay), Layer: a.Layer,
		})
	})
	same(r, "spikes", b.Spikes, a.Spikes)
	same(r, "membrane", b.Membrane, a.Membrane)
	if c.differentiate {
		same(r, "lost", b.Lost, a.Lost)
	}
}

func checkConvBackward(r rig, c convCase, run *convRun) {
	r.Helper()
	a := &run.backward
	recurrent := c.isRecurrent()
	k, err := kernels.NewLIFBackward(r.device, kernels.LIFBackwardChoice{
		Neurons: uint32(a.Neurons), Surrogate: uint32(c.surrogate), Reset: uint32(c.reset),
		DifferentiateReset: c.differentiate, Recurrent: recurrent, Limited: c.limited, Convolution: true, Spread: c.spread, Depth: c.depth,
		Wide: recurrent && c.samples%2 > 0,
	})
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.LIFBackwardBuffers{
		Error: array(r, "error", run.errors), Spikes: array(r, "spikes", a.Spikes), Membrane: array(r, "membrane", a.Membrane),
		Lost:                onlyIf(a.Neuron.LosesState(), array(r, "lost", a.Lost)),
		SpikeError:          array(r, "spike error", a.SpikeError),
		RecurrentTransposed: onlyIf(recurrent, array(r, "recurrent transposed", a.RecurrentTransposed)),
		ConstantsOfLayer:    array(r, "constants", kernels.NeuronConstants(&a.Neuron)),
		RecurrentGeometry:   onlyIf(recurrent, array(r, "recurrent geometry", kernels.WindowNumbers(a.Recurrent))),
	}
	b.Shown = b.Error
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.LIFBackwardParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(a.Neurons), Filters: uint32(c.filters),
			Recurrent: a.Recurrent, RecurrentDelay: uint32(c.recurrentDelay),
		})
	})
	same(r, "error", b.Error, a.Error)
}

func checkConvGradient(r rig, k *kernels.WeightGradient, name string, a *cpuref.WeightGradientArguments[float32]) {
	r.Helper()
	b := kernels.WeightGradientBuffers{
		Partial: garbage(r, "partial", len(a.Partial)), Trains: array(r, "trains", a.Trains), Error: array(r, "error", a.Error),
		Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.WeightGradientParameters{
			Samples: uint32(a.Samples), Steps: uint32(a.Steps), Inputs: uint32(a.Window.Rows(0)), Copies: uint32(a.Copies),
			Neurons: uint32(a.Neurons), Delay: uint32(a.Delay), Window: a.Window,
		})
	})
	same(r, name, b.Partial, a.Partial)
}

func checkConvErrorBelow(r rig, k *kernels.ErrorBelow, a *cpuref.ErrorBelowArguments[float32]) {
	r.Helper()
	b := kernels.ErrorBelowBuffers{
		Error: garbage(r, "error below", len(a.Error)), Above: array(r, "above", a.Above), Transposed: array(r, "transposed", a.Transposed),
		Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.ErrorBelowParameters{
			Samples: uint32(len(a.Error) / a.Below / a.Steps), Steps: uint32(a.Steps), Neurons: uint32(a.Neurons), Below: uint32(a.Below),
			Filters: uint32(a.Filters), Delay: uint32(a.Delay), Window: a.Window,
		})
	})
	same(r, "error below", b.Error, a.Error)
}

// TestTransposeBlocks transposes a matrix for every element of a kernel.
func TestTransposeBlocks(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewTranspose(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][3]int{{16, 1, 7}, {16, 33, 3}, {48, 17, 2}, {1, 15, 5}} {
			t.Run(fmt.Sprintf("rows=%d,columns=%d,blocks=%d", c[0], c[1], c[2]), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(c[0])}
				weights := s.rows(c[0]*c[2], c[1], -1, 1, 0)
				want := make([]float32, c[2]*c[1]*cpuref.Stride(c[0]))
				b := kernels.TransposeBuffers{Transposed: array(r, "transposed", want), Weights: array(r, "weights", weights)}
				cpuref.Transpose(want, weights, c[0], c[1], c[2])
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.TransposeParameters{Rows: uint32(c[0]), Columns: uint32(c[1]), Blocks: uint32(c[2])})
				})
				same(r, "transposed", b.Transposed, want)
			})
		}
	})
}

// TestActivityOfFilters applies activity regularizers to layers over positions, whose
// counts have gaps.
func TestActivityOfFilters(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range [][2]int{{1, 1}, {3, 5}, {16, 2}, {17, 9}, {33, 1}} { // filters, positions
			for choice := range 4 {
				for _, averaged := range []bool{false, true} {
					t.Run(fmt.Sprintf("filters=%d,positions=%d,choice=%d,averaged=%v", c[0], c[1], choice, averaged), func(t *testing.T) {
						checkActivityOfFilters(rig{t, device}, c[0], c[1], kernels.ActivityChoice{Lower: choice&1 != 0, Squared: choice&2 != 0}, averaged, uint32(i))
					})
				}
			}
		}
	})
}

func checkActivityOfFilters(r rig, filters, positions int, choice kernels.ActivityChoice, averaged bool, seed uint32) {
	r.Helper()
	const samples = 5
	k, err := kernels.NewActivity(r.device, choice)
	if err != nil {
		r.Fatal(err)
	}
	s, unit := &source{seed: seed}, cpuref.Stride(filters)
	neurons, size := positions*unit, 1
	group := 1
	if averaged {
		group, size = neurons, positions*filters
	}
	counts := make([]uint32, samples*neurons)
	for i := range counts {
		if i%unit < filters {
			counts[i] = s.word() % 20
		}
	}
	a := cpuref.ActivityArguments[float32]{
		SpikeError: s.rows(samples*positions, filters, -0.1, 0.1, 0.2), Loss: s.rows(1, samples, 0, 3, 0)[:samples],
		Counts: counts, Neurons: neurons, Filters: filters, Group: group,
		Lower: choice.Lower, Squared: choice.Squared, Threshold: 9.5, InverseSize: 1 / float32(size),
		LossFactor: 0.3 * float32(size) / float32(positions*filters), ErrorFactor: 0.3 / float32(positions*filters),
	}
	b := kernels.ActivityBuffers{
		SpikeError: array(r, "spike error", a.SpikeError), Loss: array(r, "loss", a.Loss), Counts: array(r, "counts", a.Counts),
	}
	cpuref.Activity(&a, 0, samples)
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.ActivityParameters{
			Samples: samples, Neurons: uint32(neurons), Filters: uint32(filters), Group: uint32(group),
			Threshold: a.Threshold, InverseSize: a.InverseSize, LossFactor: a.LossFactor, ErrorFactor: a.ErrorFactor,
		})
	})
	same(r, "spike error", b.SpikeError, a.SpikeError)
	same(r, "loss", b.Loss, a.Loss)
	for i, e := range a.SpikeError {
		if i%unit >= filters && e != 0 {
			r.Fatalf("number %d belongs to no neuron and gets the error %g", i, e)
		}
	}
}

// TestSquaredNorm sums squares of gradients, among them zeros; in every second block some
// numbers are too small to count.
func TestSquaredNorm(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewSquaredNorm(device)
		if err != nil {
			t.Fatal(err)
		}
		for _, count := range []int{1, 255, 256, 257, 5000} {
			t.Run(fmt.Sprintf("count=%d", count), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(count)}
				const scale = 1.0 / 24
				gradient := s.rows(1, count, -1, 1, 0.2)[:count]
				for i := range gradient {
					if i/cpuref.NormBlock%2 == 1 {
						gradient[i] *= 0x1p-45
					}
				}
				want := make([]float32, (count+cpuref.NormBlock-1)/cpuref.NormBlock)
				cpuref.SquaredNorm(want, gradient, scale, 0, len(want))
				b := kernels.SquaredNormBuffers{
					Partial: garbage(r, "partial", len(want)), Gradient: array(r, "gradient", gradient), Update: array(r, "update", []float32{scale}),
				}
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.SquaredNormParameters{Count: uint32(count)})
				})
				same(r, "partial", b.Partial, want)
			})
		}
	})
}
