// Package network describes spiking networks: layers of leaky integrate-and-fire neurons, their
// connections, how membrane potentials produce spikes, and what the backward pass uses as the
// derivative of a spike. A [Network] is plain data: it is read from TOML, checked, given initial
// weights, and passed to an engine.
package network

import (
	"fmt"

	"spikegrad/cpuref"
)

// Network is a stack of spiking layers with a readout on top. Fields not in TOML are determined
// by the data.
type Network struct {
	Inputs     int     `toml:"-"` // input channels
	Classes    int     `toml:"-"`
	Steps      int     `toml:"-"` // T
	StepLength float64 `toml:"-"` // dt, seconds

	// InputShape is channels, height and width of the input, whose channels are numbered
	// [channel][row][column]; empty for channels in a row. A configuration may leave it to the
	// data.
	InputShape []int `toml:"input_shape"`

	Layers  []Layer `toml:"layer"` // from the input upwards
	Readout Readout `toml:"readout"`
}

// Layer is one layer of spiking neurons with its input connection and, if it has
// one, its recurrent connection.
type Layer struct {
	Kind               string        `toml:"kind"`             // dense, conv1d or conv2d
	From               []string      `toml:"from"`             // its sources: input, layer0, …, all below it; none: the layer just below
	Neurons            int           `toml:"neurons"`          // dense; of a convolution set by Validate
	Filters            int           `toml:"filters"`          // of a convolution: neurons per position
	Kernel             int           `toml:"kernel"`           // of a convolution: positions below that feed one
	Stride             int           `toml:"stride"`           // of a convolution: positions below from one position to the next
	Padding            int           `toml:"padding"`          // of a convolution: silent positions at each end below
	KernelHeight       int           `toml:"kernel_height"`    // conv2d: rows of the kernel; 0: as many as columns, Kernel
	StrideHeight       int           `toml:"stride_height"`    // conv2d: rows from one position to the next; 0: as columns
	PaddingHeight      int           `toml:"padding_height"`   // conv2d: silent rows above and below; [AsWidth]: as columns
	Pool               int           `toml:"pool"`             // of a convolution: positions handed up as one, in each direction; 0, 1: no pooling
	PoolHeight         int           `toml:"pool_height"`      // conv2d: rows of the positions handed up as one; 0: as many as columns, Pool
	PoolKind           string        `toml:"pool_kind"`        // one of [Pools]
	RecurrentKernel    int           `toml:"recurrent_kernel"` // of a convolution: positions that feed one, odd, in each direction; padded by half of it
	Recurrent          bool          `toml:"recurrent"`
	Bias               bool          `toml:"bias"`                // a learned number that arrives at each neuron (filter of a convolution) in every step
	Delay              int           `toml:"delay"`               // steps until an input spike enters the synaptic current
	RecurrentDelay     int           `toml:"recurrent_delay"`     // the same for the layer's own spikes
	LearnedDelay       int           `toml:"learned_delay"`       // steps: each input is delayed by a learned share of it, besides Delay; 0: none
	Dropout            float64       `toml:"dropout"`             // probability with which, in training, a spike is not handed up; the others count 1/(1−dropout)
	DropoutPer         string        `toml:"dropout_per"`         // spike or neuron: the unit of dropout; likewise for pooled positions
	Neuron             string        `toml:"neuron"`              // one of [Neurons]
	TauMembrane        float64       `toml:"tau_membrane"`        // seconds
	TauSynapse         float64       `toml:"tau_synapse"`         // seconds, of neurons with a synaptic current
	TauAdaptation      float64       `toml:"tau_adaptation"`      // seconds, of neurons that adapt
	Adaptation         float64       `toml:"adaptation"`          // how much each spike raises their threshold
	Learn              []string      `toml:"learn"`               // names of [Constants] that are learned, as factors on the values here
	LearnPer           string        `toml:"learn_per"`           // neuron (filter of a convolution) or layer: what has its own learned constant
	LearnSpread        float64       `toml:"learn_spread"`        // initial standard deviation of the learned time constants, relative to their mean
	Output             string        `toml:"output"`              // what is handed up: spikes (the default) or potential, for neurons that never spike
	RefractorySteps    int           `toml:"refractory_steps"`    // steps after a spike without another
	Reset              string        `toml:"reset"`               // one of [Resets]
	DifferentiateReset bool          `toml:"differentiate_reset"` // let the gradient flow through the reset
	Noise              Noise         `toml:"noise"`
	Surrogate          Surrogate     `toml:"surrogate"`
	Regularizers       []Regularizer `toml:"regularizer"`
	Initial            Initial       `toml:"initial"`

	// exempt allows a learned β with noise that has none, or with an unmatched surrogate, if
	// these were replaced by [Network.OtherMode] or [Layer.ReplaceSurrogate].
	exempt bool
}

