package train

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spikegrad/host/network"
)

func TestDecodeNamesTheFault(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key at the top":   {"seed = 1\nseeed = 2\n", "test.toml line 2, column 1: unknown key seeed; the top level knows: data, network, pretrained, seed, training"},
		"unknown key in a table":   {"[training]\nepochs = 1\n  epoch = 2\n", "line 3, column 3: unknown key training.epoch; [training] knows: batch, checkpoint, clip_norm, epochs, estimator, estimator_trials, evaluation_batch, freeze, keep, optimizer, patience, rates, schedule"},
		"unknown key in an array":  {"[[network.layer]]\nneurons = 2\n[[network.layer]]\nneurones = 2\n", "line 4, column 1: unknown key network.layer.neurones; [network.layer] knows: adaptation, bias, delay, "},
		"unknown table":            {"[trainig]\nepochs = 1\n", "line 1, column 2: unknown key trainig"},
		"unknown table in another": {"[network.layers]\n", "unknown key network.layers; [network] knows: input_shape, layer, readout"},
		"text for a number":        {"[training]\nepochs = \"many\"\n", "line 2, column 10: training.epochs: "},
		"fraction for a number":    {"[training]\nepochs = 2.5\n", "line 2, column 10: training.epochs: "},
		"number for text":          {"[training.optimizer]\nkind = 3\n", "line 2, column 8: training.optimizer.kind: "},
		"number for truth":         {"[[network.layer]]\nrecurrent = 1\n", "line 2, column 13: network.layer.recurrent: "},
		"negative seed":            {"seed = -1\n", "line 1, column 8: seed: "},
		"too large a seed":         {"seed = 4294967296\n", "line 1, column 8: seed: "},
		"table for an array":       {"[network.layer]\nneurons = 3\n", "[[network.layer]]"},
		"array of numbers":         {"network.layer = [1, 2]\n", "network.layer"},
		"no TOML":                  {"seed = 1\n= 2\n", "line 2, column 1: "},
		"twice":                    {"seed = 1\nseed = 2\n", "line 2, column 1: "},
		"twice in other case":      {"seed = 1\nSeed = 2\n", "key seed is given twice"},
		"unknown dataset":          {"[data]\nname = \"letters\"\n", "\"letters\""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(c.text), "test.toml", "")
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "test.toml") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q does not contain %q, begin with the file, or keep to one line", err, c.want)
			}
		})
	}
}

func TestValidateNamesTheValue(t *testing.T) {
	for text, want := range map[string]string{
		"training.epochs = 0":                                         "training.epochs = 0",
		"training.batch = -3":                                         "training.batch = -3",
		"training.evaluation_batch = 0":                               "training.evaluation_batch = 0",
		"training.checkpoint = -1":                                    "training.checkpoint = -1",
		"training.keep = \"first\"":                                   "training.keep = \"first\"",
		"training.optimizer.kind = \"newton\"":                        "want one of adam, adamw, sgd, smorms3",
		"training.optimizer.learning_rate = 0":                        "learning_rate = 0",
		"training.optimizer.learning_rate = nan":                      "learning_rate = NaN",
		"training.optimizer.learning_rate = inf":                      "learning_rate = +Inf",
		"training.optimizer.momentum = 1":                             "momentum = 1",
		"training.optimizer.beta1 = -0.5":                             "beta1 = -0.5",
		"training.optimizer.beta2 = 1.5":                              "beta2 = 1.5",
		"training.optimizer.epsilon = -1":                             "epsilon = -1",
		"training.optimizer.weight_decay = -1":                        "weight_decay = -1",
		"data.steps = 0":                                              "data.steps = 0",
		"data.path = \"a\\u0000b\"":                                   "data.path",
		"[[network.layer]]\ninitial.rate = -1":                        "rate = -1",
		"network.layer = []":                                          "no layer",
		"[[network.layer]]\nneurons = 0":                              "network.layer 0: neurons = 0",
		"[[network.layer]]\n[[network.layer]]\nneurons = -1":          "network.layer 1: neurons = -1",
		"[[network.layer]]\ntau_membrane = 0":                         "tau_membrane = 0",
		"[[network.layer]]\ndelay = 50":                               "delay = 50",
		"[[network.layer]]\nnoise.p0 = nan":                           "network.layer[0].noise.p0 = NaN",
		"[[network.layer]]\n[[network.layer.regularizer]]\npower = 3": "power = 3",
		"network.readout.kind = \"spikes\"":                           "counts",
	} {
		config := decode(t, text)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v does not contain %q", text, err, want)
		}
	}
}

