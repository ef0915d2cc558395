package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/unbiased"
)

// Options specify where and how a run is performed. None changes its weights.
type Options struct {
	Folder string // of the run
	// Open makes an engine; nil stands for the CPU engine.
	Open         func(n *network.Network, options engine.Options) (engine.Engine, error)
	Pretrained   *Source // replaces the configuration's pretrained.from; for resumed runs see [Resume]
	Workers      int     // of the CPU engine and of encoding; 0 for one per processor
	PassSamples  int     // see [engine.Options]
	SegmentSteps int     // see [engine.Options]
	NoPictures   bool    // for runs whose pictures somebody else draws
	TensorBoard  string  // folder for event files, apart from the run's own; empty for none
	// Exchange connects the other processes of the run; nil for a single process. All make
	// the same calls with the same configuration and data, share each batch and end with the
	// same result; only rank 0 reads and writes the folder, and is observed.
	Exchange engine.Exchange
	Observer Observer // may be nil
}

// The files of a run folder besides its checkpoints.
const (
	configFile  = "config.toml"
	modelFile   = "model.safetensors"
	summaryFile = "summary.json"
)

// Run performs the run that a configuration describes, in a new folder: config.toml,
// checkpoints, metrics.csv and metrics.jsonl after every epoch, and at the end
// model.safetensors, pictures and summary.json; pretrained weights are copied to
// pretrained.safetensors. An existing folder must be empty. The configuration is checked,
// the data opened and the engine made before anything is written. During the run its folder
// is locked against other processes.
//
// When the context is cancelled, the current batch is finished and a checkpoint written; the
// error then wraps the context's. [Resume] continues from there.
func Run(ctx context.Context, config Config, options Options) (*Summary, error) {
	team, ctx := engine.Join(ctx, options.Exchange)
	ranks := ranks{team}
	r, err := newRun(ranks, config, options, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var lock *folderLock
	defer func() { lock.release() }()
	err = ranks.First(func() (err error) {
		if r.board, err = newBoard(options.TensorBoard, &config, false, r.observer.OnWarning); err != nil {
			return err
		}
		if lock, err = createFolder(options.Folder); err != nil {
			return err
		}
		// The configuration comes last: it makes the folder a run that can be resumed.
		if err := r.keepPretrained(); err != nil {
			return err
		}
		return r.writeConfig()
	})
	if err != nil {
		return nil, err
	}
	return r.complete(ctx)
}

// Resume resumes the run in a folder and ends with the same weights as a run that was never
// interrupted. The configuration is the folder's ([ReadConfig]); more epochs may be
// requested, and differences that change weights are rejected. If the checkpoint is damaged,
// that is reported and the previous one used. A run with nothing left to do is a
// [FinishedError].
//
// A run without a checkpoint starts from its initial weights. For an imported run these are
// the imported ones, which are kept in pretrained.safetensors. Trained weights without a
// checkpoint are never replaced.
func Resume(ctx context.Context, config Config, options Options) (*Summary, error) {
	team, ctx := engine.Join(ctx, options.Exchange)
	ranks := ranks{team}
	var lock *folderLock
	defer func() { lock.release() }()
	var saved *checkpoint
	finished := false
	err := ranks.First(func() (err error) {
		if lock, err = lockFolder(options.Folder); err != nil {
			return err
		}
		if saved, err = loadCheckpoint(options.Folder, options.observer().OnWarning); err != nil {
			return err
		}
		_, err = os.Stat(filepath.Join(options.Folder, summaryFile))
		finished = err == nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	if saved, finished, err = ranks.tellCheckpoint(saved, finished); err != nil {
		return nil, err
	}
	if saved != nil {
		err = fitsConfig(saved, &config, options.Folder, finished)
	} else {
		options.Pretrained, err = resumePretrained(options.Folder, &config)
	}
	if err = ranks.Agree(err); err != nil {
		return nil, err
	}
	r, err := newRun(ranks, config, options, saved == nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if saved != nil {
		if err := ranks.Agree(r.restore(saved)); err != nil {
			return nil, err
		}
	}
	err = ranks.First(func() (err error) {
		if r.board, err = newBoard(options.TensorBoard, &config, true, r.observer.OnWarning); err != nil {
			return err
		}
		if err := r.keepPretrained(); err != nil {
			return err
		}
		if err := r.writeConfig(); err != nil {
			return err
		}
		path := filepath.Join(options.Folder, summaryFile)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return atomicfile.Explain(path, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.complete(ctx)
}

// FinishedError means that a run to be resumed is already complete.
type FinishedError struct {
	Folder string
	Epochs int
}

func (e *FinishedError) Error() string {
	return fmt.Sprintf("the run in %s finished after %d epochs: to extend it, raise --epochs", e.Folder, e.Epochs)
}

// fitsConfig compares the configuration of a checkpoint with the one to resume with.
// finished is whether the folder has a summary.
func fitsConfig(saved *checkpoint, config *Config, folder string, finished bool) error {
	before, err := Decode([]byte(saved.Config), "the configuration in the checkpoint", "")
	if err != nil {
		return err
	}
	if config.Pretrained.IsZero() { // from a given file, which cannot know
		config.Pretrained = before.Pretrained
	}
	if len(config.Network.InputShape) == 0 { // from a file, too, which may leave it to the data
		config.Network.InputShape = before.Network.InputShape
	}
	// 0 is what the data determine; whether they are the same is compared with their contents.
	if config.Data.Maximum == 0 {
		config.Data.Maximum = before.Data.Maximum
	} else if before.Data.Maximum == 0 {
		before.Data.Maximum = config.Data.Maximum
	}
	if different := differences(&before, config); different != "" {
		return fmt.Errorf("the run in %s cannot continue with a different configuration: %s; start a new run in another folder", folder, different)
	}
	p := &saved.Progress
	switch {
	case p.Epochs > config.Training.Epochs, p.Epochs == config.Training.Epochs && p.Position > 0:
		return fmt.Errorf("the run in %s has already completed %d epochs: training.epochs = %d is too few", folder, p.Epochs, config.Training.Epochs)
	case p.Epochs == config.Training.Epochs && finished:
		return &FinishedError{folder, p.Epochs}
	}
	return nil
}

// ReadConfig reads the configuration of the run in a folder.
func ReadConfig(folder string) (Config, error) {
	path := filepath.Join(folder, configFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("%s holds no run: %w", folder, err)
	}
	return Decode(text, path, "")
}

// ReadRun reads the configuration and the final weights of the run in a folder.
func ReadRun(folder string) (Config, *Model, error) {
	config, err := ReadConfig(folder)
	if err != nil {
		return Config{}, nil, err
	}
	path := filepath.Join(folder, modelFile)
	model, err := ReadModel(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, nil, &unfinishedError{path, folder}
	}
	return config, model, err
}

// unfinishedError means that a run has no weights yet; it is an [fs.ErrNotExist].
type unfinishedError struct{ path, folder string }

func (e *unfinishedError) Error() string {
	return fmt.Sprintf("%s does not exist: the run is not finished; resume it with --resume %s", e.path, e.folder)
}

func (*unfinishedError) Unwrap() error { return fs.ErrNotExist }

// createFolder makes the folder of a new run and locks it. An existing one must be empty.
func createFolder(folder string) (*folderLock, error) {
	if folder == "" {
		return nil, fmt.Errorf("no output folder given: name one with --out")
	}
	if err := checkEmpty(folder); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the output folder %s: %w; choose another with --out", folder, atomicfile.Cause(err))
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(folder); err != nil { // somebody else may have written to it meanwhile
		lock.release()
		return nil, err
	}
	return lock, nil
}

// checkEmpty rejects a folder that is not empty, apart from a leftover lock and what a
// process killed while writing its first file left behind.
func checkEmpty(folder string) error {
	entries, err := os.ReadDir(folder)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == lockFile || atomicfile.Leftover(e.Name()) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot use %s as the output folder: %w; choose another with --out", folder, atomicfile.Cause(err))
	case slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == configFile }):
		return fmt.Errorf("the output folder %s already holds a run: resume it with --resume %s, or choose another folder with --out", folder, folder)
	case len(entries) > 0:
		return fmt.Errorf("the output folder %s is not empty (it holds %s): choose another with --out", folder, entries[0].Name())
	}
	return nil
}

// run is a run in progress.
type run struct {
	config      Config
	options     Options
	ranks       ranks
	observer    Observer
	split       data.Split
	fingerprint string // of its samples
	network     *network.Network
	engine      engine.Engine // nil once closed
	description engine.Description
	source      *Source           // weights that the run starts from; nil if drawn, or if the run is resumed
	learner     *unbiased.Learner // nil for surrogate gradients
	filler      data.Filler       // for evaluation
	loader      *data.Loader      // for training: fills the next batch while the engine works
	board       *board            // nil without events for TensorBoard
	progress    progress
	best        [][]float32 // weights of progress.Best, if kept
	saved       *point      // of the newest checkpoint
}

// point is a moment between updates.
type point struct{ epochs, position int }

// newRun checks a configuration, opens the data and makes an engine, with initial weights if
// the run begins. It writes nothing.
func newRun(ranks ranks, config Config, options Options, begins bool) (*run, error) {
	r := &run{config: config, options: options, ranks: ranks, observer: options.observer()}
	if err := ranks.Agree(r.prepare(begins)); err != nil {
		return nil, err
	}
	if err := ranks.compare(r); err != nil {
		return nil, err
	}
	var err error
	if r.engine, err = r.open(r.network); err != nil {
		return nil, err
	}
	r.description = r.engine.Describe()
	if err := ranks.Agree(r.begin()); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// prepare checks the configuration and opens the data.
func (r *run) prepare(begins bool) (err error) {
	config, options := &r.config, &r.options
	if err := config.Validate(); err != nil {
		return err
	}
	if begins {
		if r.source, err = config.source(options.Pretrained); err != nil {
			return err
		}
	}
	if r.split, r.network, err = Prepare(config); err != nil {
		return err
	}
	config.Network.InputShape = r.network.InputShape // so that the run records it, even if its data move
	if config.Data.Maximum == 0 {
		config.Data.Maximum = r.split.Maximum // so that other data are scaled in the same way
	}
	presented := config.Data
	presented.Seed = config.Seed
	augmentation, err := data.NewAugmentation(&presented, r.split.Train)
	if err != nil {
		return err
	}
	r.fingerprint = r.split.Fingerprint()
	r.filler = data.Filler{Workers: options.Workers, Part: r.ranks.Part()}
	filler := data.Filler{Workers: options.Workers, Augmentation: augmentation, Dropout: true, Part: r.ranks.Part()}
	if config.Training.Estimator != "surrogate" {
		filler.Part = nil // a learner needs all samples
	}
	r.loader = data.NewLoader(&filler)
	return nil
}

// begin gives the engine its first weights, and a learner if the run needs one.
func (r *run) begin() (err error) {
	if err := r.initialise(); err != nil {
		return err
	}
	if t := &r.config.Training; t.Estimator != "surrogate" {
		if r.learner, err = unbiased.NewLearner(r.engine, r.network, t.Estimator, t.EstimatorTrials, t.Batch, r.config.Seed, r.options.Workers); err != nil {
			return fmt.Errorf("training.estimator: %w", err)
		}
	}
	return nil
}

// initialise gives the engine the weights that a run starts from.
func (r *run) initialise() error {
	weights := r.network.Initialise(r.config.Seed)
	if r.source == nil {
		return r.engine.SetWeights(weights)
	}
	fresh := r.config.Pretrained.Fresh
	weights, err := r.source.weights(r.network, weights, fresh)
	if err != nil {
		return err
	}
	if err := r.engine.SetWeights(weights); err != nil {
		return fmt.Errorf("the weights of %s: %w", r.source.Path, err)
	}
	if different := r.source.differences(r.network, fresh); different != "" {
		r.observer.OnWarning(fmt.Sprintf("the weights of %s were trained with different neurons: %s", r.source.Path, different))
	}
	return nil
}

func (o *Options) observer() Observer {
	if o.Observer == nil || o.Exchange != nil && o.Exchange.Rank() > 0 {
		return silent{}
	}
	return o.Observer
}

// open makes an engine for a network.
func (r *run) open(n *network.Network) (engine.Engine, error) {
	rates, err := r.config.rates()
	if err != nil {
		return nil, err
	}
	return r.ranks.Open(n, r.options.Open, engine.Options{
		Seed: r.config.Seed, Optimizer: network.Optimizers.Number(r.config.Training.Optimizer.Kind), Frozen: r.config.Training.Freeze, Rates: rates,
		Workers: r.options.Workers, PassSamples: r.options.PassSamples, SegmentSteps: r.options.SegmentSteps,
	})
}

func (r *run) close() error {
	if r.engine == nil {
		return nil
	}
	e := r.engine
	r.engine = nil
	return e.Close()
}

func (r *run) writeConfig() error {
	return atomicfile.Write(filepath.Join(r.options.Folder, configFile), func(w io.Writer) error {
		_, err := io.WriteString(w, r.config.Commented())
		return err
	})
}

// restore sets the run to the state of a checkpoint.
func (r *run) restore(saved *checkpoint) error {
	if different := saved.Data.differences(r.dataShape()); different != "" {
		return fmt.Errorf("the data of the run in %s have changed: %s; restore them, or start a new run", r.options.Folder, different)
	}
	if !slices.Equal(saved.Arrays, r.network.Weights()) {
		return fmt.Errorf("the checkpoint in %s has weight arrays other than those of the network in its configuration: start a new run", r.options.Folder)
	}
	if saved.Progress.Position > r.split.Train.Len() {
		return fmt.Errorf("the checkpoint in %s is at sample %d of an epoch of %d: start a new run", r.options.Folder, saved.Progress.Position, r.split.Train.Len())
	}
	if err := r.engine.SetWeights(saved.weights); err != nil {
		return err
	}
	if err := r.engine.SetOptimizer(saved.states); err != nil {
		return err
	}
	r.progress, r.best = saved.Progress, saved.best
	r.saved = &point{r.progress.Epochs, r.progress.Position}
	return nil
}

func (r *run) dataShape() dataShape {
	train := r.split.Train
	return dataShape{
		Train: train.Len(), Validation: r.split.Validation.Len(), Test: r.split.Test.Len(),
		Channels: train.Channels(), Classes: train.Classes(), Steps: train.Steps(), StepLength: train.StepLength(),
		Fingerprint: r.fingerprint,
	}
}
