package cpuref

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSumChunks compares the tree with its definition: the sum of a list is the sum of the list of
// pairwise sums, with an odd one out kept.
func TestSumChunks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const size = 5
	for count := 1; count <= 40; count++ {
		partial := make([]float32, count*size)
		for i := range partial {
			partial[i] = float32(random.NormFloat64())
		}
		want := make([]float32, size)
		for i := range want {
			var column []float32
			for k := range count {
				column = append(column, partial[k*size+i])
			}
			want[i] = treeSum(column)
		}

		got := slices.Clone(partial)
		SumChunks(got, count, size, 0, 2)
		SumChunks(got, count, size, 2, size)
		if !slices.Equal(got[:size], want) {
			t.Errorf("%d chunks: %v, by definition %v", count, got[:size], want)
		}

		// A batch in passes of a power of two chunks each.
		for pass := 1; pass < count; pass *= 2 {
			passes := slices.Clone(partial)
			var sums []float32
			for k := 0; k < count; k += pass {
				part := passes[k*size : min(k+pass, count)*size]
				SumChunks(part, len(part)/size, size, 0, size)
				sums = append(sums, part[:size]...)
			}
			SumChunks(sums, len(sums)/size, size, 0, size)
			if !slices.Equal(sums[:size], want) {
				t.Errorf("%d chunks in passes of %d: %v, at once %v", count, pass, sums[:size], want)
			}
		}
	}
}

func treeSum(values []float32) float32 {
	if len(values) == 1 {
		return values[0]
	}
	var sums []float32
	for i := 0; i+1 < len(values); i += 2 {
		sums = append(sums, values[i]+values[i+1])
	}
	if len(values)%2 == 1 {
		sums = append(sums, values[len(values)-1])
	}
	return treeSum(sums)
}

// randomSpikes draws spikes, [sample][step][neuron].
func randomSpikes(random *rand.Rand, samples, steps, neurons int) [][][]bool {
	spikes := make([][][]bool, samples)
	for b := range spikes {
		spikes[b] = make([][]bool, steps)
		for t := range spikes[b] {
			spikes[b][t] = make([]bool, neurons)
			for n := range spikes[b][t] {
				spikes[b][t][n] = random.Float64() < 0.3
			}
		}
	}
	return spikes
}

// TestSpikeForms compares all forms of the same spikes: bits, events, trains,
// counts, totals.
func TestSpikeForms(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []struct{ samples, steps, neurons int }{{1, 1, 1}, {3, 31, 33}, {2, 32, 32}, {2, 33, 31}, {4, 65, 70}} {
		samples, steps, neurons := size.samples, size.steps, size.neurons
		spikes := randomSpikes(random, samples, steps, neurons)
		words, rows := Words(neurons), samples*steps
		bits := make([]uint32, rows*words)
		for b := range samples {
			for step := range steps {
				for n, spike := range spikes[b][step] {
					if spike {
						bits[(b*steps+step)*words+n/32] |= 1 << (n % 32)
					}
				}
			}
		}
		events := Events{Rows: make([][2]uint32, rows), Index: make([]uint32, rows*neurons)}
		BuildEvents(events, bits, words, neurons, 0, rows/2)
		BuildEvents(events, bits, words, neurons, rows/2, rows)
		trains := filled(neurons*samples*Words(steps), uint32(math.MaxUint32))
		SpikeTrains(trains, events, neurons, samples, steps, 0, samples-1)
		SpikeTrains(trains, events, neurons, samples, steps, samples-1, samples)
		counts := filled(samples*Stride(neurons), uint32(99))
		SpikeCounts(counts, trains, neurons, samples, steps, 0, samples)
		perSample := make([]uint32, samples)
		SpikeTotals(perSample, counts, neurons, 0, samples)

		for b := range samples {
			total := uint32(0)
			count := make([]uint32, Stride(neurons))
			for step := range steps {
				var listed []uint32
				for n, spike := range spikes[b][step] {
					if spike {
						listed = append(listed, uint32(n))
						count[n]++
						total++
					}
					if got := trains[(n*samples+b)*Words(steps)+step/32]>>(step%32)&1 != 0; got != spike {
						t.Fatalf("%+v: train of neuron %d, sample %d, step %d: %v, want %v", size, n, b, step, got, spike)
					}
				}
				if got := events.Row(b*steps + step); !slices.Equal(got, listed) {
					t.Fatalf("%+v: events of sample %d, step %d: %v, want %v", size, b, step, got, listed)
				}
			}
			if got := counts[b*Stride(neurons):][:Stride(neurons)]; !slices.Equal(got, count) {
				t.Fatalf("%+v: counts of sample %d: %v, want %v", size, b, got, count)
			}
			if perSample[b] != total {
				t.Fatalf("%+v: sample %d has %d spikes, want %d", size, b, perSample[b], total)
			}
		}
		for n := range neurons {
			for b := range samples {
				last := trains[(n*samples+b)*Words(steps)+Words(steps)-1]
				if steps%32 != 0 && last>>(steps%32) != 0 {
					t.Fatalf("%+v: the train of neuron %d goes on after the last step", size, n)
				}
			}
		}
	}
}

