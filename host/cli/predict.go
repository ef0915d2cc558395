package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
	"spikegrad/host/evaluate"
)

// predictCommand is spikegrad predict.
type predictCommand struct {
	Folder string `arg:"" name:"run" help:"Folder of a finished run."`

	otherData
	Unlabelled bool   `help:"The samples of --data have no labels; predict all, in order. Every column of csv:FILE is then a value, and npz:FILE needs no y."`
	Part       string `default:"test" enum:"test,validation,train,all" help:"Samples to predict: test, validation, train or all."`
	Trials     int    `default:"20" help:"Number of trials per sample, each with fresh noise." placeholder:"N"`
	OtherMode  bool   `help:"Switch the noise off, or on if the network was trained without it."`
	Out        string `required:"" help:"CSV file for the predictions." placeholder:"FILE"`

	Device       string `default:"auto" help:"Device to run on: auto, cpu, vulkan:N or vulkan:NAME (see 'spikegrad devices'). Several joined by + share each batch. Does not change the result."`
	Workers      int    `help:"CPU worker goroutines; 0 for one per processor. Does not change the result." placeholder:"N"`
	PassSamples  int    `help:"Maximum number of samples on a device at once; 0 for as many as fit. Does not change the result." placeholder:"N"`
	SegmentSteps int    `help:"Time steps of a sample to keep in memory at once; 0 for all, if they fit. Does not change the result." placeholder:"N"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Help returns the detailed help.
func (predictCommand) Help() string {
	return `Runs each sample through a trained network in several trials, and writes a table with one line per
sample: its part (test, validation or train) and its index in that part; its label; the predicted class, the one with
the highest probability averaged over trials; that probability, its standard deviation over trials, and the share of
trials that predict the class; then the probability of every class and its standard deviation. The probabilities are
those whose cross-entropy is the training loss. Trials differ because of the network's noise: where the network is unsure,
its predictions vary.

With --unlabelled, the label column is empty, the part column reads unlabelled, and no accuracy is reported.

Examples:

    spikegrad predict runs/first --out predictions.csv
    spikegrad predict runs/first --data csv:more.csv --part all --trials 100 --out predictions.csv
    spikegrad predict runs/first --data csv:new.csv --unlabelled --out predictions.csv`
}

// predictions is what --json prints.
type predictions struct {
	File        string         `json:"file"`
	Data        string         `json:"data"`
	Trials      int            `json:"trials"`
	OtherMode   bool           `json:"other_mode"`
	Parts       []predictedSet `json:"parts"`
	Notes       []string       `json:"notes"` // from reading the data
	performance []*evaluate.Performance
}

// predictedSet summarizes a part of the data.
type predictedSet struct {
	Part             string   `json:"part"`
	Samples          int      `json:"samples"`
	Accuracy         *float64 `json:"accuracy"`          // of the predicted classes; null without labels
	Confidence       float64  `json:"confidence"`        // mean
	CalibrationError *float64 `json:"calibration_error"` // expected; null without labels
}

// unlabelledPart is the name of the part that holds samples without labels.
const unlabelledPart = "unlabelled"

// Run makes the predictions.
func (c *predictCommand) Run(a *app) (err error) {
	if err := checkCounts(c.Workers, c.PassSamples, c.SegmentSteps); err != nil {
		return usageError{err}
	}
	if c.Trials < 1 {
		return usageError{fmt.Errorf("--trials %d: must be at least 1", c.Trials)}
	}
	switch {
	case c.Unlabelled && c.Data == "":
		return usageError{errors.New("--unlabelled needs data other than the run's own: name them with --data")}
	case c.Unlabelled && c.Part != "test":
		return usageError{errors.New("--unlabelled: data without labels have no parts: leave out --part")}
	}
	c.unlabelled = c.Unlabelled
	t, err := a.openTrained(c.Folder, c.otherData, c.Device)
	if err != nil {
		return err
	}
	t.notePart(a, c.otherData, c.Part)
	n := t.network
	if c.OtherMode {
		n = n.OtherMode()
	}
	e, err := t.open(n, engine.Options{Workers: c.Workers, PassSamples: c.PassSamples, SegmentSteps: c.SegmentSteps})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	parts := []string{c.Part}
	if c.Part == "all" {
		parts = []string{"train", "validation", "test"}
	}
	result := predictions{File: c.Out, Data: t.config.Data.Name, Trials: c.Trials, OtherMode: c.OtherMode, Notes: t.split.Notes}
	shown := phases{app: a}
	defer shown.clear()
	for _, part := range parts {
		source := t.part(part)
		if source.Len() == 0 {
			continue
		}
		found, err := evaluate.Accuracy(a.ctx, &evaluate.Subject{
			Engine: e, Network: n, Source: source, Batch: t.config.Training.EvaluationBatch, Workers: c.Workers,
			Each: func(done, all int) { shown.observe(part+" samples", done, all) },
		}, nil, c.Trials)
		if err != nil {
			return err
		}
		result.performance = append(result.performance, found)
		set := predictedSet{part, found.Samples, &found.Calibration.Accuracy, found.Calibration.Confidence, &found.Calibration.Error}
		if c.Unlabelled {
			set.Part, set.Accuracy, set.CalibrationError = unlabelledPart, nil, nil
		}
		result.Parts = append(result.Parts, set)
	}
	shown.clear()
	if len(result.Parts) == 0 {
		_, err := t.split.Samples(c.Part)
		return err
	}
	if err := atomicfile.Write(c.Out, func(w io.Writer) error { return result.writeTable(w, t) }); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, result)
	}
	return result.write(a)
}

// writeTable writes one line per sample.
func (p *predictions) writeTable(w io.Writer, t *trained) error {
	lines := csv.NewWriter(w) // buffered
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }
	heading := []string{"part", "sample", "label", "predicted", "probability", "deviation", "share_of_trials"}
	for _, name := range t.split.Test.ClassNames() {
		heading = append(heading, "probability "+name, "deviation "+name)
	}
	if err := lines.Write(heading); err != nil {
		return err
	}
	for i, part := range p.Parts {
		found := p.performance[i]
		names := t.split.Test.ClassNames()
		label := func(sample int) string { return names[t.part(part.Part).Label(sample)] }
		if part.Part == unlabelledPart {
			label = func(int) string { return "" }
		}
		for sample := range found.Samples {
			best := found.Best(sample)
			line := []string{
				part.Part, strconv.Itoa(sample), label(sample), names[best],
				number(found.Probabilities[sample][best]), number(found.Deviations[sample][best]),
				number(float64(found.Predicted[sample][best]) / float64(found.Trials)),
			}
			for class := range names {
				line = append(line, number(found.Probabilities[sample][class]), number(found.Deviations[sample][class]))
			}
			if err := lines.Write(line); err != nil {
				return err
			}
		}
	}
	lines.Flush()
	return lines.Error()
}

func (p *predictions) write(a *app) error {
	var t table
	t.row("PART", "SAMPLES", "ACCURACY", "CONFIDENCE", "CALIBRATION ERROR")
	for _, part := range p.Parts {
		known := func(share *float64) string {
			if share == nil {
				return "unknown"
			}
			return percent(*share)
		}
		t.row(part.Part, strconv.Itoa(part.Samples), known(part.Accuracy), percent(part.Confidence), known(part.CalibrationError))
	}
	if err := t.write(a.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "predictions: %s\n", p.File)
	return err
}
