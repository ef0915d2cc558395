package train

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"spikegrad/host/data"
	"spikegrad/host/network"
)

// Commented is the configuration as TOML, complete, every key explained where it
// first stands; [Decode] makes the same configuration of it. Tables of other
// datasets than the one named are left out.
func (c *Config) Commented() string {
	w := &commentWriter{explained: explanations()}
	w.table(reflect.ValueOf(*c), "")
	return w.text.String()
}

// commentWriter writes tables of a configuration, each explanation once.
type commentWriter struct {
	text      strings.Builder
	explained map[string]string
}

// table writes the values of a struct and then the tables in it.
func (w *commentWriter) table(v reflect.Value, path string) {
	names := keys(v.Type())
	for i, name := range names {
		if name != "" && !isTable(v.Field(i).Type()) {
			w.explain(join(path, name))
			fmt.Fprintf(&w.text, "%s = %s\n", name, tomlValue(v.Field(i)))
		}
	}
	for i, name := range names {
		field, path := v.Field(i), join(path, name)
		switch {
		case name == "":
		case field.Kind() == reflect.Struct && !field.IsZero():
			w.header("[", path, "]", hasValues(field))
			w.table(field, path)
		case field.Kind() == reflect.Slice && isTable(field.Type()):
			for j := range field.Len() {
				w.header("[[", path, "]]", true)
				w.table(field.Index(j), path)
			}
		}
	}
}

// header begins a table; one that only holds other tables needs none.
func (w *commentWriter) header(open, path, closing string, needed bool) {
	if !needed {
		return
	}
	w.text.WriteString("\n")
	w.explain(path)
	w.text.WriteString(open + path + closing + "\n")
}

func (w *commentWriter) explain(path string) {
	if explanation := w.explained[path]; explanation != "" {
		delete(w.explained, path)
		w.text.WriteString("# " + strings.ReplaceAll(explanation, "\n", "\n# ") + "\n")
	}
}

// hasValues says whether a struct holds something besides tables.
func hasValues(v reflect.Value) bool {
	for i, name := range keys(v.Type()) {
		if name != "" && !isTable(v.Field(i).Type()) {
			return true
		}
	}
	return false
}

