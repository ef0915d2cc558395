package train

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"spikegrad/host/data"
	"spikegrad/host/network"
)

// Decode reads a configuration from TOML. Missing keys get the values of [Default] for
// the dataset; each [[network.layer]] starts from its layer, without regularizers and
// with the surrogate of [network.DefaultSurrogate], each [[network.layer.regularizer]]
// from its regularizer. dataset, NAME or NAME:PATH, replaces the one in the file, whose
// [data] is then used only if its dataset has the same reader; if empty, the file's is
// kept. Errors name the file (used only for that), line, column and key.
func Decode(text []byte, file, dataset string) (Config, error) {
	text, err := plainText(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s %w", file, err)
	}
	// The document is checked on its own first: decoded over defaults, a wrong value in
	// an array of tables could go unnoticed.
	var strict Config
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&strict); err != nil {
		return Config{}, decodeError(file, err)
	}
	var given map[string]any
	if err := toml.Unmarshal(text, &given); err != nil {
		return Config{}, decodeError(file, err)
	}
	given, err = lowerKeys(given)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", file, err)
	}
	chooseDataset(&strict, given, &dataset)
	defaults, err := Default(dataset)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", file, err)
	}
	return complete(defaults, given, file)
}

// plainText removes the byte order mark that some editors put in front of UTF-8. Other
// editors, and shells that redirect output, write UTF-16, which TOML does not allow.
func plainText(text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, errors.New("is in UTF-16: save it as UTF-8")
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

// Sets reports whether a TOML configuration sets a key such as data.events.binning.
func Sets(text []byte, key string) bool {
	var table map[string]any
	text, err := plainText(text)
	if err != nil || toml.Unmarshal(text, &table) != nil {
		return false
	}
	names := strings.Split(key, ".")
	for _, name := range names[:len(names)-1] {
		below := map[string]any{}
		for given, value := range table {
			if inner, isTable := value.(map[string]any); isTable && strings.EqualFold(given, name) {
				below = inner
			}
		}
		table = below
	}
	for given := range table {
		if strings.EqualFold(given, names[len(names)-1]) {
			return true
		}
	}
	return false
}

// chooseDataset decides which dataset's defaults complete a document.
func chooseDataset(strict *Config, given map[string]any, dataset *string) {
	section, _ := given["data"].(map[string]any)
	name, path := strict.Data.Name, strict.Data.Path
	if name == "" {
		name = "digits"
	}
	if *dataset == "" {
		*dataset = name
		if path != "" {
			*dataset += ":" + path
		}
		return
	}
	asked, _, _ := strings.Cut(*dataset, ":")
	if !data.SameReader(asked, name) {
		delete(given, "data")
		return
	}
	delete(section, "name")
	delete(section, "path")
}

// complete merges a document into defaults.
func complete(defaults Config, given map[string]any, file string) (Config, error) {
	base, err := asMap(defaults)
	if err != nil {
		return Config{}, err
	}
	layer := defaults.Network.Layers[0]
	elements := map[string]any{"network.layer.regularizer": layer.Regularizers[0]}
	layer.Regularizers = nil
	elements["network.layer"] = layer
	elements["training.rates"] = Rates{LearningRate: 1, WeightDecay: 1}
	if err := merge(base, given, "", elements); err != nil {
		return Config{}, fmt.Errorf("%s: %w", file, err)
	}
	text, err := toml.Marshal(base)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", file, err)
	}
	var c Config
	if err := toml.Unmarshal(text, &c); err != nil {
		return Config{}, decodeError(file, err)
	}
	if c.Pretrained.IsZero() {
		c.Pretrained = Pretrained{}
	}
	c.Training.Estimator = EstimatorName(c.Training.Estimator)
	chooseSurrogates(&c, given)
	return c, nil
}

// chooseSurrogates gives layers for which the document chooses no surrogate that of
// [network.DefaultSurrogate].
func chooseSurrogates(c *Config, given map[string]any) {
	section, _ := given["network"].(map[string]any)
	layers, _ := section["layer"].([]any)
	for l, layer := range layers {
		table, _ := layer.(map[string]any)
		surrogate, _ := table["surrogate"].(map[string]any)
		if _, chosen := surrogate["kind"]; !chosen {
			c.Network.Layers[l].Surrogate.Kind = network.DefaultSurrogate(&c.Network.Layers[l])
		}
	}
}

