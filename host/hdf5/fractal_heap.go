package hdf5

import (
	"errors"
	"math/bits"
)

// fractalHeap is a heap of objects in blocks of doubling size (III.G).
type fractalHeap struct {
	source     *source
	address    uint64
	idLength   int
	checked    bool // direct blocks have a checksum
	width      uint64
	start      uint64 // bytes of the smallest block
	largest    uint64 // bytes of the largest direct block
	offsetSize int    // bytes of an offset in the heap
	lengthSize int    // bytes of the length of an object
	root       uint64
	rootRows   uint64 // 0 if the root is a direct block
	total      uint64 // bytes of all blocks read
	direct     map[uint64][]byte
	indirect   map[uint64][]uint64 // [block]: addresses of its children
}

func (s *source) openFractalHeap(address uint64) (*fractalHeap, error) {
	const headerSize = 146
	p, err := s.checkedBlock(address, headerSize, "FRHP")
	if err != nil {
		// A heap with filters has a longer header; no program makes one for links.
		return nil, err
	}
	h := &fractalHeap{source: s, address: address, direct: map[uint64][]byte{}, indirect: map[uint64][]uint64{}}
	version := p.byte()
	h.idLength = int(p.number(2))
	filters := p.number(2)
	const checkedBlocks = 2
	h.checked = p.byte()&checkedBlocks != 0
	largestObject := p.number(4)
	p.bytes(12 * 8) // huge and tiny objects, free space
	h.width = p.number(2)
	h.start, h.largest = p.number(8), p.number(8)
	offsetBits := int(p.number(2))
	p.number(2) // initial number of rows
	h.root, h.rootRows = p.address(), p.number(2)
	powers := bits.OnesCount64(h.width) == 1 && bits.OnesCount64(h.start) == 1 && bits.OnesCount64(h.largest) == 1
	if version != 0 || filters != 0 || h.idLength < 1 || !powers || h.start > h.largest || offsetBits < 1 || offsetBits > 64 {
		return nil, damaged("fractal heap at byte %d", address)
	}
	h.offsetSize = (offsetBits + 7) / 8
	h.lengthSize = min((bits.Len64(h.largest)+6)/8, byteWidth(largestObject))
	return h, p.err()
}

// object returns the bytes of the object with an ID (III.G, "fractal heap ID").
func (h *fractalHeap) object(id []byte) ([]byte, error) {
	p := fields{rest: id}
	flags := p.byte()
	const managed, huge, tiny = 0, 1, 2
	switch version, kind := flags>>6, flags>>4&3; {
	case version != 0 || kind > tiny:
		return nil, damaged("an ID of version %d and type %d in a fractal heap", version, kind)
	case kind == huge:
		return nil, errors.New("a link with a name of more than 4 KB, which is not supported")
	case kind == tiny:
		object := p.bytes(uint64(flags&15) + 1)
		return object, p.err()
	}
	offset, length := p.number(h.offsetSize), p.number(h.lengthSize)
	if err := p.err(); err != nil {
		return nil, err
	}
	block, at, err := h.find(offset)
	if err != nil {
		return nil, err
	}
	if at > uint64(len(block)) || length > uint64(len(block))-at {
		return nil, damaged("an object of %d bytes does not fit its block", length)
	}
	return block[at : at+length], nil
}

// find returns the direct block that contains an offset in the heap, and the position in
// it. Blocks shrink from level to level, so that cycles end.
func (h *fractalHeap) find(offset uint64) (block []byte, at uint64, err error) {
	if h.rootRows == 0 {
		block, err = h.directBlock(h.root, 0, h.start)
		return block, offset, err
	}
	address, rows, base := h.root, h.rootRows, uint64(0)
	directRows := uint64(bits.Len64(h.largest)-bits.Len64(h.start)) + 2
	firstRowBits := uint64(bits.Len64(h.start) + bits.Len64(h.width) - 2)
	for {
		children, err := h.indirectBlock(address, rows, base)
		if err != nil {
			return nil, 0, err
		}
		row, rowBase, size := uint64(0), uint64(0), h.start
		if offset >= h.start*h.width {
			row = uint64(bits.Len64(offset)) - firstRowBits
			rowBase = 1 << (bits.Len64(offset) - 1)
			size = h.start << (row - 1)
		}
		column := (offset - rowBase) / size
		if row >= rows || column >= h.width {
			return nil, 0, damaged("an object behind the end of a fractal heap")
		}
		address = children[row*h.width+column]
		base += rowBase + column*size
		offset -= rowBase + column*size
		if row < directRows {
			block, err := h.directBlock(address, base, size)
			return block, offset, err
		}
		if uint64(bits.Len64(size)) < firstRowBits {
			return nil, 0, damaged("an indirect block of %d bytes in a fractal heap", size)
		}
		rows = uint64(bits.Len64(size)) - firstRowBits
	}
}

// directBlock reads the direct block (III.G) at an address; its first byte has offset base
// in the heap.
func (h *fractalHeap) directBlock(address, base, size uint64) ([]byte, error) {
	if block, ok := h.direct[address]; ok && uint64(len(block)) == size {
		return block, nil
	}
	if err := h.account(size); err != nil {
		return nil, err
	}
	block, err := h.source.read(address, size)
	if err != nil {
		return nil, err
	}
	p := fields{rest: block}
	name, version, owner, offset := string(p.bytes(4)), p.byte(), p.address(), p.number(h.offsetSize)
	if name != "FHDB" || version != 0 || owner != h.address || offset != base || p.short {
		return nil, damaged("direct block of a fractal heap at byte %d", address)
	}
	if h.checked {
		at := len(block) - len(p.rest)
		stored := uint32(p.number(checksumSize))
		if lookup3(block[:at], make([]byte, checksumSize), p.rest) != stored {
			return nil, damaged("wrong checksum of the direct block at byte %d", address)
		}
	}
	h.direct[address] = block
	return block, nil
}

// indirectBlock reads the addresses in the indirect block (III.G) at an address.
func (h *fractalHeap) indirectBlock(address, rows, base uint64) ([]uint64, error) {
	if children, ok := h.indirect[address]; ok && uint64(len(children)) == rows*h.width {
		return children, nil
	}
	count := rows * h.width // both of at most 16 bits
	length := 4 + 1 + 8 + uint64(h.offsetSize) + 8*count + checksumSize
	if err := h.account(length); err != nil {
		return nil, err
	}
	p, err := h.source.checkedBlock(address, length, "FHIB")
	if err != nil {
		return nil, err
	}
	version, owner, offset := p.byte(), p.address(), p.number(h.offsetSize)
	if version != 0 || owner != h.address || offset != base {
		return nil, damaged("indirect block of a fractal heap at byte %d", address)
	}
	children := make([]uint64, count)
	for i := range children {
		children[i] = p.address()
	}
	h.indirect[address] = children
	return children, p.err()
}

// account records that a block will be read: in total no more than the file's size.
func (h *fractalHeap) account(length uint64) error {
	if h.total += length; h.total > h.source.size {
		return damaged("a fractal heap larger than the file")
	}
	return nil
}
