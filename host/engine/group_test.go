package engine

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
)

// grouped trains an engine on batches of ragged sizes and returns everything observable along the
// way.
func grouped(t *testing.T, e Engine, n *network.Network) []any {
	t.Helper()
	defer e.Close()
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var seen []any
	try(e.SetWeights(n.Initialise(3)))
	for number, samples := range []int{70, 3, 133, 16, 1} {
		batch := segmentBatch(n, samples)
		record := NewRecord[float32](n, samples)
		outcome, err := e.Gradient(batch, cpuref.StreamNoise, record)
		try(err)
		gradients, err := e.Gradients()
		try(err)
		if number == 3 {
			try(e.SetGradients(gradients))
		}
		try(e.Update(Update{Number: number + 1, LearningRate: 0.01, Momentum: 0.9, SecondMoment: 0.999, Epsilon: 1e-8, WeightDecay: 0.1, ClipNorm: 0.05}))
		seen = append(seen, outcome, record, gradients)
	}
	weights, err := e.Weights()
	try(err)
	states, err := e.Optimizer()
	try(err)
	batch, record := segmentBatch(n, 45), NewRecord[float32](n, 45)
	for b := range 45 {
		batch.Flips = append(batch.Flips, Flip{Layer: b%2 - 1, Step: b % n.Steps, Neuron: b % 4}) // -1: none
	}
	outcome, err := e.Evaluate(batch, cpuref.StreamEvaluation, record)
	try(err)
	batch.Flips = nil
	var replicas []Replica
	for i := range 37 {
		replicas = append(replicas, Replica{Sample: i % 45, Flip: Flip{Layer: i % 2, Step: i % n.Steps, Neuron: i % 3}})
	}
	loss, regularizer, err := e.Replicas(batch, cpuref.StreamNoise, replicas)
	try(err)
	return append(seen, weights, states, outcome, record, loss, regularizer)
}

// sameSeen compares what two engines showed.
func sameSeen(t *testing.T, name string, got, want []any) {
	t.Helper()
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s: what is seen as number %d (%T) differs", name, i, want[i])
		}
	}
}

