package bench

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"spikegrad/gpu"
	"spikegrad/host/engine"
)

// TestTuningChoice has a kernel that is clearly faster with another size, one that is
// hardly faster, one that is slower and one whose fast round is an outlier.
func TestTuningChoice(t *testing.T) {
	sizes := []uint32{0, 32, 128}
	times := kernelRounds{}
	for name, rounds := range map[string][][]float64{
		"faster":  {{10, 10, 11}, {9, 9, 9}, {5, 6, 5}},
		"hardly":  {{10, 10, 10}, {9.6, 9.6, 9.6}, {12, 12, 12}},
		"slower":  {{10, 10, 10}, {20, 20, 20}, {30, 30, 30}},
		"outlier": {{10, 10, 10}, {1, 10, 11}, {1, 12, 12}},
	} {
		for size, list := range rounds {
			for round, ms := range list {
				times.add(name, size, round, ms/4)
				times.add(name, size, round, 3*ms/4) // of another shape
			}
		}
	}
	var tuning Tuning
	tuning.Groups = map[string]uint32{}
	for _, name := range slices.Sorted(maps.Keys(times)) {
		tuning.add(name, sizes, times[name])
	}
	if want := map[string]uint32{"faster": 128}; !maps.Equal(tuning.Groups, want) {
		t.Errorf("groups %v, want %v", tuning.Groups, want)
	}
	if k := tuning.Kernels[0]; k.Name != "faster" || !slices.Equal(k.MS, []float64{10, 9, 5}) || k.Group != 128 {
		t.Errorf("the first kernel is %+v", k)
	}
}

// TestTuningForms has forms that are clearly and hardly faster or slower than what kernels choose
// for themselves.
func TestTuningForms(t *testing.T) {
	for _, c := range []struct {
		own           bool
		without, with float64
		taken         bool
	}{{false, 10, 9, true}, {false, 10, 9.6, false}, {true, 9.6, 10, true}, {true, 9, 10, false}, {true, 10, 5, true}} {
		times := kernelRounds{}
		for variant, ms := range []float64{c.without, c.with} {
			for round, factor := range []float64{1, 2, 1} {
				times.add("scan", variant, round, factor*ms/4)
				times.add("sums", variant, round, factor*3*ms/4)
			}
		}
		tuning := Tuning{Tuning: gpu.Tuning{Forms: map[string]bool{}}}
		tuning.addForm("form", c.own, times)
		taken, stored := tuning.Forms["form"]
		if f := tuning.MeasuredForms[0]; f.Without != c.without || f.With != c.with || f.Taken != c.taken || stored != (c.taken != c.own) || stored && taken != c.taken {
			t.Errorf("%+v: measured %+v, stored %v", c, f, tuning.Forms)
		}
	}
}

// TestTuningSizes has devices with small workgroups.
func TestTuningSizes(t *testing.T) {
	for _, c := range []struct {
		lanes, x uint32
		want     []uint32
	}{{1024, 1024, []uint32{0, 32, 64, 128, 256}}, {128, 1024, []uint32{0, 32, 64, 128}}, {1024, 128, []uint32{0, 32, 64, 128}}} {
		info := gpu.DeviceInfo{}
		info.MaxWorkgroupInvocations, info.MaxWorkgroupSize[0] = c.lanes, c.x
		if got := tuningSizes(&info); !slices.Equal(got, c.want) {
			t.Errorf("%d lanes, %d along x: sizes %v, want %v", c.lanes, c.x, got, c.want)
		}
	}
}

// TestTuneMeasures measures tiny shapes on the first Vulkan device, and refuses the CPU.
func TestTuneMeasures(t *testing.T) {
	if _, err := Tune(t.Context(), Options{Repeats: 1}, nil); err == nil || !strings.Contains(err.Error(), "name a Vulkan device") {
		t.Errorf("the CPU engine was tuned: %v", err)
	}
	choice, err := engine.Choose("vulkan:0")
	if err != nil {
		t.Fatalf("%v; make deps installs a software driver", err)
	}
	shapes := tiny()[:1]
	times := kernelRounds{}
	for size, lanes := range []uint32{0, 32} {
		options := Options{Choice: choice, Kernels: true, Tuning: gpu.Tuning{Groups: map[string]uint32{"": lanes}}}
		if err := times.measure(t.Context(), shapes, &options, size, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lif_forward", "lif_backward", "weight_gradient", "optimizer"} {
		for size := range 2 {
			if len(times[name]) != 2 || len(times[name][size]) != 1 || !(times[name][size][0] > 0) {
				t.Errorf("%s: %v", name, times[name])
				break
			}
		}
	}
	shapes[0].Network.Layers[0].Neurons = 0
	if err := times.measure(t.Context(), shapes, &Options{Choice: choice}, 0, 0); err == nil {
		t.Error("a network without neurons was measured")
	}
}
