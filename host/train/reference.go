package train

import (
	"fmt"
	"reflect"
	"strings"
)

// Reference is the reference of configuration keys in Markdown: table by table every
// key, its default and what it is for.
func Reference() (string, error) {
	defaults, err := defaultTexts()
	if err != nil {
		return "", err
	}
	w := &referenceWriter{explained: explanations(), defaults: defaults}
	w.text.WriteString(`# Configuration keys

A configuration is a TOML file. Keys left out have their defaults, and a key that does not exist is an error that names its
line. ` + "`spikegrad config`" + ` prints a complete one with these explanations as comments, ` + "`spikegrad config --check FILE`" + ` checks one.
Defaults are those for the embedded digits, of keys that other datasets have those for these.
`)
	w.table(reflect.TypeFor[Config](), "")
	return w.text.String(), nil
}

// Key says whether a configuration has a key or a table of that name, such as
// network.layer.noise.beta.
func Key(name string) bool {
	_, there := explanations()[name]
	return there || name == "network"
}

// defaultTexts are the defaults of all keys as TOML, of each by the first dataset that
// has it.
func defaultTexts() (map[string]string, error) {
	texts := map[string]string{}
	for _, dataset := range []string{"digits", "randman", "shd:FOLDER"} {
		config, err := Default(dataset)
		if err != nil {
			return nil, err
		}
		if config.Data.Path == "FOLDER" {
			config.Data.Path = "" // only so that there is a dataset
		}
		for _, v := range config.Values() {
			key := strings.ReplaceAll(v.Key, "[0]", "")
			if _, there := texts[key]; !there {
				texts[key] = v.Text
			}
		}
	}
	for _, list := range []string{"training.freeze", "pretrained.fresh"} {
		texts[list] = "[]"
	}
	texts["training.rates.weights"], texts["training.rates.learning_rate_factor"], texts["training.rates.weight_decay_factor"] = "", "1.0", "1.0"
	return texts, nil
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
	w.text.WriteString("| key | default | what it is for |\n|---|---|---|\n")
}

// oneRow makes text fit for a cell of a table.
func oneRow(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", `\|`)
}
