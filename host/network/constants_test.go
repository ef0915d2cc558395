package network

import (
	"math"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// TestLearned: learned constants have arrays in the order of the table, one number per neuron
// or one for all, and start at 0.
func TestLearned(t *testing.T) {
	n := validNetwork()
	n.Layers[0].Neurons, n.Layers[1].Neurons = 5, 6
	n.Layers[0].Learn, n.Layers[0].Bias = []string{"threshold", "tau_membrane"}, true
	n.Layers[1].Learn, n.Layers[1].LearnPer = []string{"tau_synapse"}, "layer"
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	var found []Weight
	initial := n.Initialise(3)
	for i, w := range n.Weights() {
		if w.Constant != "" {
			found = append(found, w)
			if !slices.Equal(initial[i], make([]float32, w.Rows)) || !slices.Equal(w.Shape(), []int{w.Rows}) || ConstantOf(w.Name) != w.Constant {
				t.Errorf("%+v begins at %v, has shape %v and is of constant %q", w, initial[i], w.Shape(), ConstantOf(w.Name))
			}
		}
	}
	want := []Weight{
		{Name: "layer0.log_tau_membrane", Rows: 5, Columns: 1, Constant: "tau_membrane"},
		{Name: "layer0.log_threshold", Rows: 5, Columns: 1, Constant: "threshold"},
		{Name: "layer1.log_tau_synapse", Rows: 1, Columns: 1, Constant: "tau_synapse"},
	}
	if !slices.Equal(found, want) {
		t.Errorf("learned constants are %v: want %v", found, want)
	}
	if learn := NeuronParameters[float32](&n.Layers[0], 0.001).Learn; learn != 0b101 {
		t.Errorf("neurons learn %b", learn)
	}
	if ConstantOf("layer0.bias") != "" || ConstantOf("layer0.log_beta") != "" || ConstantOf("readout") != "" {
		t.Error("other arrays are taken for constants")
	}
}

// TestLearnedSpread: spread time constants have the requested mean and deviation, and
// everything else is drawn as without a spread.
func TestLearnedSpread(t *testing.T) {
	n := validNetwork()
	l := &n.Layers[0]
	l.Neurons, l.Recurrent = 4000, false
	plain := n.Initialise(3)
	l.Learn, l.LearnSpread = []string{"tau_membrane", "threshold"}, 0.5
	spread := n.Initialise(3)
	for i, name := range n.WeightNames() {
		switch ConstantOf(name) {
		case "tau_membrane":
			values := l.ConstantValues("tau_membrane", spread[i])
			sum, squares := 0.0, 0.0
			for _, v := range values {
				sum += v / l.TauMembrane
				squares += v * v / (l.TauMembrane * l.TauMembrane)
			}
			mean := sum / float64(len(values))
			deviation := math.Sqrt(squares/float64(len(values)) - mean*mean)
			if math.Abs(mean-1) > 0.03 || math.Abs(deviation-0.5) > 0.03 {
				t.Errorf("time constants have the mean %v and the deviation %v: want 1 and 0.5", mean, deviation)
			}
			spread = slices.Delete(spread, i, i+1)
			if !slices.Equal(spread[i], make([]float32, l.Neurons)) { // thresholds
				t.Error("thresholds are spread")
			}
			spread = slices.Delete(spread, i, i+1)
		}
	}
	for i := range plain {
		if !slices.Equal(plain[i], spread[i]) {
			t.Errorf("array %d is drawn in another way", i)
		}
	}
	if maximum := float64(cpuref.LearnedBound); l.ConstantValues("threshold", []float32{float32(maximum)})[0] != math.Exp(maximum) {
		t.Error("a threshold is not the exponential")
	}
}

// TestLearnedRefused: learned constants must exist.
func TestLearnedRefused(t *testing.T) {
	for want, change := range map[string]func(l *Layer){
		`learn names "tau"; want one of adaptation, noise_beta, tau_adaptation, tau_membrane, tau_synapse, threshold`: func(l *Layer) { l.Learn = []string{"tau"} },
		`learn names "beta"; want one of`:       func(l *Layer) { l.Learn = []string{"beta"} },
		`learn names "threshold" twice`:         func(l *Layer) { l.Learn = []string{"threshold", "threshold"} },
		`neurons of kind lif_delta do not have`: func(l *Layer) { l.Learn, l.Neuron = []string{"tau_synapse"}, "lif_delta" },
		`neurons of kind if do not have`:        func(l *Layer) { l.Learn, l.Neuron = []string{"tau_membrane"}, "if" },
		`neurons of kind lif do not have`:       func(l *Layer) { l.Learn = []string{"adaptation"} },
		`adaptation = 0: a factor on it is learned`: func(l *Layer) {
			l.Learn, l.Neuron, l.TauAdaptation, l.Adaptation = []string{"adaptation"}, "adaptive", 0.1, 0
		},
		`learn_per = "synapse"; want neuron or layer`:                             func(l *Layer) { l.LearnPer = "synapse" },
		`learn_spread = 2: must be from 0 to 1`:                                   func(l *Layer) { l.Learn, l.LearnSpread = []string{"tau_membrane"}, 2 },
		`it needs learn_per = "neuron"`:                                           func(l *Layer) { l.Learn, l.LearnPer, l.LearnSpread = []string{"tau_membrane"}, "layer", 0.3 },
		`learn_spread = 0.3 spreads learned time constants, but learn lists none`: func(l *Layer) { l.Learn, l.LearnSpread = []string{"threshold"}, 0.3 },
	} {
		n := validNetwork()
		change(&n.Layers[0])
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}
