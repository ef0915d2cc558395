package train

import (
	"fmt"

	"spikegrad/cpuref"
)

// Schedule specifies how the learning rate changes from epoch to epoch.
type Schedule struct {
	Kind   string  `toml:"kind"`   // constant, cosine or step
	Final  float64 `toml:"final"`  // cosine: share of the learning rate left at the end
	Length int     `toml:"length"` // cosine: epochs to get there; step: epochs per step
	Factor float64 `toml:"factor"` // step: factor on the rate at each step
}

// validate returns what is wrong with a schedule.
func (s *Schedule) validate() error {
	switch {
	case s.Kind != "constant" && s.Kind != "cosine" && s.Kind != "step":
		return fmt.Errorf("training.schedule.kind = %q is unknown; want constant, cosine or step", s.Kind)
	case s.Kind != "constant" && s.Length < 1:
		return fmt.Errorf("training.schedule.length = %d: a %s schedule needs 1 epoch or more", s.Length, s.Kind)
	case !(s.Final >= 0 && s.Final <= 1):
		return fmt.Errorf("training.schedule.final = %g: must be from 0 to 1", s.Final)
	case !(s.Factor > 0 && s.Factor <= 1):
		return fmt.Errorf("training.schedule.factor = %g: must be above 0 and up to 1", s.Factor)
	}
	return nil
}

// rate returns the factor on the learning rate in an epoch, numbered from 0: the same
// bits on every processor.
func (s *Schedule) rate(epoch int) float64 {
	switch s.Kind {
	case "cosine":
		turn := float64(min(epoch, s.Length)) / float64(s.Length) / 2
		wave := float64(0.5 * (1 + cpuref.SinTurns(turn+0.25)))
		return s.Final + float64((1-s.Final)*wave)
	case "step":
		rate := 1.0
		for range epoch / s.Length {
			rate = float64(rate * s.Factor)
		}
		return rate
	}
	return 1
}
