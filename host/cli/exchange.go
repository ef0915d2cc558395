package cli

import (
	"errors"
	"fmt"

	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
	"spikegrad/host/network"
	"spikegrad/host/nir"
	"spikegrad/host/train"
)

// exportCommand is spikegrad export.
type exportCommand struct {
	Folder string `arg:"" name:"run" help:"Folder of a finished run."`

	NIR     string `name:"nir" help:"Write the network to this file in the Neural Intermediate Representation (HDF5)." placeholder:"FILE"`
	CSV     string `name:"csv" help:"Write spikes and membranes of samples to tables in this folder." placeholder:"FOLDER"`
	Samples int    `default:"10" help:"With --csv: so many samples, from the first on." placeholder:"N"`
	Part    string `default:"test" enum:"test,validation,train" help:"With --csv: where samples are taken from: test, validation or train."`
	otherData
	Device string `default:"auto" help:"With --csv: auto, cpu, vulkan:N or vulkan:NAME, as 'spikegrad devices' lists them."`
}

// Help is the rest of the help.
func (exportCommand) Help() string {
	return `Hands a trained network, or what it does, over to other programs.

With --nir a graph of Linear, Conv1d, CubaLIF and CubaLI nodes, as snnTorch, Norse, spyx and others read it.
Escape noise, surrogate derivatives and delays, which such graphs do not know, go along as metadata, so that
'spikegrad import' gives back the same run.

With --csv the tables samples.csv, spikes.csv, membranes.csv and readout.csv, a row an observation. The
weights are in the run's model.safetensors and the course of the training in its metrics.csv already.

Examples:

    spikegrad export runs/first --nir first.nir
    spikegrad export runs/first --csv tables --samples 3`
}

// Run exports.
func (c *exportCommand) Run(a *app) error {
	if c.NIR == "" && c.CSV == "" {
		return usageError{errors.New("export what? give --nir FILE, --csv FOLDER or both")}
	}
	if c.Samples < 1 {
		return usageError{fmt.Errorf("--samples %d: at least 1 is needed", c.Samples)}
	}
	t, err := a.openTrained(c.Folder, c.otherData, c.Device)
	if err != nil {
		return err
	}
	if c.NIR != "" {
		content, err := nir.Encode(t.network, t.weights, t.config.Commented())
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(c.NIR, content); err != nil {
			return err
		}
		fmt.Fprintln(a.out, "network:", c.NIR)
	}
	if c.CSV == "" {
		return nil
	}
	if err := c.tables(a, t); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "tables:", c.CSV)
	return nil
}

// tables runs samples and writes what they did.
func (c *exportCommand) tables(a *app, t *trained) (err error) {
	source, err := t.samples(c.Part)
	if err != nil {
		return err
	}
	e, err := t.open(t.network, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	shown := phases{app: a}
	defer shown.clear()
	samples := make([]int, min(c.Samples, source.Len()))
	for i := range samples {
		samples[i] = i
	}
	return evaluate.WriteCSV(a.ctx, &evaluate.Subject{
		Engine: e, Network: t.network, Source: source, Batch: 1,
		Each: func(done, all int) { shown.observe("samples", done, all) },
	}, samples, c.CSV)
}

// importCommand is spikegrad import.
type importCommand struct {
	File string `arg:"" help:"Network in the Neural Intermediate Representation (HDF5)."`

	Out        string  `required:"" help:"Folder of the run that is made, new or empty." placeholder:"FOLDER"`
	Data       string  `help:"What the network is for, NAME or NAME:PATH; needed if the file is of another program." placeholder:"DATA"`
	Steps      *int    `help:"Time steps of a sample; else those of the file or of the data." placeholder:"N"`
	StepLength float64 `help:"Seconds of a step; else those of the file or of the data." placeholder:"S"`
	Units      *int    `help:"Units in files of recorded spikes." placeholder:"N"`
	Merge      *int    `help:"Neighbouring units that make one input channel." placeholder:"N"`
}

// Help is the rest of the help.
func (importCommand) Help() string {
	return `Makes a run of a network: a folder with configuration and weights, which eval, audit, report and export
take. Of files of other programs, graphs of Linear, Affine (without bias), Conv1d, Scale, Delay, Flatten, LIF, LI,
CubaLIF and CubaLI nodes are understood, and of such graphs inside each other, if layers follow each other from
input to output, with loops to themselves. What cannot be imported is refused with all reasons, node by node.
What such files do not say is as in 'spikegrad config', without noise and delay. The data are opened: they must
have as many channels and classes as the network.

Examples:

    spikegrad import first.nir --out runs/again
    spikegrad import other.nir --data digits --step-length 0.001 --out runs/other`
}

// Run imports.
func (c *importCommand) Run(a *app) error {
	graph, err := nir.Read(c.File)
	if err != nil {
		return err
	}
	config, err := c.config(graph)
	if err != nil {
		return err
	}
	base := &config.Network
	if graph.Config == "" {
		base = nil
	}
	n, weights, err := graph.Network(base, config.Data.StepLength, config.Data.Steps)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if err := fitsData(&config, n); err != nil {
		return fmt.Errorf("%s does not fit %s: %w", c.File, config.Data.Name, err)
	}
	if err := train.WriteRun(c.Out, config, n, weights); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "run: %s\n", c.Out)
	return err
}

