package train

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"spikegrad/host/network"
)

// field is one value of a configuration and its full key, such as
// network.layer[0].noise.beta.
type field struct {
	path  string
	value any // bool, int, uint32, float64 or string
}

// fields lists all values of a configuration, in the order of the file.
func fields(c *Config) []field {
	var found []field
	collect(reflect.ValueOf(*c), "", &found)
	return found
}

// Value is one value of a configuration, written as in TOML, and its full key, such as
// network.layer[0].noise.beta.
type Value struct{ Key, Text string }

// Values lists all values of a configuration in the order of its file.
func (c *Config) Values() []Value {
	var values []Value
	for _, f := range fields(c) {
		values = append(values, Value{f.path, tomlValue(reflect.ValueOf(f.value))})
	}
	return values
}

func collect(v reflect.Value, path string, found *[]field) {
	switch v.Kind() {
	case reflect.Struct:
		for i, key := range keys(v.Type()) {
			if key != "" {
				collect(v.Field(i), join(path, key), found)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), fmt.Sprintf("%s[%d]", path, i), found)
		}
	default:
		*found = append(*found, field{path, v.Interface()})
	}
}

// isTable reports whether values of a type are tables, or arrays of tables, in the file.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// keys returns the TOML keys of a struct's fields, empty for a field that is not in the file.
func keys(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		if name := t.Field(i).Tag.Get("toml"); name != "-" {
			names[i] = name
		}
	}
	return names
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// free reports whether a key may change when a run is resumed: such keys affect how long it
// runs, how often it evaluates and saves, what data it refuses and where it finds things, but
// not what an update does.
func free(path string) bool {
	switch path {
	case "data.min_kept", "training.epochs", "training.evaluation_batch", "training.checkpoint", "training.patience":
		return true
	}
	return place(path)
}

// place reports whether a key says where something is; what is found there is identified by
// its contents.
func place(path string) bool {
	switch path {
	case "data.path", "data.events.train_file", "data.events.validation_file", "data.events.test_file", "pretrained.from":
		return true
	}
	return false
}

// later are keys that older configurations do not have, without indices, and the values in
// effect before.
var later = map[string]any{
	"data.augment.shift_pixels": 0.0, "data.augment.stretch_channels": 0.0,
	"data.header": false, "network.layer.neuron": "lif", "network.layer.tau_adaptation": 0.2, "network.layer.adaptation": 0.2, "network.layer.bias": false, "network.layer.learn_per": "neuron", "network.layer.learn_spread": 0.0,
	"network.layer.refractory_steps": 0, "network.layer.output": "spikes",
	"network.layer.kernel_height": 0, "network.layer.stride_height": 0, "network.layer.padding_height": network.AsWidth,
	"network.layer.dropout": 0.0, "network.layer.dropout_per": "spike",
	"network.layer.learned_delay": 0,
	"network.layer.pool":          1, "network.layer.pool_height": 0, "network.layer.pool_kind": "max", "network.readout.bias": false,
}

// laterTables are tables that older configurations do not have.
var laterTables = []string{"data.camera.", "data.moving_digits."}

// isLater reports whether a key that older configurations do not have has the value in effect
// before.
func (f field) isLater() bool {
	for _, table := range laterTables {
		if strings.HasPrefix(f.path, table) && reflect.ValueOf(f.value).IsZero() {
			return true
		}
	}
	before, added := later[indices.ReplaceAllString(f.path, "")]
	return added && f.value == before
}

var indices = regexp.MustCompile(`\[\d+\]`)

// formerEstimators are the former names of training.estimator by the current ones. Files may
// use them, and hashes do, so that those of old run folders stay valid.
var formerEstimators = map[string]string{"single_flip": "single-flip", "score_baseline": "score"}

// EstimatorName returns the current name of an estimator, which may be given by a former one.
func EstimatorName(name string) string {
	for current, former := range formerEstimators {
		if name == former {
			return current
		}
	}
	return name
}

// Hash identifies a configuration as far as it determines the weights after each update:
// SHA-256 over all keys and values except those that may change when a run is resumed, and
// later ones that change nothing.
func (c *Config) Hash() string {
	hash := sha256.New()
	for _, f := range fields(c) {
		if former := formerEstimators[c.Training.Estimator]; f.path == "training.estimator" && former != "" {
			f.value = former
		}
		switch {
		case strings.HasPrefix(f.path, "data.") && place(f.path):
			fmt.Fprintf(hash, "%s=\n", f.path)
		case free(f.path), f.isLater(), f.path == "pretrained.weights_sha256" && f.value == "":
		default:
			fmt.Fprintf(hash, "%s=%v\n", f.path, f.value)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// differences describes how two configurations of what should be the same run differ: "key
// was A and is B".
func differences(before, after *Config) string { return changes(before, after, free) }

// changes describes how two configurations differ, apart from free keys.
func changes(before, after *Config, free func(path string) bool) string {
	old := map[string]any{}
	for _, f := range fields(before) {
		old[f.path] = f.value
	}
	var found []string
	for _, f := range fields(after) {
		was, there := old[f.path]
		delete(old, f.path)
		switch {
		case free(f.path) || there && was == f.value:
		case there:
			found = append(found, fmt.Sprintf("%s was %v and is %v", f.path, was, f.value))
		default:
			found = append(found, fmt.Sprintf("%s is %v and was not set before", f.path, f.value))
		}
	}
	for _, f := range fields(before) {
		if _, left := old[f.path]; left && !free(f.path) {
			found = append(found, fmt.Sprintf("%s was %v and is no longer set", f.path, f.value))
		}
	}
	return strings.Join(found, ", ")
}