// merge merges the values of a table into base. Arrays of tables replace those of base,
// each table merged into the array's default element.
func merge(base, given map[string]any, path string, elements map[string]any) error {
	for key, value := range given {
		path := join(path, key)
		if element, isArray := elements[path]; isArray {
			merged, err := mergeArray(element, value, path, elements)
			if err != nil {
				return err
			}
			base[key] = merged
			continue
		}
		table, isTable := value.(map[string]any)
		below, wasTable := base[key].(map[string]any)
		if !isTable || !wasTable {
			base[key] = value
			continue
		}
		if err := merge(below, table, path, elements); err != nil {
			return err
		}
	}
	return nil
}

// mergeArray merges each table of an array into a copy of the default element.
func mergeArray(element, given any, path string, elements map[string]any) ([]any, error) {
	tables, ok := given.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is a list of tables: write [[%s]]", path, path)
	}
	merged := []any{}
	for _, table := range tables {
		base, err := asMap(element)
		if err != nil {
			return nil, err
		}
		values, ok := table.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s contains %v: write [[%s]] with its keys below it", path, table, path)
		}
		if err := merge(base, values, path, elements); err != nil {
			return nil, err
		}
		merged = append(merged, base)
	}
	return merged, nil
}

func asMap(value any) (map[string]any, error) {
	text, err := toml.Marshal(value)
	if err != nil {
		return nil, err
	}
	var table map[string]any
	err = toml.Unmarshal(text, &table)
	return table, err
}

// lowerKeys converts all keys to lower case, as the strict decoder, which ignores case,
// understood them.
func lowerKeys(table map[string]any) (map[string]any, error) {
	lower := make(map[string]any, len(table))
	for key, value := range table {
		value, err := lowerValue(value)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(key)
		if _, twice := lower[name]; twice {
			return nil, fmt.Errorf("key %s is given twice, with different capitalization: keep one", name)
		}
		lower[name] = value
	}
	return lower, nil
}

func lowerValue(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		return lowerKeys(value)
	case []any:
		lower := make([]any, len(value))
		for i := range value {
			var err error
			if lower[i], err = lowerValue(value[i]); err != nil {
				return nil, err
			}
		}
		return lower, nil
	}
	return value, nil
}

// decodeError turns an error of the TOML reader into one line.
func decodeError(file string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := &unknown.Errors[0]
		line, column := first.Position()
		key := first.Key()
		return fmt.Errorf("%s line %d, column %d: unknown key %s%s", file, line, column, strings.Join(key, "."), knownKeys(key))
	}
	var found *toml.DecodeError
	if errors.As(err, &found) {
		line, column := found.Position()
		message := strings.TrimPrefix(found.Error(), "toml: ")
		if key := found.Key(); len(key) > 0 {
			if typed := wrongType(key, message); typed != "" {
				message = typed
			} else {
				message = strings.Join(key, ".") + ": " + message
			}
		}
		return fmt.Errorf("%s line %d, column %d: %s", file, line, column, message)
	}
	return fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "toml: "))
}

// knownKeys lists the keys allowed in the table that has an unknown key.
func knownKeys(key []string) string {
	t := reflect.TypeFor[Config]()
	table := "the top level"
	for depth, name := range key {
		for t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return ""
		}
		names := keys(t)
		found := -1
		for i := range names {
			if names[i] != "" && strings.EqualFold(names[i], name) {
				found = i
			}
		}
		if found < 0 {
			known := names[:0]
			for _, name := range names {
				if name != "" {
					known = append(known, name)
				}
			}
			sort.Strings(known)
			return fmt.Sprintf("; %s knows: %s", table, strings.Join(known, ", "))
		}
		table = "[" + strings.Join(key[:depth+1], ".") + "]"
		t = t.Field(found).Type
	}
	return ""
}