func filled[E any](length int, value E) []E {
	return slices.Repeat([]E{value}, length)
}

// smallIntegers are numbers whose sums and products are exact in float32.
func smallIntegers(random *rand.Rand, length int) []float32 {
	values := make([]float32, length)
	for i := range values {
		values[i] = float32(random.IntN(15) - 7)
	}
	return values
}

// TestWeightGradient compares the gradient with the sum over all samples and steps, in integers.
func TestWeightGradient(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const samples, first, last, inputs, neurons = 5, 1, 4, 6, 19
	for _, steps := range []int{1, 32, 45} {
		for _, delay := range []int{0, 1, 3} {
			if delay >= steps {
				continue
			}
			spikes := randomSpikes(random, samples, steps, inputs)
			trains := make([]uint32, inputs*samples*Words(steps))
			for b := range samples {
				for step := range steps {
					for i, spike := range spikes[b][step] {
						if spike {
							trains[(i*samples+b)*Words(steps)+step/32] |= 1 << (step % 32)
						}
					}
				}
			}
			errors := smallIntegers(random, samples*steps*Stride(neurons))
			partial := filled(inputs*Stride(neurons), float32(77))
			arguments := WeightGradientArguments[float32]{
				Partial: partial, Trains: trains, Error: errors,
				Samples: samples, Steps: steps, Neurons: neurons,
				Delay: delay, First: first, Last: last,
			}
			var work Workspace[float32]
			WeightGradient(&arguments, &work, 0, 2)
			WeightGradient(&arguments, &work, 2, inputs)
			for i := range inputs {
				for n := range Stride(neurons) {
					want := float32(0)
					for b := first; b < last; b++ {
						for step := 0; step+delay < steps; step++ {
							if spikes[b][step][i] {
								want += errors[(b*steps+step+delay)*Stride(neurons)+n]
							}
						}
					}
					if got := partial[i*Stride(neurons)+n]; got != want {
						t.Fatalf("%d steps, delay %d, input %d, neuron %d: %g, want %g", steps, delay, i, n, got, want)
					}
				}
			}
		}
	}
}

// TestErrorBelow compares the errors with the sum over all neurons above, in integers.
func TestErrorBelow(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	const samples, steps, neurons, below = 3, 6, 18, 33
	for _, delay := range []int{0, 1, 5} {
		above := smallIntegers(random, samples*steps*Stride(neurons))
		transposed := smallIntegers(random, neurons*Stride(below))
		errors := filled(samples*steps*Stride(below), float32(77))
		arguments := ErrorBelowArguments[float32]{
			Error: errors, Above: above, Transposed: transposed,
			Steps: steps, Neurons: neurons, Below: below, Delay: delay,
		}
		ErrorBelow(&arguments, &Workspace[float32]{}, 0, 1)
		ErrorBelow(&arguments, &Workspace[float32]{}, 1, samples)
		for row := range samples * steps {
			for i := range Stride(below) {
				want := float32(0)
				for k := range neurons {
					if row%steps+delay < steps {
						want += above[(row+delay)*Stride(neurons)+k] * transposed[k*Stride(below)+i]
					}
				}
				if got := errors[row*Stride(below)+i]; got != want {
					t.Fatalf("delay %d, row %d, neuron %d below: %g, want %g", delay, row, i, got, want)
				}
			}
		}
	}
}

// TestTranspose: transposing twice is the identity, once swaps indices.
func TestTranspose(t *testing.T) {
	const rows, columns = 17, 35
	weights := make([]float32, rows*Stride(columns))
	for r := range rows {
		for c := range columns {
			weights[r*Stride(columns)+c] = float32(100*r + c)
		}
	}
	once := make([]float32, columns*Stride(rows))
	Transpose(once, weights, rows, columns, 1)
	if got := once[34*Stride(rows)+16]; got != 1634 {
		t.Errorf("row 16, column 34 became %g: want 1634", got)
	}
	twice := make([]float32, len(weights))
	Transpose(twice, once, columns, rows, 1)
	if !slices.Equal(twice, weights) {
		t.Error("the transpose of the transpose is not the array")
	}
}
