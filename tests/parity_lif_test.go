package tests

import (
	"fmt"
	"os"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// lifCase is one layer, run forward and then backward.
type lifCase struct {
	inputs, neurons, samples, steps int
	delay, recurrentDelay           int
	recurrent, differentiate, bias  bool
	model                           cpuref.NeuronModel
	noise                           cpuref.EscapeNoise
	reset                           cpuref.Reset
	surrogate                       cpuref.Surrogate
	limited                         bool // derivatives far from the threshold are skipped
	spread                          kernels.Spread
	depth                           uint32 // samples per lane in the backward pass
	wide                            bool   // recurrence without shared memory
	shared                          bool   // recurrent spikes through shared memory
	apart                           bool   // input sums from a kernel of their own
	ahead                           bool   // loads ahead in the backward pass
	refractory                      int
}

func (c lifCase) String() string {
	return fmt.Sprintf("inputs=%d,neurons=%d,samples=%d,steps=%d,delays=%d+%d,recurrent=%v,differentiate=%v,bias=%v,model=%d,noise=%d,reset=%d,surrogate=%d,limited=%v,refractory=%d,spread=%d·%d·%d·%d,wide=%v,shared=%v,apart=%v,ahead=%v",
		c.inputs, c.neurons, c.samples, c.steps, c.delay, c.recurrentDelay, c.recurrent, c.differentiate, c.bias, c.model, c.noise, c.reset, c.surrogate, c.limited, c.refractory,
		c.spread.Lanes, c.spread.Blocks, c.spread.Samples, c.depth, c.wide, c.shared, c.apart, c.ahead)
}

var (
	noiseParameters = [][2]float32{{}, {5, 0}, {0.2, 3}, {0.1, 4}, {5, 0}}

	surrogateParameters = func() (prepared [][3]float32) {
		for _, kind := range network.Surrogates {
			var p [3]float64
			if kind.Prepare != nil {
				p = kind.Prepare(dualSurrogates[kind.Name], 0.002)
			}
			prepared = append(prepared, [3]float32{float32(p[0]), float32(p[1]), float32(p[2])})
		}
		return prepared
	}()
)

func (c lifCase) neuron() cpuref.Neuron[float32] {
	return cpuref.Neuron[float32]{
		DecayMembrane: 0.9, DriveMembrane: 0.1, DecaySynapse: 0.8, Threshold: 1,
		DecayAdaptation: 0.93, Adaptation: 0.3, Refractory: c.refractory,
		Model: c.model, Reset: c.reset, DifferentiateReset: c.differentiate,
		Noise: c.noise, NoiseParameters: noiseParameters[c.noise],
		Surrogate: c.surrogate, SurrogateParameter: surrogateParameters[c.surrogate],
		Support: cpuref.Support[float32]{Limited: c.limited, From: -0.7, To: 0.3},
	}
}

// lifCases are layers of all kinds that matter in one direction, with or without
// recurrence, over ragged sizes and delays: forward every noise with every reset, backward
// every reset with and without its gradient, and every surrogate; every other neuron model
// with every reset. Spreads put several samples into a workgroup or on a lane, several
// quads on a lane, and several workgroups on a sample.
func lifCases(backward bool) []lifCase {
	sizes := []lifCase{
		{inputs: 1, neurons: 1, samples: 3, steps: 33},
		{inputs: 40, neurons: 31, samples: 5, steps: 33, delay: 1, recurrentDelay: 1},
		{inputs: 33, neurons: 32, samples: 1, steps: 70, delay: 2},
		{inputs: 70, neurons: 33, samples: 9, steps: 33, delay: 1, recurrentDelay: 3},
		{inputs: 20, neurons: 257, samples: 2, steps: 33, recurrentDelay: 1},
		{inputs: 35, neurons: 100, samples: 4, steps: 70, delay: 5, recurrentDelay: 69},
		{inputs: 10, neurons: 7, samples: 17, steps: 1},
	}
	spreads := []kernels.Spread{{}, {}, {Lanes: 3, Blocks: 2, Samples: 3}, {}, {Lanes: 7, Blocks: 5, Samples: 2}, {}, {Lanes: 64, Blocks: 1, Samples: 1}}
	together := []kernels.Spread{{}, {Lanes: 4, Blocks: 3, Samples: 5}, {}, {Lanes: 12, Blocks: 1, Samples: 2}, {Lanes: 64, Blocks: 2, Samples: 1}, {Lanes: 28, Blocks: 1, Samples: 3}, {Lanes: 1, Blocks: 4, Samples: 6}}
	var cases []lifCase
	add := func(noise cpuref.EscapeNoise, reset cpuref.Reset, surrogate cpuref.Surrogate, recurrent, differentiate bool) {
		i := len(cases) % len(sizes)
		c := sizes[i]
		c.noise, c.reset, c.surrogate, c.recurrent, c.differentiate = noise, reset, surrogate, recurrent, differentiate
		c.spread = spreads[i]
		if recurrent {
			c.spread, c.wide, c.shared = together[i], len(cases)/2%2 > 0, len(cases)%3 > 0
			if c.shared {
				c.recurrentDelay = 0
			}
		}
		c.depth = []uint32{0, 2, 1, 3}[len(cases)%4]
		c.apart, c.ahead = len(cases)/3%2 == 0, len(cases)%4 == 2
		if c.ahead {
			c.depth = 1 // more, loaded ahead, take some drivers half a minute to compile
		}
		c.limited, c.bias = len(cases)%3 == 1, len(cases)%5 > 2
		c.refractory = []int{0, 0, 2, 0, 1, cpuref.MostRefractory, 0, 0, 5}[len(cases)%9]
		cases = append(cases, c)
	}
	models := func() {
		for model := range network.Neurons[1:] {
			for reset := cpuref.ResetMultiplicative; reset <= cpuref.ResetSubtractive; reset++ {
				for _, recurrent := range recurrences(model + int(reset)) {
					add(cpuref.NoiseSigmoid, reset, cpuref.SurrogateSuperSpike, recurrent, len(cases)%4 > 1)
					cases[len(cases)-1].model = network.Neurons[1+model].Number
				}
			}
		}
	}
	if backward {
		for reset := cpuref.ResetMultiplicative; reset <= cpuref.ResetSubtractive; reset++ {
			for i := range 4 {
				add(cpuref.NoiseThreshold, reset, cpuref.Surrogate(len(cases)%len(surrogateParameters)), i%2 > 0, i > 1)
			}
		}
		for surrogate := range cpuref.Surrogate(len(surrogateParameters)) {
			add(cpuref.NoiseSigmoid, cpuref.Reset(surrogate%3), surrogate, surrogate%2 == 0, surrogate%4 == 0)
		}
		models()
		return cases
	}
	for noise := cpuref.NoiseThreshold; noise <= cpuref.NoiseSuperSpike; noise++ {
		for reset := cpuref.ResetMultiplicative; reset <= cpuref.ResetSubtractive; reset++ {
			for _, recurrent := range recurrences(int(noise) + int(reset)) {
				add(noise, reset, cpuref.Surrogate(0), recurrent, len(cases)%4 > 1)
			}
		}
	}
	models()
	return cases
}

// recurrences returns the forms of a kind of layer: both without and with recurrence, but in the
// normal suite only one of them in turn, as some drivers take seconds to build the kernels for
// each.
func recurrences(turn int) []bool {
	if os.Getenv("SPIKEGRAD_FULL") != "" {
		return []bool{false, true}
	}
	return []bool{turn%2 > 0}
}

// lifRun holds what cpuref computes for a case.
type lifRun struct {
	forward            cpuref.LIFForwardArguments[float32]
	backward           cpuref.LIFBackwardArguments[float32]
	errorBefore        []float32
	recurrent, flipped []float32
}

func runLIF(c lifCase, seed uint32) *lifRun {
	s := &source{seed: seed}
	rows, stride := c.samples*c.steps, cpuref.Stride(c.neurons)
	run := &lifRun{}
	scale := 14 / float32(c.inputs)
	if c.recurrent {
		run.recurrent = s.rows(c.neurons, c.neurons, -0.3, 0.3, 0.2)
		run.flipped = make([]float32, len(run.recurrent))
		cpuref.Transpose(run.flipped, run.recurrent, c.neurons, c.neurons, 1)
	}
	var bias []float32
	if c.bias {
		bias = s.rows(1, c.neurons, -0.2, 0.3, 0)
	}
	numbers := make([]uint32, c.samples)
	for b := range numbers {
		numbers[b] = s.word()
	}
	run.forward = cpuref.LIFForwardArguments[float32]{
		Spikes:   make([]uint32, rows*cpuref.Words(c.neurons)),
		Membrane: make([]float32, rows*stride), Lost: make([]float32, rows*stride),
		Events:           s.events(rows, c.inputs, 0.2),
		InputWeights:     s.rows(c.inputs, c.neurons, -0.5*scale, scale, 0.1),
		InputScale:       []float32{0, 10. / 7, 0, 1}[seed%4],
		RecurrentWeights: run.recurrent, Bias: bias, Numbers: numbers,
		Steps: c.steps, Neurons: c.neurons, Delay: c.delay, RecurrentDelay: c.recurrentDelay,
		Key: [2]uint32{s.word(), uint32(cpuref.StreamNoise)}, Layer: 3, Neuron: c.neuron(),
	}
	var work cpuref.Workspace[float32]
	cpuref.LIFForward(&run.forward, &work, 0, c.samples)

	run.errorBefore = s.rows(rows, c.neurons, -1, 1, 0.3)
	run.backward = cpuref.LIFBackwardArguments[float32]{
		Error:  append([]float32(nil), run.errorBefore...),
		Spikes: run.forward.Spikes, Membrane: run.forward.Membrane, Lost: run.forward.Lost,
		SpikeError:          s.rows(c.samples, c.neurons, -0.1, 0.1, 0.5),
		RecurrentTransposed: run.flipped,
		Steps:               c.steps, Neurons: c.neurons, RecurrentDelay: c.recurrentDelay, Neuron: c.neuron(),
	}
	cpuref.LIFBackward(&run.backward, &work, 0, c.samples)
	return run
}

func TestLIFForward(t *testing.T) {
	cases := lifCases(false)
	spiked := 0
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range cases {
			t.Run(c.String(), func(t *testing.T) {
				spiked += checkLIFForward(rig{t, device}, c, uint32(i))
			})
		}
	})
	if spiked == 0 {
		t.Error("no neuron spiked in any case: nothing was tested")
	}
}