// Noise is the escape noise of a layer; only the parameters of its kind are used.
type Noise struct {
	Kind   string  `toml:"kind"` // one of [Noises], which explain the rest
	Beta   float64 `toml:"beta"`
	P0     float64 `toml:"p0"`
	DeltaU float64 `toml:"delta_u"`
	Rate   float64 `toml:"rate"`
}

// Surrogate is the surrogate derivative of a layer; only the parameters of its kind are used.
type Surrogate struct {
	Kind   string  `toml:"kind"` // [Matched] or one of [Surrogates], which explain the rest
	Beta   float64 `toml:"beta"`
	P0     float64 `toml:"p0"`
	DeltaU float64 `toml:"delta_u"`
	Rate   float64 `toml:"rate"`
	Width  float64 `toml:"width"`
	Alpha  float64 `toml:"alpha"`
	// SkipBelow is the value below which the derivative counts as 0, as in Perez-Nieves & Goodman
	// 2021, to study the effect on the gradient. It saves no time here.
	SkipBelow float64 `toml:"skip_below"`
}

// Regularizer penalizes too high or too low activity of a layer.
type Regularizer struct {
	Kind      string  `toml:"kind"`  // one of [Regularizers]
	Power     int     `toml:"power"` // of the excess: 1 or 2
	Strength  float64 `toml:"strength"`
	Threshold float64 `toml:"threshold"`
	Average   string  `toml:"average"` // none, layer: what counts are averaged over before the threshold
}

// Initial specifies how initial weights are drawn, all with mean 0.
type Initial struct {
	Kind   string  `toml:"kind"` // one of [Initials], which explain the rest
	SigmaU float64 `toml:"sigma_u"`
	Rate   float64 `toml:"rate"`
	Alpha  float64 `toml:"alpha"`
	Scale  float64 `toml:"scale"`
}

// Readout is what the loss is computed from.
type Readout struct {
	Kind       string   `toml:"kind"`        // leaky: integrators above the last layer; spikes: the spikes of the last layer
	From       []string `toml:"from"`        // sources of leaky integrators: input, layer0, …; none: the last layer
	Loss       string   `toml:"loss"`        // one of [Losses]: for spikes counts, van_rossum or spike_difference
	Tau        float64  `toml:"tau"`         // seconds; 0 stands for the duration of a sample
	TauSynapse float64  `toml:"tau_synapse"` // seconds
	Delay      int      `toml:"delay"`       // steps
	Bias       bool     `toml:"bias"`        // a learned number that arrives at each integrator in every step
	Initial    float64  `toml:"initial"`     // U[0]
	Scale      float64  `toml:"scale"`       // initial weights: standard deviation·√inputs
	// LossScale is a factor on the distance of van_rossum and spike_difference; 0 stands for 1.
	// It is not in files: datasets have no target spikes.
	LossScale float64 `toml:"-"`
}

// DefaultSurrogate returns the kind of surrogate derivative of a layer for which none is chosen:
// the one that matches its escape noise if there is noise and no recurrence, otherwise
// superspike. Products of matched derivatives along recurrent paths explode: with 128 neurons,
// the loss falls along their direction at 50 steps, a quarter slower than along that of
// superspike, and hardly or not at all at 175 and 350.
func DefaultSurrogate(l *Layer) string {
	if l.Recurrent || l.Noise.Kind == "threshold" {
		return "superspike"
	}
	return Matched
}

