package train

import (
	"fmt"
	"reflect"
	"strings"

	"spikegrad/host/data"
)

// Reference returns the configuration reference in Markdown: every key, its default and its
// meaning, table by table.
func Reference() (string, error) {
	defaults, err := defaultTexts()
	if err != nil {
		return "", err
	}
	w := &referenceWriter{explained: explanations(), defaults: defaults}
	w.text.WriteString(`# Configuration keys

A configuration is a TOML file. Keys left out keep their defaults; an unknown key is an error that gives its
line. ` + "`spikegrad config`" + ` prints a complete configuration with these explanations as comments, and ` + "`spikegrad config --check FILE`" + ` checks one.
The defaults are those for the built-in digits; keys that the digits do not use have the default of the first dataset in the list below that uses them.
`)
	w.table(reflect.TypeFor[Config](), "")
	return w.text.String(), nil
}

// Key reports whether configurations have a key or table of that name, such as
// network.layer.noise.beta.
func Key(name string) bool {
	_, there := explanations()[name]
	return there || name == "network"
}

// defaultTexts returns the defaults of all keys as TOML, each from the first dataset that uses it.
func defaultTexts() (map[string]string, error) {
	texts := map[string]string{}
	for _, spec := range data.Specs() {
		config, err := Default(spec.Name)
		if err != nil {
			return nil, err
		}
		tables := reflect.ValueOf(config.Data)
		for _, v := range config.Values() {
			key := strings.ReplaceAll(v.Key, "[0]", "")
			if _, there := texts[key]; !there && !unused(tables, key) {
				texts[key] = v.Text
			}
		}
	}
	for _, list := range []string{"training.freeze", "pretrained.fresh", "network.input_shape", "network.layer.learn"} {
		texts[list] = "[]"
	}
	texts["training.rates.weights"], texts["training.rates.learning_rate_factor"], texts["training.rates.weight_decay_factor"] = "", "1.0", "1.0"
	return texts, nil
}

// unused reports whether a key is in a data table that a dataset does not use.
func unused(options reflect.Value, key string) bool {
	path := strings.Split(key, ".")
	if len(path) < 3 || path[0] != "data" {
		return false
	}
	for i, name := range keys(options.Type()) {
		if name == path[1] {
			return options.Field(i).IsZero()
		}
	}
	return false
}

// referenceWriter writes the tables.
type referenceWriter struct {
	text      strings.Builder
	explained map[string]string
	defaults  map[string]string
}

// table writes the keys of a struct and then the tables in it.
func (w *referenceWriter) table(t reflect.Type, path string) {
	names := keys(t)
	heading := false
	for i, name := range names {
		if name == "" || isTable(t.Field(i).Type) {
			continue
		}
		if !heading {
			heading = true
			w.heading(path)
		}
		key := join(path, name)
		fmt.Fprintf(&w.text, "| `%s` | `%s` | %s |\n", key, w.defaults[key], oneRow(w.explained[key]))
	}
	for i, name := range names {
		field := t.Field(i).Type
		if name == "" || !isTable(field) {
			continue
		}
		if field.Kind() == reflect.Slice {
			field = field.Elem()
		}
		w.table(field, join(path, name))
	}
}

func (w *referenceWriter) heading(path string) {
	title := "Top of the file"
	if path != "" {
		title = "`[" + path + "]`"
		if path == "network.layer" || path == "network.layer.regularizer" || path == "training.rates" {
			title = "`[[" + path + "]]`"
		}
	}
	fmt.Fprintf(&w.text, "\n## %s\n\n", title)
	if explanation := w.explained[path]; explanation != "" {
		w.text.WriteString(explanation + "\n\n")
	}
	if path == "data" {
		w.text.WriteString("| dataset | contents |\n|---|---|\n")
		for _, spec := range data.Specs() {
			fmt.Fprintf(&w.text, "| `%s` | %s |\n", spec.Form, spec.About)
		}
		w.text.WriteString("\n")
	}
	w.text.WriteString("| key | default | meaning |\n|---|---|---|\n")
}

// oneRow makes text suitable for a table cell.
func oneRow(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", `\|`)
}
