package engine

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// plan is a network in numbers: what both engines pass to their kernels, made in one place so that
// they cannot differ in it.
type plan[T cpuref.Float] struct {
	network *network.Network
	steps   int
	layers  []layerPlan[T]
	readout *readoutPlan[T] // nil if spikes are counted
	classes int
	loss    cpuref.Loss
	// distance is the loss on target spikes; nil with classes.
	distance *cpuref.SpikeDistanceArguments[T]
	// weights are the connections, in the order of the network's arrays: for each layer its inputs
	// by ascending source, its recurrence, its biases, its learned constants, and then its learned
	// delays. Contributions of several of them to a layer are added as [cpuref.LIFForward] says.
	weights []weightPlan
	options Options
}

type layerPlan[T cpuref.Float] struct {
	neurons, inputs int // sizes of the layer and its inputs in the kernels, including gaps
	handed          int // the same for what the layer hands up: its neurons, or pooled
	pooling         cpuref.Pooling
	dropout         cpuref.Dropout[T] // of what it hands up, in training
	filters         int               // neurons per position; 0 in a dense layer
	geometry        network.Geometry
	neuron          cpuref.Neuron[T]
	input           int   // number of the connection from the highest source
	recurrent, bias int   // the same; -1 if there is none
	silent          bool  // it hands up potentials and does not spike
	driven          bool  // connections apart also contribute
	above           []int // numbers of the connections leading from this layer to others
	delays          int   // number of the array of learned delays of its inputs; -1 if there is none
	delayed         bool  // what it hands up has learned delays
	activity        []cpuref.ActivityArguments[T]
}

type readoutPlan[T cpuref.Float] struct {
	decayMembrane, driveMembrane, decaySynapse T
	initial                                    T
	weight, bias                               int  // numbers of the connections, the first being the one from the highest source; bias is -1 if there is none
	driven                                     bool // as for a layer
}

// weightPlan is a connection: a weight array, what it connects, and its form in the kernels: padded
// and transposed, [row][stride], with a row for every number below that feeds a position.
type weightPlan struct {
	network.Weight
	source    int // layer whose spikes it weights; -1: the network's input; or always, learned or delays
	target    int // layer that receives them; one beyond the last: the readout
	window    cpuref.Window
	delay     int // steps
	stride    int
	rows      int     // numbers below that feed a position
	size      int     // rows·stride
	at        int     // where its gradient begins in the concatenation of all gradients
	blocks    int     // planes times elements of the kernel; 1 if dense
	columns   []int32 // row of each column of the network's array
	apart     bool    // its sums are made before its target runs: it skips layers, weights potentials, or sumApart was called
	adds      bool    // it is apart, and so is an earlier connection to the target
	potential bool    // it weights potentials: its source does not spike
	pooled    bool    // it takes pooled spikes of its source
	handed    bool    // it takes other spikes than its source's own, because the source pools, drops or delays them
	copies    int     // the most spikes that it takes from a number per step
	frozen    bool    // updates leave it as it is
	rate      Rate
}

// always is the source of biases: an input at every position that spikes in every step.
const always = -2

// transposedSize is the length of the transposed form, [block][Rows][stride of a block's rows].
func (w *weightPlan) transposedSize() int {
	return w.blocks * w.Rows * cpuref.Stride(w.rows/w.blocks)
}

