package train

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"spikegrad/host/atomicfile"
	"spikegrad/host/network"
)

// WriteRun writes a run of a network that was not trained here to a new or empty folder:
// config.toml and model.safetensors, as [ReadRun] reads them. The network's layers, readout and
// input shape replace the configuration's.
func WriteRun(folder string, config Config, n *network.Network, weights [][]float32) error {
	before := config.Network.Layers
	config.Network.Layers, config.Network.Readout, config.Network.InputShape = slices.Clone(n.Layers), n.Readout, n.InputShape
	for l := range min(len(before), len(n.Layers)) {
		// For a convolution the number follows from the rest, and the key is unused.
		if layer := &config.Network.Layers[l]; layer.Convolutional() {
			layer.Neurons = before[l].Neurons
		}
	}
	if err := config.Validate(); err != nil {
		return fmt.Errorf("the network does not fit its configuration: %w", err)
	}
	lock, err := createFolder(folder)
	if err != nil {
		return err
	}
	defer lock.release()
	r := run{config: config, options: Options{Folder: folder}}
	if err := r.writeConfig(); err != nil {
		return err
	}
	metadata := map[string]string{
		"program": "spikegrad", "format": "pt",
		"seed": strconv.FormatUint(uint64(config.Seed), 10), "config_sha256": config.Hash(),
	}
	return atomicfile.Write(filepath.Join(folder, modelFile), NewModel(n, weights, metadata).Write)
}
