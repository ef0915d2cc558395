//go:build !(goexperiment.simd && amd64)

package bench

func multiplyAdd(rounds int) float32 { return multiplyAddPlain(rounds) }

// multiplyAddOperations is the number of operations in a round.
func multiplyAddOperations() float64 { return 2 * chainsPlain }
