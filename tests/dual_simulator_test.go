package tests

import (
	"fmt"
	"math"
	"slices"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// dual is a number and its derivative with respect to one weight.
type dual struct{ value, slope float64 }

func (a dual) plus(b dual) dual  { return dual{a.value + b.value, a.slope + b.slope} }
func (a dual) minus(b dual) dual { return dual{a.value - b.value, a.slope - b.slope} }
func (a dual) times(b dual) dual {
	return dual{a.value * b.value, a.slope*b.value + a.value*b.slope}
}
func (a dual) scaled(factor float64) dual { return dual{a.value * factor, a.slope * factor} }

func (a dual) exp() dual {
	e := math.Exp(a.value)
	return dual{e, e * a.slope}
}

func (a dual) log() dual { return dual{math.Log(a.value), a.slope / a.value} }

// dualSimulator runs a network by the equations of its description, one step and one neuron
// at a time, and computes derivatives in forward mode: the oracle for back-propagation. It
// shares only the random numbers with the engine.
type dualSimulator struct {
	network *network.Network
	batch   *engine.Batch
	seed    uint32
	stream  cpuref.Stream
	weights [][]dual // row-major, in the order of network.Weights
}

// dualOutcome is the loss and, for comparison, the values that led to it.
type dualOutcome struct {
	loss, regularizer dual         // means over the batch
	spikes            [][][][]dual // [layer][sample][step][neuron]
	membrane          [][][][]dual // the same, U[t+1]
	readout           [][][]dual   // [sample][step][class], U[t+1]
}

func (s *dualSimulator) run() *dualOutcome {
	n := s.network
	samples := s.batch.Samples()
	out := &dualOutcome{
		spikes:   make([][][][]dual, len(n.Layers)),
		membrane: make([][][][]dual, len(n.Layers)),
	}
	for b := range samples {
		handed := [][][]dual{s.inputs(b)} // of the input, then of every layer
		next := 0
		for l := range n.Layers {
			input := s.weights[next:][:len(s.sources(l))]
			next += len(input)
			var recurrent []dual
			if n.Layers[l].Recurrent {
				recurrent = s.weights[next]
				next++
			}
			var bias []dual
			if n.Layers[l].Bias {
				bias = s.weights[next]
				next++
			}
			learned := map[string][]dual{}
			for _, constant := range n.Layers[l].Learned() {
				learned[constant] = s.weights[next]
				next++
			}
			if n.Layers[l].LearnedDelay > 0 {
				handed[l] = s.late(l, b, handed[l], s.weights[next])
				next++
			}
			spikes, membrane := s.layer(l, b, handed, input, recurrent, bias, learned)
			out.spikes[l] = append(out.spikes[l], spikes)
			out.membrane[l] = append(out.membrane[l], membrane)
			for _, r := range n.Layers[l].Regularizers {
				out.regularizer = out.regularizer.plus(activityLoss(r, totals(spikes)))
			}
			if n.Layers[l].Output == "potential" {
				handed = append(handed, potentials(membrane))
				continue
			}
			handed = append(handed, s.kept(l, b, s.handed(l, spikes)))
		}
		below := handed[len(n.Layers)]
		if n.Targeted() {
			out.loss = out.loss.plus(s.distance(b, below))
			continue
		}
		var logits []dual
		if n.Readout.Kind == "spikes" {
			logits = totals(below)
		} else {
			readout := s.readout(handed, s.weights[next:])
			out.readout = append(out.readout, readout)
			logits = dualLogits(n.Readout.Loss, readout)
		}
		loss := logSumExp(logits).minus(logits[s.batch.Labels[b]])
		out.loss = out.loss.plus(loss)
	}
	out.loss = out.loss.scaled(1 / float64(samples))
	out.regularizer = out.regularizer.scaled(1 / float64(samples))
	return out
}

// inputs returns the input spikes of a sample, [step][channel].
func (s *dualSimulator) inputs(sample int) [][]dual {
	n := s.network
	spikes := make([][]dual, n.Steps)
	for t := range spikes {
		spikes[t] = make([]dual, n.Inputs)
		row := s.batch.Rows[sample*n.Steps+t]
		for _, channel := range s.batch.Index[row[0]:row[1]] {
			spikes[t][channel].value = 1
		}
	}
	return spikes
}

// dualConstants are the constants of one neuron.
type dualConstants struct{ keepMembrane, keepCurrent, keepAdaptation, adaptation, threshold, beta dual }

// constants returns the constants of neuron k. Learned ones are scaled by exp of the
// learned number, one for each position of a filter or one for all neurons.
func (s *dualSimulator) constants(layer *network.Layer, learned map[string][]dual, k int) (c dualConstants) {
	value := func(name string, configured float64) dual {
		array, there := learned[name]
		if !there {
			return dual{configured, 0}
		}
		return array[k*len(array)/layer.Neurons].exp().scaled(configured)
	}
	decay := func(name string, tau float64) dual {
		x := value(name, tau) // exp(−dt/τ), by d(1/τ) = −dτ/τ²
		return dual{1 / x.value, -x.slope / (x.value * x.value)}.scaled(-s.network.StepLength).exp()
	}
	c.keepMembrane, c.keepCurrent = decay("tau_membrane", layer.TauMembrane), decay("tau_synapse", layer.TauSynapse)
	if layer.Neuron == "adaptive" {
		c.keepAdaptation, c.adaptation = decay("tau_adaptation", layer.TauAdaptation), value("adaptation", layer.Adaptation)
	}
	if layer.Neuron == "if" {
		c.keepMembrane = dual{1, 0}
	}
	c.threshold, c.beta = value("threshold", 1), value("noise_beta", layer.Noise.Beta)
	return c
}

// layer runs one layer on one sample and returns S[t] and U[t+1] − A[t+1], minus the excess
// of a learned threshold over 1, [step][neuron].
func (s *dualSimulator) layer(l, sample int, handed [][][]dual, input [][]dual, recurrent, bias []dual, learned map[string][]dual) (spikes, membrane [][]dual) {
	layer, dt := &s.network.Layers[l], s.network.StepLength
	constants := make([]dualConstants, layer.Neurons)
	for k := range constants {
		constants[k] = s.constants(layer, learned, k)
	}
	u, i, a := make([]dual, layer.Neurons), make([]dual, layer.Neurons), make([]dual, layer.Neurons)
	reconnect := addSynapses
	if layer.Kind != "dense" {
		reconnect = s.recurrentConvolution(l).add
	}
	for t := range s.network.Steps {
		now := make([]dual, layer.Neurons)
		for k := range now {
			above := u[k].minus(a[k]).minus(constants[k].threshold)
			potential := above.value
			own, beta := *layer, constants[k].beta
			own.Noise.Beta = beta.value
			spiked := s.spikes(&own, l, sample, t, k, potential)
			g := surrogateOf(&own, dt, potential, spiked)
			for before := 1; before <= min(t, layer.RefractorySteps); before++ {
				if spikes[t-before][k].value == 1 {
					spiked, g = false, 0
				}
			}
			if layer.Output == "potential" {
				spiked, g = false, 0
			}
			now[k].slope = g * above.slope
			if beta.slope != 0 { // p is a function of β·u
				now[k].slope += g * potential / beta.value * beta.slope
			}
			if spiked {
				now[k].value = 1
			}
		}
		spikes = append(spikes, now)
		h := make([]dual, layer.Neurons)
		for i, source := range s.sources(l) {
			connect := addSynapses
			if layer.Kind != "dense" {
				connect = s.sourceConvolution(l, source).add
			}
			connect(h, handed[source+1], input[i], t-layer.Delay)
		}
		if recurrent != nil {
			reconnect(h, spikes, recurrent, t-layer.RecurrentDelay)
		}
		for k := range h {
			if bias != nil { // one for all neurons of a filter
				h[k] = h[k].plus(bias[k*len(bias)/len(h)])
			}
		}
		after, seen := make([]dual, layer.Neurons), make([]dual, layer.Neurons)
		for k := range after {
			c := &constants[k]
			drive := i[k].times(dual{1, 0}.minus(c.keepMembrane))
			if layer.Neuron == "lif_delta" || layer.Neuron == "if" {
				drive = h[k]
			}
			after[k] = afterReset(layer, u[k].times(c.keepMembrane), drive, now[k], c.threshold)
			i[k] = i[k].times(c.keepCurrent).plus(h[k])
			a[k] = a[k].times(c.keepAdaptation).plus(now[k].times(c.adaptation))
			seen[k] = after[k].minus(a[k]).minus(c.threshold)
			if _, learns := learned["noise_beta"]; learns { // as seen by the escape noise
				seen[k] = seen[k].times(c.beta).scaled(1 / layer.Noise.Beta)
			}
			seen[k] = seen[k].plus(dual{1, 0})
		}
		u = after
		membrane = append(membrane, seen)
	}
	return spikes, membrane
}

// afterReset computes U[t+1] from the leaked membrane potential, the drive and the spike.
func afterReset(layer *network.Layer, leaked, drive, spike, threshold dual) dual {
	if !layer.DifferentiateReset {
		spike.slope = 0
	}
	open := dual{1, 0}.minus(spike)
	switch layer.Reset {
	case "multiplicative":
		return leaked.plus(drive).times(open)
	case "membrane_only":
		return leaked.times(open).plus(drive)
	}
	return leaked.plus(drive).minus(spike.times(threshold)) // subtractive
}

// addSynapses adds the weighted spikes of a step to h, if the step exists.
func addSynapses(h []dual, spikes [][]dual, weights []dual, step int) {
	if step < 0 {
		return
	}
	from := spikes[step]
	for k := range h {
		for j := range from {
			h[k] = h[k].plus(weights[k*len(from)+j].times(from[j]))
		}
	}
}

// sources are what a layer, or the readout above the last, takes input from, in ascending
// order.
func (s *dualSimulator) sources(l int) []int {
	from := s.network.Readout.From
	if l < len(s.network.Layers) {
		from = s.network.Layers[l].From
	}
	if len(from) == 0 {
		return []int{l - 1}
	}
	var sources []int
	for source := -1; source < l; source++ {
		if slices.Contains(from, fmt.Sprintf("layer%d", source)) || source < 0 && slices.Contains(from, "input") {
			sources = append(sources, source)
		}
	}
	return sources
}

// readout runs the leaky integrators: U[t+1], [step][class]. Arrays are their weights for each
// source and, if there are any, their biases.
func (s *dualSimulator) readout(handed [][][]dual, arrays [][]dual) [][]dual {
	n, r := s.network, s.network.Readout
	tau := r.Tau
	if tau == 0 {
		tau = float64(n.Steps) * n.StepLength
	}
	keepMembrane, keepCurrent := math.Exp(-n.StepLength/tau), math.Exp(-n.StepLength/r.TauSynapse)
	u, i := make([]dual, n.Classes), make([]dual, n.Classes)
	for c := range u {
		u[c].value = r.Initial
	}
	var potentials [][]dual
	for t := range n.Steps {
		h, after := make([]dual, n.Classes), make([]dual, n.Classes)
		sources := s.sources(len(n.Layers))
		for i, source := range sources {
			addSynapses(h, handed[source+1], arrays[i], t-r.Delay)
		}
		for c := range after {
			if r.Bias {
				h[c] = h[c].plus(arrays[len(sources)][c])
			}
			after[c] = u[c].scaled(keepMembrane).plus(i[c].scaled(1 - keepMembrane))
			i[c] = i[c].scaled(keepCurrent).plus(h[c])
		}
		u = after
		potentials = append(potentials, after)
	}
	return potentials
}

// spikes draws a neuron's spike from ξ < p(u).
func (s *dualSimulator) spikes(layer *network.Layer, l, sample, step, neuron int, u float64) bool {
	number := neuron // for its noise
	if layer.Kind != "dense" {
		number = s.inputConvolution(l).number(neuron)
	}
	counter := [4]uint32{s.batch.Numbers[sample], uint32(step), uint32(number / 4), uint32(l)}
	word := cpuref.Philox([2]uint32{s.seed, uint32(s.stream)}, counter)[number%4]
	return cpuref.Uniform[float64](word) < escapeProbability(layer.Noise, s.network.StepLength, u)
}

// distance is ½ Σ f² over all neurons of a sample, where f is the difference of their
// spikes from the targets or, for the van Rossum distance, its convolution with the kernel
// over all pairs of steps.
func (s *dualSimulator) distance(sample int, spikes [][]dual) dual {
	n := s.network
	output := n.Layers[len(n.Layers)-1]
	m, a := math.Exp(-n.StepLength/output.TauMembrane), math.Exp(-n.StepLength/output.TauSynapse)
	words := cpuref.Words(n.Classes)
	targets := s.batch.Targets[sample*n.Steps*words:]
	difference := func(t, k int) dual {
		return spikes[t][k].minus(dual{float64(targets[t*words+k/32] >> (k % 32) & 1), 0})
	}
	var sum dual
	for k := range n.Classes {
		for t := range n.Steps {
			f := difference(t, k)
			if n.Readout.Loss == "van_rossum" {
				f = dual{}
				for from := range t {
					lag := float64(t - from)
					kernel := (1 - m) / (m - a) * (math.Pow(m, lag) - math.Pow(a, lag))
					f = f.plus(difference(from, k).scaled(kernel))
				}
			}
			sum = sum.plus(f.times(f))
		}
	}
	return sum.scaled(n.Readout.LossScale / 2)
}

// totals counts the spikes of every neuron.
func totals(spikes [][]dual) []dual {
	counts := make([]dual, len(spikes[0]))
	for _, now := range spikes {
		for k := range now {
			counts[k] = counts[k].plus(now[k])
		}
	}
	return counts
}

// dualLogits are the logits of the cross-entropy's softmax.
func dualLogits(loss string, readout [][]dual) []dual {
	if loss == "last_step" {
		return readout[len(readout)-1]
	}
	logits := append([]dual(nil), readout[0]...)
	if loss == "sum_of_softmax" {
		clear(logits)
	}
	for _, now := range readout {
		total := logSumExp(now)
		for c := range logits {
			if loss == "sum_of_softmax" {
				logits[c] = logits[c].plus(now[c].minus(total).exp())
			} else if now[c].value > logits[c].value {
				logits[c] = now[c]
			}
		}
	}
	return logits
}

func logSumExp(x []dual) dual {
	largest := math.Inf(-1)
	for _, a := range x {
		largest = math.Max(largest, a.value)
	}
	var sum dual
	for _, a := range x {
		sum = sum.plus(a.minus(dual{largest, 0}).exp())
	}
	return sum.log().plus(dual{largest, 0})
}

// activityLoss is a regularizer on the spike counts of one sample; the derivative of relu
// at 0 is 0.
func activityLoss(r network.Regularizer, counts []dual) dual {
	if r.Average == "layer" {
		var mean dual
		for _, n := range counts {
			mean = mean.plus(n.scaled(1 / float64(len(counts))))
		}
		counts = []dual{mean}
	}
	var sum dual
	for _, n := range counts {
		excess := n.minus(dual{r.Threshold, 0})
		if r.Kind == "lower" {
			excess = excess.scaled(-1)
		}
		if excess.value <= 0 {
			continue
		}
		if r.Power == 2 {
			excess = excess.times(excess)
		}
		sum = sum.plus(excess)
	}
	return sum.scaled(r.Strength / float64(len(counts)))
}

// escapeProbability is p(u).
func escapeProbability(noise network.Noise, dt, u float64) float64 {
	switch noise.Kind {
	case "sigmoid":
		return 1 / (1 + math.Exp(-noise.Beta*u))
	case "exponential":
		return math.Min(1, noise.P0*math.Exp(u/noise.DeltaU))
	case "hazard":
		return 1 - math.Exp(-dt*noise.Rate*math.Exp(u/noise.DeltaU))
	case "superspike":
		return (1 + noise.Beta*u/(1+noise.Beta*math.Abs(u))) / 2
	}
	if u > 0 {
		return 1
	}
	return 0
}

// dualSurrogates are all surrogates, with parameters that keep them of order 1.
var dualSurrogates = map[string]network.Surrogate{
	"superspike":          {Beta: 2},
	"scaled_superspike":   {Beta: 3},
	"sigmoid":             {Beta: 3},
	"exponential":         {P0: 0.2, DeltaU: 2},
	"gaussian":            {Width: 0.6},
	"arctangent":          {Alpha: 2},
	"triangular":          {Width: 0.9},
	"rectangular":         {Width: 0.7},
	"straight_through":    {},
	"multilayerspiker":    {},
	"limited_exponential": {P0: 0.3, DeltaU: 0.6},
	"hazard":              {Rate: 150, DeltaU: 0.4},
	"unscaled_sigmoid":    {Beta: 5},
}

// surrogateOf is a layer's surrogate derivative g(u).
func surrogateOf(layer *network.Layer, dt, u float64, spiked bool) float64 {
	logistic := func(beta float64) float64 {
		p := 1 / (1 + math.Exp(-beta*u))
		return beta * p * (1 - p)
	}
	s := layer.Surrogate
	switch s.Kind {
	case "matched":
		noise := layer.Noise
		switch noise.Kind {
		case "sigmoid":
			return logistic(noise.Beta)
		case "superspike":
			return noise.Beta / 2 * math.Pow(noise.Beta*math.Abs(u)+1, -2)
		case "exponential":
			if p := noise.P0 * math.Exp(u/noise.DeltaU); p < 1 {
				return p / noise.DeltaU
			}
			return 0
		}
		rate := dt * noise.Rate * math.Exp(u/noise.DeltaU)
		return rate / noise.DeltaU * math.Exp(-rate)
	case "superspike":
		return math.Pow(s.Beta*math.Abs(u)+1, -2)
	case "scaled_superspike":
		return s.Beta / 2 * math.Pow(s.Beta*math.Abs(u)+1, -2)
	case "sigmoid":
		return logistic(s.Beta)
	case "unscaled_sigmoid":
		return logistic(s.Beta) / s.Beta
	case "exponential":
		return s.P0 / s.DeltaU * math.Exp(u/s.DeltaU)
	case "limited_exponential":
		if p := s.P0 * math.Exp(u/s.DeltaU); p < 1 {
			return p / s.DeltaU
		}
		return 0
	case "hazard":
		rate := dt * s.Rate * math.Exp(u/s.DeltaU)
		return rate / s.DeltaU * math.Exp(-rate)
	case "gaussian":
		return math.Exp(-u*u/(2*s.Width*s.Width)) / (s.Width * math.Sqrt(2*math.Pi))
	case "arctangent":
		return s.Alpha / 2 / (1 + math.Pow(math.Pi*s.Alpha*u/2, 2))
	case "triangular":
		return math.Max(0, 1-math.Abs(u)/s.Width) / s.Width
	case "rectangular":
		if math.Abs(u) < s.Width {
			return 1 / (2 * s.Width)
		}
		return 0
	case "multilayerspiker":
		if spiked {
			return 1
		}
		return 0
	}
	return 1 // straight_through
}
