package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine/ranktest"
	"spikegrad/host/network"
)

// onRanks opens an engine over ranks on each of them, made of CPU engines with one worker or of
// what wrap makes of these, and has all do the same at once.
func onRanks(t *testing.T, ranks int, n *network.Network, options Options, wrap func(rank int, e Engine) Engine, do func(rank int, e *Ranks)) {
	t.Helper()
	options.Workers = 1
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		open := func() (Engine, error) {
			e, err := NewCPU[float32](n, options)
			if err != nil || wrap == nil {
				return e, err
			}
			return wrap(x.Rank(), e), nil
		}
		e, err := OpenRanks(n, x, open, nil, nil)
		if err != nil {
			t.Error(err)
			return
		}
		do(x.Rank(), e)
	})
}

// TestRanks: with any number of ranks, with or without groups of devices in them, all get the bits
// of one engine.
func TestRanks(t *testing.T) {
	n, _ := probed()
	options, want := groupedAlone(t, n)
	for _, ranks := range []int{1, 2, 3, 4, 7} {
		onRanks(t, ranks, n, options, nil, func(rank int, e *Ranks) {
			sameSeen(t, fmt.Sprintf("rank %d of %d", rank, ranks), grouped(t, e, n), want)
		})
	}
	group := func(rank int, e Engine) Engine {
		e.Close()
		return groupOf(t, n, options, 1+rank)
	}
	onRanks(t, 3, n, options, group, func(rank int, e *Ranks) {
		sameSeen(t, fmt.Sprintf("a group on rank %d", rank), grouped(t, e, n), want)
	})
}