// config is the configuration besides the network.
func (c *importCommand) config(graph *nir.Graph) (config train.Config, err error) {
	switch {
	case graph.Config != "":
		if config, err = train.Decode([]byte(graph.Config), "the configuration in "+c.File, ""); err != nil {
			return config, err
		}
		if err := changeData(&config, c.Data); err != nil {
			return config, err
		}
	case c.Data == "":
		return config, usageError{fmt.Errorf("%s does not say what data the network is for: give --data", c.File)}
	default:
		if config, err = defaultConfig(c.Data); err != nil {
			return config, err
		}
		if graph.StepLength > 0 {
			config.Data.StepLength = graph.StepLength
		}
	}
	if c.StepLength != 0 {
		config.Data.StepLength = c.StepLength
	}
	if (c.Units != nil || c.Merge != nil) && config.Data.Events.Units == 0 {
		return config, usageError{fmt.Errorf("--units and --merge are for recorded spikes, and %s has none", config.Data.Name)}
	}
	for _, flag := range []struct {
		given *int
		key   *int
	}{{c.Steps, &config.Data.Steps}, {c.Units, &config.Data.Events.Units}, {c.Merge, &config.Data.Events.Merge}} {
		if flag.given != nil {
			*flag.key = *flag.given
		}
	}
	if err := config.Validate(); err != nil {
		return config, usageError{err}
	}
	return config, nil
}

// importGraph makes a network of the graph of a file for data that are described.
func importGraph(graph *nir.Graph, file string, described *data.Options) (*network.Network, [][]float32, error) {
	var base *network.Network
	if graph.Config != "" {
		config, err := train.Decode([]byte(graph.Config), "the configuration in "+file, "")
		if err != nil {
			return nil, nil, err
		}
		base = &config.Network
	}
	n, weights, err := graph.Network(base, described.StepLength, described.Steps)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	if base != nil && graph.StepLength > 0 {
		n.StepLength = graph.StepLength // of the training, to be compared
	}
	return n, weights, nil
}

// fitsData compares a network with the data that it is for.
func fitsData(config *train.Config, n *network.Network) error {
	options := config.Data
	options.Seed = config.Seed
	split, err := data.Open("", options)
	if err != nil {
		return err
	}
	channels, classes := split.Train.Channels(), split.Train.Classes()
	switch {
	case channels != n.Inputs:
		return fmt.Errorf("the network has %d inputs, the data have %d channels; choose other data, or --units and --merge for recorded spikes", n.Inputs, channels)
	case classes != n.Classes:
		return fmt.Errorf("the network tells %d classes apart, the data have %d; choose other data", n.Classes, classes)
	}
	return nil
}
