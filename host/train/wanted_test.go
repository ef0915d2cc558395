package train

import (
	"strings"
	"testing"
)

// TestWrongTypes: a value of the wrong type is reported in terms of the file.
func TestWrongTypes(t *testing.T) {
	for text, want := range map[string]string{
		"[training]\nepochs = \"ten\"":                "line 2, column 10: training.epochs: want an integer, found a string",
		"[training]\nepochs = 1.5":                    "training.epochs: want an integer, found a float",
		"[training]\nepochs = 99999999999999999999":   "training.epochs: want an integer",
		"[training]\nepochs = 1979-05-27":             "training.epochs: want an integer, found a local date",
		"[training]\nkeep = 1":                        "training.keep: want a string in quotes, found an integer",
		"[training]\nfreeze = \"readout\"":            "training.freeze: want an array of strings, found a string",
		"[training.optimizer]\nlearning_rate = \"1\"": "training.optimizer.learning_rate: want a number, found a string",
		"[[network.layer]]\nrecurrent = \"yes\"":      "network.layer.recurrent: want true or false, found a string",
		"[[network.layer]]\nneurons = [3]":            "network.layer.neurons: want an integer, found an array",
		"[[network.layer]]\nregularizer = 3":          "network.layer.regularizer: want a table that begins with [[network.layer.regularizer]]",
		"seed = -1":                                   "seed: want an integer from 0 to 4294967295",
		"training = 3":                                "training: want a table that begins with [training], found an integer",
		"[[training]]\nepochs = 3":                    "training: want a table that begins with [training], found [[training]]",
		"[[data.events]]\nunits = 3":                  "data.events: want a table that begins with [data.events], found [[data.events]]",
		"[[network]]\n":                               "network: want a table that begins with [network], found [[network]]",
		"\xff\xfes\x00e\x00":                          "test.toml is in UTF-16: save it as UTF-8",
		"\xfe\xff\x00s\x00e":                          "test.toml is in UTF-16: save it as UTF-8",
		"seed = 1 1":                                  "line 1",
	} {
		_, err := Decode([]byte(text), "test.toml", "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not contain %q", text, err, want)
			continue
		}
		for _, internal := range []string{"struct", "int64", "uint32", "float64", "train.", "network.Layer"} {
			if strings.Contains(strings.ReplaceAll(err.Error(), "train.toml", ""), internal) {
				t.Errorf("%q: error %v speaks of %s", text, err, internal)
			}
		}
	}
}

// TestByteOrderMark: the mark that some editors put in front of a text is not an
// error.
func TestByteOrderMark(t *testing.T) {
	const text = "\xef\xbb\xbfseed = 3\n"
	config, err := Decode([]byte(text), "test.toml", "")
	if err != nil || config.Seed != 3 {
		t.Errorf("seed %d, error %v", config.Seed, err)
	}
	if !Sets([]byte(text), "seed") {
		t.Error("the seed is not seen")
	}
}