func newPlan[T cpuref.Float](n *network.Network, options Options) (*plan[T], error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	p := &plan[T]{network: n, steps: n.Steps, classes: n.Classes, loss: network.Losses.Number(n.Readout.Loss), options: options}
	described := n.Weights()
	for l := range n.Layers {
		layer, geometry := &n.Layers[l], n.Geometry(l)
		lp := layerPlan[T]{
			neurons: geometry.Slots(), geometry: geometry, handed: n.Handed(l).Slots(), pooling: n.Pooling(l),
			dropout:   network.DropoutParameters[T](n, l, options.Seed),
			neuron:    network.NeuronParameters[T](layer, n.StepLength),
			delayed:   l+1 < len(n.Layers) && n.Layers[l+1].LearnedDelay > 0,
			silent:    layer.HandsPotential(),
			recurrent: -1, bias: -1, delays: -1,
		}
		if layer.Convolutional() {
			lp.filters = layer.Filters
		}
		connect := func(source, delay int, below network.Geometry, window cpuref.Window) int {
			return p.connect(weightPlan{Weight: described[len(p.weights)], source: source, target: l, delay: delay, window: window}, below)
		}
		for _, source := range n.Sources(l) {
			below := n.Handed(source)
			lp.inputs, lp.input = below.Slots(), connect(source, layer.Delay, below, n.InputWindow(l, source))
			lp.driven = lp.driven || p.weights[lp.input].apart
		}
		if layer.Recurrent {
			lp.recurrent = connect(l, layer.RecurrentDelay, geometry, n.RecurrentWindow(l))
		}
		if layer.Bias {
			lp.bias = connect(always, 0, network.DenseGeometry(1), n.BiasWindow(l))
		}
		for range layer.Learned() {
			p.connect(weightPlan{Weight: described[len(p.weights)], source: learned, target: l}, network.DenseGeometry(1))
		}
		if layer.LearnedDelay > 0 {
			lp.delays = p.connect(weightPlan{Weight: described[len(p.weights)], source: delays, target: l}, network.DenseGeometry(1))
		}
		for _, r := range layer.Regularizers {
			lp.activity = append(lp.activity, network.ActivityParameters[T](r, geometry))
		}
		p.layers = append(p.layers, lp)
	}
	if !n.Spiking() {
		top := len(n.Layers) - 1
		r := &readoutPlan[T]{bias: -1}
		r.decayMembrane, r.driveMembrane, r.decaySynapse, r.initial = network.ReadoutParameters[T](n)
		for _, source := range n.Sources(top + 1) {
			r.weight = p.connect(weightPlan{Weight: described[len(p.weights)], source: source, target: top + 1, delay: n.Readout.Delay}, n.Handed(source))
			r.driven = r.driven || p.weights[r.weight].apart
		}
		if n.Readout.Bias {
			r.bias = p.connect(weightPlan{Weight: described[len(p.weights)], source: always, target: top + 1}, network.DenseGeometry(1))
		}
		p.readout = r
	}
	if n.Targeted() {
		distance := network.DistanceParameters[T](n)
		distance.Steps, distance.Neurons = n.Steps, n.Classes
		p.distance = &distance
	}
	if err := p.setRates(options.Rates); err != nil {
		return nil, err
	}
	return p, p.freeze(options.Frozen)
}

// setRates sets the rate factors of the weight arrays.
func (p *plan[T]) setRates(rates map[string]Rate) error {
	left := len(rates)
	for i := range p.weights {
		w := &p.weights[i]
		w.rate = Rate{1, 1}
		if rate, there := rates[w.Name]; there {
			w.rate = rate
			left--
		}
	}
	if left > 0 {
		return fmt.Errorf("rates given for %d weight arrays the network does not have: %v", left, slices.Sorted(maps.Keys(rates)))
	}
	return nil
}

// freeze marks the weight arrays that updates leave as they are.
func (p *plan[T]) freeze(names []string) error {
	for _, name := range names {
		i := slices.IndexFunc(p.weights, func(w weightPlan) bool { return w.Name == name })
		if i < 0 {
			return fmt.Errorf("weights %s cannot be frozen: the network has no such array", name)
		}
		p.weights[i].frozen = true
	}
	return nil
}

// connect adds a connection from what lies below, and returns its number.
func (p *plan[T]) connect(w weightPlan, below network.Geometry) int {
	w.stride, w.rows, w.blocks = cpuref.Stride(w.Rows), w.window.Rows(below.Slots()), w.window.Blocks()
	w.size, w.copies, w.at = w.rows*w.stride, 1, p.sumLength()
	w.potential = w.source >= 0 && p.network.Layers[w.source].HandsPotential()
	w.apart = w.potential || w.source >= -1 && w.source < w.target-1
	w.adds = w.apart && slices.ContainsFunc(p.weights, func(before weightPlan) bool { return before.apart && before.target == w.target })
	if w.source >= 0 && w.target > w.source {
		source := &p.layers[w.source]
		w.pooled, w.handed, w.copies = !source.pooling.None(), source.handsOther(), source.pooling.Copies()
		source.above = append(source.above, len(p.weights))
	}
	w.columns = make([]int32, w.Columns)
	for c := range w.columns {
		w.columns[c] = int32(below.Slot(c))
		if !w.window.Dense() {
			kernel, unit := w.window.Kernel.Area(), w.window.Unit
			filter, element := c/kernel, c%kernel
			w.columns[c] = int32((filter/unit*kernel+element)*unit + filter%unit)
		}
	}
	p.weights = append(p.weights, w)
	return len(p.weights) - 1
}

