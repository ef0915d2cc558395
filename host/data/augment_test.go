package data

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/cpuref"
	"spikegrad/host/batch"
)

// augmentation is the augmentation of a source that options ask for.
func augmentation(t testing.TB, a Augment, source Source) *cpuref.Augmentation {
	t.Helper()
	options := Options{Augment: a, Seed: 3}
	if options.Augment.Jitter == "" {
		options.Augment.Jitter = "gaussian"
	}
	made, err := NewAugmentation(&options, source)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// everything is several augmentations at once.
var everything = Augment{Drop: 0.2, Insert: 3, JitterTime: 1.5, JitterChannels: 4}

// lattice is a source of one kind of sample: a spike in every period-th step and
// channel.
func lattice(steps, channels, period int) *stored {
	s := &stored{description: description{name: "lattice", channels: channels, steps: steps, stepLength: 0.001, classNames: numberedClasses(1)}}
	spikes := newRaster(steps, channels)
	for step := 0; step < steps; step += period {
		for channel := 0; channel < channels; channel += period {
			spikes.mark(step, channel)
		}
	}
	s.add(0, spikes)
	return s
}

// varied is a batch with its augmentation applied, as an engine does it.
func varied(batch batch.Batch, source Source) batch.Batch {
	if batch.Augment == nil {
		return batch
	}
	words := cpuref.Words(source.Channels())
	spikes := make([]uint32, len(batch.Rows)*words)
	for i := range spikes {
		spikes[i] = 0xdeadbeef
	}
	events := cpuref.Events{Rows: batch.Rows, Index: batch.Index}
	cpuref.Augment(spikes, events, batch.Numbers, batch.Augment, source.Channels(), source.Steps(), 0, batch.Samples())
	events = cpuref.AppendEvents(cpuref.Events{}, spikes, words, 0, len(batch.Rows))
	batch.Rows, batch.Index, batch.Augment = events.Rows, events.Index, nil
	return batch
}

// presented is a batch of one sample presented under many numbers, with its augmentation applied.
func presented(t testing.TB, filler *Filler, source Source, count int) batch.Batch {
	t.Helper()
	numbers := make([]uint32, count)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	var batch batch.Batch
	if err := filler.Fill(&batch, source, make([]int, count), numbers); err != nil {
		t.Fatal(err)
	}
	return varied(batch, source)
}

// near fails unless a count is within five standard deviations of the expected one.
func near(t *testing.T, what string, got, trials int, probability float64) {
	t.Helper()
	mean := float64(trials) * probability
	if deviation := math.Sqrt(mean * (1 - probability)); math.Abs(float64(got)-mean) > 5*deviation+1 {
		t.Errorf("%s: %d of %d, %.1f ± %.1f expected", what, got, trials, mean, deviation)
	}
}

func TestAugmentNothing(t *testing.T) {
	source := lattice(20, 70, 1)
	if augmentation(t, Augment{}, source) != nil {
		t.Error("an augmentation for nothing")
	}
	plain := presented(t, &Filler{}, source, 3)
	same := presented(t, &Filler{Augmentation: &cpuref.Augmentation{}}, source, 3)
	if diff := cmp.Diff(plain, same, given); diff != "" {
		t.Errorf("an augmentation that does nothing: %s", diff)
	}
}

func TestAugmentDrop(t *testing.T) {
	source := lattice(50, 100, 1)
	for _, drop := range []float64{0.01, 0.3, 0.9} {
		batch := presented(t, &Filler{Augmentation: augmentation(t, Augment{Drop: drop}, source)}, source, 20)
		checkRows(t, batch, source)
		near(t, "kept", len(batch.Index), 50*100*20, 1-drop)
	}
}

// Inserted spikes are a Poisson process of the requested rate in each channel: in a step of dt, a
// channel has one with probability 1 − exp(−rate·dt).
func TestAugmentInsert(t *testing.T) {
	source := lattice(50, 130, 1000) // one spike
	for _, rate := range []float64{0.5, 20, 900} {
		batch := presented(t, &Filler{Augmentation: augmentation(t, Augment{Insert: rate}, source)}, source, 40)
		checkRows(t, batch, source)
		expected := 1 - math.Exp(-rate*0.001)
		near(t, "spikes", len(batch.Index)-40, 50*130*40, expected)
		inChannel := make([]int, 130)
		for _, channel := range batch.Index {
			inChannel[channel]++
		}
		for channel, count := range inChannel[1:] {
			near(t, "spikes in a channel", count, 50*40, expected)
			if rate == 900 && count == 0 {
				t.Errorf("no spike in channel %d", channel+1)
			}
		}
	}
}

// One spike in the middle moves with the probabilities of the distribution.
func TestAugmentJitter(t *testing.T) {
	source := lattice(41, 41, 1000)
	source.counts[0], source.counts[20], source.channels[0] = 0, 1, 20
	const trials = 20_000
	for _, test := range []struct {
		augment     Augment
		probability func(k int) float64 // of a move by k, unscaled
		time        bool
	}{
		{Augment{JitterTime: 2, Jitter: "gaussian"}, func(k int) float64 { return math.Exp(-float64(k*k) / 8) }, true},
		{Augment{JitterChannels: 0.7, Jitter: "gaussian"}, func(k int) float64 { return math.Exp(-float64(k*k) / 0.98) }, false},
		{Augment{JitterTime: 3, Jitter: "uniform"}, func(k int) float64 { return map[bool]float64{true: 1}[k*k <= 9] }, true},
		{Augment{JitterChannels: 1, Jitter: "uniform"}, func(k int) float64 { return map[bool]float64{true: 1}[k*k <= 1] }, false},
	} {
		batch := presented(t, &Filler{Augmentation: augmentation(t, test.augment, source)}, source, trials)
		if len(batch.Index) != trials {
			t.Fatalf("%+v: %d spikes of %d", test.augment, len(batch.Index), trials)
		}
		moves := make([]int, 41)
		for r, row := range batch.Rows {
			for _, channel := range batch.Index[row[0]:row[1]] {
				step, other := r%41, int(channel)
				if !test.time {
					step, other = other, step
				}
				if other != 20 {
					t.Fatalf("%+v: moved the other way, to %d", test.augment, other)
				}
				moves[step]++
			}
		}
		sum := 0.0
		for k := -20; k <= 20; k++ {
			sum += test.probability(k)
		}
		for k := -20; k <= 20; k++ {
			near(t, "move", moves[20+k], trials, test.probability(k)/sum)
		}
	}
}

func equalRows(a, b [][]uint32) bool { return slices.EqualFunc(a, b, slices.Equal[[]uint32]) }

// Spikes that meet become one, those that leave are gone; a presentation has the same spikes
// whatever the order of samples and the number of workers.
func TestAugmentArrangement(t *testing.T) {
	for name, source := range sources(t) {
		made := augmentation(t, everything, source)
		samples := []int{7, 3, 3, 0, 20, 11, 5}
		numbers := []uint32{100, 4, 5, 1 << 31, 6, 7, 8}
		var want batch.Batch
		if err := (&Filler{Augmentation: made}).Fill(&want, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
		wanted := varied(want, source)
		checkRows(t, wanted, source)
		for _, workers := range []int{2, 3, 7} {
			filler := Filler{Workers: workers, Augmentation: made}
			var got batch.Batch
			for range 2 {
				if err := filler.Fill(&got, source, samples, numbers); err != nil {
					t.Fatal(err)
				}
				if !sameBatch(&want, &got) {
					t.Fatalf("%s: %d workers give another batch", name, workers)
				}
			}
		}
		spikes := func(batch batch.Batch, place int) (rows [][]uint32) {
			for _, row := range batch.Rows[place*source.Steps() : (place+1)*source.Steps()] {
				rows = append(rows, slices.Clone(batch.Index[row[0]:row[1]]))
			}
			return rows
		}
		slices.Reverse(samples)
		slices.Reverse(numbers)
		var turned batch.Batch
		if err := (&Filler{Augmentation: made}).Fill(&turned, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
		variedTurned := varied(turned, source)
		for place := range samples {
			if !equalRows(spikes(wanted, place), spikes(variedTurned, len(samples)-1-place)) {
				t.Errorf("%s: other spikes in place %d than in place %d", name, place, len(samples)-1-place)
			}
		}
		// Another presentation of the same sample, and another seed.
		if equalRows(spikes(wanted, 1), spikes(wanted, 2)) {
			t.Errorf("%s: two presentations have the same spikes", name)
		}
		other := *made
		other.Key[0]++
		var seeded batch.Batch
		if err := (&Filler{Augmentation: &other}).Fill(&seeded, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
		if seeded = varied(seeded, source); sameBatch(&variedTurned, &seeded) {
			t.Errorf("%s: another seed gives the same spikes", name)
		}
	}
}

// The same spikes on every processor: the digest was computed by this program and
// must never change.
func TestAugmentGolden(t *testing.T) {
	const golden = "f61cee4637accd32bb83eb9b5c0fe9e13fc643e73939a9ed2a151d5130831655"
	source := lattice(60, 90, 3)
	if got := digest(presented(t, &Filler{Augmentation: augmentation(t, everything, source)}, source, 5)); got != golden {
		t.Errorf("digest %s", got)
	}
}

// The rule for a spike, written a second time.
func TestAugmentSpike(t *testing.T) {
	source := lattice(10, 10, 1)
	a := augmentation(t, Augment{Drop: 0.5, JitterTime: 1, JitterChannels: 2, Jitter: "uniform"}, source)
	for number := range uint32(50) {
		for step := range uint32(10) {
			words := cpuref.Philox([2]uint32{3, uint32(cpuref.StreamEncoder)}, [4]uint32{number, step, 4, 1})
			wantStep := int(step) + int(uint64(words[1])*3>>32) - 1
			wantChannel := 4 + int(uint64(words[2])*5>>32) - 2
			wantKept := words[0] >= 1<<31 && wantStep >= 0 && wantStep < 10
			gotStep, gotChannel, gotKept := a.Move(a.Together(number), number, step, 4, 10, 10)
			if gotStep != wantStep || gotChannel != wantChannel || gotKept != wantKept {
				t.Fatalf("presentation %d, step %d: to step %d, channel %d, kept %t; want %d, %d, %t",
					number, step, gotStep, gotChannel, gotKept, wantStep, wantChannel, wantKept)
			}
		}
	}
}

func TestAugmentAllocatesNothing(t *testing.T) {
	source := lattice(60, 90, 3)
	filler := Filler{Augmentation: augmentation(t, everything, source)}
	samples, numbers := []int{0, 0, 0, 0}, []uint32{1, 2, 3, 4}
	var batch batch.Batch
	fill := func() {
		if err := filler.Fill(&batch, source, samples, numbers); err != nil {
			t.Fatal(err)
		}
	}
	if allocations := testing.AllocsPerRun(10, fill); allocations != 0 {
		t.Errorf("%g allocations a batch", allocations)
	}
}

func TestAugmentErrors(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		change func(*Augment)
		want   []string
	}{
		{func(a *Augment) { a.Drop = 1 }, []string{"data.augment.drop = 1", "below 1"}},
		{func(a *Augment) { a.Drop = nan }, []string{"data.augment.drop = NaN"}},
		{func(a *Augment) { a.Insert = -1 }, []string{"data.augment.insert = -1"}},
		{func(a *Augment) { a.Insert = 501 }, []string{"data.augment.insert = 501", "0.002 s"}},
		{func(a *Augment) { a.JitterTime = -0.5 }, []string{"data.augment.jitter_time", "0 to 1000"}},
		{func(a *Augment) { a.JitterTime = math.Inf(1) }, []string{"data.augment.jitter_time"}},
		{func(a *Augment) { a.JitterChannels = 1001 }, []string{"data.augment.jitter_channels"}},
		{func(a *Augment) { a.StretchChannels = 0.6 }, []string{"data.augment.stretch_channels = 0.6", "0 to 0.5"}},
		{func(a *Augment) { a.ShiftPixels = -1 }, []string{"data.augment.shift_pixels", "0 to 1000"}},
		{func(a *Augment) { a.Jitter, a.JitterChannels = "uniform", 1.5 }, []string{"data.augment.jitter_channels = 1.5", "whole"}},
		{func(a *Augment) { a.Jitter = "normal" }, []string{"data.augment.jitter", `"normal"`, "gaussian or uniform"}},
	} {
		options := defaults(t, "randman")
		test.change(&options.Augment)
		wantError(t, options.Validate(), test.want...)
	}
	options := Options{Augment: Augment{Insert: 900, Jitter: "gaussian"}}
	_, err := NewAugmentation(&options, lattice(2, 1000, 1))
	wantError(t, err, "data.augment.insert = 900", "900 spikes", "500")
}

func BenchmarkAugment(b *testing.B) {
	source := sources(b)["spoken"]
	samples := ascending(32)
	numbers := make([]uint32, len(samples))
	filler := Filler{Augmentation: augmentation(b, everything, source)}
	var batch batch.Batch
	for b.Loop() {
		if err := filler.Fill(&batch, source, samples, numbers); err != nil {
			b.Fatal(err)
		}
		varied(batch, source)
	}
}

// All spikes of a sample move together; over samples, the moves have the requested distribution.
func TestAugmentShift(t *testing.T) {
	source := lattice(41, 41, 1000)
	source.counts[0], source.counts[20], source.channels = 0, 2, []uint16{18, 20}
	const trials = 20_000
	for _, channels := range []bool{false, true} {
		augment := Augment{ShiftTime: 2, Jitter: "uniform"}
		if channels {
			augment = Augment{ShiftChannels: 2, Jitter: "uniform"}
		}
		batch := presented(t, &Filler{Augmentation: augmentation(t, augment, source)}, source, trials)
		moves := make([]int, 5)
		for r, row := range batch.Rows {
			if row[0] == row[1] {
				continue
			}
			spikes := batch.Index[row[0]:row[1]]
			if len(spikes) != 2 || spikes[0] < 16 || spikes[0] > 20 || spikes[1] != spikes[0]+2 {
				t.Fatalf("%+v: spikes %v, they do not keep together", augment, spikes)
			}
			if channels {
				moves[spikes[0]-16]++
			} else {
				moves[r%41-18]++
			}
		}
		for _, count := range moves {
			near(t, "move", count, trials, 0.2)
		}
	}
}

// All pixels of an image move together over rows and over columns, each independently, and stay
// in their plane or leave the image.
func TestAugmentPixels(t *testing.T) {
	source := lattice(1, 2*5*7, 1000)
	source.shape = Shape{2, 5, 7}
	source.counts[0], source.channels = 2, []uint16{uint16(source.shape.Input(0, 2, 3)), uint16(source.shape.Input(1, 4, 6))}
	const trials = 20_000
	batch := presented(t, &Filler{Augmentation: augmentation(t, Augment{ShiftPixels: 1, Jitter: "uniform"}, source)}, source, trials)
	moves := make([]int, 9)
	for _, row := range batch.Rows {
		spikes := batch.Index[row[0]:row[1]]
		if len(spikes) == 0 {
			t.Fatal("the spike in the middle left")
		}
		down, right := int(spikes[0])/7-2, int(spikes[0])%7-3
		if down < -1 || down > 1 || right < -1 || right > 1 {
			t.Fatalf("spikes %v", spikes)
		}
		moves[3*down+right+4]++
		var corner []uint32
		if down <= 0 && right <= 0 {
			corner = []uint32{uint32(source.shape.Input(1, 4+down, 6+right))}
		}
		if !slices.Equal(spikes[1:], corner) {
			t.Fatalf("moved by %d, %d: spikes %v", down, right, spikes)
		}
	}
	for _, count := range moves {
		near(t, "move", count, trials, 1.0/9)
	}
}

// Images, and only they, are shifted by pixels.
func TestAugmentPixelsRefused(t *testing.T) {
	image, plain := lattice(2, 30, 1), lattice(2, 30, 1)
	image.shape = Shape{2, 3, 5}
	for _, test := range []struct {
		source  Source
		augment Augment
		want    []string
	}{
		{plain, Augment{ShiftPixels: 2}, []string{"data.augment.shift_pixels = 2", "not images", "shift_channels"}},
		{image, Augment{ShiftChannels: 1}, []string{"shift_channels", "shift_pixels"}},
		{image, Augment{JitterChannels: 1}, []string{"jitter_channels", "shift_pixels"}},
		{image, Augment{StretchChannels: 0.1}, []string{"stretch_channels", "shift_pixels"}},
	} {
		test.augment.Jitter = "gaussian"
		_, err := NewAugmentation(&Options{Augment: test.augment}, test.source)
		wantError(t, err, test.want...)
	}
}

// Regular intervals between spikes stay regular, and change by at most the requested share.
func TestAugmentStretch(t *testing.T) {
	source := lattice(101, 3, 20) // a spike in channel 0 every 20 steps
	batch := presented(t, &Filler{Augmentation: augmentation(t, Augment{StretchTime: 0.2}, source)}, source, 4000)
	checkRows(t, batch, source)
	last := map[int]int{} // new step of the spike of step 80
	for b := range 4000 {
		count := 0
		for step := range 101 {
			if row := batch.Rows[b*101+step]; row[0] < row[1] {
				if count++; count == 5 {
					last[step]++
				}
			}
		}
		if count < 5 {
			t.Fatalf("presentation %d has %d spikes", b, count)
		}
	}
	// floor(80·f) for f uniform over 0.8 to 1.2: 64 to 95, and 96 at the very end.
	for step := range last {
		if step < 64 || step > 96 {
			t.Errorf("the spike of step 80 came in step %d", step)
		}
	}
	for step := 65; step < 96; step++ {
		near(t, "last step", last[step], 4000, 1.0/32)
	}
}

// A spike of channel 80 goes to floor(80·f) for f uniform over 0.8 to 1.2: 64 to 95, and 96 at the
// very end; steps do not change.
func TestAugmentStretchChannels(t *testing.T) {
	source := lattice(3, 101, 80) // spikes of channels 0 and 80 in step 0
	batch := presented(t, &Filler{Augmentation: augmentation(t, Augment{StretchChannels: 0.2}, source)}, source, 4000)
	checkRows(t, batch, source)
	places := map[uint32]int{}
	for b := range 4000 {
		row := batch.Rows[b*3]
		found := batch.Index[row[0]:row[1]]
		if len(found) != 2 || found[0] != 0 || found[1] < 64 || found[1] > 96 {
			t.Fatalf("presentation %d has spikes in channels %v", b, found)
		}
		places[found[1]]++
	}
	for channel := uint32(65); channel < 96; channel++ {
		near(t, "channel", places[channel], 4000, 1.0/32)
	}
}