// checkLIFForward returns the number of nonzero words of spikes.
func checkLIFForward(r rig, c lifCase, seed uint32) (spiked int) {
	run := runLIF(c, seed)
	a := &run.forward
	store := seed%2 == 0
	choice := kernels.LIFForwardChoice{
		Neurons: uint32(c.neurons), Model: uint32(c.model), Noise: uint32(c.noise), Reset: uint32(c.reset),
		Recurrent: c.recurrent, Bias: c.bias, StoreLost: store, Spread: c.spread, Refractory: uint32(c.refractory),
		Shared: c.shared, Immediate: c.shared,
	}
	membrane := garbage(r, "membrane", len(a.Membrane))
	if c.apart {
		choice.Inputs = kernels.SumsAlone
		sums := cpuref.InputSumsArguments[float32]{
			Sums: make([]float32, len(a.Membrane)), Events: a.Events, Weights: a.InputWeights, Scale: a.InputScale,
			Steps: c.steps, Neurons: c.neurons, Delay: c.delay,
		}
		cpuref.InputSums(&sums, &cpuref.Workspace[float32]{}, 0, c.samples)
		membrane = array(r, "membrane", sums.Sums)
	}
	k, err := kernels.NewLIFForward(r.device, choice)
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.LIFForwardBuffers{
		Spikes:           garbage(r, "spikes", len(a.Spikes)),
		Membrane:         membrane,
		Lost:             onlyIf(store, garbage(r, "lost", len(a.Lost))),
		Rows:             array(r, "rows", flat(a.Events.Rows)),
		Index:            array(r, "index", a.Events.Index),
		InputWeights:     array(r, "input weights", a.InputWeights),
		RecurrentWeights: onlyIf(c.recurrent, array(r, "recurrent weights", a.RecurrentWeights)),
		Numbers:          array(r, "numbers", append(a.Key[:], a.Numbers...)),
		Bias:             onlyIf(c.bias, array(r, "bias", a.Bias)),
		ConstantsOfLayer: array(r, "constants", kernels.NeuronConstants(&a.Neuron)),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.LIFForwardParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.neurons),
			Delay: uint32(c.delay), RecurrentDelay: uint32(c.recurrentDelay), Layer: a.Layer, InputScale: a.InputScale,
		})
	})
	same(r, "spikes", b.Spikes, a.Spikes)
	same(r, "membrane", b.Membrane, a.Membrane)
	if store {
		same(r, "lost", b.Lost, a.Lost)
	}
	for _, word := range a.Spikes {
		if word != 0 {
			spiked++
		}
	}
	return spiked
}