// sumApart makes every connection from the input or another layer apart.
func (p *plan[T]) sumApart() {
	summed := make([]bool, len(p.layers)+1)
	for i := range p.weights {
		if w := &p.weights[i]; w.source >= -1 && w.source != w.target {
			w.apart, w.adds = true, summed[w.target]
			summed[w.target] = true
		}
	}
	for l := range p.layers {
		p.layers[l].driven = true
	}
	if p.readout != nil {
		p.readout.driven = true
	}
}

// handsOther reports whether what a layer hands up may differ from its spikes.
func (l *layerPlan[T]) handsOther() bool {
	return !l.pooling.None() || !l.dropout.None() || l.delayed
}

// scale is the value of each spike that a connection takes, with or without dropout.
func (p *plan[T]) scale(w *weightPlan, dropping bool) T {
	if !dropping || w.source < 0 || w.source == w.target {
		return 1
	}
	return p.layers[w.source].dropout.Scale
}

// recurrence is the geometry and delay of a layer's connection to itself; zeros if there is none.
func (p *plan[T]) recurrence(layer *layerPlan[T]) (window cpuref.Window, delay int) {
	if layer.recurrent < 0 {
		return cpuref.Window{}, 0
	}
	w := &p.weights[layer.recurrent]
	return w.window, w.delay
}

// alwaysPositions is the number of positions at which inputs that always spike are needed.
func (p *plan[T]) alwaysPositions() int {
	most := 0
	for _, w := range p.weights {
		if w.source == always {
			most = max(most, w.window.Positions.Area(), 1)
		}
	}
	return most
}

// alwaysTrains fills the given number of words with spike trains that have a spike in every
// step of every sample.
func alwaysTrains(length, steps int) []uint32 {
	trains, words := make([]uint32, length), cpuref.Words(steps)
	for i := range trains {
		trains[i] = ^uint32(0) >> (32 - min(32, steps-i%words*32))
	}
	return trains
}

// skippedBy reports whether errors skip a layer on their way down.
func (p *plan[T]) skippedBy() bool {
	return slices.ContainsFunc(p.weights, func(w weightPlan) bool { return w.source >= 0 && w.source < w.target-1 })
}

// direct is the delay with which a target itself takes the events of the connection from its
// highest source; never if that connection is apart.
func (p *plan[T]) direct(connection int) int {
	if w := &p.weights[connection]; !w.apart {
		return w.delay
	}
	return p.never()
}

// never is the delay of a target that takes no events itself: no step is that late.
func (p *plan[T]) never() int { return p.steps }

// potentialSegments returns the steps in which potentials arrive by a connection, and where those
// that arrive are stored: U[t] is in row t−1 of the membranes of its layer and arrives at t+d.
// Samples that end earlier have no such steps.
func (p *plan[T]) potentialSegments(c *weightPlan) (arrive, lie cpuref.Segment) {
	later := min(c.delay+1, p.steps)
	return cpuref.Segment{First: later, Last: p.steps, Rows: p.steps}, cpuref.Segment{Last: p.steps, Origin: later, Rows: p.steps}
}

// takes returns the numbers of neurons and filters of a connection's target.
func (p *plan[T]) takes(w *weightPlan) (neurons, filters int) {
	if w.target == len(p.layers) {
		return p.classes, 0
	}
	return p.layers[w.target].neurons, p.layers[w.target].filters
}

// errorPart is the part of the steps for which the errors above a connection are held during a
// segment: a readout holds all steps.
func (p *plan[T]) errorPart(c *weightPlan, s int) int {
	if c.target == len(p.layers) {
		return allSteps
	}
	return s
}

