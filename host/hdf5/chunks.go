package hdf5

import (
	"fmt"
	"math/bits"
)

// chunk is a chunk that has been written.
type chunk struct {
	at      []uint64 // chunk coordinates; times the shape of a chunk, coordinates in the dataset
	address uint64
	stored  uint64 // bytes in the file
	mask    uint32 // filters skipped
}

// packRatio is an upper bound on how far deflate or lzf expand a byte.
const packRatio = 1032

// readChunks reads a dataset of total bytes that is stored in chunks.
func (d *Dataset) readChunks(total uint64) ([]byte, error) {
	chunks, err := d.listChunks()
	if err != nil {
		return nil, err
	}
	written := uint64(0)
	for _, c := range chunks {
		written += c.stored // at most the size of the file
	}
	for i := range d.filters {
		if d.filters[i].packs() {
			written *= packRatio
			break
		}
	}
	if err := d.checkSize(total, written); err != nil {
		return nil, err
	}
	values := d.filled(total)
	unpacker := unpacker{filters: d.filters}
	var packed []byte
	for _, c := range chunks {
		if uint64(cap(packed)) < c.stored {
			packed = make([]byte, c.stored)
		}
		packed = packed[:c.stored]
		if err := d.file.readInto(packed, c.address); err != nil {
			return nil, err
		}
		plain, err := unpacker.unpack(packed, c.mask, d.layout.chunks.bytes)
		if err != nil {
			return nil, fmt.Errorf("chunk %v: %w", c.at, err)
		}
		d.layout.chunks.place(values, d.space.shape, plain, c.at)
	}
	return values, nil
}

// listChunks lists the chunks of a dataset that have been written and lie within its shape.
// Their total size is at most that of the file.
func (d *Dataset) listChunks() ([]chunk, error) {
	l := &d.layout.chunks
	if l.address == undefined {
		return nil, nil
	}
	index := chunkIndex{source: &d.file.source, chunking: l, space: &d.space, filtered: len(d.filters) > 0}
	if err := index.read(); err != nil {
		return nil, err
	}
	return index.chunks, nil
}

// chunkIndex collects the chunks of a dataset.
type chunkIndex struct {
	*chunking
	source   *source
	space    *dataspace
	filtered bool
	chunks   []chunk
	total    uint64 // total number of stored bytes
}

func (x *chunkIndex) read() error {
	switch x.index {
	case indexBTree1:
		return x.bTree1()
	case indexSingle:
		return x.single()
	case indexImplicit:
		return x.implicit()
	case indexFixed:
		return x.fixedArray()
	case indexExtensible:
		return x.extensibleArray()
	default:
		return x.bTree2()
	}
}

// add adds a chunk unless it has not been written or the dataset has shrunk since. The size
// in the file is missing for plain chunks.
func (x *chunkIndex) add(c chunk, plain bool) error {
	if c.address == undefined {
		return nil
	}
	edge := false
	for i, at := range c.at {
		high, first := bits.Mul64(at, x.shape[i])
		if high != 0 || first >= x.space.shape[i] {
			return nil
		}
		edge = edge || x.space.shape[i]-first < x.shape[i]
	}
	const allFilters = 1<<32 - 1
	if plain || edge && x.wholeEdges {
		c.stored, c.mask = x.bytes, allFilters
	}
	x.total += c.stored
	if c.stored > x.source.size || x.total > x.source.size {
		return damaged("chunks of more bytes than the file has")
	}
	x.chunks = append(x.chunks, c)
	return nil
}

// place copies a chunk to its place in a dataset of the given shape, without the part
// beyond the edge.
func (c *chunking) place(values []byte, shape []uint64, plain []byte, at []uint64) {
	last := len(shape) - 1
	// The remaining extent of the chunk in each dimension, and the distance in bytes
	// between neighbours in that dimension in the two arrays.
	extent, here, there := make([]uint64, last+1), make([]uint64, last+1), make([]uint64, last+1)
	from, to := c.element, c.element
	start := uint64(0)
	for i := last; i >= 0; i-- {
		first := at[i] * c.shape[i]
		extent[i] = min(c.shape[i], shape[i]-first)
		here[i], there[i] = from, to
		start += first * to
		from *= c.shape[i]
		to *= shape[i]
	}
	run := extent[last] * c.element
	position := make([]uint64, last+1)
	for {
		source, target := uint64(0), start
		for i := range last {
			source += position[i] * here[i]
			target += position[i] * there[i]
		}
		copy(values[target:target+run], plain[source:source+run])
		i := last - 1
		for ; i >= 0; i-- {
			if position[i]++; position[i] < extent[i] {
				break
			}
			position[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
