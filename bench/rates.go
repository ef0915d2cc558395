package bench

import (
	"sync"
	"time"
)

// Rates are the measured rates of a device.
type Rates struct {
	CopyBytes  float64 // bytes read plus bytes written per second in a copy larger than caches
	Operations float64 // additions and multiplications of float32 per second, in registers, never fused
}

const (
	copyBytes   = 128 << 20 // each for source and destination: more than caches hold
	rateRepeats = 7         // of which the best counts: what the device can do
)

// CPURates measures the processors with the given number of goroutines.
func CPURates(workers int) Rates {
	part := copyBytes / workers
	from, to := make([][]byte, workers), make([][]byte, workers)
	for w := range workers {
		from[w], to[w] = make([]byte, part), make([]byte, part)
		for i := 0; i < part; i += 4096 {
			from[w][i], to[w][i] = 1, 1 // so that the memory is really allocated
		}
	}
	copied := best(func() { together(workers, func(w int) { copy(to[w], from[w]) }) })
	const rounds = 1 << 20
	sums := make([]float32, workers)
	computed := best(func() { together(workers, func(w int) { sums[w] = multiplyAdd(rounds) }) })
	return Rates{
		CopyBytes:  2 * float64(part*workers) / copied.Seconds(),
		Operations: float64(workers) * rounds * multiplyAddOperations() / computed.Seconds(),
	}
}

// best is the shortest of several runs.
func best(do func()) time.Duration {
	shortest := time.Duration(1<<63 - 1)
	for range rateRepeats {
		begin := time.Now()
		do()
		shortest = min(shortest, time.Since(begin))
	}
	return shortest
}

// together runs do for all workers at the same time.
func together(workers int, do func(worker int)) {
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { do(w) })
	}
	group.Wait()
}

// chainsPlain is the number of independent values that a round of [multiplyAddPlain]
// updates.
const chainsPlain = 8

// multiplyAddPlain multiplies and adds independent values in plain loops.
func multiplyAddPlain(rounds int) float32 {
	const factor, term = 0.999, 0.001
	a, b, c, d, e, f, g, h := float32(1), float32(2), float32(3), float32(4), float32(5), float32(6), float32(7), float32(8)
	for range rounds {
		a = float32(a*factor) + term
		b = float32(b*factor) + term
		c = float32(c*factor) + term
		d = float32(d*factor) + term
		e = float32(e*factor) + term
		f = float32(f*factor) + term
		g = float32(g*factor) + term
		h = float32(h*factor) + term
	}
	return a + b + c + d + e + f + g + h
}
