package engine

import (
	"testing"

	"spikegrad/gpu"
	"spikegrad/host/network"
)

// TestChooseCut: whole samples where a chunk of them fits a device, else segments short enough to
// fit, and not much shorter.
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
		"rounds":  {all: 1 << 40, one: 1 << 32, alignment: 64, rounds: whole.rounds() - 1},
		"little":  {all: total / 4, one: 1 << 32, alignment: 64},
	} {
		e := choose(l)
		enough := func(e *Vulkan) bool {
			_, _, ok := e.fits(8)
			return ok && (l.rounds == 0 || e.rounds() <= l.rounds)
		}
		if e.cut.count() < 2 || !enough(e) {
			t.Errorf("%s: %+v does not fit", what, e.cut)
		}
		longer := &Vulkan{plan: plan, limits: l, cut: plan.cutAt(min(4*e.cut.length, n.Steps))}
		if enough(longer) {
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

// TestRounds: a loss that a driver would cut short is refused.
func TestRounds(t *testing.T) {
	n := &network.Network{
		Inputs: 20, Classes: 20, Steps: 1000, StepLength: 0.002,
		Layers: []network.Layer{network.DefaultLayer()}, Readout: network.DefaultReadout(),
	}
	for loss, refused := range map[string]bool{"max_over_time": false, "sum_of_softmax": true} {
		n.Readout.Loss = loss
		plan, err := newPlan[float32](n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		e := &Vulkan{plan: plan, limits: limits{rounds: llvmpipeRounds}}
		if err := e.checkRounds(); (err != nil) != refused {
			t.Errorf("%s: error %v", loss, err)
		}
		if e.limits.rounds = 0; e.checkRounds() != nil {
			t.Errorf("%s: refused without a limit", loss)
		}
	}
}

func TestRoundLimit(t *testing.T) {
	for info, want := range map[[2]string]int{
		{"llvmpipe", "Mesa 22.3.6 (LLVM 15.0.6)"}: llvmpipeRounds,
		{"llvmpipe", "unknown"}:                   llvmpipeRounds,
		{"llvmpipe", "Mesa 25.0.7-2~bpo12+1"}:     0,
		{"SwiftShader driver", "Mesa 22.3"}:       0,
	} {
		if got := roundLimit(gpu.DeviceInfo{Driver: info[0], DriverInfo: info[1]}); got != want {
			t.Errorf("%s: limit %d, want %d", info, got, want)
		}
	}
}
