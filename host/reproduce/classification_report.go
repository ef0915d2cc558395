package reproduce

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"spikegrad/host/atomicfile"
	"spikegrad/host/figure"
)

// write writes the numbers, tables and pictures of the comparison.
func (c *ClassificationResult) write(folder string) error {
	pictures := map[string]figure.Drawing{
		"learning-curves": c.learningCurves(),
		"test-accuracy":   c.accuracies(),
		"spikes-by-epoch": c.spikesByEpoch(),
		"firing-rates":    c.layers("spikes per second per neuron", nil, func(m *ModeResult) []OverSeeds { return m.Rates }),
		"fano-factors": c.layers("Fano factor", []figure.Level{{Name: "Poisson process", Value: 1}},
			func(m *ModeResult) []OverSeeds { return m.Fano }),
	}
	for name, drawing := range pictures {
		if err := figure.SaveBoth(folder, name, drawing); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(folder, "classification.md"), []byte(c.report(folder))); err != nil {
		return err
	}
	return atomicfile.WriteJSON(filepath.Join(folder, "classification.json"), c)
}

// Markdown returns the tables of the comparison.
func (c *ClassificationResult) Markdown() string {
	var b strings.Builder
	seeds := len(c.Methods[0].Runs)
	fmt.Fprintf(&b, "Test accuracy over %d noise trials of every sample of %d steps of %.4g ms; mean ± standard deviation over seeds (%d).\n\n",
		c.Settings.Trials, c.Steps, 1000*c.StepLength, seeds)
	b.WriteString("| method | as trained | in the other mode | agreement of two trials | spikes per neuron | rate (Hz) | Fano factor | in busy windows |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	for i := range c.Methods {
		m := &c.Methods[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", m.Name,
			m.Trained.Accuracy.percent(), m.Other.Accuracy.percent(), m.Trained.Agreement.percent(),
			layerList(m.Trained.Spikes, 2), layerList(m.Trained.Rates, 1), layerList(m.Trained.Fano, 2), layerList(m.Trained.FanoBusy, 2))
	}
	fmt.Fprintf(&b, "\nLists go from the lowest layer to the highest, each number a mean over seeds. Fano factors are means over all moving windows of %d steps\nof all neurons with a spike in any of %d trials; busy windows have more than %g spikes per trial, and their mean is over neurons.\n\n",
		c.Settings.Fano.Window, c.Settings.Fano.Trials, c.Settings.Fano.Minimum)
	b.WriteString("| difference in test accuracy | mean (percentage points) | 95 % confidence interval |\n|---|---|---|\n")
	for _, d := range c.Differences {
		interval := "needs more than one seed"
		if d.Low != nil {
			interval = fmt.Sprintf("%+.2f to %+.2f", 100**d.Low, 100**d.High)
		}
		fmt.Fprintf(&b, "| %s − %s | %+.2f | %s |\n", c.name(d.Method), c.name(d.Minus), 100*d.Test.Mean, interval)
	}
	return b.String()
}

// report returns the tables with all pictures.
func (c *ClassificationResult) report(folder string) string {
	var b strings.Builder
	kind := ""
	if c.Set != Sets()[0].Key {
		kind = ", set " + c.Set
	}
	if c.Quick {
		kind += ", quick form"
	}
	if c.Tuned {
		kind += ", tuned settings"
	}
	if c.Smoothness != nil {
		kind += fmt.Sprintf(", smoothness %g", *c.Smoothness)
	}
	name, _, _ := strings.Cut(c.Data, ":")
	fmt.Fprintf(&b, "# Classification: %s%s\n\n%s\n", name, kind, c.Markdown())
	show := func(title, path string) {
		if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(path))); err == nil {
			fmt.Fprintf(&b, "![%s](%s)\n\n", title, path)
		}
	}
	show("learning curves", "learning-curves.png")
	show("test accuracy", "test-accuracy.png")
	show("firing rates", "firing-rates.png")
	show("spikes over epochs", "spikes-by-epoch.png")
	show("Fano factors", "fano-factors.png")
	for i := range c.Methods {
		m := &c.Methods[i]
		fmt.Fprintf(&b, "## %s, seed %d\n\n", m.Name, m.Runs[0].Seed)
		evaluation := m.Runs[0].Folder + "/evaluation/"
		show("a sample on its way through the layers", evaluation+"raster.png")
		show("a sample of another class", evaluation+"raster-second.png")
		for l := range m.Trained.Fano {
			show(fmt.Sprintf("a neuron of layer %d in trials of one sample", l), fmt.Sprintf("%strials-layer%d.png", evaluation, l))
		}
		show("Fano factors over time", evaluation+"fano.png")
		show("confusion", evaluation+"confusion.png")
	}
	return b.String()
}

func (c *ClassificationResult) name(key string) string {
	for i := range c.Methods {
		if c.Methods[i].Key == key {
			return c.Methods[i].Name
		}
	}
	return key
}

func (x OverSeeds) percent() string {
	text := fmt.Sprintf("%.2f %%", 100*x.Mean)
	if len(x.Values) > 1 {
		text += fmt.Sprintf(" ± %.2f", 100*x.Deviation)
	}
	return text
}

// layerList formats the means of all layers, with a dash for a layer without values.
func layerList(layers []OverSeeds, digits int) string {
	var texts []string
	for _, x := range layers {
		if len(x.Values) == 0 {
			texts = append(texts, "–")
			continue
		}
		texts = append(texts, fmt.Sprintf("%.*f", digits, x.Mean))
	}
	return strings.Join(texts, ", ")
}
