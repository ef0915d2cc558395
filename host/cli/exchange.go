package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

	NIR     string `name:"nir" help:"Write the network to this file, in the Neural Intermediate Representation (HDF5)." placeholder:"FILE"`
	CSV     string `name:"csv" help:"Write tables of spikes and membrane potentials to this folder." placeholder:"FOLDER"`
	Samples int    `default:"10" help:"With --csv: number of samples to export, starting with the first." placeholder:"N"`
	Part    string `default:"test" enum:"test,validation,train" help:"With --csv: part of the data to export: test, validation or train."`
	otherData
	Device string `default:"auto" help:"With --csv: device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices')."`
}

// Help returns the detailed help.
func (exportCommand) Help() string {
	return `Exports a trained network, or its activity, for use in other programs.

With --nir, the network is written as a graph of Linear, Conv1d, Conv2d, SumPool2d, CubaLIF and CubaLI nodes,
which snnTorch, Norse, spyx and others read. NIR has no escape noise, surrogate derivatives or delays; they are
stored as metadata, so 'spikegrad import' restores the same run.

With --csv, the activity is written to samples.csv, spikes.csv, membranes.csv and readout.csv, one row per observation.
The weights are already in the run's model.safetensors, and the training history in its metrics.csv.

Examples:

    spikegrad export runs/first --nir first.nir
    spikegrad export runs/first --csv tables --samples 3`
}

// Run exports the network.
func (c *exportCommand) Run(a *app) error {
	if c.NIR == "" && c.CSV == "" {
		return usageError{errors.New("nothing to export: give --nir FILE, --csv FOLDER or both")}
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
		a.noteData(lostInNIR(t.network))
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

// tables runs samples and writes tables of the activity.
func (c *exportCommand) tables(a *app, t *trained) (err error) {
	source, err := t.split.Samples(c.Part)
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
	File string `arg:"" help:"Network file in the Neural Intermediate Representation (HDF5)."`

	Out        string  `required:"" help:"Folder for the run; must be new or empty." placeholder:"FOLDER"`
	Data       string  `help:"Dataset for the network, NAME or NAME:PATH; required for files from other programs." placeholder:"DATA"`
	Steps      *int    `help:"Time steps per sample. Default: as in the file or the dataset." placeholder:"N"`
	StepLength float64 `help:"Length of a time step in seconds. Default: as in the file or the dataset." placeholder:"S"`
	Units      *int    `help:"Number of units in the files of recorded spikes." placeholder:"N"`
	Merge      *int    `help:"Number of neighbouring units to merge into one input channel." placeholder:"N"`
}

// Help returns the detailed help.
func (importCommand) Help() string {
	return `Imports a network as a run: a folder with configuration and weights, which eval, audit, report and export
accept. Files from other programs may contain Linear, Affine, Conv1d, Scale, Delay, Flatten, IF, LIF, LI, CubaLIF and
CubaLI nodes, and nested graphs of these, if the layers form a chain from input to output, each with optional recurrent
connections. Anything else is refused, with a reason for every node. Whatever the file does not specify is set as in
'spikegrad config', but without noise or delays. The dataset must be available and have as many channels and classes
as the network.

Examples:

    spikegrad import first.nir --out runs/again
    spikegrad import other.nir --data digits --step-length 0.001 --out runs/other`
}

// Run imports the network.
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

// config returns the configuration apart from the network.
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
		return config, usageError{fmt.Errorf("%s does not record which dataset the network is for: name it with --data", c.File)}
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
		return config, usageError{fmt.Errorf("--units and --merge apply only to recorded spikes, and %s has none", config.Data.Name)}
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

// importGraph builds a network from a file's graph for data as described.
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
		n.StepLength = graph.StepLength // the step length of training, for comparison
	}
	return n, weights, nil
}

// fitsData checks that a network fits its data.
func fitsData(config *train.Config, n *network.Network) error {
	options := config.Data
	options.Seed = config.Seed
	split, err := data.Open("", options)
	if err != nil {
		return err
	}
	channels, classes, shape := split.Train.Channels(), split.Train.Classes(), split.Train.Shape()
	sizes := []int{shape.Channels, shape.Height, shape.Width}
	switch {
	case channels != n.Inputs:
		return fmt.Errorf("the network has %d inputs, but the data have %d channels; choose other data, or --units and --merge for recorded spikes", n.Inputs, channels)
	case classes != n.Classes:
		return fmt.Errorf("the network has %d classes, but the data have %d; choose other data", n.Classes, classes)
	case len(n.InputShape) > 0 && shape != (data.Shape{}) && !slices.Equal(n.InputShape, sizes):
		return fmt.Errorf("the network takes input of shape %v, but the samples have shape %v; choose other data", n.InputShape, sizes)
	}
	return nil
}

// lostInNIR notes what other programs will not take from an exported network.
func lostInNIR(n *network.Network) []string {
	var lost []string
	add := func(is bool, what string) {
		if is && !slices.Contains(lost, what) {
			lost = append(lost, what)
		}
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		add(l.Noise.Kind != "threshold" && !l.HandsPotential(), "escape noise")
		add(l.Delay > 0 || l.Recurrent && l.RecurrentDelay > 0, "delays")
		add(l.Reset != "membrane_only" && !l.HandsPotential(), fmt.Sprintf("reset = %q", l.Reset))
	}
	if len(lost) == 0 {
		return nil
	}
	return []string{"other programs run this network without " + strings.Join(lost, ", ") + ", which NIR does not have: its spikes will differ (docs/how-to/exchange.md)"}
}
