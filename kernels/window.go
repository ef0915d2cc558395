package kernels

import (
	"reflect"

	"spikegrad/cpuref"
)

// WindowNumbers are the numbers of a connection's geometry, in the order of shaders/window.glsl.
// They are in a buffer, like the constants of neurons.
func WindowNumbers(w cpuref.Window) []uint32 {
	return []uint32{
		uint32(w.Positions.Height), uint32(w.Positions.Width), uint32(w.Below.Height), uint32(w.Below.Width),
		uint32(w.Planes), uint32(w.Unit), uint32(w.Kernel.Height), uint32(w.Kernel.Width),
		uint32(w.Stride.Height), uint32(w.Stride.Width), uint32(w.Padding.Height), uint32(w.Padding.Width),
	}
}

// windowBytes is the size of [WindowNumbers].
var windowBytes = bytes(uint64(len(WindowNumbers(cpuref.Window{}))))

// windowType is left out of push constants.
var windowType = reflect.TypeFor[cpuref.Window]()
