package bench

import (
	"slices"
	"testing"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// BenchmarkGroup measures, step by step in turn, one CPU engine with two workers and a group of
// two with one each: what the group's exchange costs. The ratios of the times, group to one, are
// reported by their median and their tenths.
func BenchmarkGroup(b *testing.B) {
	for _, s := range Shapes() {
		if s.Name == "C" || s.Name == "E" {
			b.Run(s.String(), func(b *testing.B) { benchmarkGroup(b, &s) })
		}
	}
}

func benchmarkGroup(b *testing.B, s *Shape) {
	batch := s.Batch(s.Samples)
	open := func(workers int) engine.Engine {
		e, err := engine.NewCPU[float32](s.Network, engine.Options{Seed: seed, Workers: workers, Optimizer: optimizer})
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	engines := []engine.Engine{open(2), engine.NewGroup(s.Network, []engine.Engine{open(1), open(1)})}
	for _, e := range engines {
		if err := e.SetWeights(s.Network.Initialise(seed)); err != nil {
			b.Fatal(err)
		}
	}
	var ratios []float64
	for number := 1; b.Loop(); number++ {
		var spent [2]time.Duration
		for turn := range engines {
			i := (turn + number) % len(engines)
			begun := time.Now()
			if _, err := engines[i].Gradient(batch, cpuref.StreamNoise, nil); err != nil {
				b.Fatal(err)
			}
			if err := engines[i].Update(update(number)); err != nil {
				b.Fatal(err)
			}
			spent[i] = time.Since(begun)
		}
		ratios = append(ratios, spent[1].Seconds()/spent[0].Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "group/one")
	b.ReportMetric(ratios[len(ratios)/10], "tenth")
	b.ReportMetric(ratios[len(ratios)*9/10], "nine-tenths")
}
