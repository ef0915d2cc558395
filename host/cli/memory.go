package cli

import (
	"fmt"
	"io"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// memoryNeed is the memory that a configuration's network takes on a device.
type memoryNeed struct {
	Device    string `json:"device"`
	Weights   uint64 `json:"weights_bytes"` // including the optimizer's state
	Batch     uint64 `json:"batch_bytes"`
	Samples   int    `json:"samples"` // of a batch on the device at once
	Steps     int    `json:"steps"`   // whose membrane potentials are held at once
	Room      uint64 `json:"room_bytes"`
	BatchRoom uint64 `json:"batch_room_bytes"`
	Limit     string `json:"limit"`   // what limits the memory; empty if nothing does
	Refused   string `json:"refused"` // why the device would refuse the network; empty if it would not
}

// memoryNeeds returns the needs on all devices, the CPU engine last.
func memoryNeeds(config *train.Config, n *network.Network) []memoryNeed {
	found, _ := vulkanChoices() // without Vulkan, only the CPU engine
	var needs []memoryNeed
	for _, choice := range append(found, engine.Choice{}) {
		options := engine.Options{Optimizer: network.Optimizers.Number(config.Training.Optimizer.Kind)}
		need, err := choice.Need(n, options, config.Training.Batch)
		row := memoryNeed{
			Device: choice.Name(), Weights: need.Weights, Batch: need.Batch, Samples: need.Samples, Steps: need.Steps,
			Room: need.Room, BatchRoom: need.BatchRoom, Limit: need.Limit,
		}
		if err != nil {
			row.Refused = oneLine(err)
		}
		needs = append(needs, row)
	}
	return needs
}

// writeMemory prints the memory that a network takes on each device.
func writeMemory(to io.Writer, needs []memoryNeed) error {
	var t table
	t.row("DEVICE", "WEIGHTS", "BATCH", "TOTAL", "AVAILABLE", "SAMPLES AT ONCE", "STEPS AT ONCE")
	for _, n := range needs {
		room := "no limit is set"
		switch {
		case n.Limit != "" && n.Device == "cpu":
			room = fmt.Sprintf("%s, %s", bytesText(n.Room), n.Limit)
		case n.Limit != "":
			room = fmt.Sprintf("%s, %s for a batch", bytesText(n.Room), bytesText(n.BatchRoom))
		}
		t.row(n.Device, bytesText(n.Weights), bytesText(n.Batch), bytesText(n.Weights+n.Batch), room, fmt.Sprint(n.Samples), fmt.Sprint(n.Steps))
	}
	if err := t.write(to); err != nil {
		return err
	}
	for _, n := range needs {
		if n.Refused != "" {
			if _, err := fmt.Fprintf(to, "%s would refuse the network: %s\n", n.Device, n.Refused); err != nil {
				return err
			}
		}
	}
	return nil
}