func TestDecodeCompletes(t *testing.T) {
	config := decode(t, `
data.steps = 40
[[network.layer]]
neurons = 20
noise.beta = 5
[[network.layer.regularizer]]
kind = "lower"
[[network.layer]]
[network.readout]
tau = 0.05
`)
	want, err := Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	want.Data.Steps = 40
	layer := want.Network.Layers[0]
	regularizer := layer.Regularizers[0]
	layer.Regularizers = nil
	first := layer
	first.Neurons, first.Noise.Beta = 20, 5
	regularizer.Kind = "lower"
	first.Regularizers = []network.Regularizer{regularizer}
	want.Network.Layers = []network.Layer{first, layer}
	want.Network.Readout.Tau = 0.05
	if difference := cmp.Diff(want, config, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(network.Layer{})); difference != "" {
		t.Error(difference)
	}
	if err := config.Validate(); err != nil {
		t.Error(err)
	}
}

func TestDecodeIgnoresCase(t *testing.T) {
	if config := decode(t, "[Training]\nEpochs = 7\n[[Network.Layer]]\nNeurons = 3\n"); config.Training.Epochs != 7 || config.Network.Layers[0].Neurons != 3 {
		t.Errorf("epochs %d, neurons %d", config.Training.Epochs, config.Network.Layers[0].Neurons)
	}
}

func TestDecodeTakesAnotherDataset(t *testing.T) {
	for _, c := range []struct {
		text, dataset, name, path string
		steps                     int
	}{
		{"", "", "digits", "", 50},
		{"data.steps = 9", "", "digits", "", 9},
		{"data.name = \"randman\"", "", "randman", "", 100},
		{"data.steps = 9", "randman", "randman", "", 100},
		{"data.steps = 9", "digits:x.csv", "digits", "x.csv", 9},
		{"data.steps = 9\ndata.path = \"y.csv\"", "digits", "digits", "", 9},
		{"data.steps = 9", "csv:x.csv", "csv", "x.csv", 9},
		{"data.name = \"csv\"\ndata.steps = 9", "digits:x.csv", "digits", "x.csv", 9},
		{"data.name = \"csv\"\ndata.steps = 9", "shd:x", "shd", "x", 350},
		{"data.name = \"digits\"\ndata.path = \"y.csv\"", "", "digits", "y.csv", 50},
	} {
		config, err := Decode([]byte(c.text), "test.toml", c.dataset)
		if err != nil {
			t.Fatal(err)
		}
		if d := config.Data; d.Name != c.name || d.Path != c.path || d.Steps != c.steps {
			t.Errorf("%q with %q: %s %q %d steps", c.text, c.dataset, d.Name, d.Path, d.Steps)
		}
	}
}

func TestCommentedDecodesToTheSame(t *testing.T) {
	configs := map[string]Config{"tiny": tiny(t)}
	for _, dataset := range []string{"digits", "randman", `digits:C:\a "b"` + "\t\u007f/ü.csv"} {
		config, err := Default(dataset)
		if err != nil {
			t.Fatal(err)
		}
		configs[dataset] = config
	}
	for name, config := range configs {
		text := config.Commented()
		again, err := Decode([]byte(text), name, "")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if difference := cmp.Diff(config, again, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(network.Layer{})); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
		if config.Hash() != again.Hash() || differences(&config, &again) != "" {
			t.Errorf("%s: hash or differences see a difference: %s", name, differences(&config, &again))
		}
	}
}

// TestExplanations compares the table of explanations with the keys there are.
func TestExplanations(t *testing.T) {
	left := explanations()
	config := tiny(t)
	config.Network.Layers[0].Regularizers = []network.Regularizer{network.DefaultRegularizer()}
	config.Training.Freeze, config.Pretrained.Fresh = []string{"readout"}, []string{"readout"}
	config.Network.InputShape, config.Network.Layers[0].Learn = []int{1, 8, 8}, []string{"threshold"}
	config.Network.Layers[0].From, config.Network.Readout.From = []string{"input"}, []string{"layer0"}
	config.Training.Rates = []Rates{{Weights: []string{"readout"}}}
	seen := map[string]bool{}
	for _, f := range fields(&config) {
		path := indices.ReplaceAllString(f.path, "")
		for table := path; ; {
			seen[table] = true
			dot := strings.LastIndexByte(table, '.')
			if dot < 0 {
				break
			}
			table = table[:dot]
		}
		if explanations()[path] == "" {
			t.Errorf("%s has no explanation", path)
		}
	}
	for path := range left {
		if !seen[path] {
			t.Errorf("%s is explained and does not exist", path)
		}
	}
}

