package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/nir"
	"spikegrad/host/train"
)

// trainCommand is spikegrad train.
type trainCommand struct {
	Config string `arg:"" optional:"" help:"Configuration file. Default: the configuration that 'spikegrad config' prints."`

	Data string `help:"Dataset: ${datasets}." placeholder:"DATA"`
	headerFlag
	Device       string   `default:"auto" help:"Device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	Epochs       *int     `help:"Number of passes over the training samples." placeholder:"N"`
	Batch        *int     `help:"Number of samples per update." placeholder:"N"`
	Seed         *uint32  `help:"Seed of the initial weights, the order of samples and the noise." placeholder:"N"`
	Estimator    string   `help:"Gradient estimator: surrogate or, for small networks with noise, the unbiased single_flip or score_baseline." placeholder:"NAME"`
	Out          string   `help:"Folder for the run; must be new or empty. Default: a new folder in runs." placeholder:"FOLDER"`
	Resume       string   `help:"Resume the run in this folder." placeholder:"RUN"`
	From         string   `help:"Start from the weights of a finished run, or of a .safetensors or .nir file." placeholder:"RUN|FILE"`
	Fresh        []string `help:"With --from: initialize these weight arrays at random instead." placeholder:"NAME,..."`
	Freeze       []string `help:"Do not train these weight arrays, such as layer0.input or readout." placeholder:"NAME,..."`
	Workers      int      `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples  int      `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`
	SegmentSteps int      `help:"Time steps of a sample to keep in memory at once; the others are recomputed. 0 for all, if they fit. Does not change the result." placeholder:"N"`
	TensorBoard  string   `name:"tensorboard" help:"Write event files for TensorBoard to this folder. Does not change the result." placeholder:"FOLDER"`
	View         bool     `help:"Show the network in a live window while it trains. Does not change the result."`
	JSON         bool     `name:"json" help:"Print the summary as JSON."`

	rankFlags
}

// Help returns the detailed help.
func (trainCommand) Help() string {
	return `Trains a network and writes a run folder with the configuration, the metrics of every epoch, checkpoints,
the weights and pictures. Flags override the configuration. To resume an interrupted run, use --resume: it
ends with the same weights as an uninterrupted run. For an imported run, --resume starts from the imported weights.

With --from, training starts from the weights of another network, with a new optimizer state; the run keeps
a copy of those weights. Arrays that do not fit the network are an error unless you list them in --fresh. A note is printed
if the time constants, time step or noise differ from those the weights were trained with.

Under mpirun or srun, as in 'mpirun -n 4 spikegrad train', the processes share each batch and produce the
same result as a single process. Only rank 0 prints and writes files; configuration and data must be readable on
every machine. Set SPIKEGRAD_MPI to the path of the MPI library if the launcher's is not found, or to off to run without MPI.

With --tensorboard, every update and every epoch is written to an event file: losses, accuracies, spikes,
learning rate, histograms of weights and firing rates, and rasters of a test sample. A resumed run adds
another file to the same folder and logs nothing twice.

Examples:

    spikegrad train
    spikegrad train --data randman --epochs 10 --seed 3
    spikegrad train network.toml --device vulkan:0 --out runs/first
    spikegrad train --view
    spikegrad train --tensorboard events/first
    spikegrad train other.toml --from runs/first --fresh readout --freeze layer0.input,layer0.recurrent
    spikegrad train --resume runs/first --epochs 40`
}

// Run trains the network.
func (c *trainCommand) Run(a *app) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	if c.View && a.launch.Several() {
		return usageError{fmt.Errorf("--view works only in a single process, but %s is %d: leave out --view, and watch the run later with 'spikegrad view'", a.launch.Variable, a.launch.Ranks)}
	}
	if err := a.join(c.rankFlags); err != nil {
		return err
	}
	config, choice, source, err := c.prepare(a)
	if err := a.agree(err); err != nil {
		return err
	}
	a.log.Debug("device chosen", "device", choice.Name(), "reason", choice.Reason)
	folder := c.folder(&config)
	observer := &progress{app: a, folder: folder}
	options := train.Options{
		Folder: folder, Open: opener(choice), Pretrained: source, Workers: a.ranks.workersOr(c.Workers), PassSamples: c.PassSamples, SegmentSteps: c.SegmentSteps,
		TensorBoard: c.TensorBoard, Observer: observer, Exchange: a.ranks.exchange(),
	}
	run := train.Run
	if c.Resume != "" {
		run = train.Resume
	}
	work := func() error {
		summary, err := run(a.ctx, config, options)
		observer.close()
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(a.out, summary)
		}
		return writeSummary(a, &config.Network, summary, folder)
	}
	if c.View {
		return viewTraining(a, &config, choice, &options, work)
	}
	return work()
}

// prepare reads everything that the flags name.
func (c *trainCommand) prepare(a *app) (config train.Config, choice engine.Choice, source *train.Source, err error) {
	if config, err = c.config(); err != nil {
		return config, choice, nil, err
	}
	if choice, err = a.ranks.choose(a, c.Device); err != nil {
		return config, choice, nil, err
	}
	source, err = c.source(&config)
	return config, choice, source, err
}

// check rejects flags that do not go together.
func (c *trainCommand) check() error {
	if c.Resume != "" && c.Out != "" {
		return fmt.Errorf("--resume %s and --out %s: a run resumes in its own folder; leave out --out", c.Resume, c.Out)
	}
	if c.Resume != "" && c.From != "" {
		return fmt.Errorf("--resume %s and --from %s: a run resumes with its own weights; leave out one of them", c.Resume, c.From)
	}
	if err := c.rankFlags.check(); err != nil {
		return err
	}
	return checkCounts(c.Workers, c.PassSamples, c.SegmentSteps)
}

