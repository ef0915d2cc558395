package hdf5

import (
	"errors"
	"fmt"
	"math/bits"
)

// Classes of storage.
const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
	layoutVirtual    = 3
)

// layout is the location of a dataset's elements.
type layout struct {
	class   uint8
	data    []byte // compact: the elements
	address uint64 // contiguous; undefined if nothing was written
	size    uint64 // bytes at the address
	chunks  chunking
}

// chunking describes how a dataset is divided into chunks.
type chunking struct {
	shape   []uint64 // elements of a chunk
	element uint64   // bytes
	bytes   uint64   // of a chunk, unpacked
	index   uint8
	address uint64 // of the index; undefined if nothing was written
	// wholeEdges means that chunks that extend beyond the edge of the dataset are not
	// packed.
	wholeEdges bool
	// A single packed chunk: its size in the file and the filters skipped.
	stored uint64
	mask   uint32
	packed bool
}

// Chunk indices: those of layout version 4, and the version 1 B-tree of older versions.
const (
	indexBTree1     = 0
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexBTree2     = 5
)

// parseLayout reads a data layout message (IV.A.2.i).
func parseLayout(body []byte) (layout, error) {
	p := fields{rest: body}
	version := p.byte()
	if version == 1 || version == 2 {
		return layout{}, fmt.Errorf("storage of version %d, of a library before HDF5 1.6.3, which is not supported: h5repack rewrites it", version)
	}
	l := layout{class: p.byte()}
	if version < 3 || version > 5 {
		return l, fmt.Errorf("storage of version %d, which is not supported: 3 to 5 are read", version)
	}
	switch l.class {
	case layoutCompact:
		l.data = p.bytes(p.number(2))
	case layoutContiguous:
		l.address, l.size = p.address(), p.number(8)
	case layoutChunked:
		if version == 3 {
			l.chunks.parse3(&p)
		} else if err := l.chunks.parse4(&p); err != nil {
			return l, err
		}
	case layoutVirtual:
		return l, errors.New("a virtual dataset, composed of others, which is not supported")
	default:
		return l, damaged("storage of class %d", l.class)
	}
	return l, p.err()
}

func (c *chunking) parse3(p *fields) {
	rank := p.byte()
	c.index, c.address = indexBTree1, p.address()
	c.takeShape(p, rank, 4)
}

func (c *chunking) parse4(p *fields) error {
	const wholeEdges, packedSingle = 1, 2
	flags, rank, width := p.byte(), p.byte(), p.byte()
	if width < 1 || width > 8 || flags > wholeEdges|packedSingle {
		return damaged("chunks with flags %d, sizes of %d bytes", flags, width)
	}
	c.wholeEdges = flags&wholeEdges != 0
	c.takeShape(p, rank, int(width))
	c.index = p.byte()
	switch c.index {
	case indexSingle:
		if c.packed = flags&packedSingle != 0; c.packed {
			c.stored, c.mask = p.number(8), uint32(p.number(4))
		}
	case indexImplicit:
	case indexFixed:
		p.bytes(1) // repeated in the index itself, here and below
	case indexExtensible:
		p.bytes(5)
	case indexBTree2:
		p.bytes(6)
	default:
		return fmt.Errorf("chunks with an index of type %d, which is not supported", c.index)
	}
	c.address = p.address()
	return nil
}

// takeShape reads the chunk dimensions, the last of which is the size of an element in
// bytes.
func (c *chunking) takeShape(p *fields, rank uint8, width int) {
	for range rank {
		c.shape = append(c.shape, p.number(width))
	}
	if rank > 0 {
		c.shape, c.element = c.shape[:rank-1], c.shape[rank-1]
	}
}

// check checks that chunks fit their dataset.
func (c *chunking) check(space *dataspace, element int) error {
	if space.null || len(c.shape) != len(space.shape) || len(c.shape) == 0 || c.element != uint64(element) {
		return damaged("chunks of shape %v and elements of %d bytes, in a dataset of shape %v and elements of %d", c.shape, c.element, space.shape, element)
	}
	c.bytes = c.element
	for _, length := range c.shape {
		high, low := bits.Mul64(c.bytes, length)
		const most = 1 << 40
		if high != 0 || low == 0 || low > most {
			return damaged("chunks of shape %v", c.shape)
		}
		c.bytes = low
	}
	return nil
}
