//go:build !((goexperiment.simd && amd64) || arm64)

package cpuref

// vectorsFor knows plain loops only: this build has no vector instructions.
func vectorsFor(wanted Instructions) (*vectorLoops, bool) {
	return nil, wanted == PlainInstructions
}