// tomlValue writes a value as TOML does.
func tomlValue(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Slice:
		var texts []string
		for i := range v.Len() {
			texts = append(texts, tomlValue(v.Index(i)))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case reflect.Float64:
		text := strconv.FormatFloat(v.Float(), 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(v.Interface())
}

// quote writes a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// explanations says what each key is for. A test holds that there is one for every
// key and none for keys that do not exist.
func explanations() map[string]string {
	texts := writtenExplanations()
	add := func(table string, meanings map[string]string) {
		for key, meaning := range meanings {
			texts[table+"."+key] = meaning
		}
	}
	add("network.layer", network.Neurons.Meanings())
	add("network.layer.noise", network.Noises.Meanings())
	add("network.layer.surrogate", network.Surrogates.Meanings())
	add("network.layer.initial", network.Initials.Meanings())
	add("network.layer.regularizer", network.Regularizers.Meanings())
	add("training.optimizer", network.Optimizers.Meanings())
	for _, p := range network.Shared {
		texts["training.optimizer."+p.Key] = p.Meaning
	}
	return texts
}

// writtenExplanations are those of what is no parameter of a kind: these are in the tables of
// package network.
func writtenExplanations() map[string]string {
	return map[string]string{
		"seed": "Decides over initial weights, order of samples, validation samples and noise.",

		"data":             "What is learned: " + data.Forms() + ".",
		"data.name":        "which dataset",
		"data.path":        "its file or folder; empty where it is built in or generated",
		"data.steps":       "time steps of a sample",
		"data.step_length": "seconds of a step",
		"data.validation":  "share of the samples to validate with; the seed of the run draws them",
		"data.test":        "share of the samples to test with; 0 where a dataset has its own",
		"data.split_seed":  "draws the test samples",
		"data.min_kept":    "smallest share of the spikes that must fall in the steps, or reading is an error; 0 for any",
		"data.maximum":     "value that is full intensity (csv); 0 for the largest in the file",
		"data.header":      "whether the first line of a CSV file is a heading (csv)",

		"data.encoder":           "How intensities become spikes.",
		"data.encoder.kind":      "latency: one spike, the brighter the earlier; poisson: random spikes, new at every presentation",
		"data.encoder.threshold": "latency: intensities up to this are silent",
		"data.encoder.tau":       "latency: seconds; the larger, the later",
		"data.encoder.max_rate":  "poisson: spikes per second at full intensity",

		"data.randman":                   "Random smooth manifolds (Zenke & Vogels 2021).",
		"data.randman.channels":          "input channels",
		"data.randman.dimensions":        "of a manifold",
		"data.randman.smoothness":        "α: the larger, the smoother and the easier",
		"data.randman.classes":           "manifolds",
		"data.randman.samples_per_class": "points on each",
		"data.randman.step_fraction":     "share of the steps in which spikes fall",
		"data.randman.spikes":            "of a channel in a sample",
		"data.randman.seed":              "draws manifolds and points, whatever the seed of the run",

		"data.events":       "Recorded spike times.",
		"data.events.units": "units in the files",
		"data.events.merge": "neighbouring units that make one input channel",
		"data.events.binning": "how times become steps: snap (t/dt, cut off, but a time that rounding may have brought below a step\n" +
			"belongs to it), truncate (t/dt, cut off), or float16 as common scripts do",
		"data.events.train_file":      "file in the folder; empty for NAME_train.h5 or NAME_train.h5.gz",
		"data.events.validation_file": "empty for NAME_valid.h5 or NAME_valid.h5.gz if there is one",
		"data.events.test_file":       "empty for NAME_test.h5 or NAME_test.h5.gz",

		"data.camera":        "Events of an event camera.",
		"data.camera.width":  "pixels of the sensor; 0 for those of the data (N-MNIST 34, DVS128 Gesture 128, else as far as events lie)",
		"data.camera.height": "the same",
		"data.camera.crop_x": "first column that is used",
		"data.camera.crop_y": "first row that is used",

		"data.camera.crop_width":      "columns that are used; 0 for all that follow",
		"data.camera.crop_height":     "rows that are used; 0 for all that follow",
		"data.camera.downsample":      "so many columns and rows of pixels make one",
		"data.camera.polarity":        "channels: events off are inputs of channel 0, events on of channel 1; merge: both are the same; on or off: the others are dropped",
		"data.camera.binning":         "time: steps of data.step_length; count: a step is so many events, however long they take",
		"data.camera.events_per_step": "count: events of a step",
		"data.camera.threshold":       "events of an input in a step that make a spike",
		"data.camera.origin":          "where time begins: first (event of the sample), or zero (of the file's clock; in DVS128 Gesture the start of the gesture)",
		"data.camera.time_unit":       "seconds of a unit of time in HDF5 and NumPy files; 0 for microseconds of integers and seconds of floats",

		"data.moving_digits":                "The built-in digits before a simulated event camera.",
		"data.moving_digits.copies":         "movements of each digit, all in the same part",
		"data.moving_digits.saccades":       "straight movements, one after the other around a polygon",
		"data.moving_digits.saccade_length": "seconds of each",
		"data.moving_digits.amplitude":      "pixels of each",
		"data.moving_digits.offset":         "pixels from the middle where the first may begin, in x and in y",
		"data.moving_digits.contrast":       "change of the logarithm of brightness that makes an event",
		"data.moving_digits.mismatch":       "standard deviation of that from pixel to pixel, as a share of it",
		"data.moving_digits.noise":          "events per second of each pixel and polarity that nothing caused",
		"data.moving_digits.seed":           "draws all that is random in the set, whatever the seed of the run",

		"data.augment":                 "Changes to the spikes of training samples, new at every presentation.",
		"data.augment.drop":            "chance that a spike is left out",
		"data.augment.insert":          "spikes per second that are added to a channel",
		"data.augment.jitter_time":     "steps by which a spike is moved",
		"data.augment.jitter_channels": "channels by which a spike is moved",
		"data.augment.shift_time":      "steps by which all spikes of a sample are moved together",
		"data.augment.shift_channels":  "channels by which all spikes of a sample are moved together",
		"data.augment.stretch_time":    "largest share by which a sample is slowed down or sped up",
		"data.augment.jitter":          "gaussian: the moves above are standard deviations; uniform: the farthest moves",

		"network.input_shape": "channels, height and width of the input, whose channels are numbered [channel][row][column]; empty for\n" +
			"the shape of the data if the first layer looks at rows and columns, else for channels in a row",

		"network.layer": "Layers of leaky integrate-and-fire neurons from the input upwards, each begun by\n" +
			"[[network.layer]]. Keys left out have the values shown here; regularizers left out do not exist.",
		"network.layer.kind": "dense: all to all; conv1d: filters over positions in a row (of the input, its channels);\n" +
			"conv2d: over rows and columns of data with a shape, or of input_shape",
		"network.layer.neurons":          "dense: how many; of a convolution it follows from the rest",
		"network.layer.filters":          "of a convolution: neurons at each position",
		"network.layer.kernel":           "of a convolution: positions below that feed one; of conv2d columns, and rows unless kernel_height says so",
		"network.layer.stride":           "of a convolution: positions below from one position to the next",
		"network.layer.padding":          "of a convolution: silent positions at each end below",
		"network.layer.kernel_height":    "conv2d: rows that feed one position; 0 for as many as columns",
		"network.layer.stride_height":    "conv2d: rows from one position to the next; 0 for as many as columns",
		"network.layer.padding_height":   "conv2d: silent rows at each end; -1 for as many as columns",
		"network.layer.pool":             "of a convolution: positions that the layer above gets as one, of conv2d in both directions; 1 for each by itself",
		"network.layer.pool_height":      "conv2d: rows that the layer above gets as one; 0 for as many as columns",
		"network.layer.pool_kind":        "what it gets of them: " + network.Pools.Names(),
		"network.layer.recurrent_kernel": "of a convolution: positions that feed one, odd; of conv2d in both directions",
		"network.layer.recurrent":        "whether the layer is connected to itself",
		"network.layer.bias":             "whether each neuron, or filter, learns a number that arrives in every step; 0 at the beginning",
		"network.layer.delay":            "steps from an input spike to the neuron it enters, 0 to steps-1",
		"network.layer.recurrent_delay":  "steps from a spike of the layer to the neurons of the layer",
		"network.layer.neuron":           network.Neurons.Names(),
		"network.layer.tau_membrane":     "time constant of the membrane, seconds",
		"network.layer.tau_synapse":      "lif, adaptive: time constant of the synaptic current, seconds",
		"network.layer.learn": "constants that are learned, each as the logarithm of a factor on the value above (threshold: on 1), from\n" +
			"1/54.6 to 54.6: " + network.Constants.Names(),
		"network.layer.learn_per": "neuron: each neuron, or filter, has its own; layer: one for all",
		"network.layer.learn_spread": "learned time constants begin at values of a gamma distribution with this standard deviation relative to\n" +
			"their mean; 0 for all alike, up to 1",
		"network.layer.reset":               "what a spike does to the membrane: " + network.Resets.Names(),
		"network.layer.differentiate_reset": "whether the gradient also flows through the reset",

		"network.layer.noise":      "Escape noise: how probable a spike is at a membrane potential; the threshold is 1.",
		"network.layer.noise.kind": network.Noises.Names() + "; threshold is no noise. Only the parameters of the kind count.",

		"network.layer.surrogate": "Surrogate derivative: what the backward pass takes for the derivative of a spike.",
		"network.layer.surrogate.kind": "matched (the derivative of the escape noise), or\n" +
			network.Surrogates.Names() + ".\n" +
			"Of a layer that says nothing: matched without recurrence, else, and without noise, superspike",
		"network.layer.surrogate.skip_below": "derivatives below this count as 0 (Perez-Nieves & Goodman 2021); it saves no time. 0 for none: nothing\n" +
			"is approximated",

		"network.layer.initial":      "Initial weights, mean 0.",
		"network.layer.initial.kind": network.Initials.Names(),

		"network.layer.regularizer":         "Penalizes too much or too little activity; there may be several, or none.",
		"network.layer.regularizer.kind":    "upper: more spikes than the threshold; lower: fewer",
		"network.layer.regularizer.power":   "of the excess: 1 or 2",
		"network.layer.regularizer.average": "none: every neuron for itself; layer: the mean over the layer",

		"network.readout":             "What the loss looks at.",
		"network.readout.kind":        "leaky: an integrator a class; spikes: the spike counts of the last layer",
		"network.readout.loss":        "cross-entropy of: " + network.ReadoutLosses(),
		"network.readout.tau":         "time constant of the integrators, seconds; 0 for the duration of a sample",
		"network.readout.tau_synapse": "time constant of their synaptic current, seconds",
		"network.readout.delay":       "steps from a spike to their synaptic current",
		"network.readout.bias":        "whether each integrator learns a number that arrives in every step; 0 at the beginning",
		"network.readout.initial":     "their potential at the beginning",
		"network.readout.scale":       "initial weights: standard deviation times √inputs",

		"training":        "How weights are learned.",
		"training.epochs": "how often every training sample is presented; may be raised when a run is resumed",
		"training.batch":  "samples an update; the last batch of an epoch may be smaller",
		"training.keep": "the weights a run ends with: last, or best (after the epoch with the highest\n" +
			"validation accuracy, of equals the one with the lower loss)",
		"training.evaluation_batch": "samples at once in validation and test; changes no accuracy",
		"training.checkpoint":       "updates between checkpoints; 0 for one after every epoch only",

		"training.patience":  "epochs without a better validation after which training ends; 0 for never",
		"training.clip_norm": "largest norm of the gradient of all weights together; 0 for any",

		"training.estimator": "of the gradient: surrogate (back-propagation), or, of networks with noise and at a price, single_flip or\n" +
			"score_baseline, which are unbiased",
		"training.estimator_trials": "single_flip: flips of each layer in every sample; score_baseline: presentations of every sample",

		"training.freeze": "weights that are not trained, by name, such as layer0.input, layer0.bias, layer0.log_threshold or readout; neither weight decay nor\n" +
			"clip_norm takes them into account",

		"training.rates":                      "Factors for some of the weights; there may be several groups, or none.",
		"training.rates.weights":              "names of weight arrays, such as layer0.input, or patterns such as *.bias or *.log_*",
		"training.rates.learning_rate_factor": "multiplies their learning rate",
		"training.rates.weight_decay_factor":  "multiplies their weight decay",

		"training.schedule":        "How the learning rate changes from epoch to epoch.",
		"training.schedule.kind":   "constant, cosine or step",
		"training.schedule.final":  "cosine: share of the learning rate that is left at the end",
		"training.schedule.length": "cosine: epochs to get there; step: epochs of a step",
		"training.schedule.factor": "step: what each step multiplies the rate by",

		"training.optimizer":      "The rule of an update.",
		"training.optimizer.kind": network.Optimizers.Names(),

		"pretrained":                "Weights to begin with, instead of ones that are drawn.",
		"pretrained.from":           "folder of a finished run, or a file: .safetensors or .nir",
		"pretrained.weights_sha256": "which weights these must be; empty for any. A run fills it in",
		"pretrained.fresh":          "weights that are drawn all the same, or that the network does not have, by name",
	}
}
