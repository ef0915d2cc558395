package check

import (
	"fmt"
	"math"
	"strings"
)

// Result counts what was compared.
type Result struct {
	Values    int         // numbers and spikes compared
	Different int         // of these, with different bits
	First     *Difference // the earliest in the order of computation; nil if none
}

// Difference is one number on which two engines disagree. Fields that do not
// apply are -1.
type Difference struct {
	Network  string `json:"network"`
	Pass     int    `json:"pass"` // 0, 1: before and with the first, second update; 2: evaluation
	Sample   int    `json:"sample"`
	Step     int    `json:"step"`
	Layer    int    `json:"layer"`
	Neuron   int    `json:"neuron"` // or class; of a weight, the target neuron
	From     int    `json:"from"`   // of a weight, the source neuron or channel
	Variable string `json:"variable"`
	Want     string `json:"want"` // on the reference: the number, with the bits if it is a float32
	Got      string `json:"got"`
}

// String describes the difference in one line.
func (d *Difference) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "network %q, pass %d", d.Network, d.Pass)
	for _, place := range []struct {
		name   string
		number int
	}{
		{"sample", d.Sample}, {"step", d.Step}, {"layer", d.Layer}, {"neuron", d.Neuron}, {"from", d.From},
	} {
		if place.number >= 0 {
			fmt.Fprintf(&line, ", %s %d", place.name, place.number)
		}
	}
	fmt.Fprintf(&line, ": %s is %s, must be %s", d.Variable, d.Got, d.Want)
	return line.String()
}

// Compare counts where the bits of two traces of the same case differ.
func Compare(want, got *Trace) (Result, error) {
	if len(want.arrays) != len(got.arrays) {
		return Result{}, fmt.Errorf("network %q gave %d arrays and %d: traces of the same case are needed", want.network, len(want.arrays), len(got.arrays))
	}
	var result Result
	var first *place
	for i := range want.arrays {
		a, b := &want.arrays[i], &got.arrays[i]
		if len(a.bits) != len(b.bits) {
			return Result{}, fmt.Errorf("network %q: %s has %d values, must have %d", want.network, a.variable, len(b.bits), len(a.bits))
		}
		result.Values += len(a.bits)
		for j := range a.bits {
			if a.bits[j] == b.bits[j] {
				continue
			}
			result.Different++
			if p := a.place(j); first == nil || p.before(first) {
				first = &p
				result.First = a.difference(want.network, p, b.bits[j])
			}
		}
	}
	return result, nil
}

// place is a number's position in a trace.
type place struct{ rank, step, index int }

func (a *array) place(index int) place {
	p := place{rank: a.rank, index: index}
	if a.axes == ofSteps {
		p.step = index / a.width % a.steps
	}
	return p
}

// before reports whether p is computed before q; within a step, arrays compare
// in the order they were added.
func (p *place) before(q *place) bool {
	return p.rank < q.rank || p.rank == q.rank && p.step < q.step
}

// difference describes a number of a trace and its counterpart in the other.
func (a *array) difference(network string, p place, got uint32) *Difference {
	d := &Difference{
		Network: network, Pass: a.pass, Sample: -1, Step: -1, Layer: a.layer, Neuron: -1, From: -1, Variable: a.variable,
		Want: a.text(a.bits[p.index]), Got: a.text(got),
	}
	last := p.index % a.width
	switch a.axes {
	case ofSteps:
		d.Sample, d.Step, d.Neuron = p.index/(a.width*a.steps), p.step, last
	case ofClasses:
		d.Sample, d.Neuron = p.index/a.width, last
	case ofSamples:
		d.Sample = p.index
	case ofWeights:
		d.Neuron, d.From = p.index/a.width, last
	}
	return d
}

// text formats a number for people, and its bits.
func (a *array) text(bits uint32) string {
	if a.integers {
		return fmt.Sprint(bits)
	}
	return fmt.Sprintf("%v (0x%08x)", math.Float32frombits(bits), bits)
}
