package kernels

// Window is the geometry of a connection between neurons in rows of positions; see
// cpuref.Window. The zero Window is a dense connection.
type Window struct {
	Positions uint32
	Below     uint32
	Unit      uint32
	Kernel    uint32
	Stride    uint32
	Padding   uint32
}

// blocks is how many blocks the weights have: one an element of the kernel.
func (w Window) blocks() uint64 {
	if w.Positions == 0 {
		return 1
	}
	return uint64(w.Kernel)
}

// positions is how many positions above there are, 1 for a dense connection.
func (w Window) positions() uint64 { return max(1, uint64(w.Positions)) }

// rows is how many numbers below feed a position, of so many below in all.
func (w Window) rows(below uint32) uint64 {
	if w.Positions == 0 {
		return uint64(below)
	}
	return uint64(w.Kernel) * uint64(w.Unit)
}

// inputs is how many numbers there are below, if so many rows of weights feed a position.
func (w Window) inputs(rows uint32) uint64 {
	if w.Positions == 0 {
		return uint64(rows)
	}
	return uint64(w.Below) * uint64(w.Unit)
}
