package cpuref

// LimitShares clamps learned shares first ≤ i < last to the range 0 to 1. Twin:
// shaders/limit_shares.comp.
func LimitShares[T Float](shares []T, first, last int) {
	for i := first; i < last; i++ {
		if shares[i] < 0 {
			shares[i] = 0
		}
		if shares[i] > 1 {
			shares[i] = 1
		}
	}
}