// TestFieldsSeeEverything changes each field of a configuration in turn.
func TestFieldsSeeEverything(t *testing.T) {
	config := tiny(t)
	for i, f := range fields(&config) {
		changed := tiny(t)
		position := 0
		change(reflect.ValueOf(&changed).Elem(), i, &position)
		if got, wantChange := config.Hash() != changed.Hash(), !free(f.path); got != wantChange {
			t.Errorf("%s: hash changes: %v", f.path, got)
		}
		if got := differences(&config, &changed); (got == "") != free(f.path) || !free(f.path) && !strings.HasPrefix(got, f.path+" was ") {
			t.Errorf("%s: differences %q", f.path, got)
		}
	}
}

// change alters the scalar with the given number.
func change(v reflect.Value, target int, position *int) {
	switch v.Kind() {
	case reflect.Struct:
		for i, key := range keys(v.Type()) {
			if key != "" {
				change(v.Field(i), target, position)
			}
		}
		return
	case reflect.Slice:
		for i := range v.Len() {
			change(v.Index(i), target, position)
		}
		return
	}
	if *position == target {
		switch v.Kind() {
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int:
			v.SetInt(v.Int() + 1)
		case reflect.Uint32:
			v.SetUint(v.Uint() + 1)
		case reflect.Float64:
			v.SetFloat(v.Float() + 0.5)
		case reflect.String:
			v.SetString(v.String() + "x")
		}
	}
	*position++
}

func TestPrepareRefuses(t *testing.T) {
	config := tiny(t)
	config.Data.Validation = 0
	if _, _, err := Prepare(&config); err == nil || !strings.Contains(err.Error(), "keep") {
		t.Errorf("keep without validation: %v", err)
	}
	config = tiny(t)
	config.Network.Readout.Kind, config.Network.Readout.Loss = "spikes", "van_rossum"
	if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "target spikes") {
		t.Errorf("a loss with target spikes: %v", err)
	}
	config = tiny(t)
	config.Network.Layers[0].Neurons = 1 << 20
	if _, _, err := Prepare(&config); err == nil || !strings.Contains(err.Error(), "weights") {
		t.Errorf("a huge network: %v", err)
	}
	config = tiny(t)
	config.Training.Epochs = math.MaxInt32
	if _, _, err := Prepare(&config); err == nil || !strings.Contains(err.Error(), "epochs") {
		t.Errorf("too many presentations: %v", err)
	}
}

// TestInputRate measures known rates.
func TestInputRate(t *testing.T) {
	config := tiny(t)
	config.Network.Layers[0].Initial.Rate, config.Network.Layers[1].Initial.Rate = 0, 3
	config.Network.Layers = append(config.Network.Layers, config.Network.Layers[0])
	_, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	// A channel of randman spikes once in 12 steps of 2 ms.
	for l, want := range []float64{1 / (12 * 0.002), 3, 15} {
		if found := n.Layers[l].Initial.Rate; math.Abs(found-want) > 1e-9 {
			t.Errorf("layer %d: %g spikes a second, want %g", l, found, want)
		}
	}
	if config.Network.Layers[0].Initial.Rate != 0 {
		t.Error("the configuration was changed")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(tinyText))
	config, err := Default("digits")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(config.Commented()))
	f.Add([]byte("[[network.layer]]\nregularizer = [{kind = \"lower\"}, {}]\nnoise = {beta = 1}\n"))
	f.Add([]byte("Data.Name = 'x'\n\"network\".\"layer\" = [[]]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := Decode(text, "fuzz.toml", "")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %v", err)
			}
			return
		}
		if config.Validate() != nil {
			return
		}
		again, err := Decode([]byte(config.Commented()), "again.toml", "")
		if err != nil {
			t.Fatalf("%v\n%s", err, config.Commented())
		}
		if difference := cmp.Diff(config, again, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(network.Layer{})); difference != "" {
			t.Error(difference)
		}
	})
}

// TestDefaultSurrogate: a layer without a choice gets the surrogate that suits its
// recurrence and noise; one with a choice keeps it.
func TestDefaultSurrogate(t *testing.T) {
	config := decode(t, `
[[network.layer]]
[[network.layer]]
recurrent = false
[[network.layer]]
recurrent = false
noise.kind = "threshold"
[[network.layer]]
surrogate.kind = "matched"
[[network.layer]]
recurrent = false
surrogate.beta = 3.0
[[network.layer]]
recurrent = false
surrogate.kind = "gaussian"
`)
	for l, want := range []string{"superspike", "matched", "superspike", "matched", "matched", "gaussian"} {
		if kind := config.Network.Layers[l].Surrogate.Kind; kind != want {
			t.Errorf("layer %d: surrogate %s, want %s", l, kind, want)
		}
	}
	if kind := decode(t, "").Network.Layers[0].Surrogate.Kind; kind != "superspike" {
		t.Errorf("without a layer: surrogate %s", kind)
	}
}
