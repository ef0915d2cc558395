package engine

import (
	"testing"

	"spikegrad/host/network"
)

// TestChooseCut: whole samples where a chunk of them fits a device, else segments so
// short that it does, and not much shorter than that.
func TestChooseCut(t *testing.T) {
	n := &network.Network{
		Inputs: 20, Classes: 5, Steps: 1000, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	plan, err := newPlan[float32](n, Options{})
	if err != nil {
		t.Fatal(err)
	}
	choose := func(l limits) *Vulkan {
		e := &Vulkan{plan: plan, limits: l}
		e.chooseCut()
		return e
	}
	plenty := limits{all: 1 << 40, one: 1 << 32, alignment: 64}
	whole := choose(plenty)
	if whole.cut.count() != 1 {
		t.Errorf("with plenty of memory samples are cut: %+v", whole.cut)
	}
	total, largest, _ := whole.fits(8)
	for what, l := range map[string]limits{
		"memory":  {all: total - 1, one: 1 << 32, alignment: 64},
		"binding": {all: 1 << 40, one: largest - 1, alignment: 64},
		"little":  {all: total / 4, one: 1 << 32, alignment: 64},
	} {
		e := choose(l)
		if _, _, ok := e.fits(8); e.cut.count() < 2 || !ok {
			t.Errorf("%s: %+v does not fit", what, e.cut)
		}
		longer := &Vulkan{plan: plan, limits: l, cut: plan.cutAt(min(4*e.cut.length, n.Steps))}
		if _, _, ok := longer.fits(8); ok {
			t.Errorf("%s: segments of %d steps, though %d fit", what, e.cut.length, longer.cut.length)
		}
	}
	if e := choose(limits{all: 1000, one: 1000, alignment: 64}); e.cut.length != 32 {
		t.Errorf("where nothing fits, segments have %d steps", e.cut.length)
	}
	plan.options.SegmentSteps = 100
	if e := choose(plenty); e.cut.length != 96 {
		t.Errorf("100 steps were asked for, segments have %d", e.cut.length)
	}
}
