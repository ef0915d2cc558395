// Package cli implements the program spikegrad: its commands and their conventions. Results
// go to standard output, everything else to standard error; every error is one line. A
// command exits with 0 if it did what was asked, 1 if it failed, 2 if it was used wrongly
// and 130 if it was interrupted.
package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/mpi"
	"spikegrad/host/network"
	"spikegrad/host/view"
)

// commands is the grammar of the command line.
type commands struct {
	Devices    devicesCommand    `cmd:"" help:"List the devices a network can run on."`
	Train      trainCommand      `cmd:"" help:"Train a network."`
	Eval       evalCommand       `cmd:"" help:"Evaluate the network of a finished run."`
	View       viewCommand       `cmd:"" help:"Show the network of a finished run in a live window."`
	Runs       runsCommand       `cmd:"" help:"List runs as a table."`
	Report     reportCommand     `cmd:"" help:"Write an HTML report of one or more runs."`
	Export     exportCommand     `cmd:"" help:"Export a network to NIR, or its activity to CSV tables."`
	Import     importCommand     `cmd:"" help:"Import a network from NIR as a run."`
	Audit      auditCommand      `cmd:"" help:"Measure how accurate the surrogate gradient of a finished run is."`
	Estimate   estimateCommand   `cmd:"" help:"Compare gradient estimators on a small network."`
	Check      checkCommand      `cmd:"" help:"Compare devices with the CPU engine, bit for bit."`
	Bench      benchCommand      `cmd:"" help:"Measure how fast devices train."`
	Tune       tuneCommand       `cmd:"" help:"Find the fastest workgroup sizes for a Vulkan device."`
	Reproduce  reproduceCommand  `cmd:"" help:"Reproduce an experiment of Gygax & Zenke 2025."`
	Predict    predictCommand    `cmd:"" help:"Predict classes and their probabilities, with their spread over noise trials."`
	Data       dataCommand       `cmd:"" help:"Fetch and inspect datasets."`
	Config     configCommand     `cmd:"" help:"Print a complete, commented configuration, or check one."`
	Completion completionCommand `cmd:"" help:"Print a shell completion script."`
	Reference  referenceCommand  `cmd:"" hidden:"" help:"Print a page of the documentation."`
	Version    versionCommand    `cmd:"" help:"Print the version of the program."`

	Quiet    bool     `xor:"amount" help:"Do not print progress or notes."`
	Verbose  bool     `xor:"amount" help:"Print log lines."`
	ShowHelp helpFlag `name:"help" short:"h" help:"Print help for the program or, after a command, for that command."`
}

// Help returns the detailed help.
func (commands) Help() string {
	return `Examples:

    spikegrad devices
    spikegrad train --data digits --out runs/first
    spikegrad eval runs/first --other-mode
    spikegrad train --help`
}

// helpFlag prints help as soon as it is seen.
type helpFlag bool

// IgnoreDefault makes the parser call BeforeReset only if the flag is given.
func (helpFlag) IgnoreDefault() {}

// BeforeReset prints help for what has been selected so far.
func (helpFlag) BeforeReset(parsed *kong.Context) error {
	if err := parsed.PrintUsage(false); err != nil {
		return err
	}
	return errHelped
}

// errHelped stops the parser after help was printed.
var errHelped = errors.New("help was printed")

// errNoCommand is the usage error of running the program without arguments, which prints
// the help.
var errNoCommand = usageError{errors.New("no command given; the help above lists them")}

// purpose is what the program is for.
const purpose = "Simulate and train stochastic spiking neural networks, with the same bits on every device."

// vocabulary is what the help takes from tables.
var vocabulary = kong.Vars{"datasets": data.Forms(), "neurons": network.Neurons.Names(), "constants": network.Constants.Names()}

// app is what commands work with.
type app struct {
	ctx      context.Context // cancelled by an interrupt
	out      io.Writer       // results
	notes    io.Writer       // progress and notes; discards them if they are not wanted
	errors   io.Writer
	terminal bool // a bar may be drawn
	colour   bool
	log      *slog.Logger
	noted    map[string]bool // notes about data that were printed
	launch   mpi.Launch
	ranks    *rankSet // nil for one process, and before the processes of a launcher have met
}

// Main runs the program with the given arguments, without its name, and returns the exit code.
// An interrupt or a request to terminate ends it cleanly, a second one at once. A process that
// has met others of a launcher exits here, together with them.
func Main(arguments []string, stdout, stderr *os.File) int {
	launch := mpi.Launched(os.Getenv)
	ctx, stop := interruptible(stderr, launch)
	defer stop()
	out := bufio.NewWriter(stdout)
	a := &app{
		ctx: ctx, out: out, errors: stderr, launch: launch,
		terminal: drawable(stderr), colour: os.Getenv("NO_COLOR") == "",
	}
	err := a.run(arguments)
	if flushed := out.Flush(); flushed != nil && (err == nil || errors.Is(err, flushed)) {
		err = fmt.Errorf("cannot write the output: %w", atomicfile.Cause(flushed))
	}
	code := a.report(err)
	a.leave(err, code)
	return code
}

// run parses arguments and runs the command they name.
func (a *app) run(arguments []string) error {
	bare, results := len(arguments) == 0, a.out
	if bare {
		arguments, results = []string{"--help"}, a.errors
	}
	var grammar commands
	parser, err := kong.New(&grammar,
		kong.Name("spikegrad"),
		kong.Description(purpose),
		kong.Writers(results, a.errors),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(a),
		vocabulary,
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(arguments)
	if errors.Is(err, errHelped) {
		if bare {
			return errNoCommand
		}
		return nil
	}
	if err != nil {
		return usageError{fmt.Errorf("%w (see %s --help)", err, helpPath(parser, err))}
	}
	if err := refuseRanks(a.launch, parsed); err != nil {
		return err
	}
	a.configure(&grammar)
	if !grammar.openWindow(parsed) {
		view.LeaveMainThread()
	}
	return parsed.Run()
}

// openWindow reports whether the command opens a live window.
func (c *commands) openWindow(parsed *kong.Context) bool {
	return c.Train.View || strings.HasPrefix(parsed.Command(), "view ")
}

// configure sets up notes and log lines as the global flags ask.
func (a *app) configure(grammar *commands) {
	a.notes = a.errors
	if grammar.Quiet {
		a.notes = io.Discard
		a.terminal = false
	}
	level := slog.LevelWarn
	if grammar.Verbose {
		level = slog.LevelDebug
		a.terminal = false // log lines and a bar would overwrite each other
	}
	a.log = slog.New(slog.NewTextHandler(a.errors, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(a.log) // for warnings from below
}

// helpPath is the command whose help explains a mistake.
func helpPath(parser *kong.Kong, err error) string {
	var mistake *kong.ParseError
	if errors.As(err, &mistake) && mistake.Context != nil {
		if selected := mistake.Context.Selected(); selected != nil {
			return selected.FullPath()
		}
	}
	return parser.Model.Name
}
