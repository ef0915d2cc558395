package report

import (
	"strings"
	"testing"

	"spikegrad/host/train"
)

// Learned constants are drawn over epochs, in milliseconds if they are times; the page of a
// run without any does not mention them.
func TestLearned(t *testing.T) {
	rich, _ := runFolders(t)
	runs := load(t, rich)
	if page := written(t, runs); strings.Contains(page, "Learned constants") {
		t.Error("a run without learned constants shows some")
	}
	for i := range runs[0].Epochs {
		x := float64(i + 1)
		runs[0].Epochs[i].LearnedConstants = []train.LearnedConstant{
			{Layer: 0, Name: "tau_membrane", Mean: 0.02, Least: 0.01, LowerQuartile: 0.015, Median: 0.02 * x, UpperQuartile: 0.05, Largest: 0.06},
			{Layer: 0, Name: "threshold", Mean: x, Least: x, LowerQuartile: x, Median: x, UpperQuartile: x, Largest: x},
		}
	}
	page := written(t, runs)
	for _, want := range []string{"Learned constants", "layer0 tau_membrane", "tau_membrane (ms)", "layer0 threshold", "median and quartiles", "largest"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	s, err := newSection(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Learned) != 2 || strings.Contains(string(s.Learned[1].Wide), "quartiles") || s.Learned[0].Narrow == "" {
		t.Errorf("%d charts; a constant for a whole layer has no quartiles", len(s.Learned))
	}
}