// TestRanksReadOnlyTheirShare: a rank does not read what it does not compute.
func TestRanksReadOnlyTheirShare(t *testing.T) {
	n, _ := probed()
	const samples = 45
	one, err := NewCPU[float32](n, Options{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	gradientOf := func(e Engine, batch *Batch) (Outcome, [][]float32) {
		if err := e.SetWeights(n.Initialise(3)); err != nil {
			t.Error(err)
		}
		outcome, err := e.Gradient(batch, cpuref.StreamNoise, nil)
		if err != nil {
			t.Error(err)
		}
		gradients, err := e.Gradients()
		if err != nil {
			t.Error(err)
		}
		return outcome, gradients
	}
	wantOutcome, want := gradientOf(one, segmentBatch(n, samples))
	onRanks(t, 4, n, Options{Seed: 9}, nil, func(rank int, e *Ranks) {
		batch := segmentBatch(n, samples)
		first, last := RankShare(samples, rank, 4)
		for row := range batch.Rows {
			if sample := row / n.Steps; sample < first || sample >= last {
				batch.Rows[row] = [2]uint32{}
			}
		}
		if outcome, got := gradientOf(e, batch); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(outcome, wantOutcome) {
			t.Errorf("rank %d: without the samples of the others the gradient is another", rank)
		}
	})
}

// TestRankShare: shares are whole chunks, contiguous, and together make up the batch.
func TestRankShare(t *testing.T) {
	for samples := range 150 {
		for _, ranks := range []int{1, 2, 3, 7, 40} {
			next := 0
			for rank := range ranks {
				first, last := RankShare(samples, rank, ranks)
				if first != next || last < first || last%cpuref.ChunkSamples != 0 && last != samples {
					t.Fatalf("%d samples, rank %d of %d: samples %d to %d, want them from %d on", samples, rank, ranks, first, last, next)
				}
				next = last
			}
			if next != samples {
				t.Fatalf("%d samples: %d ranks compute %d", samples, ranks, next)
			}
		}
	}
}

// TestRanksNotFinite: a loss that is not finite on one rank is the same error on all: that of one
// engine.
func TestRanksNotFinite(t *testing.T) {
	n, _ := probed()
	for l := range n.Layers { // without noise, a sample without spikes stays silent
		n.Layers[l].Noise.Kind, n.Layers[l].Surrogate.Kind = "threshold", "superspike"
	}
	const samples, sick = 45, 29
	batch := segmentBatch(n, samples)
	for row := range batch.Rows {
		if row/n.Steps != sick {
			batch.Rows[row] = [2]uint32{}
		}
	}
	weights := n.Initialise(3)
	for _, array := range weights {
		for i := range array {
			array[i] = float32(math.Copysign(3e38, float64(array[i])))
		}
	}
	one, err := NewCPU[float32](n, Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := one.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	_, want := one.Gradient(batch, cpuref.StreamNoise, nil)
	var failure *NotFiniteError
	if !errors.As(want, &failure) || failure.Sample != sick {
		t.Fatalf("error %v, want one of sample %d", want, sick)
	}
	for _, ranks := range []int{2, 3, 7} {
		onRanks(t, ranks, n, Options{Seed: 2}, nil, func(rank int, e *Ranks) {
			e.leastBlock = ranks % 2 * leastBlock // an exchange per layer, or a single one
			if err := e.SetWeights(weights); err != nil {
				t.Error(err)
			}
			_, err := e.Gradient(batch, cpuref.StreamNoise, nil)
			if !errors.As(err, new(*NotFiniteError)) || !Agreed(err) || err.Error() != want.Error() {
				t.Errorf("rank %d of %d: error %v (all know of it: %v), want %v", rank, ranks, err, Agreed(err), want)
			}
			// The ranks are still in step.
			if err := e.SetWeights(n.Initialise(3)); err != nil {
				t.Error(err)
			}
			if _, err := e.Evaluate(batch, cpuref.StreamNoise, nil); err != nil {
				t.Errorf("rank %d of %d, with other weights: %v", rank, ranks, err)
			}
		})
	}
}

// TestRanksFail: whichever rank fails in whichever call, all return from the same call with an
// error that names it.
func TestRanksFail(t *testing.T) {
	n, _ := probed()
	for _, culprit := range []int{0, 2} {
		for at := range 3 {
			wrap := func(rank int, e Engine) Engine {
				if rank != culprit {
					return e
				}
				return &losing{e, 0, at, errors.New("out of luck")}
			}
			onRanks(t, 3, n, Options{}, wrap, func(rank int, e *Ranks) {
				batch := segmentBatch(n, 45)
				var err error
				for call := range 3 {
					switch call {
					case 0:
						_, err = e.Evaluate(batch, cpuref.StreamNoise, nil)
					case 1:
						_, _, err = e.Replicas(batch, cpuref.StreamNoise, []Replica{{Sample: 0}, {Sample: 1}, {Sample: 2}})
					case 2:
						_, err = e.Gradient(batch, cpuref.StreamNoise, nil)
					}
					if (call == at) != (err != nil) {
						t.Errorf("rank %d fails in call %d: in call %d rank %d has error %v", culprit, at, call, rank, err)
						return
					}
					if err != nil {
						break
					}
				}
				want := fmt.Sprintf("rank %d: out of luck", culprit)
				if rank == culprit {
					want = "out of luck"
				}
				if !Agreed(err) || err.Error() != want {
					t.Errorf("rank %d fails in call %d: error %v on rank %d, want %s", culprit, at, err, rank, want)
				}
			})
		}
	}
}

// TestRanksInterrupted: when one rank is asked to end, all stop in the same call.
func TestRanksInterrupted(t *testing.T) {
	n, _ := probed()
	const ranks, when = 3, 2
	var stopped [ranks]int
	ranktest.Run(ranks, func(x *ranktest.Exchange) {
		call := 0
		asked := func() bool { return x.Rank() == 1 && call >= when }
		stop := func() { stopped[x.Rank()] = call }
		e, err := OpenRanks(n, x, func() (Engine, error) { return NewCPU[float32](n, Options{Workers: 1}) }, asked, stop)
		if err != nil {
			t.Error(err)
			return
		}
		for call = 1; stopped[x.Rank()] == 0; call++ {
			if _, err := e.Evaluate(segmentBatch(n, 20), cpuref.StreamNoise, nil); err != nil || call > when {
				t.Errorf("call %d of rank %d: %v", call, x.Rank(), err)
				return
			}
		}
	})
	if stopped != [ranks]int{when, when, when} {
		t.Errorf("asked in call %d, the ranks stop in %v", when, stopped)
	}
}

// TestShare: all ranks receive each rank's bytes, of any length, and agree on a failure.
func TestShare(t *testing.T) {
	ranktest.Run(4, func(x *ranktest.Exchange) {
		all, err := Share(x, bytes.Repeat([]byte{byte(x.Rank())}, 3*x.Rank()))
		if err != nil {
			t.Error(err)
			return
		}
		for r := range all {
			if !bytes.Equal(all[r], bytes.Repeat([]byte{byte(r)}, 3*r)) {
				t.Errorf("rank %d heard %v from rank %d", x.Rank(), all[r], r)
			}
		}
		if err := Agree(x, nil); err != nil {
			t.Error(err)
		}
		var own error
		if x.Rank() >= 2 {
			own = fmt.Errorf("no %d", x.Rank())
		}
		err = Agree(x, own)
		if x.Rank() == 2 && !errors.Is(err, own) || x.Rank() != 2 && (err == nil || err.Error() != "rank 2: no 2") || !Agreed(err) {
			t.Errorf("rank %d: error %v", x.Rank(), err)
		}
	})
}

// TestRanksNames: an engine over ranks names all devices, and is opened on all ranks or on none.
func TestRanksNames(t *testing.T) {
	n, _ := probed()
	onRanks(t, 3, n, Options{}, nil, func(rank int, e *Ranks) {
		one := e.Engine.Describe()
		if d := e.Describe(); d.Device != "3 ranks: 3 × "+one.Device || d.Driver != one.Driver {
			t.Errorf("rank %d: %+v", rank, d)
		}
		if Local(e) != e.Engine || Local(e.Engine) != e.Engine {
			t.Error("the local engine is another")
		}
	})
	ranktest.Run(3, func(x *ranktest.Exchange) {
		_, err := OpenRanks(n, x, func() (Engine, error) {
			if x.Rank() == 1 {
				return nil, errors.New("no device")
			}
			return NewCPU[float32](n, Options{Workers: 1})
		}, nil, nil)
		if err == nil || !strings.HasSuffix(err.Error(), "no device") || !Agreed(err) {
			t.Errorf("rank %d: error %v", x.Rank(), err)
		}
	})
}
