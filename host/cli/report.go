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
	Folders []string `arg:"" name:"run" help:"Run folders, or folders that contain some."`

	Out          string `default:"report.html" help:"File to write." placeholder:"FILE"`
	NoEvaluation bool   `help:"Show only what the folders contain; do not evaluate runs that lack an evaluation."`
	Device       string `default:"auto" help:"Device for evaluations: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	Workers      int    `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples  int    `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`
}

// Help returns the detailed help.
func (reportCommand) Help() string {
	return `Writes one self-contained HTML page that you can open in any browser or send to someone: configuration, learning curves, rasters,
confusion matrix, Fano factors, the audit if there is one, and a comparison if you name several runs. The page
loads nothing from elsewhere and uses no scripts. It shows the results that 'spikegrad eval RUN --trials N' wrote to the
run folder; without them, the run is evaluated briefly, and nothing is written to its folder.

Examples:

    spikegrad report runs/first
    spikegrad report runs/first runs/second --out comparison.html
    spikegrad report runs --no-evaluation --out all.html
    spikegrad report runs/first --no-evaluation`
}

// runsFor returns the folders to report: the named runs, and the runs inside named folders. A
// folder that neither is a run nor contains any is kept, so that it causes an error later.
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
