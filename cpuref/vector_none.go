//go:build !((goexperiment.simd && amd64) || arm64)

package cpuref

// vectorsFor only has plain loops: this build has no vector instructions.
func vectorsFor(wanted Instructions) (*vectorLoops, bool) {
	return nil, wanted == PlainInstructions
}