// DefaultLayer returns a stochastic recurrent layer with sigmoid escape noise, as in Gygax &
// Zenke 2025.
func DefaultLayer() Layer {
	l := Layer{
		Kind: "dense", Neurons: 128, Filters: 16, Kernel: 7, Stride: 1, PaddingHeight: AsWidth, Pool: 1, PoolKind: "max", RecurrentKernel: 5,
		Recurrent: true, Delay: 1, RecurrentDelay: 1,
		Neuron: "lif", TauMembrane: 0.02, TauSynapse: 0.01, LearnPer: perNeuron, Output: outputSpikes, Reset: "multiplicative", DropoutPer: perSpike,
		Noise: Noise{Kind: "sigmoid"}, Initial: Initial{Kind: "fluctuation"},
	}
	l.Surrogate.Kind = DefaultSurrogate(&l)
	Neurons.SetDefaults(&l)
	Noises.SetDefaults(&l.Noise)
	Surrogates.SetDefaults(&l.Surrogate)
	Initials.SetDefaults(&l.Initial)
	return l
}

// DefaultRegularizer penalizes more than seven spikes per neuron per sample.
func DefaultRegularizer() Regularizer {
	r := Regularizer{Kind: "upper", Power: 2, Average: "none"}
	Regularizers.SetDefaults(&r)
	return r
}

// DefaultReadout returns a leaky readout whose maximum over time enters the loss.
func DefaultReadout() Readout {
	return Readout{Kind: "leaky", Loss: "max_over_time", TauSynapse: 0.01, Delay: 1, Initial: -0.001, Scale: 1}
}

// Spiking reports whether the loss uses spikes of the last layer, so that there is no readout
// connection.
func (n *Network) Spiking() bool { return n.Readout.Kind == "spikes" }

// Targeted reports whether the loss compares the spikes of the last layer with target spikes,
// instead of classifying.
func (n *Network) Targeted() bool {
	loss := Losses.Find(n.Readout.Loss)
	return loss != nil && loss.Targets
}

// Weight describes one weight array, [Rows][Columns]. Biases are the weights of one input that
// spikes in every step. Learned constants are stored as the logarithm of a factor on the
// configured value, learned delays as shares of the longest.
type Weight struct {
	Name    string // layer0.input, layer0.recurrent, layer0.bias, layer0.log_tau_membrane, …, layer0.delays, layer1.from_input, …, readout, readout.bias
	Rows    int    // target neurons; filters of a convolution
	Columns int    // source neurons; filters below times Kernel for a convolution
	Kernel  int    // elements of the kernel of a convolution; 0: dense
	Height  int    `json:",omitempty"` // rows of the kernel of a conv2d; otherwise 0
	Bias    bool   `json:",omitempty"`
	// Constant is the name of a learned constant.
	Constant string `json:",omitempty"`
	// LongestDelay is what learned delays are shares of, in steps.
	LongestDelay int `json:",omitempty"`
}

// Shape lists the dimensions of the array in files: {rows, columns}; for a conv1d {filters,
// filters below, kernel}; for a conv2d {filters, filters below, rows, columns of the kernel}; for
// biases, learned constants and learned delays {rows}.
func (w Weight) Shape() []int {
	if w.Bias || w.Constant != "" || w.LongestDelay > 0 {
		return []int{w.Rows}
	}
	if w.Kernel == 0 {
		return []int{w.Rows, w.Columns}
	}
	if w.Height == 0 {
		return []int{w.Rows, w.Columns / w.Kernel, w.Kernel}
	}
	return []int{w.Rows, w.Columns / w.Kernel, w.Height, w.Kernel / w.Height}
}

// WeightNames lists the names of the weight arrays in the order of all files: for each layer the
// input weights from each of its sources, then the recurrent ones, the biases and the learned
// constants and delays if any, and last the readout's.
func (n *Network) WeightNames() []string {
	var names []string
	for _, w := range n.Weights() {
		names = append(names, w.Name)
	}
	return names
}

