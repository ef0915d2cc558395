package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine/ranktest"
	"spikegrad/host/network"
)

// stacked is a network of three layers, with connections of every kind to them, and enough steps
// for two segments.
func stacked() *network.Network {
	n, _ := probed()
	n.Steps = 40
	n.Layers = append(n.Layers, n.Layers[1])
	n.Layers[0].Bias, n.Layers[1].Recurrent, n.Readout.Bias = true, false, true
	n.Layers[2].Neurons, n.Layers[2].Delay = 27, 2
	n.Layers[1].Learn = []string{"tau_membrane"}
	return n
}

// nodesOf returns whole nodes of the tree over chunks, several if there are enough chunks.
func nodesOf(chunks int) []cpuref.ChunkNode {
	cut := min(chunks/2, 3)
	return append(cpuref.ChunkNodes(chunks, 0, cut), cpuref.ChunkNodes(chunks, cut, chunks)...)
}

// roomFor is room for the sums of nodes.
func roomFor(e Engine, nodes []cpuref.ChunkNode) (sums [][]float32) {
	for range nodes {
		sums = append(sums, make([]float32, e.SumLength()))
	}
	return sums
}

// stackedSums returns the sums that an engine makes by itself, and its outcome.
func stackedSums(t *testing.T, e Engine, n *network.Network, batch *Batch) ([][]float32, Outcome) {
	t.Helper()
	if err := e.SetWeights(n.Initialise(3)); err != nil {
		t.Fatal(err)
	}
	nodes := nodesOf(cpuref.Chunks(batch.Samples()))
	sums := roomFor(e, nodes)
	outcome, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, sums, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sums, outcome
}

