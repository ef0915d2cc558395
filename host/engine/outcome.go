package engine

import (
	"fmt"
	"math"

	"spikegrad/cpuref"
)

// sumSamples adds up one number per sample in the fixed order of all sums over samples: ascending
// within chunks, then the tree over chunks.
func sumSamples[T cpuref.Float](values []T) T {
	partial := make([]T, cpuref.Chunks(len(values)))
	for b, value := range values {
		partial[b/cpuref.ChunkSamples] += value
	}
	cpuref.SumChunks(partial, len(partial), 1, 0, 1)
	return partial[0]
}

// meanOutcome is the outcome of samples with the given losses; nothing is counted yet.
func meanOutcome[T cpuref.Float](loss, regularizer []T, layers int) OutcomeOf[T] {
	inverse := T(1 / float64(len(loss)))
	return OutcomeOf[T]{
		Samples: len(loss), Spikes: make([]uint64, layers),
		Loss: T(sumSamples(loss) * inverse), Regularizer: T(sumSamples(regularizer) * inverse),
	}
}

// summarise makes the outcome of a batch from per-sample results that both engines have.
func summarise[T cpuref.Float](batch *Batch, loss, regularizer []T, predicted []uint32, totals [][]uint32) OutcomeOf[T] {
	outcome := meanOutcome(loss, regularizer, len(totals))
	for b, class := range predicted {
		if class == batch.Labels[b] {
			outcome.Correct++
		}
	}
	for l := range totals {
		for _, total := range totals[l] {
			outcome.Spikes[l] += uint64(total)
		}
	}
	return outcome
}

// NotFiniteError reports that a loss or a gradient is infinite or not a number, and where the first
// such number is.
type NotFiniteError struct {
	Sample   int    // in the batch, if a loss is not finite
	Array    string // the first weight array with such a number; empty if the weights are finite
	Gradient bool   // Array has a gradient that overflows
}

func (e *NotFiniteError) Error() string {
	if e.Gradient {
		return fmt.Sprintf("the gradient of weights %s overflows: use a smaller learning rate or initial weights", e.Array)
	}
	where := "all weights are finite, so activity overflowed"
	if e.Array != "" {
		where = fmt.Sprintf("weights %s are not finite", e.Array)
	}
	return fmt.Sprintf("the loss of sample %d of the batch is not finite: %s; use a smaller learning rate or initial weights", e.Sample, where)
}

// checkFinite returns a NotFiniteError if a loss is not finite; the weights, packed as described,
// are only read then.
func checkFinite[T cpuref.Float](loss []T, described []weightPlan, weights func(i int) ([]T, error)) error {
	for b, value := range loss {
		if finite(value) {
			continue
		}
		failure := &NotFiniteError{Sample: b}
		for i, w := range described {
			array, err := weights(i)
			if err != nil {
				return err
			}
			for _, value := range array {
				if !finite(value) {
					failure.Array = w.Name
					return failure
				}
			}
		}
		return failure
	}
	return nil
}

func finite[T cpuref.Float](x T) bool {
	return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
}
