package cpuref

// Loss is what is minimized: the cross-entropy of a softmax over logits x_c of class c, or a
// distance of the output spikes from target spikes.
type Loss uint32

// The losses computed by [CrossEntropy], with their logits, then the ones computed by [SpikeDistance].
const (
	LossMaxOverTime     Loss = iota // x = max_t U[t+1] of the readout
	LossSumOfSoftmax                // x = Σ_t softmax(U[t+1])
	LossLastStep                    // x = U[T]
	LossCounts                      // x = number of spikes of a spiking output layer
	LossVanRossum                   // ½ Σ (ε∗S − ε∗target)²
	LossSpikeDifference             // ½ Σ (S − target)²
)

// CrossEntropyArguments are the arrays and sizes of [CrossEntropy].
type CrossEntropyArguments[T Float] struct {
	Loss      []T      // written; [sample]
	Predicted []uint32 // written; [sample]: class of the largest logit, the lowest class in a tie
	Logits    []T      // written; [sample][stride]
	Error     []T      // written unless nil; [sample][step][stride]: ∂L/∂U[t+1]
	// SpikeError is written instead of Error for LossCounts; [sample][stride]:
	// ∂L/∂S, the same at every step.
	SpikeError []T

	Readout []T      // [sample][step][stride]: U[t+1]; not for LossCounts
	Counts  []uint32 // [sample][stride]; only for LossCounts
	Labels  []uint32 // [sample]

	Steps, Classes int
	Kind           Loss
}

// CrossEntropy computes, for samples first ≤ sample < last, the loss −log softmax(x)[label] and its
// derivative with respect to what the logits x are computed from. Not divided by the batch. Twin:
// shaders/cross_entropy.comp.
func CrossEntropy[T Float](a *CrossEntropyArguments[T], work *Workspace[T], first, last int) {
	stride := Stride(a.Classes)
	work.grow(2, stride)
	gradient, probabilities := work.rows[0], work.rows[1]
	clear(gradient)
	for b := first; b < last; b++ {
		x := a.Logits[b*stride:][:stride]
		clear(x)
		collectLogits(a, x, probabilities, b)
		best := 0
		for c := 1; c < a.Classes; c++ {
			if x[c] > x[best] {
				best = c
			}
		}
		a.Predicted[b] = uint32(best)

		label := int(a.Labels[b])
		total := softmax(gradient[:a.Classes], x, x[best])
		a.Loss[b] = Log(total) - (x[label] - x[best])
		gradient[label] -= 1
		for c := range a.Classes {
			gradient[c] = FlushState(gradient[c])
		}
		if a.Kind == LossCounts {
			if a.SpikeError != nil {
				copy(a.SpikeError[b*stride:], gradient)
			}
		} else if a.Error != nil {
			spreadError(a, gradient, probabilities, b)
		}
	}
}

// softmax writes softmax(x) for the first len(dst) classes and returns the sum
// of exp(x − largest).
func softmax[T Float](dst, x []T, largest T) T {
	var total T
	for c := range dst {
		dst[c] = Exp(x[c] - largest)
		total += dst[c]
	}
	inverse := Reciprocal(total)
	for c := range dst {
		dst[c] = FlushState(T(dst[c] * inverse))
	}
	return total
}

// largestOf is the largest of the first classes entries of x.
func largestOf[T Float](x []T, classes int) T {
	largest := x[0]
	for c := 1; c < classes; c++ {
		if x[c] > largest {
			largest = x[c]
		}
	}
	return largest
}

// collectLogits fills x, [class], for sample b; p is scratch.
func collectLogits[T Float](a *CrossEntropyArguments[T], x, p []T, b int) {
	stride := Stride(a.Classes)
	if a.Kind == LossCounts {
		for c := range a.Classes {
			x[c] = T(a.Counts[b*stride+c])
		}
		return
	}
	readout := a.Readout[b*a.Steps*stride:]
	switch a.Kind {
	case LossMaxOverTime:
		largest := x[:a.Classes]
		copy(largest, readout)
		for t := 1; t < a.Steps; t++ {
			for c, u := range readout[t*stride:][:len(largest)] {
				if u > largest[c] {
					largest[c] = u
				}
			}
		}
	case LossSumOfSoftmax:
		for t := range a.Steps {
			u := readout[t*stride:]
			softmax(p[:a.Classes], u, largestOf(u, a.Classes))
			for c := range a.Classes {
				x[c] += p[c]
			}
		}
	case LossLastStep:
		copy(x[:a.Classes], readout[(a.Steps-1)*stride:])
	}
}

// maximumStep is the step of the largest potential of class c, the first in a tie.
func maximumStep[T Float](readout []T, c, steps, stride int) int {
	best := 0
	for t := 1; t < steps; t++ {
		if readout[t*stride+c] > readout[best*stride+c] {
			best = t
		}
	}
	return best
}

// spreadError writes ∂L/∂U[t+1] for sample b from the derivative with respect to
// the logits; p is scratch.
func spreadError[T Float](a *CrossEntropyArguments[T], gradient, p []T, b int) {
	stride := Stride(a.Classes)
	readout := a.Readout[b*a.Steps*stride:]
	errors := a.Error[b*a.Steps*stride : (b+1)*a.Steps*stride]
	clear(errors)
	switch a.Kind {
	case LossMaxOverTime:
		for c := range a.Classes {
			errors[maximumStep(readout, c, a.Steps, stride)*stride+c] = gradient[c]
		}
	case LossSumOfSoftmax:
		for t := range a.Steps {
			u := readout[t*stride:]
			softmax(p[:a.Classes], u, largestOf(u, a.Classes))
			var mean T
			for c := range a.Classes {
				mean += T(p[c] * gradient[c])
			}
			for c := range a.Classes {
				errors[t*stride+c] = FlushState(T(p[c] * (gradient[c] - mean)))
			}
		}
	case LossLastStep:
		copy(errors[(a.Steps-1)*stride:], gradient)
	}
}
