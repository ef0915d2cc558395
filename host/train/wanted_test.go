package train

import (
	"strings"
	"testing"
)

// TestWrongTypes: a value of another type is told of in words of the file.
func TestWrongTypes(t *testing.T) {
	for text, want := range map[string]string{
		"[training]\nepochs = \"ten\"":                "line 2, column 10: training.epochs: a whole number is needed, found a text",
		"[training]\nepochs = 1.5":                    "training.epochs: a whole number is needed, found a number with a point",
		"[training]\nepochs = 99999999999999999999":   "training.epochs: a whole number is needed",
		"[training]\nepochs = 1979-05-27":             "training.epochs: a whole number is needed, found a local date",
		"[training]\nkeep = 1":                        "training.keep: a text in quotes is needed, found a whole number",
		"[training]\nfreeze = \"readout\"":            "training.freeze: a list in brackets of texts in quotes is needed, found a text",
		"[training.optimizer]\nlearning_rate = \"1\"": "training.optimizer.learning_rate: a number is needed, found a text",
		"[[network.layer]]\nrecurrent = \"yes\"":      "network.layer.recurrent: true or false is needed, found a text",
		"[[network.layer]]\nneurons = [3]":            "network.layer.neurons: a whole number is needed, found a list",
		"[[network.layer]]\nregularizer = 3":          "network.layer.regularizer: a table that begins with [[network.layer.regularizer]] is needed",
		"seed = -1":                                   "seed: a whole number from 0 to 4294967295 is needed",
		"training = 3":                                "training: a table that begins with [training] is needed, found a whole number",
		"[[training]]\nepochs = 3":                    "training: a table that begins with [training] is needed, found [[training]]",
		"[[data.events]]\nunits = 3":                  "data.events: a table that begins with [data.events] is needed, found [[data.events]]",
		"[[network]]\n":                               "network: a table that begins with [network] is needed, found [[network]]",
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

// TestByteOrderMark: the mark that some editors put in front of a text is no mistake.
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
