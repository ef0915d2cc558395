package train

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/network"
)

// Commented returns the complete configuration as TOML, with every key explained at its first
// occurrence; [Decode] turns it back into the same configuration. Tables of datasets other
// than the one named are left out.
func (c *Config) Commented() string {
	w := &commentWriter{explained: explanations()}
	w.table(reflect.ValueOf(*c), "")
	return w.text.String()
}

// commentWriter writes the tables of a configuration, with each explanation once.
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

// header begins a table; one that only holds other tables needs no header.
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

// hasValues reports whether a struct holds something besides tables.
func hasValues(v reflect.Value) bool {
	for i, name := range keys(v.Type()) {
		if name != "" && !isTable(v.Field(i).Type()) {
			return true
		}
	}
	return false
}

// tomlValue formats a value as TOML.
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

// quote formats a TOML basic string.
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

// explanations explains each key. A test checks that every key has one and that there are
// none for keys that do not exist.
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

// writtenExplanations are those of keys that are not parameters of a kind: the latter's are
// in the tables of package network.
func writtenExplanations() map[string]string {
	return map[string]string{
		"seed": "Seed of the initial weights, the order of samples, the choice of validation samples, and the noise.",

		"data":             "The dataset to learn: " + data.Forms() + ".",
		"data.name":        "name of the dataset",
		"data.path":        "file or folder of the dataset; empty if it is built in or generated",
		"data.steps":       "time steps per sample",
		"data.step_length": "length of a time step, seconds",
		"data.validation":  "fraction of the samples used for validation, drawn with the seed of the run",
		"data.test":        "fraction of the samples used for testing; 0 if the dataset has its own test samples",
		"data.split_seed":  "seed for drawing the test samples",
		"data.min_kept":    "minimum fraction of the spikes that must fall within the time steps; below it, reading fails. 0 for no limit",
		"data.maximum":     "csv: value that counts as full intensity; 0 for the largest in the file",
		"data.header":      "csv: whether the first line of the file is a header",

		"data.encoder":           "How intensities become spikes.",
		"data.encoder.kind":      "latency: one spike, earlier for larger values; poisson: random spikes, drawn anew at every presentation",
		"data.encoder.threshold": "latency: intensities up to this value produce no spike",
		"data.encoder.tau":       "latency: time scale, seconds; the larger, the later the spikes",
		"data.encoder.max_rate":  "poisson: firing rate at full intensity, spikes per second",

		"data.randman":                   "Random smooth manifolds (Zenke & Vogels 2021).",
		"data.randman.channels":          "number of input channels",
		"data.randman.dimensions":        "dimensions of a manifold",
		"data.randman.smoothness":        "smoothness α: the larger, the easier the task",
		"data.randman.classes":           "number of classes, one manifold each",
		"data.randman.samples_per_class": "number of points on each manifold",
		"data.randman.step_fraction":     "fraction of the time steps in which spikes occur",
		"data.randman.spikes":            "spikes per channel per sample",
		"data.randman.seed":              "seed of manifolds and points, independent of the seed of the run",

		"data.events":       "Recorded spike times.",
		"data.events.units": "number of units in the files",
		"data.events.merge": "number of neighbouring units that are merged into one input channel",
		"data.events.binning": "how times become steps: snap (t/dt rounded down, but a time that rounding may have put just below a step\n" +
			"counts as that step), truncate (t/dt rounded down), or float16 (as common scripts do)",
		"data.events.train_file":      "file in the folder; empty for NAME_train.h5 or NAME_train.h5.gz",
		"data.events.validation_file": "empty for NAME_valid.h5 or NAME_valid.h5.gz, if there is one",
		"data.events.test_file":       "empty for NAME_test.h5 or NAME_test.h5.gz",

		"data.camera":        "Event-camera data.",
		"data.camera.width":  "sensor width, pixels; 0 for that of the data (N-MNIST 34, DVS128 Gesture 128, otherwise the extent of the events)",
		"data.camera.height": "sensor height, pixels; 0 likewise",
		"data.camera.crop_x": "first column to use",
		"data.camera.crop_y": "first row to use",

		"data.camera.crop_width":      "number of columns to use; 0 for all remaining ones",
		"data.camera.crop_height":     "number of rows to use; 0 for all remaining ones",
		"data.camera.downsample":      "width and height of the blocks of pixels that are merged into one",
		"data.camera.polarity":        "channels: off events go to channel 0, on events to channel 1; merge: both to one channel; on or off: drop the others",
		"data.camera.binning":         "time: steps last data.step_length; count: steps hold a fixed number of events, however long they take",
		"data.camera.events_per_step": "count: events per step",
		"data.camera.threshold":       "minimum number of events in a step that makes an input spike",
		"data.camera.origin":          "where time starts: first (at the first event of the sample), or zero (at time 0 in the file; in DVS128 Gesture, at the start of the gesture)",
		"data.camera.time_unit":       "time unit of HDF5 and NumPy files, seconds; 0 for microseconds if times are integers, seconds if they are floats",

		"data.moving_digits":                "The built-in digits, moving in front of a simulated event camera.",
		"data.moving_digits.copies":         "movements per digit, all in the same part of the data",
		"data.moving_digits.saccades":       "number of straight movements, one after the other along the sides of a polygon",
		"data.moving_digits.saccade_length": "duration of each movement, seconds",
		"data.moving_digits.amplitude":      "length of each movement, pixels",
		"data.moving_digits.rotation":       "maximum rotation of the whole path in either direction, turns: 0 for the same path in every sample, as in N-MNIST; 0.5 for any direction",
		"data.moving_digits.offset":         "largest distance from the centre at which the first movement starts, in x and in y, pixels",
		"data.moving_digits.contrast":       "change of log brightness that triggers an event",
		"data.moving_digits.mismatch":       "standard deviation of the contrast threshold across pixels, as a fraction of the threshold",
		"data.moving_digits.noise":          "spontaneous events per second per pixel per polarity",
		"data.moving_digits.seed":           "seed of everything random in the dataset, independent of the seed of the run",

		"data.augment":                  "Changes to the spikes of training samples, drawn anew at every presentation.",
		"data.augment.drop":             "probability that a spike is dropped",
		"data.augment.insert":           "rate of inserted spikes, per second per channel",
		"data.augment.jitter_time":      "shift of each spike in time, steps",
		"data.augment.jitter_channels":  "shift of each spike across channels, channels",
		"data.augment.shift_time":       "shift of a whole sample in time, steps",
		"data.augment.shift_channels":   "shift of a whole sample across channels, channels",
		"data.augment.shift_pixels":     "shift of a whole image across rows and across columns, pixels",
		"data.augment.stretch_time":     "maximum fraction by which a sample is slowed down or sped up",
		"data.augment.stretch_channels": "maximum fraction by which channel numbers are scaled up or down; for spectra, in which voices differ in this way",
		"data.augment.jitter":           "distribution of the shifts above: gaussian (they are standard deviations) or uniform (they are maxima)",

		"network.input_shape": "channels, height and width of the input, with inputs in the order [channel][row][column]; empty for\n" +
			"the shape of the data if the first layer is a conv2d, and for one-dimensional input",

		"network.layer": "Layers of leaky integrate-and-fire neurons, from the input upwards, each in a [[network.layer]] table.\n" +
			"Keys left out have the values shown here; a layer has only the regularizers that are listed.",
		"network.layer.kind": "dense: fully connected; conv1d: filters over positions in one dimension (for the input, its channels);\n" +
			"conv2d: filters over rows and columns of data with a shape, or of input_shape",
		"network.layer.from": "sources of the layer's input, each with its own weights: \"input\", \"layer0\", ..., all below the layer;\n" +
			"empty for the layer just below. Sources of a convolution must have the same positions",
		"network.layer.neurons":          "dense: number of neurons; in a convolution, it follows from the other keys",
		"network.layer.filters":          "convolution: number of filters, that is, of neurons at each position",
		"network.layer.kernel":           "convolution: width of the kernel, in positions of the layer below; conv2d: columns, and rows unless kernel_height is set",
		"network.layer.stride":           "convolution: distance between neighbouring kernel positions, in positions of the layer below",
		"network.layer.padding":          "convolution: silent positions added at each end of the layer below",
		"network.layer.kernel_height":    "conv2d: height of the kernel, rows; 0 for the same as the width",
		"network.layer.stride_height":    "conv2d: vertical stride, rows; 0 for the same as the horizontal stride",
		"network.layer.padding_height":   "conv2d: silent rows added at each end; -1 for the same as padding",
		"network.layer.pool":             "convolution: width of the pooling cells, each one position for the layer above; conv2d: in both directions; 1 for no pooling",
		"network.layer.pool_height":      "conv2d: height of the pooling cells, rows; 0 for the same as the width",
		"network.layer.pool_kind":        "what the layer above receives from a pooling cell: " + network.Pools.Names(),
		"network.layer.recurrent_kernel": "convolution: width of the recurrent kernel, odd; conv2d: in both directions",
		"network.layer.recurrent":        "whether the layer has recurrent connections",
		"network.layer.bias":             "whether each neuron, or filter, has a learned bias, added in every step; it starts at 0",
		"network.layer.delay":            "delay from a spike below to this layer, steps, 0 to steps-1",
		"network.layer.recurrent_delay":  "delay of recurrent connections, steps",
		"network.layer.learned_delay": "dense: the longest learned delay, steps, added to delay; each input has its own, initially uniform between 0 and\n" +
			"this; training rounds it up or down at random, so that it is correct on average. 0: delays are not learned",
		"network.layer.dropout": "training only: probability that a spike is dropped on its way to the layer above, 0 to 0.99; the others are\n" +
			"scaled by 1/(1-dropout). Applied after pooling; recurrent connections, losses and regularizers use all spikes",
		"network.layer.dropout_per":  "spike: spikes are dropped independently; neuron: in each sample, either all spikes of a neuron are dropped or none",
		"network.layer.neuron":       network.Neurons.Names(),
		"network.layer.tau_membrane": "time constant of the membrane, seconds",
		"network.layer.tau_synapse":  "lif, adaptive: time constant of the synaptic current, seconds",
		"network.layer.learn": "constants to learn, each as the logarithm of a factor on the value above (threshold: on 1), between\n" +
			"1/54.6 and 54.6: " + network.Constants.Names(),
		"network.layer.learn_per": "neuron: each neuron, or filter, has its own constants; layer: all neurons share them",
		"network.layer.learn_spread": "initial values of learned time constants are drawn from a gamma distribution with this coefficient of\n" +
			"variation; from 0 (all equal) to 1",
		"network.layer.output": "what the layer above receives: spikes; or potential: the neurons never spike and pass on their membrane potential\n" +
			"(dense layers without recurrence; noise, surrogate and reset are ignored)",
		"network.layer.refractory_steps":    "refractory period: steps after a spike in which a neuron cannot spike again, 0 to " + strconv.Itoa(cpuref.MostRefractory) + ";\nits states keep evolving",
		"network.layer.reset":               "effect of a spike on the membrane: " + network.Resets.Names(),
		"network.layer.differentiate_reset": "whether the gradient also flows through the reset",

		"network.layer.noise":      "Escape noise: the probability of a spike in a time step as a function of the membrane potential. The threshold is 1.",
		"network.layer.noise.kind": network.Noises.Names() + "; threshold means no noise. Parameters of other kinds are ignored.",

		"network.layer.surrogate": "Surrogate derivative: what the backward pass uses as the derivative of a spike.",
		"network.layer.surrogate.kind": "matched (the derivative of the escape noise), or\n" +
			network.Surrogates.Names() + ".\n" +
			"The default is superspike for layers that are recurrent or have no noise, and matched for all others",
		"network.layer.surrogate.skip_below": "treat derivatives below this value as 0 (Perez-Nieves & Goodman 2021); saves no time. 0: nothing is\n" +
			"approximated",

		"network.layer.initial":      "Initial weights, mean 0.",
		"network.layer.initial.kind": network.Initials.Names(),

		"network.layer.regularizer":         "Penalizes too much or too little activity. There may be several, or none.",
		"network.layer.regularizer.kind":    "upper: penalizes more spikes than the threshold; lower: penalizes fewer",
		"network.layer.regularizer.power":   "exponent of the deviation from the threshold, 1 or 2",
		"network.layer.regularizer.average": "compared with the threshold: none: the spikes of each neuron; layer: the mean over the layer",

		"network.readout":             "The output from which the loss is computed.",
		"network.readout.kind":        "leaky: one leaky integrator per class; spikes: the spike counts of the last layer",
		"network.readout.from":        "leaky: sources of the integrators' input, as for a layer; empty for the last layer",
		"network.readout.loss":        "cross-entropy of: " + network.ReadoutLosses(),
		"network.readout.tau":         "time constant of the integrators, seconds; 0 for the duration of a sample",
		"network.readout.tau_synapse": "time constant of the integrators' synaptic current, seconds",
		"network.readout.delay":       "delay from a spike to the integrators' synaptic current, steps",
		"network.readout.bias":        "whether each integrator has a learned bias, added in every step; it starts at 0",
		"network.readout.initial":     "initial potential of the integrators",
		"network.readout.scale":       "initial weights: standard deviation times √inputs",

		"training":        "How the weights are trained.",
		"training.epochs": "passes over the training samples; may be raised when a run is resumed",
		"training.batch":  "samples per update; the last batch of an epoch may be smaller",
		"training.keep": "weights to keep at the end: last, or best (after the epoch with the highest validation accuracy;\n" +
			"ties go to the lower loss)",
		"training.evaluation_batch": "batch size for validation and testing; does not change the result",
		"training.checkpoint":       "updates between checkpoints; 0 for one after every epoch only",

		"training.patience":  "stop after this many epochs without a better validation result; 0 for never",
		"training.clip_norm": "largest norm of the gradient over all weights; longer gradients are scaled down. 0 for no limit",

		"training.estimator": "gradient estimator: surrogate (back-propagation) or, for networks with noise and at a higher cost, the unbiased\n" +
			"single_flip or score_baseline",
		"training.estimator_trials": "single_flip: flips per layer per sample; score_baseline: presentations per sample",

		"training.freeze": "weight arrays that are not trained, such as layer0.input, layer0.bias, layer0.log_threshold or readout; weight decay does not change\n" +
			"them, and clip_norm does not count them",

		"training.rates":                      "Factors on the learning rate and weight decay of some weights. There may be several groups, or none.",
		"training.rates.weights":              "names of weight arrays, such as layer0.input, or patterns such as *.bias or *.log_*",
		"training.rates.learning_rate_factor": "factor on their learning rate",
		"training.rates.weight_decay_factor":  "factor on their weight decay",

		"training.schedule":        "How the learning rate changes from epoch to epoch.",
		"training.schedule.kind":   "constant, cosine or step",
		"training.schedule.final":  "cosine: final learning rate, as a fraction of the initial one",
		"training.schedule.length": "cosine: epochs until the final rate is reached; step: epochs per step",
		"training.schedule.factor": "step: factor on the learning rate at each step",

		"training.optimizer":      "The update rule.",
		"training.optimizer.kind": network.Optimizers.Names(),

		"pretrained":                "Weights to start from, instead of random ones.",
		"pretrained.from":           "folder of a finished run, or a file: .safetensors or .nir",
		"pretrained.weights_sha256": "SHA-256 that these weights must have; empty for any. A run fills this in",
		"pretrained.fresh":          "weight arrays to initialize at random instead, or to ignore because the network does not have them",
	}
}