// openStacked is a CPU engine.
func openStacked(t *testing.T, n *network.Network, options Options) *CPU[float32] {
	t.Helper()
	e, err := NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSumsFinal: sums are final when an engine says so, layer by layer from the top down, and equal
// those of one engine that computes whole samples with one worker.
func TestSumsFinal(t *testing.T) {
	n := stacked()
	const samples = 43
	nodes, batch := nodesOf(cpuref.Chunks(samples)), segmentBatch(n, samples)
	one := openStacked(t, n, Options{Workers: 1})
	want, _ := stackedSums(t, one, n, batch)
	all := one.SumStarts()
	slices.Reverse(all)
	check := func(name string, e Engine, told []int) {
		t.Helper()
		defer e.Close()
		if err := e.SetWeights(n.Initialise(3)); err != nil {
			t.Fatal(err)
		}
		sums, last := roomFor(e, nodes), e.SumLength()
		var starts []int
		var then [][]float32 // what was declared final
		_, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, sums, func(first int) {
			for _, sum := range sums {
				then = append(then, slices.Clone(sum[first:last]))
			}
			starts, last = append(starts, first), first
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(starts, told) {
			t.Fatalf("%s: sums are final from %v on, want %v", name, starts, told)
		}
		last = e.SumLength()
		for i, first := range starts {
			for node := range nodes {
				if !slices.Equal(then[i*len(nodes)+node], want[node][first:last]) {
					t.Errorf("%s: node %d: sums %d to %d are not final when they are said to be", name, node, first, last)
				}
			}
			last = first
		}
		if !reflect.DeepEqual(sums, want) {
			t.Errorf("%s: other sums", name)
		}
	}
	for _, o := range []Options{{Workers: 1}, {Workers: 3}, {Workers: 2, SegmentSteps: 8}, {Workers: 7}} {
		check(fmt.Sprintf("CPU, %d workers, segments of %d steps", o.Workers, o.SegmentSteps), openStacked(t, n, o), all)
	}
	for _, members := range []int{1, 3} {
		check(fmt.Sprintf("%d members", members), groupOf(t, n, Options{}, members), all)
	}
	ranktest.Run(1, func(x *ranktest.Exchange) {
		e, err := OpenRanks(n, x, func() (Engine, error) { return NewCPU[float32](n, Options{Workers: 2}) }, nil, nil)
		if err != nil {
			t.Error(err)
			return
		}
		e.leastBlock = 1
		check("a rank", e, all)
	})
	for _, opener := range vulkanOpeners(t) {
		e, _, err := opener.open(n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		whole, err := e.(*Vulkan).onePass(batch, nodes)
		if err != nil {
			t.Fatal(err)
		}
		told := all
		if !whole {
			told = []int{0}
		}
		check(opener.name, e, told)
	}
}

// TestBlocks: blocks are whole layers from the top down, contiguous, and only the last one may be
// shorter than the least length.
func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		starts        []int
		length, least int
		want          []block
	}{
		{[]int{0}, 5, 10, []block{{0, 5}}},
		{[]int{0, 50, 80}, 85, 100, []block{{0, 85}}},
		{[]int{0, 50, 80}, 85, 1, []block{{80, 85}, {50, 80}, {0, 50}}},
		{[]int{0, 50, 80}, 85, 35, []block{{50, 85}, {0, 50}}},
		{[]int{0, 5, 80}, 120, 40, []block{{80, 120}, {5, 80}, {0, 5}}},
		{[]int{0, 50, 80}, 85, 36, []block{{0, 85}}},
	} {
		if got := blocks(c.starts, c.length, c.least); !slices.Equal(got, c.want) {
			t.Errorf("layers from %v on of %d numbers, at least %d: blocks %v, want %v", c.starts, c.length, c.least, got, c.want)
		}
	}
}

// TestRanksFold: node sums are those of one engine for any number of ranks, with fewer chunks than
// ranks or uneven shares, in one exchange or one per layer; ranks make equally many calls.
func TestRanksFold(t *testing.T) {
	n := stacked()
	layers := len(n.Layers) + 1
	for _, samples := range []int{3, 11, 43, 70} {
		batch := segmentBatch(n, samples)
		want, outcome := stackedSums(t, openStacked(t, n, Options{Workers: 1}), n, batch)
		for _, ranks := range []int{1, 2, 3, 4} {
			for _, least := range []int{1, leastBlock} {
				name := fmt.Sprintf("%d samples, %d ranks, blocks of %d", samples, ranks, least)
				onRanks(t, ranks, n, Options{}, nil, func(rank int, e *Ranks) {
					e.leastBlock = least
					before := e.exchange.(*ranktest.Exchange).Deals
					got, o := stackedSums(t, e, n, batch)
					if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(o, outcome) {
						t.Errorf("%s: rank %d has other sums", name, rank)
					}
					exchanges := 1 // for states, and two per block
					if exchanges += 2; least == 1 {
						exchanges += 2 * (layers - 1)
					}
					if deals := e.exchange.(*ranktest.Exchange).Deals - before; deals != exchanges {
						t.Errorf("%s: rank %d deals %d times, want %d", name, rank, deals, exchanges)
					}
					if times := e.Times(); times.Gradients != 1 || times.Sent < 0 || times.Hidden < 0 || least > 1 && times.Hidden > 0 {
						t.Errorf("%s: rank %d: %+v", name, rank, times)
					}
				})
			}
		}
	}
}

// tellTale is an engine that reports final sums through a function, which may fail the computation.
type tellTale struct {
	Engine
	final func(first int, tell func(first int)) error
}

func (e *tellTale) GradientSums(b *Batch, s cpuref.Stream, r *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(int)) (Outcome, error) {
	var failure error
	outcome, err := e.Engine.GradientSums(b, s, r, nodes, sums, func(first int) {
		if failure == nil {
			failure = e.final(first, final)
		}
	})
	return outcome, errors.Join(err, failure)
}

// TestRanksFoldMeanwhile: the upper layers of all ranks are exchanged while all of them still
// compute the lowest. Otherwise this test hangs.
func TestRanksFoldMeanwhile(t *testing.T) {
	n := stacked()
	const ranks = 3
	batch := segmentBatch(n, 43)
	want, _ := stackedSums(t, openStacked(t, n, Options{Workers: 1}), n, batch)
	var exchanged [ranks]chan struct{} // closed when all layers but the lowest are exchanged
	wrap := func(rank int, e Engine) Engine {
		exchanged[rank] = make(chan struct{})
		return &tellTale{e, func(first int, tell func(int)) error {
			if first == 0 {
				<-exchanged[rank]
			}
			tell(first)
			return nil
		}}
	}
	onRanks(t, ranks, n, Options{}, wrap, func(rank int, e *Ranks) {
		e.leastBlock = 1
		if err := e.SetWeights(n.Initialise(3)); err != nil {
			t.Error(err)
		}
		nodes, lowest := nodesOf(cpuref.Chunks(batch.Samples())), e.SumStarts()[1]
		sums := roomFor(e, nodes)
		told := func(first int) {
			if first == lowest {
				close(exchanged[rank])
			}
		}
		if _, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, sums, told); err != nil || !reflect.DeepEqual(sums, want) {
			t.Errorf("rank %d: error %v, or other sums", rank, err)
		}
	})
}

