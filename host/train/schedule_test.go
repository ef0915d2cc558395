package train

import (
	"math"
	"testing"
)

func TestSchedule(t *testing.T) {
	cosine := Schedule{Kind: "cosine", Length: 10, Final: 0.1, Factor: 1}
	step := Schedule{Kind: "step", Length: 3, Factor: 0.5}
	for _, c := range []struct {
		schedule Schedule
		epoch    int
		want     float64
	}{
		{Schedule{Kind: "constant"}, 100, 1},
		{cosine, 0, 1}, {cosine, 5, 0.55}, {cosine, 10, 0.1}, {cosine, 25, 0.1},
		{step, 0, 1}, {step, 2, 1}, {step, 3, 0.5}, {step, 9, 0.125},
	} {
		if got := c.schedule.rate(c.epoch); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v in epoch %d: %v, want %v", c.schedule, c.epoch, got, c.want)
		}
	}
	for _, bad := range []Schedule{
		{Kind: "linear", Factor: 1}, {Kind: "cosine", Factor: 1}, {Kind: "step", Length: 1, Factor: 2},
		{Kind: "cosine", Length: 3, Final: math.NaN(), Factor: 1}, {Kind: "constant", Final: 2, Factor: 1},
	} {
		if bad.validate() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

// TestPatience: training ends after that many epochs in a row without improvement.
func TestPatience(t *testing.T) {
	r := &run{}
	r.config.Training = Training{Epochs: 10, Patience: 2}
	for _, c := range []struct {
		epochs, best int
		ended        bool
	}{{0, 0, false}, {1, 1, false}, {3, 2, false}, {4, 2, true}, {10, 9, true}} {
		r.progress.Epochs, r.progress.Best = c.epochs, nil
		if c.best > 0 {
			r.progress.Best = &best{Epoch: c.best}
		}
		if got := r.ended(); got != c.ended {
			t.Errorf("after epoch %d with the best in %d: ended is %v", c.epochs, c.best, got)
		}
	}
}

// TestTrainingOptions: augmentation, clipping and a schedule change the weights, each
// identically for any number of workers.
func TestTrainingOptions(t *testing.T) {
	config := tiny(t)
	config.Training.Keep = "last"
	plain, _ := finished(t, config, Options{Workers: 1})
	seen := map[string]string{plain.WeightsSHA256: "nothing"}
	for name, change := range map[string]func(*Config){
		"augmentation": func(c *Config) { c.Data.Augment.Drop = 0.3 },
		"clipping":     func(c *Config) { c.Training.ClipNorm = 0.01 },
		"schedule":     func(c *Config) { c.Training.Schedule = Schedule{Kind: "step", Length: 1, Factor: 0.5} },
	} {
		config := tiny(t)
		config.Training.Keep = "last" // otherwise all might keep the first epoch
		change(&config)
		one, _ := finished(t, config, Options{Workers: 1})
		if same, ok := seen[one.WeightsSHA256]; ok {
			t.Errorf("%s gives the weights of %s", name, same)
		}
		seen[one.WeightsSHA256] = name
		if several, _ := finished(t, config, Options{Workers: 3}); several.WeightsSHA256 != one.WeightsSHA256 {
			t.Errorf("%s gives other weights with 3 workers", name)
		}
	}
}