func TestLIFBackward(t *testing.T) {
	cases := lifCases(true)
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for i, c := range cases {
			t.Run(c.String(), func(t *testing.T) { checkLIFBackward(rig{t, device}, c, uint32(i)) })
		}
	})
}

func checkLIFBackward(r rig, c lifCase, seed uint32) {
	run := runLIF(c, seed)
	a := &run.backward
	k, err := kernels.NewLIFBackward(r.device, kernels.LIFBackwardChoice{
		Neurons: uint32(c.neurons), Model: uint32(c.model), Surrogate: uint32(c.surrogate), Reset: uint32(c.reset),
		DifferentiateReset: c.differentiate, Recurrent: c.recurrent, Limited: c.limited, Spread: c.spread, Depth: c.depth, Refractory: uint32(c.refractory), Wide: c.wide, Ahead: c.ahead,
	})
	if err != nil {
		r.Fatal(err)
	}
	b := kernels.LIFBackwardBuffers{
		Error:               array(r, "error", run.errorBefore),
		Spikes:              array(r, "spikes", a.Spikes),
		Membrane:            array(r, "membrane", a.Membrane),
		Lost:                onlyIf(a.Neuron.LosesState(), array(r, "lost", a.Lost)),
		SpikeError:          array(r, "spike error", a.SpikeError),
		RecurrentTransposed: onlyIf(c.recurrent, array(r, "recurrent transposed", a.RecurrentTransposed)),
		ConstantsOfLayer:    array(r, "constants", kernels.NeuronConstants(&a.Neuron)),
	}
	b.Shown = b.Error
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.LIFBackwardParameters{
			Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.neurons),
			RecurrentDelay: uint32(c.recurrentDelay),
		})
	})
	same(r, "error", b.Error, a.Error)
}
