package tests

import (
	"math"
	"math/rand/v2"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu/gputest"
	"spikegrad/host/engine"
)

// TestManyReplicas: many replicas of the same samples, whose input spikes are varied or moved by
// learned delays individually, have the same losses as on the CPU engine; there are so many that some
// parts of them start late. A second batch has more events than were allocated.
func TestManyReplicas(t *testing.T) {
	for _, delay := range []int{0, 9} {
		n := dualNetwork(1, "superspike", "multiplicative", false, "sum_of_softmax")
		n.Inputs, n.Steps, n.Layers[0].LearnedDelay = 40, 105, delay
		random := rand.New(rand.NewPCG(3, 5))
		batches := []*engine.Batch{randomBatch(random, &n, 2, 0.1), randomBatch(random, &n, 3, 0.4)}
		if delay == 0 {
			batches[1].Augment = &cpuref.Augmentation{Key: [2]uint32{3, uint32(cpuref.StreamEncoder)}, Drop: 1 << 28}
		}
		var replicas []engine.Replica
		for i := range 400 {
			replicas = append(replicas, engine.Replica{Sample: i % 2, Flip: engine.Flip{Layer: i / 2 % 2, Step: random.IntN(n.Steps), Neuron: i % 6}})
		}
		weights := n.Initialise(5)
		of := func(e engine.Engine) (losses []float32) {
			if err := e.SetWeights(weights); err != nil {
				t.Fatal(err)
			}
			for _, batch := range batches {
				loss, regularizer, err := e.Replicas(batch, cpuref.StreamEvaluation, replicas)
				if err != nil {
					t.Fatal(err)
				}
				losses = append(append(losses, loss...), regularizer...)
			}
			return losses
		}
		options := engine.Options{Seed: 7, Workers: 2}
		cpu, err := engine.NewCPU[float32](&n, options)
		if err != nil {
			t.Fatal(err)
		}
		want := of(cpu)
		for _, info := range gputest.Devices(t) {
			for i, got := range of(openVulkan(t, &n, info, options)) {
				if math.Float32bits(got) != math.Float32bits(want[i]) {
					t.Errorf("%s, learned_delay %d: number %d is %v, on the CPU %v", info.Name, delay, i, got, want[i])
					break
				}
			}
		}
	}
}
