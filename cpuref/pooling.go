package cpuref

// Pool is how the spikes of neighbouring positions become those of one.
type Pool uint32

// Kinds of pooling.
const (
	PoolMax Pool = iota // a spike if any position has one; its error goes to the first that has
	PoolSum             // all spikes; their error goes to every position
)

// Pooling is how a layer of filters at positions hands its spikes up: those of a cell of
// positions as those of one. Cells do not overlap, and positions at the bottom and on the
// right that fill no cell are left out. The zero Pooling hands up the spikes as they are.
type Pooling struct {
	Kind  Pool
	Plane Extent // positions of the layer
	Cell  Extent // positions that become one
	Unit  int    // numbers a position takes, see [Window]
}

// None says whether spikes are handed up as they are.
func (p *Pooling) None() bool { return p.Cell == Extent{} }

// Cells are the positions handed up.
func (p *Pooling) Cells() Extent {
	return Extent{p.Plane.Height / p.Cell.Height, p.Plane.Width / p.Cell.Width}
}

// Copies is how many spikes of a number can be handed up in a step.
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

// laneBits are the spikes of the [Lane] neurons from a number on, a multiple of Lane.
func laneBits(spikes []uint32, number int) uint32 {
	return spikes[number/32] >> (number % 32) & (1<<Lane - 1)
}
