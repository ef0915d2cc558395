package train

import (
	"strings"
	"testing"
)

// TestImpossibleNetworks: what no data can make valid is rejected before the data are
// opened, and what some data can is not.
func TestImpossibleNetworks(t *testing.T) {
	const conv = "[[network.layer]]\nkind = \"conv1d\"\nfilters = 4\nkernel = 3\nrecurrent = false\n"
	for text, want := range map[string]string{
		conv: "",
		conv + "[[network.layer]]\nneurons = 9\n":                                                                                                                     "",
		conv + "stride = 2\n[[network.layer]]\nkind = \"conv1d\"\nkernel = 9\nrecurrent = false\n":                                                                    "",
		"[[network.layer]]\nkind = \"conv1d\"\nrecurrent_kernel = 4\n":                                                                                                "recurrent_kernel = 4",
		conv + "tau_membrane = -1.0\n":                                                                                                                                "tau_membrane",
		conv + "[[network.layer]]\nneurons = 9\nreset = \"none\"\n":                                                                                                   "reset",
		"[[network.layer]]\nneurons = 1000000\n":                                                                                                                      "weights; at most",
		"[[network.layer]]\nneurons = 1000000\nrecurrent = false\n":                                                                                                   "",
		"[[network.layer]]\nneurons = 1000000\nrecurrent = false\n[[network.layer]]\nneurons = 5000\n":                                                                "weights; at most",
		strings.Replace(conv, "kernel = 3", "kernel = 65", 1):                                                                                                         "kernel = 65",
		"[data]\npath = \"x.csv\"\n" + conv:                                                                                                                           "",
		"[data]\npath = \"x.csv\"\n" + strings.Replace(conv, "kernel = 3", "kernel = 65", 1):                                                                          "",
		"[data]\nname = \"shd\"\npath = \"x\"\nevents.units = 70\nevents.merge = 2\n" + strings.Replace(conv, "kernel = 3", "kernel = 36", 1):                         "kernel = 36",
		"[data]\nname = \"randman\"\nrandman.channels = 9\n" + strings.Replace(conv, "kernel = 3", "kernel = 10", 1):                                                  "kernel = 10",
		"[[network.layer]]\nneurons = 9\n[network.readout]\nkind = \"spikes\"\nloss = \"counts\"\n":                                                                   "the last layer has 9 neurons, but the data have 10 classes",
		"[data]\npath = \"x.csv\"\n[[network.layer]]\nneurons = 9\n[network.readout]\nkind = \"spikes\"\nloss = \"counts\"\n":                                         "",
		"[data]\nvalidation = 0.0\n[training]\nkeep = \"best\"\n":                                                                                                     "needs validation samples",
		"[data]\nname = \"ssc\"\npath = \"x\"\nvalidation = 0.0\n[training]\nkeep = \"best\"\n":                                                                       "",
		"[data.augment]\ndrop = 0.1\n[training]\nestimator = \"single_flip\"\n":                                                                                       "needs unaltered input spikes",
		"[[network.layer]]\ndropout = 0.1\n[training]\nestimator = \"single_flip\"\n":                                                                                 "needs every spike to reach the layer above",
		"[[network.layer]]\n[network.layer.noise]\nkind = \"threshold\"\n[network.layer.surrogate]\nkind = \"superspike\"\n[training]\nestimator = \"single_flip\"\n": "training.estimator: layer 0 spikes at a threshold",
		"[[network.layer]]\nneurons = 9000\nrecurrent = false\n[training]\nbatch = 4000\nestimator = \"single_flip\"\n":                                               "use a smaller batch",
		conv + "padding = -1\n": "padding",
	} {
		config := decode(t, text)
		err := config.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