// checkCounts rejects negative numbers of workers, samples on a device, and steps.
func checkCounts(workers, passSamples, segmentSteps int) error {
	switch {
	case workers < 0:
		return fmt.Errorf("--workers %d: give a number of goroutines, or 0 for one per processor", workers)
	case passSamples < 0:
		return fmt.Errorf("--pass-samples %d: give a number of samples, or 0 for as many as fit", passSamples)
	case segmentSteps < 0:
		return fmt.Errorf("--segment-steps %d: give a number of steps, or 0 for all if they fit", segmentSteps)
	}
	return nil
}

// config returns the configuration with the flags applied.
func (c *trainCommand) config() (config train.Config, err error) {
	switch {
	case c.Config != "":
		config, err = readConfig(c.Config, c.Data)
	case c.Resume != "":
		config, err = train.ReadConfig(c.Resume)
	default:
		config, err = defaultConfig(c.Data)
	}
	if err != nil {
		return config, err
	}
	if c.Config != "" && c.Resume != "" {
		if err := keepBinning(&config, c.Config, c.Resume); err != nil {
			return config, err
		}
	}
	if c.Config == "" && c.Resume != "" {
		if err := changeData(&config, c.Data); err != nil {
			return config, err
		}
	}
	if err := c.headerFlag.apply(&config); err != nil {
		return config, err
	}
	if c.Epochs != nil {
		config.Training.Epochs = *c.Epochs
	}
	if c.Batch != nil {
		config.Training.Batch = *c.Batch
	}
	if c.Estimator != "" {
		config.Training.Estimator = train.EstimatorName(c.Estimator)
	}
	if c.Seed != nil {
		config.Seed = *c.Seed
	}
	if c.From != "" {
		config.Pretrained.From, config.Pretrained.WeightsSHA256 = c.From, ""
	}
	if c.Fresh != nil {
		config.Pretrained.Fresh = c.Fresh
	}
	if c.Freeze != nil {
		config.Training.Freeze = c.Freeze
	}
	if err := config.Validate(); err != nil {
		return config, usageError{err}
	}
	return config, nil
}

// keepBinning makes a run that is resumed with a configuration file keep its original
// steps, unless the file specifies them: the default used to be different.
func keepBinning(config *train.Config, file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if before, err := train.ReadConfig(folder); err == nil && before.Data.Name == config.Data.Name && !train.Sets(text, "data.events.binning") {
		config.Data.Events.Binning = before.Data.Events.Binning
	}
	return nil
}

// source reads the initial weights of a new run; nil if the run draws them at random.
func (c *trainCommand) source(config *train.Config) (*train.Source, error) {
	path := config.Pretrained.From
	if c.Resume != "" || path == "" {
		return nil, nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".nir") {
		return train.OpenSource(path)
	}
	graph, err := nir.Read(path)
	if err != nil {
		return nil, err
	}
	n, weights, err := importGraph(graph, path, &config.Data)
	if err != nil {
		return nil, err
	}
	return &train.Source{Path: path, Model: train.NewModel(n, weights, nil), Network: n}, nil
}

// folder returns the folder of the run.
func (c *trainCommand) folder(config *train.Config) string {
	switch {
	case c.Resume != "":
		return c.Resume
	case c.Out != "":
		return c.Out
	}
	now := time.Now().Format("20060102-150405")
	return filepath.Join("runs", fmt.Sprintf("%s-%s-%d", now, config.Data.Name, config.Seed))
}

// writeSummary prints how a run ended and where to find its results.
func writeSummary(a *app, n *network.Network, s *train.Summary, folder string) error {
	var t table
	if s.TestAccuracy != nil {
		t.row("test accuracy", percent(*s.TestAccuracy), fmt.Sprintf("%d samples", s.TestSamples))
	}
	if s.TestAccuracyOtherMode != nil {
		noise, of := n.OtherModeInWords()
		t.row(noise, percent(*s.TestAccuracyOtherMode), of)
	}
	if s.ValidationAccuracy != nil {
		t.row("validation accuracy", percent(*s.ValidationAccuracy), fmt.Sprintf("%d samples, epoch %d", s.ValidationSamples, s.KeptEpoch))
	}
	t.row("training accuracy", percent(s.TrainAccuracy), fmt.Sprintf("%d samples, last epoch", s.TrainSamples))
	t.row("spikes", fmt.Sprintf("%.3g", s.SpikesPerNeuron), "per neuron per sample")
	for _, c := range s.LearnedConstants {
		t.row(fmt.Sprintf("layer%d %s", c.Layer, c.Name), constantText(c.Name, c.Mean), fmt.Sprintf("mean; from %s to %s", constantText(c.Name, c.Least), constantText(c.Name, c.Largest)))
	}
	t.row("speed", fmt.Sprintf("%.0f", s.SamplesPerSecond), "samples/s in training")
	t.row("device", s.Device, s.Driver)
	t.row("weights", s.WeightsSHA256[:16], "SHA-256, first 16 digits")
	t.row("run", folder, "")
	if err := t.write(a.out); err != nil {
		return err
	}
	pictures, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil {
		return err
	}
	for _, picture := range pictures {
		fmt.Fprintln(a.out, "picture:", picture)
	}
	return nil
}

// constantText formats the value of a learned constant.
func constantText(name string, value float64) string {
	if network.InSeconds(name) {
		return fmt.Sprintf("%.3g ms", 1000*value)
	}
	return fmt.Sprintf("%.3g", value)
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