// groupOf is a group of CPU engines with one worker each, followed by the others, whose speeds are
// redrawn for every batch: close to each other, or so that some get nothing.
func groupOf(t *testing.T, n *network.Network, options Options, members int, others ...Engine) *Group {
	t.Helper()
	options.Workers = 1
	var engines []Engine
	for range members {
		e, err := NewCPU[float32](n, options)
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	engines = slices.Insert(engines, min(1, members), others...)
	g := NewGroup(n, engines)
	draw, spread := rand.New(rand.NewPCG(7, uint64(len(engines)))), 0.5
	g.choose = func(speeds []float64) {
		for i := range speeds {
			speeds[i] = math.Exp(spread * draw.NormFloat64())
		}
		spread = 4.5 - spread
	}
	return g
}

// groupedAlone returns the options of one engine and what it shows.
func groupedAlone(t *testing.T, n *network.Network) (Options, []any) {
	t.Helper()
	options := Options{Seed: 9, Optimizer: cpuref.OptimizerAdamW, Frozen: []string{"layer1.input"}}
	one, err := NewCPU[float32](n, options)
	if err != nil {
		t.Fatal(err)
	}
	return options, grouped(t, one, n)
}

// TestGroup: groups of all sizes, with changing shares, have the bits of one engine.
func TestGroup(t *testing.T) {
	n, _ := probed()
	options, want := groupedAlone(t, n)
	for _, members := range []int{1, 2, 3, 5, 7} {
		sameSeen(t, fmt.Sprintf("%d members", members), grouped(t, groupOf(t, n, options, members), n), want)
	}
	inner := groupOf(t, n, options, 2)
	sameSeen(t, "a group in a group", grouped(t, groupOf(t, n, options, 1, inner), n), want)
	for _, o := range vulkanOpeners(t) {
		for _, options.PassSamples = range []int{0, 2 * cpuref.ChunkSamples} { // shares in one pass, and in several
			device, _, err := o.open(n, options)
			if err != nil {
				t.Fatal(err)
			}
			sameSeen(t, fmt.Sprintf("%s, %d samples at once, and the CPU", o.name, options.PassSamples), grouped(t, groupOf(t, n, options, 2, device), n), want)
		}
	}
}

// TestFeedForward: without recurrence, where workers take a few samples at once, groups and a
// device also have the bits of one engine.
func TestFeedForward(t *testing.T) {
	n, _ := probed()
	for l := range n.Layers {
		n.Layers[l].Recurrent = false
	}
	options, want := groupedAlone(t, n)
	sameSeen(t, "3 members", grouped(t, groupOf(t, n, options, 3), n), want)
	for _, o := range vulkanOpeners(t) {
		device, _, err := o.open(n, options)
		if err != nil {
			t.Fatal(err)
		}
		sameSeen(t, o.name, grouped(t, device, n), want)
	}
}

// TestGroupShares: a faster member gets a proportionally larger share.
func TestGroupShares(t *testing.T) {
	n, _ := probed()
	g := groupOf(t, n, Options{}, 3)
	defer g.Close()
	g.choose = nil
	runs := 100
	shares := func(samples int, speeds ...float64) (lengths []int) {
		for i, m := range g.members {
			m.speed[workBoth], m.runs[workBoth] = speeds[i], runs
		}
		for _, s := range g.shares(samples, cpuref.ChunkSamples, workBoth) {
			lengths = append(lengths, s.last-s.first)
		}
		return lengths
	}
	for _, c := range []struct {
		samples int
		speeds  []float64
		want    []int
	}{
		{240, []float64{0, 0, 0}, []int{10, 10, 10}},
		{240, []float64{10, 20, 30}, []int{5, 10, 15}},
		{240, []float64{10, 20, 0}, []int{7, 13, 10}}, // unknown: like the others
		{240, []float64{100, 9, 8}, []int{26, 2, 2}},
		{240, []float64{1, 1000, 0.1}, []int{0, 30, 0}},
		{76, []float64{10, 10, 10}, []int{3, 3, 4}}, // the last piece is half of one
	} {
		g.last = cut{}
		if got := shares(c.samples, c.speeds...); !slices.Equal(got, c.want) {
			t.Errorf("%d samples, speeds %v: shares %v, want %v", c.samples, c.speeds, got, c.want)
		}
	}
	// Small changes of speed change nothing, even less so if speeds are hardly known.
	g.last = cut{}
	even := shares(480, 10, 10, 10)
	for _, c := range []struct {
		fast float64
		runs int
		same bool
	}{{10.6, 100, true}, {9.4, 100, true}, {14, 2, true}, {14, 100, false}, {30, 2, false}} {
		g.last.lengths, runs = even, c.runs
		if got := shares(480, 10, c.fast, 10); slices.Equal(got, even) != c.same {
			t.Errorf("speeds 10, %g, 10 after three of 10, known from %d batches: shares %v after %v", c.fast, c.runs, got, even)
		}
	}
	shares(240, 1, 1000, 0.1)
	slow := g.members[2].speed[workBoth]
	for range 400 {
		g.shares(30*cpuref.ChunkSamples, cpuref.ChunkSamples, workBoth)
	}
	if s := g.shares(30*cpuref.ChunkSamples, cpuref.ChunkSamples, workBoth)[2]; s.last == s.first {
		t.Errorf("a member that was given nothing is never tried again: speed %g, before %g", g.members[2].speed[workBoth], slow)
	}
}

// losing is an engine whose device fails after a given number of calls.
type losing struct {
	Engine
	calls, at int
	failure   error
}

func (l *losing) fail() error {
	if l.calls++; l.calls > l.at {
		return l.failure
	}
	return nil
}

func (l *losing) Evaluate(b *Batch, s cpuref.Stream, r *Record) (Outcome, error) {
	if err := l.fail(); err != nil {
		return Outcome{}, err
	}
	return l.Engine.Evaluate(b, s, r)
}

func (l *losing) GradientSums(b *Batch, s cpuref.Stream, r *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(int)) (Outcome, error) {
	if err := l.fail(); err != nil {
		return Outcome{}, err
	}
	return l.Engine.GradientSums(b, s, r, nodes, sums, final)
}

func (l *losing) SetSums(sums []float32, samples int) error {
	if err := l.fail(); err != nil {
		return err
	}
	return l.Engine.SetSums(sums, samples)
}

func (l *losing) Replicas(b *Batch, s cpuref.Stream, replicas []Replica) ([]float32, []float32, error) {
	if err := l.fail(); err != nil {
		return nil, nil, err
	}
	return l.Engine.Replicas(b, s, replicas)
}

func (l *losing) Update(u Update) error {
	if err := l.fail(); err != nil {
		return err
	}
	return l.Engine.Update(u)
}

func (l *losing) Weights() ([][]float32, error) {
	if err := l.fail(); err != nil {
		return nil, err
	}
	return l.Engine.Weights()
}

// TestGroupLosesDevice: whenever a device is lost, the others end with the same bits; the group
// fails if the last one does, or with a failure of another kind.
func TestGroupLosesDevice(t *testing.T) {
	n, batch := probed()
	options := Options{Seed: 9, Optimizer: cpuref.OptimizerSMORMS3, Workers: 1}
	open := func() Engine {
		e, err := NewCPU[float32](n, options)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	want := grouped(t, open(), n)
	even := func(speeds []float64) {
		for i := range speeds {
			speeds[i] = 1
		}
	}
	for at := range 20 {
		first := &losing{open(), 0, at, fmt.Errorf("kernel: %w", gpu.ErrDeviceLost)}
		second := &losing{open(), 0, 9, fmt.Errorf("buffer: %w", gpu.ErrOutOfMemory)}
		g := NewGroup(n, []Engine{first, open(), second})
		g.choose = even
		sameSeen(t, fmt.Sprintf("lost at call %d", at), grouped(t, g, n), want)
		lost := 0
		for _, l := range []*losing{first, second} {
			if l.calls > l.at {
				lost++
			}
		}
		if left := len(g.members); left != 3-lost {
			t.Errorf("lost at call %d: %d members are left, %d devices were lost", at, left, lost)
		}
	}
	for _, failure := range []error{gpu.ErrDeviceLost, errors.New("another")} {
		g := NewGroup(n, []Engine{&losing{open(), 0, 0, failure}, &losing{open(), 0, 0, failure}})
		g.choose = even
		if _, err := g.Gradient(batch, cpuref.StreamNoise, nil); !errors.Is(err, failure) {
			t.Errorf("all members fail with %v: error %v", failure, err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestGroupNotFinite: a loss that is not finite is reported with the same sample that one engine
// names.
func TestGroupNotFinite(t *testing.T) {
	n, _ := probed()
	batch := segmentBatch(n, 40)
	weights := n.Initialise(3)
	for _, array := range weights {
		for i := range array {
			array[i] = float32(math.Copysign(3e38, float64(array[i])))
		}
	}
	var messages []string
	for _, members := range []int{1, 3} {
		g := groupOf(t, n, Options{Seed: 2}, members)
		if err := g.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		_, err := g.Gradient(batch, cpuref.StreamNoise, nil)
		var failure *NotFiniteError
		if !errors.As(err, &failure) {
			t.Fatalf("%d members: error %v", members, err)
		}
		messages = append(messages, err.Error())
		g.Close()
	}
	if messages[0] != messages[1] {
		t.Errorf("errors differ: %q and %q", messages[0], messages[1])
	}
}

// TestGradientSums: nodes that do not make up a batch are refused by every engine.
func TestGradientSums(t *testing.T) {
	n, batch := probed() // of two chunks
	engines := []Engine{groupOf(t, n, Options{}, 1).members[0].Engine}
	for _, o := range vulkanOpeners(t) {
		e, _, err := o.open(n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	for _, e := range engines {
		defer e.Close()
		room := func(count int) (sums [][]float32) {
			for range count {
				sums = append(sums, make([]float32, e.SumLength()))
			}
			return sums
		}
		for _, nodes := range [][]cpuref.ChunkNode{nil, {{First: 0, Last: 1}}, {{First: 1, Last: 2}}, {{First: 0, Last: 3}}, {{First: 0, Last: 1}, {First: 0, Last: 2}}} {
			if _, err := e.GradientSums(batch, cpuref.StreamNoise, nil, nodes, room(len(nodes)), nil); err == nil || !strings.Contains(err.Error(), "do not make up a batch of 2 chunks") {
				t.Errorf("nodes %v: error %v", nodes, err)
			}
		}
		if err := e.SetSums(make([]float32, 3), 5); err == nil || !strings.Contains(err.Error(), "3 sums given") {
			t.Errorf("error %v", err)
		}
	}
}
