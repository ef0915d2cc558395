package cli

import (
	"fmt"
	"io"
	"slices"

	"spikegrad/host/atomicfile"
	"spikegrad/host/report"
	"spikegrad/host/train"
)

// reportCommand is spikegrad report.
type reportCommand struct {
	Folders []string `arg:"" name:"run" help:"Folders of runs, or folders that hold some."`

	Out          string `default:"report.html" help:"The page." placeholder:"FILE"`
	NoEvaluation bool   `help:"Show only what the folders hold, instead of evaluating runs that were not."`
	Device       string `default:"auto" help:"Of evaluations: auto, cpu, vulkan:N or vulkan:NAME, as 'spikegrad devices' lists them. Several joined by + share each batch; the result is the same."`
	Workers      int    `help:"Goroutines of the CPU engine; 0 is one a processor. Changes no result." placeholder:"N"`
	PassSamples  int    `help:"Most samples on a device at once; 0 is as many as fit. Changes no result." placeholder:"N"`
}

// Help is the rest of the help.
func (reportCommand) Help() string {
	return `Makes one HTML page of runs, to open in any browser or to send: configuration, learning curves, rasters,
confusion matrix, Fano factors, the audit if there is one, and several runs side by side. The page loads
nothing from elsewhere and needs no scripts. It shows what 'spikegrad eval RUN --trials N' left in the
folder of a run; without that, the run is evaluated shortly, which writes nothing.

Examples:

    spikegrad report runs/first
    spikegrad report runs/first runs/second --out comparison.html
    spikegrad report runs --no-evaluation --out all.html
    spikegrad report runs/first --no-evaluation`
}

// runsFor are the folders to report: those named, and the runs in those that hold some. A folder
// that is no run and holds none stays, for the error that it is.
func runsFor(named []string) (folders []string) {
	for _, folder := range named {
		found, err := train.FindRuns(folder)
		if err != nil || len(found) == 0 {
			found = []string{folder}
		}
		for _, run := range found {
			if !slices.Contains(folders, run) {
				folders = append(folders, run)
			}
		}
	}
	return folders
}

// Run writes the page.
func (c *reportCommand) Run(a *app) error {
	if err := checkCounts(c.Workers, c.PassSamples, 0); err != nil {
		return usageError{err}
	}
	choice, err := choose(c.Device)
	if err != nil {
		return err
	}
	shown := phases{app: a}
	options := report.Options{
		NoEvaluation: c.NoEvaluation, Open: opener(choice),
		Workers: c.Workers, PassSamples: c.PassSamples, Observer: shown.observe, Notes: a.noteData,
	}
	var runs []*report.Run
	for _, folder := range runsFor(c.Folders) {
		run, err := report.Load(a.ctx, folder, options)
		shown.clear()
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	if err := atomicfile.Write(c.Out, func(w io.Writer) error { return report.Write(w, runs) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "page: %s\n", c.Out)
	return err
}
