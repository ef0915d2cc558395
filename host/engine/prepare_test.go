package engine

import (
	"slices"
	"sync"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// preparing is an engine that records the numbers of samples that it prepares and runs.
type preparing struct {
	Engine
	mutex         sync.Mutex
	prepared, ran [][]uint32
}

func (p *preparing) Prepare(b *Batch) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.prepared = append(p.prepared, slices.Clone(b.Numbers))
	p.Engine.Prepare(b)
}

func (p *preparing) GradientSums(b *Batch, s cpuref.Stream, r *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(int)) (Outcome, error) {
	p.ran = append(p.ran, slices.Clone(b.Numbers))
	return p.Engine.GradientSums(b, s, r, nodes, sums, final)
}

// prepareAndRun prepares and runs batches of the given sizes.
func prepareAndRun(t *testing.T, e Engine, n *network.Network, samples ...int) {
	for _, count := range samples {
		b := segmentBatch(n, count)
		e.Prepare(b)
		if _, err := e.Gradient(b, cpuref.StreamNoise, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestGroupPrepares: each member prepares its share, from the second batch of a size on.
func TestGroupPrepares(t *testing.T) {
	n, _ := probed()
	var members []*preparing
	var engines []Engine
	for range 3 {
		e, err := NewCPU[float32](n, Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, &preparing{Engine: e})
		engines = append(engines, members[len(members)-1])
	}
	g := NewGroup(n, engines)
	defer g.Close()
	g.choose = func(speeds []float64) { copy(speeds, []float64{1, 3, 2}) }
	prepareAndRun(t, g, n, 70, 70, 70, 33, 70)
	g.Prepare(&Batch{}) // fits no network
	for i, m := range members {
		if len(m.ran) != 5 || !slices.EqualFunc(m.prepared, m.ran[1:3], slices.Equal) {
			t.Errorf("member %d prepared samples %v, ran %v", i, m.prepared, m.ran)
		}
	}
}

// TestRanksPrepare: each rank prepares its share.
func TestRanksPrepare(t *testing.T) {
	n, _ := probed()
	engines := make([]*preparing, 3)
	wrap := func(rank int, e Engine) Engine {
		engines[rank] = &preparing{Engine: e}
		return engines[rank]
	}
	onRanks(t, 3, n, Options{}, wrap, func(_ int, e *Ranks) {
		prepareAndRun(t, e, n, 70, 3, 45)
		e.Prepare(&Batch{}) // fits no network
	})
	for rank, e := range engines {
		if len(e.ran) == 0 || !slices.EqualFunc(e.prepared, e.ran, slices.Equal) {
			t.Errorf("rank %d prepared samples %v, ran %v", rank, e.prepared, e.ran)
		}
	}
}
