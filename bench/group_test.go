package bench

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
	"spikegrad/host/network"
)

// BenchmarkGroup measures, in alternating steps, a group of two CPU engines with one worker each,
// one engine with two workers, which share chunks dynamically, and two engines that compute the
// halves of a batch at once and exchange nothing. It reports the median and the first and last
// decile of the ratios of the group's times to the others'.
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
	engines := []engine.Engine{engine.NewGroup(s.Network, []engine.Engine{open(1), open(1)}), open(2), &halves{network: s.Network, Engine: open(1), other: open(1)}}
	for _, e := range engines {
		if err := e.SetWeights(s.Network.Initialise(seed)); err != nil {
			b.Fatal(err)
		}
	}
	ratios := make([][]float64, len(engines))
	for number := 1; b.Loop(); number++ {
		spent := make([]time.Duration, len(engines))
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
		for i := range engines {
			ratios[i] = append(ratios[i], spent[0].Seconds()/spent[i].Seconds())
		}
	}
	for i, other := range []string{1: "one", 2: "halves"} {
		if i > 0 {
			slices.Sort(ratios[i])
			for _, part := range []struct {
				name  string
				tenth int
			}{{"", 5}, {"-tenth", 1}, {"-nine-tenths", 9}} {
				b.ReportMetric(ratios[i][len(ratios[i])*part.tenth/10], "group/"+other+part.name)
			}
		}
	}
}

// halves are two engines that compute the halves of a batch at once. Each is updated
// independently.
type halves struct {
	engine.Engine
	other   engine.Engine
	network *network.Network
	sums    [2][][]float32
}

func (h *halves) SetWeights(weights [][]float32) error {
	return errors.Join(h.Engine.SetWeights(weights), h.other.SetWeights(weights))
}

// both runs do for the two engines at once.
func (h *halves) both(do func(i int, e engine.Engine) error) error {
	var failed [2]error
	var group sync.WaitGroup
	for i, e := range []engine.Engine{h.Engine, h.other} {
		group.Go(func() { failed[i] = do(i, e) })
	}
	group.Wait()
	return errors.Join(failed[:]...)
}

func (h *halves) Gradient(batch *engine.Batch, stream cpuref.Stream, record *engine.Record) (engine.Outcome, error) {
	samples := batch.Samples()
	chunks := cpuref.Chunks(samples)
	return engine.Outcome{}, h.both(func(i int, e engine.Engine) error {
		first, last := i*(chunks/2), chunks/2+i*(chunks-chunks/2)
		nodes := cpuref.ChunkNodes(chunks, first, last)
		for i := range nodes {
			nodes[i].First, nodes[i].Last = nodes[i].First-first, nodes[i].Last-first
		}
		for len(h.sums[i]) < len(nodes) {
			h.sums[i] = append(h.sums[i], make([]float32, e.SumLength()))
		}
		part := batch.Part(h.network, first*cpuref.ChunkSamples, min(last*cpuref.ChunkSamples, samples))
		if _, err := e.GradientSums(part, stream, record, nodes, h.sums[i][:len(nodes)], nil); err != nil {
			return err
		}
		return e.SetSums(h.sums[i][0], samples)
	})
}

func (h *halves) Update(update engine.Update) error {
	return h.both(func(_ int, e engine.Engine) error { return e.Update(update) })
}
