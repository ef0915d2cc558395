package hdf5

import "math/bits"

// dataspace is the shape of a dataset.
type dataspace struct {
	shape   []uint64
	largest []uint64 // maximum shape; undefined means unlimited
	null    bool     // there are no elements, and no shape
	count   uint64   // elements
}

// parseDataspace reads a dataspace message (IV.A.2.b).
func parseDataspace(body []byte) (dataspace, error) {
	p := fields{rest: body}
	version, rank, flags := p.byte(), p.byte(), p.byte()
	const scalar, simple, null = 0, 1, 2
	kind := uint8(simple)
	if rank == 0 {
		kind = scalar
	}
	switch version {
	case 1:
		p.bytes(5)
	case 2:
		kind = p.byte()
	default:
		return dataspace{}, damaged("dataspace of version %d", version)
	}
	const mostDimensions = 32
	if kind > null || kind != simple && rank != 0 || rank > mostDimensions {
		return dataspace{}, damaged("dataspace of kind %d with %d dimensions", kind, rank)
	}
	if kind == null {
		return dataspace{null: true}, p.err()
	}
	d := dataspace{count: 1}
	for range rank {
		d.shape = append(d.shape, p.number(8))
	}
	d.largest = d.shape
	const hasLargest = 1
	if flags&hasLargest != 0 {
		d.largest = nil
		for range rank {
			d.largest = append(d.largest, p.number(8))
		}
	}
	for i, length := range d.shape {
		if d.largest[i] < length && !p.short {
			return dataspace{}, damaged("dimension %d has length %d, and may have %d", i, length, d.largest[i])
		}
		high, low := bits.Mul64(d.count, length)
		if high != 0 {
			return dataspace{}, damaged("shape %v", d.shape)
		}
		d.count = low
	}
	return d, p.err()
}