// pack writes a row-major array [rows][columns] in the form of the kernels; elements that belong to
// no neuron are left alone.
func pack[T cpuref.Float](w weightPlan, dst, src []T) {
	for r := range w.Rows {
		for c, row := range w.columns {
			dst[int(row)*w.stride+r] = src[r*w.Columns+c]
		}
	}
}

// unpack is the inverse of pack.
func unpack[T cpuref.Float](w weightPlan, dst, src []T) {
	for r := range w.Rows {
		for c, row := range w.columns {
			dst[r*w.Columns+c] = src[int(row)*w.stride+r]
		}
	}
}

// checkWeights refuses arrays of the wrong shape and numbers that are not finite.
func checkWeights[T cpuref.Float](described []weightPlan, weights [][]T) error {
	if len(weights) != len(described) {
		return fmt.Errorf("%d weight arrays were given: the network has %d", len(weights), len(described))
	}
	for i, w := range described {
		if len(weights[i]) != w.Rows*w.Columns {
			return fmt.Errorf("weights %s have %d values: %d × %d are needed", w.Name, len(weights[i]), w.Rows, w.Columns)
		}
		for j, value := range weights[i] {
			if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
				return fmt.Errorf("weights %s hold %g at row %d, column %d: weights must be finite", w.Name, value, j/w.Columns, j%w.Columns)
			}
		}
	}
	return nil
}

// states are the initial values of the state arrays of an optimizer.
func states(kind cpuref.Optimizer) []float32 {
	switch kind {
	case cpuref.OptimizerSGD:
		return []float32{0}
	case cpuref.OptimizerSMORMS3:
		return []float32{0, 0, 1}
	}
	return []float32{0, 0}
}

// parameters turns an update into the numbers of the kernel, all but InverseBatch, for weights with
// this factor. Powers of the betas are computed in a fixed order, so they are the same everywhere.
func (u Update) parameters(factor Rate) cpuref.UpdateParameters[float64] {
	return cpuref.UpdateParameters[float64]{
		LearningRate: float64(u.LearningRate * factor.LearningRate), WeightDecay: float64(u.WeightDecay * factor.WeightDecay),
		Momentum: u.Momentum, Momentum1: 1 - u.Momentum,
		SecondMoment: u.SecondMoment, SecondMoment1: 1 - u.SecondMoment,
		Correction:  1 / (1 - power(u.Momentum, u.Number)),
		Correction2: 1 / (1 - power(u.SecondMoment, u.Number)),
		Epsilon:     u.Epsilon,
	}
}

// convert rounds update parameters to T, all but InverseBatch.
func convert[T cpuref.Float](p cpuref.UpdateParameters[float64]) cpuref.UpdateParameters[T] {
	return cpuref.UpdateParameters[T]{
		LearningRate: T(p.LearningRate), WeightDecay: T(p.WeightDecay),
		Momentum: T(p.Momentum), Momentum1: T(p.Momentum1),
		SecondMoment: T(p.SecondMoment), SecondMoment1: T(p.SecondMoment1),
		Correction: T(p.Correction), Correction2: T(p.Correction2), Epsilon: T(p.Epsilon),
	}
}

// power is xⁿ by squaring.
func power(x float64, n int) float64 {
	result := 1.0
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			result = float64(result * x)
		}
		x = float64(x * x)
	}
	return result
}

// checkStates refuses optimizer states of the wrong shape; nil is allowed.
func checkStates[T cpuref.Float](described []weightPlan, count int, given [][][]T) error {
	if given == nil {
		return nil
	}
	if len(given) != len(described) {
		return fmt.Errorf("optimizer states for %d weight arrays were given: the network has %d", len(given), len(described))
	}
	for i, w := range described {
		if len(given[i]) != count {
			return fmt.Errorf("weights %s were given %d optimizer states: the optimizer has %d", w.Name, len(given[i]), count)
		}
		for _, state := range given[i] {
			if len(state) != w.Rows*w.Columns {
				return fmt.Errorf("an optimizer state of weights %s has %d values: %d × %d are needed", w.Name, len(state), w.Rows, w.Columns)
			}
		}
	}
	return nil
}

// errNoGradient is returned where a gradient is needed and none was computed.
var errNoGradient = errors.New("there is no gradient: call Gradient first")
