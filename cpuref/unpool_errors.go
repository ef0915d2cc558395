package cpuref

import "math/bits"

// UnpoolErrorsArguments are the arrays and sizes of [UnpoolErrors].
type UnpoolErrorsArguments[T Float] struct {
	Error []T // written; [sample][step][stride]: ∂L/∂S of the layer

	Pooled []T      // [sample][step][stride of what is handed up]: ∂L/∂S of what is handed up
	Spikes []uint32 // [sample][step][word]: of the layer

	Steps   int
	Pooling Pooling
	Segment Segment // of Error and Pooled
}

// UnpoolErrors carries errors from pooled spikes back to the layer: with sum pooling to every
// position of the cell, with max pooling to the first position that has a spike, or to the first
// position if none has, like PyTorch's MaxPool2d. Samples first ≤ sample < last are processed.
// Twin: shaders/unpool_errors.comp.
func UnpoolErrors[T Float](a *UnpoolErrorsArguments[T], first, last int) {
	p, cells := &a.Pooling, a.Pooling.Cells()
	stride, pooledStride := p.Plane.Area()*p.Unit, cells.Area()*p.Unit
	words, segment := Words(stride), a.Segment.Of(a.Steps)
	for b := first; b < last; b++ {
		for t := segment.First; t < segment.Last; t++ {
			held, r := segment.row(b, t), b*a.Steps+t
			dst, pooled := a.Error[held*stride:][:stride], a.Pooled[held*pooledStride:][:pooledStride]
			clear(dst)
			spikes := a.Spikes[r*words : (r+1)*words]
			for cell := range cells.Area() {
				corner, from := p.corner(cells.Place(cell)), pooled[cell*p.Unit:][:p.Unit]
				if p.Kind == PoolSum {
					p.each(corner, 0, func(number int) { copy(dst[number:], from) })
					continue
				}
				given := dst[corner*p.Unit:][:p.Unit] // unless another position spiked first
				copy(given, from)
				for lane := 0; lane < p.Unit; lane += Lane {
					passed := laneBits(spikes, corner*p.Unit+lane) // spiked at an earlier position
					p.each(corner, lane, func(number int) {
						to := laneBits(spikes, number) &^ passed
						passed |= to
						for ; to != 0; to &= to - 1 {
							bit := bits.TrailingZeros32(to)
							dst[number+bit], given[lane+bit] = from[lane+bit], 0
						}
					})
				}
			}
		}
	}
}