// Weights lists the weight arrays in the order of [Network.WeightNames].
func (n *Network) Weights() []Weight {
	var weights []Weight
	for l, layer := range n.Layers {
		name := fmt.Sprintf("layer%d.", l)
		convolved := func(below int, kernel cpuref.Extent) Weight {
			w := Weight{Rows: layer.Filters, Columns: below * kernel.Area(), Kernel: kernel.Area()}
			if layer.Kind == "conv2d" {
				w.Height = kernel.Height
			}
			return w
		}
		units := layer.Neurons
		if layer.Convolutional() {
			units = layer.Filters
		}
		for _, source := range n.Sources(l) {
			w := Weight{Rows: layer.Neurons, Columns: n.Handed(source).Neurons()}
			if layer.Convolutional() {
				w = convolved(n.Handed(source).Filters, layer.Window().Kernel)
			}
			w.Name = n.InputArray(l, source)
			weights = append(weights, w)
		}
		if layer.Recurrent {
			w := Weight{Rows: layer.Neurons, Columns: layer.Neurons}
			if layer.Convolutional() {
				w = convolved(layer.Filters, layer.RecurrentKernelExtent())
			}
			w.Name = name + "recurrent"
			weights = append(weights, w)
		}
		if layer.Bias {
			weights = append(weights, Weight{Name: name + "bias", Rows: units, Columns: 1, Bias: true})
		}
		for _, constant := range layer.Learned() {
			w := Weight{Name: n.LearnedArray(l, constant), Rows: units, Columns: 1, Constant: constant}
			if layer.LearnPer == perLayer {
				w.Rows = 1
			}
			weights = append(weights, w)
		}
		if layer.LearnedDelay > 0 {
			weights = append(weights, Weight{Name: n.DelaysArray(l), Rows: n.Handed(n.main(l)).Neurons(), Columns: 1, LongestDelay: layer.LearnedDelay})
		}
	}
	if n.Spiking() {
		return weights
	}
	for _, source := range n.Sources(len(n.Layers)) {
		weights = append(weights, Weight{Name: n.InputArray(len(n.Layers), source), Rows: n.Classes, Columns: n.Handed(source).Neurons()})
	}
	if n.Readout.Bias {
		weights = append(weights, Weight{Name: "readout.bias", Rows: n.Classes, Columns: 1, Bias: true})
	}
	return weights
}

// ReplaceSurrogate gives a layer another surrogate, KIND or KIND:VALUE, to compare gradients.
func (l *Layer) ReplaceSurrogate(name string) error {
	l.exempt = true
	return l.Surrogate.Set(name)
}

// OtherMode returns the same network with its noise switched off or, if it has none, on:
// threshold spikes become spikes of sigmoid escape noise at the layer's steepness β, and every
// noise becomes the threshold. Surrogates stay the same, so that only the forward pass changes.
func (n *Network) OtherMode() *Network {
	other := *n
	other.Layers = append([]Layer(nil), n.Layers...)
	for l := range other.Layers {
		layer := &other.Layers[l]
		if layer.Surrogate.Kind == Matched {
			layer.Surrogate = layer.Surrogate.resolved(layer.Noise)
		}
		if layer.Noise.Kind == "threshold" {
			layer.Noise.Kind = "sigmoid"
		} else {
			layer.Noise.Kind, layer.exempt = "threshold", true
		}
	}
	return &other
}

// OtherModeInWords describes [Network.OtherMode]: what it does to the noise, and what its results are of.
func (n *Network) OtherModeInWords() (noise, of string) {
	silent := 0
	for i := range n.Layers {
		if n.Layers[i].Noise.Kind == "threshold" {
			silent++
		}
	}
	switch silent {
	case 0:
		return "noise off", "the same weights without noise"
	case len(n.Layers):
		return "noise on", "the same weights with sigmoid noise"
	}
	return "noise toggled", "the same weights; each layer without noise, or with sigmoid noise if it had none"
}
