package figure

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// axis maps values to a length and divides it with ticks.
type axis struct {
	label    string // what is shown, with its unit
	min, max float64
	log      bool // logarithmic: min > 0
	whole    bool // ticks at whole numbers only
	bare     bool // no ticks, labels or axis line
	named    bool // ticks are names of rows or columns: no tick lines
	upright  bool // labels are written upwards; for an x axis
	ticks    []tick
}

// tick is a mark on an axis. A tick without a label is a minor one. Power is written as a
// superscript after the label, for powers of ten.
type tick struct {
	value        float64
	label, power string
}

func (t tick) width(style typeface) vg.Length {
	return style.width(t.label) + raised(style).width(t.power)
}

func (t tick) draw(c draw.Canvas, style typeface, at vg.Point, anchor vg.Length) {
	at.X -= anchor * t.width(style)
	style.draw(c, at, 0, t.label)
	raised(style).draw(c, vg.Point{X: at.X + style.width(t.label), Y: at.Y + 0.38*style.size}, 0, t.power)
}

func raised(style typeface) typeface {
	style.size *= 0.75
	return style
}

// widest is the width of the widest tick label.
func (a *axis) widest() vg.Length {
	var widest vg.Length
	for _, t := range a.ticks {
		widest = max(widest, t.width(smallText()))
	}
	return widest
}

// fraction returns where a value lies between the ends of the axis, 0 to 1.
func (a *axis) fraction(v float64) float64 {
	if a.log {
		// Differences of logarithms, because a ratio could overflow.
		return (math.Log(v) - math.Log(a.min)) / (math.Log(a.max) - math.Log(a.min))
	}
	return (v - a.min) / (a.max - a.min)
}

// linearAxis covers the values with a small margin, and includes zero if that costs less
// than a third of the length.
func linearAxis(label string, values extent) axis {
	lo, hi := values.lo, values.hi
	if lo > 0 && lo < (hi-lo)/2 {
		lo = 0
	}
	if hi < 0 && -hi < (hi-lo)/2 {
		hi = 0
	}
	room := 0.05 * (hi - lo)
	// A range far below the precision of its values could not be divided into ticks.
	if size := max(math.Abs(lo), math.Abs(hi)); hi-lo <= 1e-9*size {
		room = 0.1 * size
	}
	if room == 0 {
		room = 1
	}
	a := axis{label: label, min: lo - room, max: hi + room}
	if lo == 0 {
		a.min = 0
	}
	if hi == 0 && lo < 0 {
		a.max = 0
	}
	return a
}

// logAxis covers positive values with a small margin.
func logAxis(label string, values extent) axis {
	room := math.Exp(0.05 * (math.Log(values.hi) - math.Log(values.lo)))
	if room < 1.02 {
		room = 1.5
	}
	return axis{label: label, min: values.lo / room, max: values.hi * room, log: true}
}

// divide sets ticks for an axis of the given length, about one per spacing. Axes with
// explicit ticks keep them.
func (a *axis) divide(length, spacing vg.Length) {
	if a.ticks != nil || a.bare {
		return
	}
	count := max(2, int(length/spacing))
	if a.log {
		a.ticks = logTicks(a.min, a.max, count)
		return
	}
	a.ticks = linearTicks(a.min, a.max, count, a.whole)
}

// divideWidth is divide for a horizontal axis, where labels lie side by side: it reduces
// the number of ticks until the labels do not touch.
func (a *axis) divideWidth(length vg.Length, style typeface) {
	if a.ticks != nil || a.bare {
		return
	}
	for spacing := vg.Length(36); ; spacing *= 1.3 {
		a.ticks = nil
		a.divide(length, spacing)
		if a.clear(length, style) || spacing > length {
			return
		}
	}
}

func (a *axis) clear(length vg.Length, style typeface) bool {
	end := vg.Length(math.Inf(-1))
	for _, t := range a.ticks {
		if t.label == "" {
			continue
		}
		middle, width := vg.Length(a.fraction(t.value))*length, t.width(style)
		if middle-width/2 < end+5 {
			return false
		}
		end = middle + width/2
	}
	return true
}

// linearTicks returns at most count+1 ticks at round values in [lo, hi].
func linearTicks(lo, hi float64, count int, whole bool) []tick {
	step := roundStep((hi-lo)/float64(count), whole)
	first, last := math.Ceil(lo/step-1e-6), math.Floor(hi/step+1e-6)
	decimals := 0
	for scaled := step; decimals < 12 && math.Abs(scaled-math.Round(scaled)) > 1e-6; decimals++ {
		scaled *= 10
	}
	size := max(math.Abs(lo), math.Abs(hi))
	scientific := size >= 1e6 || size < 1e-3
	var ticks []tick
	for k := first; k <= last; k++ {
		t := tick{value: k * step}
		switch {
		case k == 0:
			t.label = "0"
		case scientific:
			t.label, t.power = scientificLabel(t.value, step)
		default:
			t.label = minus(strconv.FormatFloat(t.value, 'f', decimals, 64))
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// roundStep returns the smallest of 1, 2, 2.5, 5 times a power of ten that is not below the
// wanted step; if the step has to be whole, of 1, 2, 5, and at least 1.
func roundStep(wanted float64, whole bool) float64 {
	power := math.Pow(10, math.Floor(math.Log10(wanted)))
	if whole && wanted <= 1 {
		return 1
	}
	for _, factor := range []float64{1, 2, 2.5, 5} {
		if factor == 2.5 && whole {
			continue
		}
		if factor*power >= wanted*(1-1e-9) {
			return factor * power
		}
	}
	return 10 * power
}

// scientificLabel writes a value as a multiple of a power of ten, with as many digits as
// the step requires.
func scientificLabel(value, step float64) (label, power string) {
	exponent := math.Floor(math.Log10(math.Abs(value)) + 1e-9)
	digits := int(max(0, exponent-math.Floor(math.Log10(step)+1e-9)+1))
	mantissa := strconv.FormatFloat(value/math.Pow(10, exponent), 'f', min(digits, 12), 64)
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return minus(mantissa) + "×10", minus(strconv.Itoa(int(exponent)))
}

// logTicks labels the powers of ten in [lo, hi], or every second, third … of them; below
// two decades also 2 and 5, and for still smaller ranges round values.
func logTicks(lo, hi float64, count int) []tick {
	first, last := math.Ceil(math.Log10(lo)-1e-9), math.Floor(math.Log10(hi)+1e-9)
	if last-first < 1 && hi/lo < 5 {
		return linearTicks(lo, hi, count, false)
	}
	stride := max(1, math.Ceil((last-first+1)/float64(count)))
	plain := lo >= 5e-4 && hi <= 2e4
	var ticks []tick
	for k := first - 1; k <= last; k++ {
		for factor := 1.0; factor <= 9; factor++ {
			t := tick{value: factor * math.Pow(10, k)}
			if t.value < lo*(1-1e-9) || t.value > hi*(1+1e-9) {
				continue
			}
			between := last-first < 2 && (factor == 2 || factor == 5)
			switch {
			case factor != 1 && !between:
				if stride > 1 {
					continue
				}
			case math.Mod(k-first, stride) != 0:
			case plain:
				t.label = strconv.FormatFloat(t.value, 'f', int(max(0, -k)), 64)
			case factor == 1:
				t.label, t.power = "10", minus(strconv.Itoa(int(k)))
			default:
				t.label, t.power = strconv.Itoa(int(factor))+"×10", minus(strconv.Itoa(int(k)))
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// minus replaces the hyphen with a minus sign.
func minus(number string) string { return strings.Replace(number, "-", "−", 1) }
