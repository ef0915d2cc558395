package train

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDropout: training drops spikes and evaluation does not; interrupted runs, with any
// number of workers, end with the same weights.
func TestDropout(t *testing.T) {
	config := tiny(t)
	config.Training.Keep = "last"
	without, _ := finished(t, config, Options{})
	seen := map[string]string{without.WeightsSHA256: "no dropout"}
	for _, per := range []string{"spike", "neuron"} {
		for l := range config.Network.Layers {
			config.Network.Layers[l].Dropout, config.Network.Layers[l].DropoutPer = 0.4, per
		}
		want, folder := finished(t, config, Options{Workers: 1})
		if same, there := seen[want.WeightsSHA256]; there {
			t.Errorf("dropout per %s gives the weights of %s", per, same)
		}
		seen[want.WeightsSHA256] = per
		for _, batch := range []int{2, 8} {
			found := resumed(t, interrupted(t, config, batch), Options{Workers: 3})
			if difference := cmp.Diff(want, found, untimed()); difference != "" {
				t.Errorf("dropout per %s, cancelled in batch %d: %s", per, batch, difference)
			}
		}

		stored, model, err := ReadRun(folder)
		if err != nil {
			t.Fatal(err)
		}
		for l := range stored.Network.Layers {
			stored.Network.Layers[l].Dropout = 0
		}
		split, n, err := Prepare(&stored)
		if err != nil {
			t.Fatal(err)
		}
		weights, err := model.Weights(n)
		if err != nil {
			t.Fatal(err)
		}
		if found := evaluation(t, n, config.Seed, weights, split.Test); found.Loss != *want.TestLoss || found.Accuracy != *want.TestAccuracy {
			t.Errorf("dropout per %s: test loss %g, accuracy %g; of a network without dropout %g, %g", per, *want.TestLoss, *want.TestAccuracy, found.Loss, found.Accuracy)
		}
	}
}
