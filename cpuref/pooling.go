package cpuref

// Pool is a way to pool the spikes of neighbouring positions.
type Pool uint32

// Kinds of pooling.
const (
	PoolMax Pool = iota // a spike if any position has one; the error goes to the first that has
	PoolSum             // all spikes; the error goes to every position
)

// Pooling is how a convolution pools its spikes for the layer above: each cell of positions
// becomes a single position. Cells do not overlap; positions at the bottom and on the right
// that do not fill a cell are dropped. The zero Pooling passes the spikes on unchanged.
type Pooling struct {
	Kind  Pool
	Plane Extent // positions of the layer
	Cell  Extent // size of a cell, in positions
	Unit  int    // numbers per position, see [Window]
}

// None reports whether spikes are passed on unchanged.
func (p *Pooling) None() bool { return p.Cell == Extent{} }

// Cells is the number of rows and columns of cells.
func (p *Pooling) Cells() Extent {
	return Extent{p.Plane.Height / p.Cell.Height, p.Plane.Width / p.Cell.Width}
}

// Copies is the maximum number of spikes per pooled number and step.
func (p *Pooling) Copies() int {
	if p.None() || p.Kind == PoolMax {
		return 1
	}
	return p.Cell.Area()
}

// corner is the number of the first position of a cell.
func (p *Pooling) corner(cell Extent) int {
	return cell.Height*p.Cell.Height*p.Plane.Width + cell.Width*p.Cell.Width
}

// laneBits returns the spikes of [Lane] neurons, from a number that is a multiple of Lane on.
func laneBits(spikes []uint32, number int) uint32 {
	return spikes[number/32] >> (number % 32) & (1<<Lane - 1)
}
