package check

import (
	"os"
	"slices"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/engine"
)

// TestReplicas: a replica that begins at its flip has the same losses as a whole run with
// the flip, bit for bit, in every network of the family, with instruction sets in turn or,
// in the full form, with all of them; and flips change losses.
func TestReplicas(t *testing.T) {
	used := cpuref.UsedInstructions()
	defer cpuref.UseInstructions(used)
	changed, regularized := 0, 0
	full := os.Getenv("SPIKEGRAD_FULL") != ""
	for number, set := range []cpuref.Instructions{cpuref.PlainInstructions, cpuref.AVX2Instructions, cpuref.AVX512Instructions, cpuref.NEONInstructions} {
		if !cpuref.UseInstructions(set) {
			continue
		}
		cases := Cases(testing.Short())
		for i := range cases {
			if !full && i%3 != number%3 {
				continue
			}
			c := &cases[i]
			e, err := engine.NewCPU[float32](c.Network, engine.Options{Seed: c.Seed, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.SetWeights(c.weights()); err != nil {
				t.Fatal(err)
			}
			batch, replicas := c.batch(0, c.Samples), c.replicas() // augmented, if the case augments its input
			batch.Dropout = false                                  // replicas have none
			loss, regularizer, err := e.Replicas(batch, cpuref.StreamNoise, replicas)
			if err != nil {
				t.Fatal(err)
			}
			free := &engine.Record{Loss: make([]float32, c.Samples), Regularizer: make([]float32, c.Samples)}
			if _, err := e.Evaluate(batch, cpuref.StreamNoise, free); err != nil {
				t.Fatal(err)
			}
			record := &engine.Record{Loss: make([]float32, c.Samples), Regularizer: make([]float32, c.Samples)}
			each := len(replicas) / c.Samples
			for k := range each { // the k-th replica of every sample
				batch.Flips = nil
				for b := range c.Samples {
					batch.Flips = append(batch.Flips, replicas[b*each+k].Flip)
				}
				if _, err := e.Evaluate(batch, cpuref.StreamNoise, record); err != nil {
					t.Fatal(err)
				}
				for b := range c.Samples {
					if got, want := loss[b*each+k], record.Loss[b]; got != want {
						t.Errorf("%s, %s, %+v: loss %v, of a whole run %v", set, c.Name, replicas[b*each+k], got, want)
					}
					if got, want := regularizer[b*each+k], record.Regularizer[b]; got != want {
						t.Errorf("%s, %s, %+v: regularizer %v, of a whole run %v", set, c.Name, replicas[b*each+k], got, want)
					}
					if record.Loss[b] != free.Loss[b] {
						changed++
					}
					if record.Regularizer[b] != free.Regularizer[b] {
						regularized++
					}
				}
			}
		}
	}
	if changed < 100 || regularized < 10 {
		t.Errorf("flips changed %d losses and %d regularizers: too little to compare", changed, regularized)
	}
}

// TestReplicasOrder: neither the order of replicas nor the other replicas matter.
func TestReplicasOrder(t *testing.T) {
	c := base()
	e, err := engine.NewCPU[float32](c.Network, engine.Options{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(c.Network.Initialise(1)); err != nil {
		t.Fatal(err)
	}
	batch, replicas := c.batch(0, c.Samples), c.replicas()
	run := func(replicas []engine.Replica) []float32 {
		t.Helper()
		loss, _, err := e.Replicas(batch, cpuref.StreamNoise, replicas)
		if err != nil {
			t.Fatal(err)
		}
		return loss
	}
	want := run(replicas)
	turned := slices.Clone(replicas)
	slices.Reverse(turned)
	got := run(turned)
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		t.Errorf("losses %v, in reverse order %v", want, got)
	}
	if alone := run(replicas[7:8]); alone[0] != want[7] {
		t.Errorf("loss %v, alone %v", want[7], alone[0])
	}
}
