package data

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"spikegrad/cpuref"
)

func smallRandman(t testing.TB) Options {
	options := defaults(t, "randman")
	options.Randman.Classes = 5
	options.Randman.SamplesPerClass = 60
	options.Randman.Smoothness = 2
	return options
}

// spikeSteps returns the steps of single spikes, [sample][unit].
func spikeSteps(t *testing.T, source *stored) [][]int {
	t.Helper()
	batch := whole(t, source)
	checkRows(t, batch, source)
	steps := make([][]int, source.Len())
	for sample := range steps {
		steps[sample] = slices.Repeat([]int{-1}, source.Channels())
		for step, row := range batch.Rows[sample*source.Steps() : (sample+1)*source.Steps()] {
			for _, unit := range batch.Index[row[0]:row[1]] {
				if steps[sample][unit] >= 0 {
					t.Fatalf("sample %d: unit %d spikes twice", sample, unit)
				}
				steps[sample][unit] = step
			}
		}
	}
	return steps
}

func TestRandmanSpikes(t *testing.T) {
	options := smallRandman(t)
	for _, share := range []float64{1, 0.5} {
		options.Randman.StepFraction = share
		source := generateRandman(&options)
		latest, earliest := 0, options.Steps
		for sample, steps := range spikeSteps(t, source) {
			for unit, step := range steps {
				if step < 0 {
					t.Fatalf("sample %d: unit %d does not spike", sample, unit)
				}
				latest, earliest = max(latest, step), min(earliest, step)
			}
		}
		// y = 1 is step T·share, which does not exist if share is 1.
		if want := min(int(100*share), 99); latest != want || earliest != 0 {
			t.Errorf("share %g: spikes from step %d to %d", share, earliest, latest)
		}
	}
}

// The formula, written a second time with package math.
func TestRandmanFormula(t *testing.T) {
	options := smallRandman(t)
	options.Randman.Dimensions = 2
	options.Randman.Spikes = 2
	r := &options.Randman
	source := generateRandman(&options)
	uniform := func(a, b, c, d uint32, word int) float64 {
		return float64(cpuref.Philox([2]uint32{r.Seed, uint32(cpuref.StreamDataset)}, [4]uint32{a, b, c, d})[word]) / (1 << 32)
	}
	const class = 3
	want := make([]map[[2]int]bool, r.SamplesPerClass) // {step, unit}
	for i := range want {
		want[i] = map[[2]int]bool{}
	}
	for spike := range 2 {
		for unit := range r.Channels {
			y := make([]float64, r.SamplesPerClass)
			for sample := range y {
				y[sample] = 1
				for d := range 2 {
					x := uniform(uint32(sample), uint32(d), class, 1, 0)
					f := 0.0
					for i := 1; i < 32; i++ {
						counter := [3]uint32{uint32(i), uint32(2*unit + d), uint32(2*class + spike)}
						draw := func(word int) float64 { return uniform(counter[0], counter[1], counter[2], 0, word) }
						f += draw(0) / (math.Pow(float64(i+1), 2) + 1) * math.Sin(2*math.Pi*(float64(i)*x*draw(1)+draw(2)))
					}
					y[sample] *= f
				}
			}
			low, high := slices.Min(y), slices.Max(y)
			for sample := range y {
				step := int(100 * (y[sample] - low) / (high - low))
				want[sample][[2]int{min(step, 99), unit}] = true
			}
		}
	}
	batch := whole(t, source)
	checkRows(t, batch, source)
	for i := range want {
		sample := class*r.SamplesPerClass + i
		if source.Label(sample) != class {
			t.Fatalf("sample %d has label %d", sample, source.Label(sample))
		}
		spikes := 0
		for step, row := range batch.Rows[sample*100 : (sample+1)*100] {
			for _, unit := range batch.Index[row[0]:row[1]] {
				spikes++
				if !want[i][[2]int{step, int(unit)}] {
					t.Errorf("sample %d: unit %d spikes in step %d", sample, unit, step)
				}
			}
		}
		if spikes != len(want[i]) {
			t.Errorf("sample %d: %d spikes, %d expected", sample, spikes, len(want[i]))
		}
	}
}

// The same spikes on every processor and with any number of workers: the digest
// was computed by this program and must never change.
func TestRandmanGolden(t *testing.T) {
	const golden = "63bdc722d0d04a3c5f98c6e5e9f7d40a37dff1379e9c48562b9cd7061cf8b3bc"
	options := smallRandman(t)
	options.Randman.Spikes = 2
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, workers := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(workers)
		if got := digest(whole(t, generateRandman(&options))); got != golden {
			t.Errorf("%d workers: digest %s", workers, got)
		}
	}
	options.Randman.Seed = 1
	if digest(whole(t, generateRandman(&options))) == golden {
		t.Error("another seed gives the same spikes")
	}
}

// Classes of smooth manifolds can be told apart: the nearest training sample, by the
// sum of absolute differences of spike times, has the label of nearly every test
// sample. With the published smoothness of 0.5 and a thousand samples per class this
// no longer holds: neighbours on a manifold are too far apart.
func TestRandmanSeparable(t *testing.T) {
	published := defaults(t, "randman")
	published.Randman.StepFraction = 0.5
	smoother := published
	smoother.Randman.Smoothness = 1
	for name, test := range map[string]struct {
		options     Options
		least, most float64
	}{
		"small, smoothness 2": {smallRandman(t), 0.95, 1},
		"smoothness 1":        {smoother, 0.995, 1},
		"smoothness 0.5":      {published, 0.7, 0.88},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := generateRandman(&test.options)
			if share := nearestNeighbours(source, spikeSteps(t, source)); share < test.least || share > test.most {
				t.Errorf("%.3f of the samples have a nearest neighbour of their class, expected from %g to %g", share, test.least, test.most)
			}
		})
	}
}

// nearestNeighbours returns the share of samples, of every tenth, whose nearest
// neighbour has the same label.
func nearestNeighbours(source *stored, steps [][]int) float64 {
	right, total := 0, 0
	for test := 0; test < len(steps); test += 10 {
		nearest, best := -1, math.MaxInt
		for other := range steps {
			if other%10 == 0 {
				continue
			}
			distance := 0
			for unit, step := range steps[other] {
				distance += max(steps[test][unit]-step, step-steps[test][unit])
			}
			if distance < best {
				nearest, best = other, distance
			}
		}
		total++
		if source.Label(nearest) == source.Label(test) {
			right++
		}
	}
	return float64(right) / float64(total)
}

func TestSpectrum(t *testing.T) {
	for alpha, want := range map[float64]int{0.01: 1000, 0.5: 1000, 1: 1000, 1.5: 100, 2: 32, 3: 10, 100: 2} {
		s := spectrum(alpha)
		if len(s) != want {
			t.Errorf("smoothness %g: %d modes, %d expected", alpha, len(s), want)
		}
		for i, got := range s {
			if want := 1 / (math.Pow(float64(i+1), alpha) + 1); math.Abs(got-want) > 1e-12*want {
				t.Errorf("smoothness %g: s[%d] = %g, %g expected", alpha, i, got, want)
			}
		}
	}
}

func TestRandmanOneSample(t *testing.T) {
	options := smallRandman(t)
	options.Randman.SamplesPerClass = 1
	for _, steps := range spikeSteps(t, generateRandman(&options)) {
		if slices.Max(steps) != 0 {
			t.Errorf("a class of one sample spikes in steps %v", steps)
		}
	}
}
