package cpuref

// LimitShares limits learned shares to 0 to 1, numbers first ≤ i < last. Twin:
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
