package train

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConstantsOfEpochs: metrics have the learned constants after every epoch, the last ones
// like the summary, and an interrupted run has the same.
func TestConstantsOfEpochs(t *testing.T) {
	config := tiny(t)
	config.Network.Layers[0].Learn, config.Network.Layers[0].LearnSpread = []string{"tau_membrane", "threshold"}, 0.4
	config.Training.Epochs, config.Training.Keep = 3, "last"
	summary, folder := finished(t, config, Options{Workers: 2})
	epochs, err := ReadEpochs(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range epochs {
		if len(e.LearnedConstants) != 2 || i > 0 && cmp.Equal(e.LearnedConstants, epochs[i-1].LearnedConstants) {
			t.Errorf("epoch %d: %+v", e.Epoch, e.LearnedConstants)
		}
		for _, c := range e.LearnedConstants {
			if !(c.Least < c.LowerQuartile && c.LowerQuartile < c.Median && c.Median < c.UpperQuartile && c.UpperQuartile < c.Largest) {
				t.Errorf("epoch %d: %+v", e.Epoch, c)
			}
		}
	}
	if difference := cmp.Diff(summary.LearnedConstants, epochs[2].LearnedConstants); difference != "" {
		t.Error(difference)
	}
	interruptedFolder := interrupted(t, config, 5)
	resumed(t, interruptedFolder, Options{Workers: 1})
	again, err := ReadEpochs(interruptedFolder)
	if err != nil {
		t.Fatal(err)
	}
	for i := range epochs {
		if difference := cmp.Diff(epochs[i].LearnedConstants, again[i].LearnedConstants); difference != "" {
			t.Errorf("epoch %d after a resume: %s", i+1, difference)
		}
	}
}

// TestQuantile compares with the numbers of numpy.quantile.
func TestQuantile(t *testing.T) {
	for share, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 3, 0.75: 5, 1: 8} {
		if got := quantile([]float64{1, 2, 4, 8}, share); got != want {
			t.Errorf("quantile %g: %g, want %g", share, got, want)
		}
	}
	if got := quantile([]float64{7}, 0.25); got != 7 {
		t.Errorf("of a single value: %g", got)
	}
}
