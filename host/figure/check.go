package figure

import (
	"fmt"
	"math"
)

// largest is the greatest magnitude that can be drawn, and 1/largest the smallest on a
// logarithmic axis: ranges, with a margin at both ends, have to be finite.
const largest = 1e250

// extent is the range of the values seen so far.
type extent struct {
	lo, hi float64
	any    bool
}

func (e *extent) add(values ...float64) {
	for _, v := range values {
		if !e.any {
			e.lo, e.hi, e.any = v, v, true
			continue
		}
		e.lo, e.hi = min(e.lo, v), max(e.hi, v)
	}
}

// checkFinite fails at the first value that is NaN, infinite or too large.
func checkFinite(what string, values []float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.Abs(v) > largest {
			return fmt.Errorf("figure: %s: value %d of %d is %v: only finite numbers can be drawn", what, i+1, len(values), v)
		}
	}
	return nil
}

// checkLength fails unless the list has the wanted length.
func checkLength(what string, got, want int, wanted string) error {
	if got != want {
		return fmt.Errorf("figure: %s: %d values, but %s %d: give one for each", what, got, wanted, want)
	}
	return nil
}

// checkBand checks an optional band: absent, or a low and a high end for each
// value, finite, low ≤ high.
func checkBand(what string, low, high []float64, want int) error {
	if len(low) == 0 && len(high) == 0 {
		return nil
	}
	if err := checkLength(what+": low end", len(low), want, "the values are"); err != nil {
		return err
	}
	if err := checkLength(what+": high end", len(high), want, "the values are"); err != nil {
		return err
	}
	if err := checkFinite(what+": low end", low); err != nil {
		return err
	}
	if err := checkFinite(what+": high end", high); err != nil {
		return err
	}
	for i := range low {
		if low[i] > high[i] {
			return fmt.Errorf("figure: %s: low end %v of value %d lies above its high end %v: exchange them", what, low[i], i+1, high[i])
		}
	}
	return nil
}

// checkPositive fails at the first value that a logarithmic axis cannot show.
func checkPositive(what string, values []float64) error {
	for i, v := range values {
		if v <= 0 {
			return fmt.Errorf("figure: %s: value %d is %v, but a logarithmic axis shows only values above 0: use a linear one", what, i+1, v)
		}
		if v < 1/largest {
			return fmt.Errorf("figure: %s: value %d is %v, too small for a logarithmic axis: use a linear one", what, i+1, v)
		}
	}
	return nil
}

// checkFractions fails at the first value that is not a valid accuracy.
func checkFractions(what string, values []float64) error {
	for i, v := range values {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("figure: %s: value %d is %v: accuracies are fractions from 0 to 1, not percent", what, i+1, v)
		}
	}
	return nil
}

// checkTime checks the time axis of a raster.
func checkTime(what string, steps int, stepMS float64) error {
	if steps <= 0 {
		return fmt.Errorf("figure: %s has %d time steps: at least 1 is needed", what, steps)
	}
	if !(stepMS > 0) || stepMS*float64(steps) > largest {
		return fmt.Errorf("figure: %s has a step length of %v ms: it must be above 0 and finite", what, stepMS)
	}
	return nil
}

// named returns a name in quotation marks, or the item's number if it has no name.
func named(kind, name string, index int) string {
	if name == "" {
		return fmt.Sprintf("%s %d", kind, index+1)
	}
	return fmt.Sprintf("%s %q", kind, name)
}
