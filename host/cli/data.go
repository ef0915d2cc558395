package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"spikegrad/host/data"
	"spikegrad/host/figure"
	"spikegrad/host/train"
)

// dataCommand is spikegrad data.
type dataCommand struct {
	Fetch   fetchCommand   `cmd:"" help:"Download published recordings."`
	Inspect inspectCommand `cmd:"" help:"Describe what a dataset or a file of recordings contains."`
}

// Help returns the detailed help.
func (dataCommand) Help() string {
	return `Examples:

    spikegrad data fetch shd --to SHD
    spikegrad data inspect shd:SHD --out pictures`
}

// fetchCommand is spikegrad data fetch.
type fetchCommand struct {
	Dataset string `arg:"" enum:"shd,ssc,nmnist" help:"Dataset: shd (Spiking Heidelberg Digits), ssc (Spiking Speech Commands) or nmnist (N-MNIST, event camera)."`

	To   string `help:"Folder for the files. Default: one named after the dataset." placeholder:"FOLDER"`
	URL  string `name:"url" help:"URL of the folder to download from. Default: that of the authors." placeholder:"URL"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (fetchCommand) Help() string {
	return `Downloads the files, compares their MD5 sums with the published ones, and unpacks them. If interrupted, run the
same command again to resume; files that are already there and correct are kept.

shd and ssc are by Cramer, Stradmann, Schemmel and Zenke (2022), under CC BY 4.0, packed as NAME.h5.gz.
nmnist is by Orchard, Jayawant, Cohen and Thakor (2015), Mendeley Data 468j46mzdv, as Train.zip and Test.zip,
70,000 small files once unpacked.

Examples:

    spikegrad data fetch shd --to SHD
    spikegrad data fetch nmnist --to NMNIST
    spikegrad data fetch ssc --url https://mirror.example.org/spikes/`
}

// Run downloads the dataset.
func (c *fetchCommand) Run(a *app) error {
	folder := c.To
	if folder == "" {
		folder = c.Dataset
	}
	shown := &fetchProgress{app: a}
	fetch := data.Fetch{Dataset: c.Dataset, Folder: folder, URL: c.URL, Progress: shown.show}
	files, err := fetch.Run(a.ctx)
	shown.close()
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, files)
	}
	var t table
	t.row("FILE", "SIZE", "MD5", "")
	for _, f := range files {
		verified := map[string]string{
			data.VerifiedKnown:  "verified",
			data.VerifiedServer: "matches the checksum list next to the file",
			data.Unverified:     "unverified: this file has no published checksum",
		}[f.Verified]
		if f.Already {
			verified += ", was there"
		}
		t.row(f.File, bytesText(uint64(f.Bytes)), f.MD5, verified)
	}
	return t.write(a.out)
}

// fetchProgress shows the progress of a download: a bar on a terminal, otherwise a line for
// each file and phase.
type fetchProgress struct {
	app   *app
	last  data.FetchProgress
	bar   *progressbar.ProgressBar
	shown time.Time
}

func (p *fetchProgress) show(now data.FetchProgress) {
	begins := now.File != p.last.File || now.Phase != p.last.Phase
	p.last = now
	if !p.app.terminal {
		if begins {
			fmt.Fprintf(p.app.notes, "%s %s\n", now.Phase, now.File)
		}
		return
	}
	if begins {
		p.close()
		total := now.Total
		if total == 0 {
			total = -1
		}
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.app.errors), progressbar.OptionSetWidth(20), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription(now.Phase+" "+now.File), progressbar.OptionUseANSICodes(true))
	}
	const interval = 100 * time.Millisecond
	if begins || time.Since(p.shown) >= interval {
		p.shown = time.Now()
		_ = p.bar.Set64(now.Done)
	}
}