// TestRanksFoldFails: if a rank fails at any layer, or before the first, all ranks return its error
// from the same call, and are in step for the next one.
func TestRanksFoldFails(t *testing.T) {
	n := stacked()
	batch := segmentBatch(n, 43)
	want, _ := stackedSums(t, openStacked(t, n, Options{Workers: 1}), n, batch)
	for _, ranks := range []int{2, 4} {
		for _, culprit := range []int{0, ranks - 1} {
			for at := range len(n.Layers) + 2 {
				calls := 0
				wrap := func(rank int, e Engine) Engine {
					if rank != culprit {
						return e
					}
					if at == 0 {
						return &losing{e, -1, 0, errors.New("out of luck")} // the first call succeeds
					}
					return &tellTale{e, func(first int, tell func(int)) error {
						if calls++; calls == len(n.Layers)+1+at {
							return errors.New("out of luck")
						}
						tell(first)
						return nil
					}}
				}
				onRanks(t, ranks, n, Options{}, wrap, func(rank int, e *Ranks) {
					e.leastBlock = 1
					x := e.exchange.(*ranktest.Exchange)
					stackedSums(t, e, n, batch)
					nodes := nodesOf(cpuref.Chunks(batch.Samples()))
					_, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, roomFor(e, nodes), nil)
					text := fmt.Sprintf("rank %d: out of luck", culprit)
					if rank == culprit {
						text = "out of luck"
					}
					if !Agreed(err) || err.Error() != text {
						t.Errorf("rank %d of %d fails at layer %d: error %v on rank %d, want %s", culprit, ranks, at, err, rank, text)
					}
					if l, is := e.Engine.(*losing); is {
						e.Engine = l.Engine
					}
					before := x.Deals
					if got, _ := stackedSums(t, e, n, batch); !reflect.DeepEqual(got, want) || x.Deals-before != 1+2*(len(n.Layers)+1) {
						t.Errorf("rank %d of %d fails at layer %d: rank %d has other sums after that", culprit, ranks, at, rank)
					}
				})
			}
		}
	}
}

// TestRanksFoldRefused: samples that only one rank refuses are its error on all ranks, and nodes
// that do not make up a batch are refused by all.
func TestRanksFoldRefused(t *testing.T) {
	n := stacked()
	const samples, ranks = 43, 3
	onRanks(t, ranks, n, Options{}, nil, func(rank int, e *Ranks) {
		e.leastBlock = 1
		batch, nodes := segmentBatch(n, samples), nodesOf(cpuref.Chunks(samples))
		if rank == 1 {
			batch.Labels[20] = 9
		}
		if _, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, roomFor(e, nodes), nil); !Agreed(err) || !strings.Contains(err.Error(), "label 9") {
			t.Errorf("rank %d: error %v", rank, err)
		}
		if _, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes[1:], roomFor(e, nodes[1:]), nil); !Agreed(err) || !strings.Contains(err.Error(), "do not make up a batch of 6 chunks") {
			t.Errorf("rank %d: error %v", rank, err)
		}
		if _, err := e.Gradient(&Batch{}, cpuref.StreamNoise, nil); !Agreed(err) {
			t.Errorf("rank %d: error %v of an empty batch", rank, err)
		}
	})
}

// TestRanksFoldLeft: if a rank leaves while others compute, they return an error without waiting.
func TestRanksFoldLeft(t *testing.T) {
	n := stacked()
	onRanks(t, 3, n, Options{}, nil, func(rank int, e *Ranks) {
		e.leastBlock = 1
		if rank == 1 {
			return
		}
		nodes := nodesOf(6)
		if _, err := e.GradientSums(segmentBatch(n, 43), cpuref.StreamNoise, nil, nodes, roomFor(e, nodes), nil); err == nil || Agreed(err) || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("rank %d: error %v", rank, err)
		}
	})
}

// TestRanksFoldInterrupted: when one rank is asked to end while upper layers are exchanged, all
// stop in the same call and have its gradient.
func TestRanksFoldInterrupted(t *testing.T) {
	n := stacked()
	const ranks, when = 3, 2
	batch := segmentBatch(n, 43)
	want, _ := stackedSums(t, openStacked(t, n, Options{Workers: 1}), n, batch)
	var stopped [ranks]int
	var mutex sync.Mutex
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		call, asked := 0, false
		open := func() (Engine, error) {
			e, err := NewCPU[float32](n, Options{Workers: 1})
			return &tellTale{e, func(first int, tell func(int)) error {
				mutex.Lock()
				asked = asked || x.Rank() == 1 && call == when && first > 0
				mutex.Unlock()
				tell(first)
				return nil
			}}, err
		}
		interrupted := func() bool {
			mutex.Lock()
			defer mutex.Unlock()
			return asked
		}
		e, err := OpenRanks(n, x, open, interrupted, func() { stopped[x.Rank()] = call })
		if err != nil {
			t.Error(err)
			return
		}
		e.leastBlock = 1
		for call = 1; stopped[x.Rank()] == 0; call++ {
			if got, _ := stackedSums(t, e, n, batch); !reflect.DeepEqual(got, want) || call > when {
				t.Errorf("call %d of rank %d: other sums", call, x.Rank())
				return
			}
		}
	})
	if stopped != [ranks]int{when, when, when} {
		t.Errorf("asked in call %d, the ranks stop in %v", when, stopped)
	}
}
