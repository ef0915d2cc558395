package cpuref

// vectorsFor returns the loops for an instruction set, nil for plain ones, and whether the set
// exists: every arm64 processor has NEON.
func vectorsFor(wanted Instructions) (*vectorLoops, bool) {
	if wanted == NEONInstructions {
		return &loopsNEON, true
	}
	return nil, wanted == PlainInstructions
}
