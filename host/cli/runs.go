package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"spikegrad/host/network"
	"spikegrad/host/train"
)

// runsCommand is spikegrad runs.
type runsCommand struct {
	Folders []string `arg:"" optional:"" name:"folder" help:"Run folders, or folders that contain some. Default: runs."`

	Data        string   `help:"Only runs on this dataset." placeholder:"NAME"`
	Device      string   `help:"Only runs whose device name contains this text." placeholder:"TEXT"`
	State       string   `default:"any" enum:"any,finished,unfinished,imported" help:"Only runs in this state: finished, unfinished or imported."`
	MinAccuracy *float64 `help:"Only runs with at least this accuracy, between 0 and 1." placeholder:"SHARE"`
	Sort        string   `default:"date" enum:"date,accuracy,data,folder" help:"Sort by date (newest first), accuracy (best first), data or folder (alphabetically)."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (runsCommand) Help() string {
	return `Lists runs in a table, newest first. Accuracy is measured on the test samples, or on the validation samples if
there are no test samples, or on the training samples if there are neither. A folder that cannot be read as a run is
skipped with a warning.

Examples:

    spikegrad runs
    spikegrad runs runs/tuned --sort accuracy
    spikegrad runs --data digits --min-accuracy 0.95
    spikegrad runs --state unfinished --json`
}

// listedRun is a row of the table.
type listedRun struct {
	Folder     string    `json:"folder"`
	Date       time.Time `json:"date"`
	State      string    `json:"state"` // finished, unfinished or imported
	Data       string    `json:"data"`
	Network    string    `json:"network"`
	Seed       uint32    `json:"seed"`
	Epochs     int       `json:"epochs"`
	Accuracy   *float64  `json:"accuracy"`    // null if none is known
	AccuracyOf string    `json:"accuracy_of"` // test, validation or training; empty if none is known
	Device     string    `json:"device"`      // empty if not known
}

// Run prints the table.
func (c *runsCommand) Run(a *app) error {
	if c.MinAccuracy != nil && !(*c.MinAccuracy >= 0 && *c.MinAccuracy <= 1) {
		return usageError{fmt.Errorf("--min-accuracy %g: must be from 0 to 1, such as 0.95", *c.MinAccuracy)}
	}
	found, err := findRuns(a, c.Folders)
	if err != nil {
		return err
	}
	runs := []listedRun{} // not null in JSON
	for _, folder := range found {
		run, err := listRun(folder)
		if err != nil {
			fmt.Fprintln(a.errors, "spikegrad: warning:", oneLine(err))
			continue
		}
		if c.wants(&run) {
			runs = append(runs, run)
		}
	}
	slices.SortStableFunc(runs, c.order)
	if c.JSON {
		return writeJSON(a.out, runs)
	}
	if len(runs) == 0 {
		fmt.Fprintf(a.notes, "none of the %d runs match\n", len(found))
		return nil
	}
	t := table{}
	t.row("DATE", "DATA", "NETWORK", "ACCURACY", "EPOCHS", "SEED", "DEVICE", "FOLDER")
	for _, r := range runs {
		t.row(r.Date.Local().Format("2006-01-02 15:04"), r.Data, r.Network, r.accuracyText(), fmt.Sprint(r.Epochs), fmt.Sprint(r.Seed), cmp.Or(r.Device, "–"), r.Folder)
	}
	return t.write(a.out)
}

// findRuns lists the run folders in folders, each once; without arguments, those in runs.
func findRuns(a *app, folders []string) ([]string, error) {
	if len(folders) == 0 {
		folders = []string{"runs"}
	}
	var all []string
	for _, folder := range folders {
		found, err := train.FindRuns(folder)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			fmt.Fprintf(a.errors, "spikegrad: warning: no runs found in %s\n", folder)
		}
		for _, run := range found {
			if !slices.Contains(all, run) {
				all = append(all, run)
			}
		}
	}
	return all, nil
}

// wants reports whether a run passes the filters.
func (c *runsCommand) wants(r *listedRun) bool {
	switch {
	case c.Data != "" && r.Data != c.Data,
		c.Device != "" && !strings.Contains(strings.ToLower(r.Device), strings.ToLower(c.Device)),
		c.State != "any" && r.State != c.State,
		c.MinAccuracy != nil && (r.Accuracy == nil || *r.Accuracy < *c.MinAccuracy):
		return false
	}
	return true
}

// order compares two runs by the column that the table is sorted by.
func (c *runsCommand) order(x, y listedRun) int {
	share := func(r listedRun) float64 {
		if r.Accuracy == nil {
			return -1
		}
		return *r.Accuracy
	}
	newest := cmp.Or(y.Date.Compare(x.Date), cmp.Compare(x.Folder, y.Folder))
	switch c.Sort {
	case "accuracy":
		return cmp.Or(cmp.Compare(share(y), share(x)), newest)
	case "data":
		return cmp.Or(cmp.Compare(x.Data, y.Data), newest)
	case "folder":
		return cmp.Compare(x.Folder, y.Folder)
	}
	return newest
}

// listRun reads a run's row of the table.
func listRun(folder string) (r listedRun, err error) {
	config, err := train.ReadConfig(folder)
	if err != nil {
		return r, err
	}
	summary, err := train.ReadSummary(folder)
	if err != nil {
		return r, err
	}
	epochs, err := train.ReadEpochs(folder)
	if err != nil {
		return r, err
	}
	r = listedRun{Folder: folder, State: "finished", Data: config.Data.Name, Network: networkText(&config.Network), Seed: config.Seed, Epochs: len(epochs)}
	if r.Date, err = train.Worked(folder, summary); err != nil {
		return r, err
	}
	know := func(of string, accuracy *float64) {
		if r.Accuracy == nil && accuracy != nil {
			r.Accuracy, r.AccuracyOf = accuracy, of
		}
	}
	switch {
	case summary != nil:
		r.Device, r.Epochs = summary.Device, summary.Epochs
		know("test", summary.TestAccuracy)
		know("validation", summary.ValidationAccuracy)
		know("training", &summary.TrainAccuracy)
	case len(epochs) > 0:
		r.State = "unfinished"
		last := &epochs[len(epochs)-1]
		know("validation", last.ValidationAccuracy)
		know("training", &last.TrainAccuracy)
	case train.HasWeights(folder):
		r.State = "imported"
	default:
		r.State = "unfinished"
	}
	return r, nil
}

// accuracyText says which samples the accuracy is of, unless they are the test samples.
func (r *listedRun) accuracyText() string {
	switch {
	case r.Accuracy == nil:
		return r.State
	case r.State == "unfinished":
		return fmt.Sprintf("%s (%s, unfinished)", percent(*r.Accuracy), r.AccuracyOf)
	case r.AccuracyOf != "test":
		return fmt.Sprintf("%s (%s)", percent(*r.Accuracy), r.AccuracyOf)
	}
	return percent(*r.Accuracy)
}

// networkText describes a network in a few characters: the neurons of each layer, conv for
// convolutions, r for recurrent layers, + for input from several layers, and the noise of
// the first layer.
func networkText(n *network.Network) string {
	var layers []string
	for i := range n.Layers {
		l := &n.Layers[i]
		text := fmt.Sprint(l.Neurons)
		if l.Convolutional() {
			text = fmt.Sprintf("conv%dx%d", l.Filters, l.Kernel)
		}
		if l.Recurrent {
			text += "r"
		}
		if len(l.From) > 1 {
			text += "+"
		}
		layers = append(layers, text)
	}
	text := strings.Join(layers, "-")
	if len(n.Layers) > 0 {
		text += " " + n.Layers[0].Noise.Kind
	}
	return text
}
