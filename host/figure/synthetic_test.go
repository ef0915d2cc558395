package figure

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Data as the program would provide them, generated from a fixed seed.

func noise(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// band generates a course over epochs with the spread of five seeds.
func band(epochs int, seed uint64, value func(epoch float64) float64, spread float64) Band {
	random := noise(seed)
	var b Band
	for i := range epochs {
		middle := value(float64(i)) * (1 + 0.02*random.NormFloat64())
		half := spread * (1 + 0.3*random.Float64())
		b.Middle = append(b.Middle, middle)
		b.Low = append(b.Low, middle-half)
		b.High = append(b.High, middle+half)
	}
	return b
}

func syntheticRun(name string, epochs int, seed uint64, best float64) Run {
	falling := func(end float64) func(float64) float64 {
		return func(e float64) float64 { return end + 2.2*math.Exp(-e/float64(epochs)*7) }
	}
	rising := func(end float64) func(float64) float64 {
		return func(e float64) float64 { return 0.97*end - (end-0.1)*math.Exp(-(e+1)/float64(epochs)*8) }
	}
	return Run{
		Name:               name,
		TrainLoss:          band(epochs, seed, falling(0.05), 0.02),
		ValidationLoss:     band(epochs, seed+1, falling(0.2), 0.05),
		TrainAccuracy:      clamped(band(epochs, seed+2, rising(1), 0.01)),
		ValidationAccuracy: clamped(band(epochs, seed+3, rising(best), 0.02)),
		Test:               []float64{best - 0.01, best - 0.015, best - 0.007},
	}
}

func clamped(b Band) Band {
	for _, list := range [][]float64{b.Middle, b.Low, b.High} {
		for i := range list {
			list[i] = min(max(list[i], 0), 1)
		}
	}
	return b
}

func syntheticCurves() Curves {
	return Curves{Title: "Handwritten digits, 128 recurrent neurons", Runs: []Run{syntheticRun("digits", 30, 1, 0.96)}}
}

func syntheticComparison() Curves {
	names := []string{"SuperSpike, deterministic", "SuperSpike, stochastic", "matched sigmoid", "MultilayerSpiker"}
	var runs []Run
	for i, name := range names {
		runs = append(runs, syntheticRun(name, 200, uint64(10*i), 0.96-0.05*float64(i)))
	}
	return Curves{Title: "Spoken digits, mean and range over five seeds", Runs: runs, LogLoss: true}
}

// waves generates spikes whose rate travels over the neurons, as in spoken input.
func waves(neurons, steps int, perNeuron float64, seed uint64) []Spike {
	random := noise(seed)
	var spikes []Spike
	for n := range neurons {
		centre := 0.15 + 0.6*math.Mod(float64(n)/float64(neurons)*2.3, 1)
		for t := range steps {
			d := (float64(t)/float64(steps) - centre) / 0.12
			if random.Float64() < perNeuron/float64(steps)*(0.3+2.5*math.Exp(-d*d)) {
				spikes = append(spikes, Spike{Step: t, Neuron: n})
			}
		}
	}
	return spikes
}

// syntheticFrames are two samples in which a bar moves to the right.
func syntheticFrames() Frames {
	f := Frames{Title: "Two bars", Channels: []string{"darker", "brighter"}, Spans: []string{"0 ms", "20 ms", "40 ms"}}
	for sample := range 2 {
		s := FrameSample{Name: fmt.Sprintf("class %d", sample), Height: 6, Width: 8}
		for span := range f.Spans {
			counts := make([]float64, 2*6*8)
			for y := range 6 {
				counts[y*8+span+sample] = 3
				counts[(6+y)*8+span+sample+2] = float64(y + 1)
			}
			s.Counts = append(s.Counts, counts)
		}
		f.Samples = append(f.Samples, s)
	}
	return f
}

func syntheticRaster() Raster {
	const steps, classes = 350, 20
	random := noise(7)
	readout := make([][]float64, classes)
	for class := range readout {
		goal, value := -0.3*random.Float64(), -0.001
		switch class {
		case 3:
			goal = 0.55
		case 13:
			goal = 0.35
		}
		for range steps {
			value += 0.012*(goal-value) + 0.006*random.NormFloat64()
			readout[class] = append(readout[class], value)
		}
	}
	names := make([]string, classes)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return Raster{
		Sample: "Spoken digits, test sample 17",
		StepMS: 2,
		Steps:  steps,
		Layers: []SpikeLayer{
			{Name: "input", Unit: "channel", Neurons: 700, Spikes: waves(700, steps, 11, 1)},
			{Name: "hidden 1", Neurons: 1088, Spikes: waves(1088, steps, 6, 2)},
			{Name: "hidden 2", Neurons: 128, Spikes: waves(128, steps, 8, 3)},
			{Name: "hidden 3", Neurons: 16, Spikes: waves(16, steps, 9, 4)},
		},
		Readout: readout, Classes: names, True: 3, Predicted: 3,
	}
}

func syntheticTrials() Trials {
	const steps = 350
	random := noise(5)
	spikes := make([][]int, 100)
	for trial := range spikes {
		for t := range steps {
			x := float64(t) / steps
			p := 0.002 + 0.09*math.Exp(-math.Pow((x-0.3)/0.05, 2)) + 0.05*math.Exp(-math.Pow((x-0.65)/0.1, 2))
			if random.Float64() < p {
				spikes[trial] = append(spikes[trial], t)
			}
		}
	}
	return Trials{Title: "Neuron 42 of hidden 2, test sample 17", StepMS: 2, Steps: steps, Spikes: spikes, Window: 5}
}

func syntheticConfusion(classes, samples int, named bool) Confusion {
	random := noise(9)
	words := []string{"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	c := Confusion{Title: "Test set", Counts: make([][]int, classes)}
	for i := range c.Counts {
		c.Counts[i] = make([]int, classes)
		for range samples {
			j := i
			if random.Float64() < 0.02+0.25*float64(i)/float64(classes) {
				j = random.IntN(classes)
				if random.Float64() < 0.5 {
					j = (i + 3) % classes
				}
			}
			c.Counts[i][j]++
		}
		if named {
			c.Classes = append(c.Classes, words[i%len(words)])
		}
	}
	return c
}

func syntheticLines() Lines {
	random := noise(3)
	var series []Series
	for k, name := range []string{"single flip", "stochastic triples", "score function", "surrogate gradient"} {
		s := Series{Name: name, Spread: ErrorBars, Points: true}
		for i := range 9 {
			samples := math.Pow(10, 1+0.5*float64(i))
			error := (1 + 2*float64(k)) / math.Sqrt(samples)
			if k == 3 {
				s.Spread = Shaded
				error += 0.15
			}
			error *= 1 + 0.1*random.NormFloat64()
			s.X = append(s.X, samples)
			s.Y = append(s.Y, error)
			s.Low = append(s.Low, error*0.8)
			s.High = append(s.High, error*1.25)
		}
		series = append(series, s)
	}
	return Lines{Title: "Error of the gradient against exact enumeration", XLabel: "noise trials", YLabel: "relative error",
		Series: series, LogX: true, LogY: true, Levels: []Level{{Name: "10 %", Value: 0.1}}}
}

func syntheticFano() Lines {
	random := noise(4)
	var series []Series
	for k := range 3 {
		s := Series{Name: fmt.Sprintf("hidden %d", k+1)}
		for i := range 340 {
			t := float64(i) * 2
			value := 0.85 - 0.12*float64(k) + 0.05*math.Sin(t/70+float64(k)) + 0.01*random.NormFloat64()
			s.X = append(s.X, t)
			s.Y = append(s.Y, value)
			s.Low = append(s.Low, value-0.06)
			s.High = append(s.High, value+0.06)
		}
		series = append(series, s)
	}
	return Lines{Title: "Variability over 400 noise trials", XLabel: "time (ms)", YLabel: "Fano factor", Series: series,
		Levels: []Level{{Name: "Poisson process", Value: 1}}}
}

func syntheticScatter() Lines {
	random := noise(6)
	series := []Series{{Name: "single flip", Scattered: true}, {Name: "surrogate, matched", Scattered: true}}
	for k := range series {
		for range 120 {
			x := random.NormFloat64() * 0.3
			series[k].X = append(series[k].X, x)
			series[k].Y = append(series[k].Y, x*(1-0.15*float64(k))+0.03*random.NormFloat64())
		}
	}
	return Lines{Title: "Estimated against exact gradient", XLabel: "exact derivative", YLabel: "estimate", Series: series}
}

func syntheticBars(dots bool) Bars {
	b := Bars{
		Title:      "Test accuracy over five seeds",
		ValueLabel: "accuracy",
		Categories: []string{"SuperSpike, deterministic", "SuperSpike, stochastic", "matched sigmoid, stochastic", "MultilayerSpiker"},
		Dots:       dots,
		Levels:     []Level{{Name: "baseline", Value: 0.92}},
	}
	random := noise(8)
	for k, name := range []string{"as trained", "other mode"} {
		g := Group{Name: name}
		for i := range b.Categories {
			value := 0.955 - 0.02*float64(i) - 0.03*float64(k)
			g.Values = append(g.Values, value)
			g.Low = append(g.Low, value-0.008)
			g.High = append(g.High, value+0.008)
			var seeds []float64
			for range 5 {
				seeds = append(seeds, value+0.007*random.NormFloat64())
			}
			g.Samples = append(g.Samples, seeds)
		}
		b.Groups = append(b.Groups, g)
	}
	return b
}
