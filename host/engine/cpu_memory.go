package engine

import "unsafe"

// cpuBytes is the memory of a CPU engine: weights, optimizer and workers, without the
// gradients, which grow with the batch.
func (p *plan[T]) cpuBytes(workers int) float64 {
	element := float64(unsafe.Sizeof(T(0)))
	total := 0.0
	for _, w := range p.weights {
		copies := 1 + len(states(p.options.Optimizer))
		total += element * float64(copies) * float64(w.size)
		if w.source >= 0 {
			total += element * float64(w.transposedSize())
		}
	}
	return total + float64(workers)*p.workerBytes(element)
}

// workerBytes is the memory of one worker.
func (p *plan[T]) workerBytes(element float64) float64 {
	total := 0.0
	count := func(bytes float64) func(string, int) struct{} {
		return func(_ string, length int) struct{} {
			total += bytes * float64(length)
			return struct{}{}
		}
	}
	lay(p, p.cut(), p.together(), allocator[struct{}, struct{}]{words: count(4), numbers: count(element)})
	return total
}

// gradientBytes is the memory that partial gradients of the given number of chunks take beyond what
// is there: there returns how many numbers a weight array already has room for.
func (p *plan[T]) gradientBytes(chunks int, there func(weight int) int) float64 {
	total := 0.0
	for i, w := range p.weights {
		if chunks*w.size > there(i) {
			total += float64(unsafe.Sizeof(T(0))) * float64(chunks) * float64(w.size)
		}
	}
	return total
}

// checkGradients refuses a number of chunks whose partial gradients memory cannot hold.
func (e *CPU[T]) checkGradients(chunks int) error {
	total := e.plan.gradientBytes(chunks, func(i int) int { return cap(e.partial[i]) })
	if total == 0 {
		return nil
	}
	return readMemoryLeft("/", AddressLimit()).check(total)
}
