package check

import (
	"fmt"
	"math"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// Trace is all results of a case on an engine.
type Trace struct {
	network string
	arrays  []array
}

// axes describes what the entries of an array stand for.
type axes int

const (
	ofSteps   axes = iota // [sample][step][neuron or class]
	ofClasses             // [sample][class]
	ofSamples             // [sample]
	ofBatch               // one number
	ofWeights             // [target neuron][source]
)

// array is one array of results.
type array struct {
	variable string
	axes     axes
	pass     int
	layer    int // -1: none
	rank     int // ascends in the order of computation; equal for arrays computed together, step by step
	steps    int // of a sample
	width    int // length of the last axis
	integers bool
	bits     []uint32 // of float32, or integers
}

// evaluation is the number of the pass without an update.
const evaluation = 2

// weights returns those that a case starts with: initial ones, with biases and learned
// constants shifted to both sides of their initial values.
func (c *Case) weights() [][]float32 {
	arrays := c.Network.Initialise(c.Seed)
	for i, w := range c.Network.Weights() {
		for j := range arrays[i] {
			switch {
			case w.Bias:
				arrays[i][j] = float32(j*7%9-3) / 32
			case w.Constant != "":
				arrays[i][j] += float32(j*5%11-4) / 16
			case w.LongestDelay > 0 && j%5 < 2: // the bounds
				arrays[i][j] = float32(j % 5)
			}
		}
	}
	return arrays
}

// Run trains the network of a case briefly on an engine opened with its seed and optimizer:
// two updates after batches of different sizes, then an evaluation. The second gradient is
// from a run that records nothing, as in training: an engine may do less work then.
func Run(c *Case, e engine.Engine) (*Trace, error) {
	t := &Trace{network: c.Name}
	if err := e.SetWeights(c.weights()); err != nil {
		return nil, err
	}
	for pass, samples := range []int{c.Samples, (c.Samples + 1) / 2} {
		if err := t.pass(c, pass, samples, cpuref.StreamNoise, e.Gradient); err != nil {
			return nil, err
		}
		if pass == 1 {
			if _, err := e.Gradient(c.batch(pass, samples), cpuref.StreamNoise, nil); err != nil {
				return nil, err
			}
		}
		if err := t.addWeights(c, pass, "gradient", e.Gradients); err != nil {
			return nil, err
		}
		update := c.Update
		update.Number = pass + 1
		if err := e.Update(update); err != nil {
			return nil, err
		}
		if err := t.addWeights(c, pass, "weight", e.Weights); err != nil {
			return nil, err
		}
		if err := t.addOptimizer(c, pass, e); err != nil {
			return nil, err
		}
	}
	if err := t.pass(c, evaluation, c.Samples, cpuref.StreamEvaluation, e.Evaluate); err != nil {
		return nil, err
	}
	return t, t.addReplicas(c, e)
}

// addReplicas adds the losses of replicas of the samples of the evaluation.
func (t *Trace) addReplicas(c *Case, e engine.Engine) error {
	loss, regularizer, err := e.Replicas(c.batch(evaluation, c.Samples), cpuref.StreamEvaluation, c.replicas())
	if err != nil {
		return err
	}
	for i, values := range [][]float32{loss, regularizer} {
		t.add(array{
			variable: []string{"loss of a replica", "regularizer of a replica"}[i], axes: ofSamples,
			pass: evaluation, layer: -1, steps: c.Network.Steps, width: 1, bits: floatBits(values),
		})
	}
	return nil
}

// pass runs one batch and adds its results.
func (t *Trace) pass(c *Case, pass, samples int, stream cpuref.Stream, run func(*engine.Batch, cpuref.Stream, *engine.Record) (engine.Outcome, error)) error {
	n := c.Network
	record := engine.NewRecord[float32](n, samples)
	outcome, err := run(c.batch(pass, samples), stream, record)
	if err != nil {
		return err
	}
	add := func(axes axes, layer, width int, variable string, bits []uint32) {
		t.add(array{variable: variable, axes: axes, pass: pass, layer: layer, steps: n.Steps, width: width, bits: bits})
	}
	count := func(axes axes, layer, width int, variable string, values ...uint32) {
		add(axes, layer, width, variable, values)
		t.arrays[len(t.arrays)-1].integers = true
	}
	for l, layer := range n.Layers {
		count(ofSteps, l, layer.Neurons, "spike", spikes(record.Spikes[l], samples*n.Steps, layer.Neurons)...)
		add(ofSteps, l, layer.Neurons, "membrane", floatBits(record.Membrane[l]))
		t.joinLastTwo()
	}
	add(ofSteps, -1, n.Classes, "readout", floatBits(record.Readout))
	add(ofClasses, -1, n.Classes, "logit", floatBits(record.Logits))
	count(ofSamples, -1, 1, "predicted class", record.Predicted...)
	add(ofSamples, -1, 1, "loss", floatBits(record.Loss))
	add(ofSamples, -1, 1, "regularizer", floatBits(record.Regularizer))
	add(ofBatch, -1, 1, "mean loss", floatBits([]float32{outcome.Loss}))
	add(ofBatch, -1, 1, "mean regularizer", floatBits([]float32{outcome.Regularizer}))
	count(ofBatch, -1, 1, "correct samples", uint32(outcome.Correct))
	for l, total := range outcome.Spikes {
		count(ofBatch, l, 1, "spikes of the batch", uint32(total))
	}
	return nil
}

// addWeights adds arrays in the shape of the weights.
func (t *Trace) addWeights(c *Case, pass int, what string, get func() ([][]float32, error)) error {
	arrays, err := get()
	if err != nil {
		return err
	}
	for i, w := range c.Network.Weights() {
		t.add(array{variable: what + " " + w.Name, axes: ofWeights, pass: pass, layer: -1, width: w.Columns, bits: floatBits(arrays[i])})
	}
	return nil
}

// addOptimizer adds the state of the optimizer.
func (t *Trace) addOptimizer(c *Case, pass int, e engine.Engine) error {
	states, err := e.Optimizer()
	if err != nil {
		return err
	}
	for i, w := range c.Network.Weights() {
		for s, state := range states[i] {
			variable := fmt.Sprintf("optimizer state %d of %s", s, w.Name)
			t.add(array{variable: variable, axes: ofWeights, pass: pass, layer: -1, width: w.Columns, bits: floatBits(state)})
		}
	}
	return nil
}

// add adds an array that is computed after all previous ones.
func (t *Trace) add(a array) {
	a.rank = len(t.arrays)
	t.arrays = append(t.arrays, a)
}

// joinLastTwo marks the last two arrays as computed together.
func (t *Trace) joinLastTwo() {
	last := len(t.arrays) - 1
	t.arrays[last].rank = t.arrays[last-1].rank
}

// spikes unpacks rows of spike bits to one number per neuron.
func spikes(words []uint32, rows, neurons int) []uint32 {
	values := make([]uint32, 0, rows*neurons)
	stride := cpuref.Words(neurons)
	for row := range rows {
		for neuron := range neurons {
			values = append(values, words[row*stride+neuron/32]>>(neuron%32)&1)
		}
	}
	return values
}

func floatBits(values []float32) []uint32 {
	bits := make([]uint32, len(values))
	for i, value := range values {
		bits[i] = math.Float32bits(value)
	}
	return bits
}

// notFinite names the first array with a number that is not finite, empty if there is none:
// the behaviour of engines with such numbers is not specified.
func (t *Trace) notFinite() string {
	for _, a := range t.arrays {
		for _, bits := range a.bits {
			if !a.integers && bits>>23&0xff == 0xff {
				return fmt.Sprintf("%s of pass %d", a.variable, a.pass)
			}
		}
	}
	return ""
}