func (p *fetchProgress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

// inspectCommand is spikegrad data inspect.
type inspectCommand struct {
	Data string `arg:"" help:"Dataset, NAME or NAME:PATH, or a file or folder of recordings."`

	Steps      int     `help:"Time steps per sample. Default: the dataset's." placeholder:"N"`
	StepLength float64 `help:"Length of a time step in seconds. Default: the dataset's." placeholder:"S"`
	Header     bool    `help:"Treat the first line of a CSV file as a header."`
	Samples    int     `default:"4" help:"Number of samples to draw, each of a different class." placeholder:"N"`
	Out        string  `help:"Folder for pictures: rasters of samples, the rate of each channel, and frames if the data have pixels." placeholder:"FOLDER"`
	NoCache    bool    `help:"Do not use the cache of binned spikes in your cache folder."`
	JSON       bool    `name:"json" help:"Print JSON, including the rate of each channel and the number of samples in each class."`
}

// Help returns the detailed help.
func (inspectCommand) Help() string {
	return `Counts samples, classes and spikes, and reports which spikes are dropped when the data are read. Spikes are counted
as a network receives them: at most one per channel per step.

Examples:

    spikegrad data inspect shd:SHD --out pictures
    spikegrad data inspect SHD/shd_test.h5.gz --json
    spikegrad data inspect moving-digits --out pictures`
}

// Run inspects the data.
func (c *inspectCommand) Run(a *app) error {
	const mostSamples = 24
	if c.Samples < 1 || c.Samples > mostSamples {
		return usageError{fmt.Errorf("--samples %d: must be from 1 to %d, the most that fit in a picture", c.Samples, mostSamples)}
	}
	trained, err := train.Default("digits") // numbers become spikes as in training
	if err != nil {
		return err
	}
	options := data.InspectionOptions{Steps: c.Steps, StepLength: c.StepLength, Header: c.Header, Encoder: trained.Data.Encoder}
	if c.NoCache {
		options.Cache = data.NoCache
	}
	found, err := data.Inspect(a.ctx, c.Data, options)
	if err != nil {
		return err
	}
	pictures, err := c.draw(found)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, found)
	}
	if err := writeInspection(a, found); err != nil {
		return err
	}
	for _, picture := range pictures {
		fmt.Fprintln(a.out, "picture:", picture)
	}
	return nil
}

// draw draws pictures if an output folder is given.
func (c *inspectCommand) draw(found *data.Inspection) ([]string, error) {
	if c.Out == "" {
		return nil, nil
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the folder for pictures: %w", err)
	}
	drawings, names := []figure.Drawing{found.Rasters(0, c.Samples), found.Rates()}, []string{"raster.png", "rates.png"}
	if frames, ok := found.Frames(0, c.Samples); ok {
		drawings, names = append(drawings, frames), append(names, "frames.png")
	}
	var paths []string
	for i, name := range names {
		path := filepath.Join(c.Out, name)
		if err := figure.Save(path, drawings[i]); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeInspection(a *app, found *data.Inspection) error {
	arranged := ""
	if len(found.Shape) > 0 {
		arranged = fmt.Sprintf(" (%d×%d×%d)", found.Shape[0], found.Shape[1], found.Shape[2])
	}
	fmt.Fprintf(a.out, "%s: %d channels%s, %d classes, %d steps of %g s\n", found.Data, found.Channels, arranged, found.Classes, found.Steps, found.StepLength)
	fmt.Fprintf(a.out, "classes: %s\n", strings.Join(found.ClassNames, ", "))
	var t table
	t.row("PART", "SAMPLES", "SPIKES MIN", "MEDIAN", "MAX", "EMPTY", "LAST SPIKE", "RATE MIN", "MEAN", "MAX", "CLASS MIN", "MAX")
	for _, p := range found.Parts {
		seconds := float64(p.LastStep+1) * found.StepLength
		if p.Recorded != nil {
			seconds = p.Recorded.Latest
		}
		rates, counts := spread(p.ChannelRates), spread(p.ClassCounts)
		t.row(p.Part, fmt.Sprint(p.Samples), fmt.Sprint(p.MinSpikes), fmt.Sprint(p.MedianSpikes), fmt.Sprint(p.MaxSpikes),
			fmt.Sprint(p.Empty), fmt.Sprintf("%.4g s", seconds),
			fmt.Sprintf("%.3g Hz", rates.lowest), fmt.Sprintf("%.3g Hz", rates.mean), fmt.Sprintf("%.3g Hz", rates.highest),
			fmt.Sprint(counts.lowest), fmt.Sprint(counts.highest))
	}
	if err := t.write(a.out); err != nil {
		return err
	}
	for _, note := range found.Notes {
		fmt.Fprintln(a.out, "note:", note)
	}
	return nil
}

// extremes are the minimum, the mean and the maximum of a list of numbers.
type extremes struct{ lowest, mean, highest float64 }

func spread[T int | float64](values []T) extremes {
	e := extremes{lowest: float64(values[0]), highest: float64(values[0])}
	for _, value := range values {
		e.lowest, e.highest = min(e.lowest, float64(value)), max(e.highest, float64(value))
		e.mean += float64(value) / float64(len(values))
	}
	return e
}
