package data

import (
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	want := ascending(1000)
	seen := map[int]bool{}
	for seed := range uint32(3) {
		for epoch := range uint32(3) {
			order := Order(1000, seed, epoch)
			if !slices.Equal(order, Order(1000, seed, epoch)) {
				t.Error("two orders of the same epoch")
			}
			seen[order[0]*1000+order[1]] = true
			slices.Sort(order)
			if !slices.Equal(order, want) {
				t.Errorf("seed %d, epoch %d: not a permutation", seed, epoch)
			}
		}
	}
	if len(seen) != 9 {
		t.Errorf("%d different orders of 9", len(seen))
	}
	if len(Order(0, 1, 1)) != 0 || Order(1, 1, 1)[0] != 0 {
		t.Error("orders of no and of one sample")
	}
}

// All 24 orders of four samples are equally frequent: chi squared with 23
// degrees of freedom stays below 49.7, its 99.9 % quantile.
func TestOrderUniform(t *testing.T) {
	const draws = 24_000
	counts := map[[4]int]float64{}
	for epoch := range uint32(draws) {
		counts[[4]int(Order(4, 9, epoch))]++
	}
	sum := float64(24-len(counts)) * draws / 24
	for _, count := range counts {
		sum += (count - draws/24) * (count - draws/24) / (draws / 24)
	}
	if sum > 49.7 {
		t.Errorf("chi squared %g over %d orders", sum, len(counts))
	}
}

func members(t *testing.T, source Source) []int {
	t.Helper()
	return source.(*subset).samples
}

func TestSplit(t *testing.T) {
	options := defaults(t, "digits")
	first := open(t, "", options)
	if first.Train.Len() != 1258 || first.Validation.Len() != 180 || first.Test.Len() != 359 {
		t.Errorf("%d, %d, %d samples", first.Train.Len(), first.Validation.Len(), first.Test.Len())
	}
	options.Seed = 5
	second := open(t, "", options)
	options.SplitSeed = 1
	third := open(t, "", options)
	for _, s := range []Split{first, second, third} {
		all := slices.Concat(members(t, s.Train), members(t, s.Validation), members(t, s.Test))
		slices.Sort(all)
		if !slices.Equal(all, ascending(1797)) {
			t.Error("the parts are not all samples, each once")
		}
	}
	if !slices.Equal(members(t, first.Test), members(t, second.Test)) {
		t.Error("the seed of the run changes the test samples")
	}
	if slices.Equal(members(t, first.Validation), members(t, second.Validation)) {
		t.Error("the seed of the run does not change the validation samples")
	}
	if slices.Equal(members(t, first.Test), members(t, third.Test)) {
		t.Error("the seed of the split does not change the test samples")
	}
}

func TestSplitExtremes(t *testing.T) {
	options := defaults(t, "digits")
	options.Validation, options.Test = 0, 0
	s := open(t, "", options)
	if s.Train.Len() != 1797 || s.Validation.Len() != 0 || s.Test.Len() != 0 {
		t.Errorf("%d, %d, %d samples", s.Train.Len(), s.Validation.Len(), s.Test.Len())
	}
	options.Validation, options.Test = 0.4999, 0.5
	_, err := Open("", options)
	wantError(t, err, "1797", "898", "899")
}
