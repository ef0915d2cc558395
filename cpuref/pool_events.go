package cpuref

import "math/bits"

// PoolEventsArguments are the arrays and sizes of [PoolEvents].
type PoolEventsArguments struct {
	Events Events   // written; rows [sample][step], capacity entries of Index apart
	Spikes []uint32 // [sample][step][word]: of the layer

	Steps    int
	Capacity int // at least the number of neurons
	Pooling  Pooling
	Segment  Segment // of Events.Index; rows and spikes cover all steps
}

// PoolEvents lists the pooled spikes of a layer in ascending number: with max pooling each number
// once, with sum pooling once per spike in the cell. Samples first ≤ sample < last are processed.
// Twin: shaders/pool_events.comp.
func PoolEvents(a *PoolEventsArguments, first, last int) {
	segment, words := a.Segment.Of(a.Steps), Words(a.Pooling.Plane.Area()*a.Pooling.Unit)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			r, begin := b*a.Steps+t, segment.row(b, t)*a.Capacity
			row := a.Pooling.appendSpikes(a.Events.Index[begin:begin:begin+a.Capacity], a.Spikes[r*words:(r+1)*words])
			a.Events.Rows[r] = [2]uint32{uint32(begin), uint32(begin + len(row))}
		}
	}
}

// appendSpikes appends the pooled spikes of a step, given its spikes.
func (p *Pooling) appendSpikes(dst, spikes []uint32) []uint32 {
	cells := p.Cells()
	for cell := range cells.Area() {
		corner := p.corner(cells.Place(cell))
		for lane := 0; lane < p.Unit; lane += Lane {
			any := uint32(0)
			p.each(corner, lane, func(number int) { any |= laneBits(spikes, number) })
			for ; any != 0; any &= any - 1 {
				bit := bits.TrailingZeros32(any)
				count := 1
				if p.Kind == PoolSum {
					count = 0
					p.each(corner, lane, func(number int) { count += int(laneBits(spikes, number) >> bit & 1) })
				}
				for range count {
					dst = append(dst, uint32(cell*p.Unit+lane+bit))
				}
			}
		}
	}
	return dst
}

// each calls do once per position of a cell, row by row, given the cell's first position.
func (p *Pooling) each(corner, lane int, do func(number int)) {
	for y := range p.Cell.Height {
		for x := range p.Cell.Width {
			do((corner+y*p.Plane.Width+x)*p.Unit + lane)
		}
	}
}
