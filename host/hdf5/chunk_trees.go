package hdf5

// bTree1 reads the index of all chunked datasets written before HDF5 1.10, and of most
// written since (III.A.1).
func (x *chunkIndex) bTree1() error {
	rank := len(x.shape)
	keySize := uint64(4 + 4 + 8*(rank+1)) // the last coordinate is within an element: 0
	return x.source.walkBTree1(x.address, treeOfChunks, keySize, func(key []byte, child uint64) error {
		p := fields{rest: key}
		c := chunk{stored: p.number(4), mask: uint32(p.number(4)), address: child, at: make([]uint64, rank)}
		for i := range c.at {
			first := p.number(8)
			if first%x.shape[i] != 0 {
				return damaged("a chunk begins at %d of dimension %d, chunks have length %d", first, i, x.shape[i])
			}
			c.at[i] = first / x.shape[i]
		}
		return x.add(c, false)
	})
}

// bTree2 reads the index of datasets that are unlimited in several dimensions (III.A.2,
// records of type 10 and 11).
func (x *chunkIndex) bTree2() error {
	const plain, packed = 10, 11
	kind := uint8(plain)
	if x.filtered {
		kind = packed
	}
	rank := len(x.shape)
	return x.source.walkBTree2(x.address, kind, func(record []byte) error {
		p := fields{rest: record}
		c := chunk{address: p.address(), at: make([]uint64, rank)}
		if x.filtered {
			width := len(record) - 8 - 4 - 8*rank
			if width < 1 || width > 8 {
				return damaged("a record of %d bytes in a tree of chunks", len(record))
			}
			c.stored, c.mask = p.number(width), uint32(p.number(4))
		}
		for i := range c.at {
			c.at[i] = p.number(8)
		}
		if p.short || len(p.rest) > 0 {
			return damaged("a record of %d bytes in a tree of chunks", len(record))
		}
		return x.add(c, !x.filtered)
	})
}
