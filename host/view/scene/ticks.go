package scene

import (
	"math"
	"strconv"
	"strings"
)

// tick is a mark on an axis.
type tick struct {
	share float64 // fraction of the way from the low end to the high one
	label string
}

// niceStep is the smallest of 1, 2, 5, 10, … that divides a span into at most the given number of
// parts.
func niceStep(span float64, parts int) float64 {
	rough := span / float64(max(parts, 1))
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*unit >= rough*(1-1e-9) {
			return factor * unit
		}
	}
	return 10 * unit
}

// ticks marks the multiples of [niceStep] between two ends.
func ticks(low, high float64, parts int) []tick {
	if !(high > low) {
		return nil
	}
	step := niceStep(high-low, parts)
	digits := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	var marks []tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		value := k * step
		marks = append(marks, tick{(value - low) / (high - low), number(value, digits)})
	}
	return marks
}

// number formats a value with the given number of digits and a typographic minus sign.
func number(value float64, digits int) string {
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return strings.Replace(text, "-", "−", 1)
}

// rowTicks marks whole rows of a raster at their centres.
func rowTicks(rows, parts int) []tick {
	step := max(1, int(niceStep(float64(rows), parts)))
	var marks []tick
	for row := 0; row < rows; row += step {
		marks = append(marks, tick{(float64(row) + 0.5) / float64(rows), strconv.Itoa(row)})
	}
	return marks
}

// span is a range of values to show: round ends around all of them, and not empty even if
// they are all the same or there are none.
type span struct{ low, high float64 }

func newSpan(low, high float64) span {
	if !(low <= high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return span{0, 1}
	}
	if high-low < 1e-6*max(math.Abs(low), math.Abs(high), 1e-6) {
		margin := max(math.Abs(high), 1) / 2
		low, high = low-margin, high+margin
	}
	step := niceStep(high-low, 8)
	return span{math.Floor(low/step) * step, math.Ceil(high/step) * step}
}
