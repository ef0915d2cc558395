package hdf5

import "math/bits"

// single reads the only chunk of a dataset.
func (x *chunkIndex) single() error {
	c := chunk{address: x.address, stored: x.stored, mask: x.mask, at: make([]uint64, len(x.shape))}
	return x.add(c, !x.packed)
}

// implicit reads chunks that are stored one after the other.
func (x *chunkIndex) implicit() error {
	count := uint64(1)
	for i, length := range x.space.largest {
		high, all := bits.Mul64(count, (length-1)/x.shape[i]+1)
		if length == 0 || high != 0 {
			return damaged("shape %v", x.space.largest)
		}
		count = all
	}
	if high, all := bits.Mul64(count, x.bytes); high != 0 || all > x.source.size {
		return damaged("%d chunks of %d bytes, in a file of %d", count, x.bytes, x.source.size)
	}
	for i := range count {
		if err := x.element(i, x.address+i*x.bytes, 0, 0, true); err != nil {
			return err
		}
	}
	return nil
}

// element adds chunk i, counted over the maximum shape of the dataset. An unlimited
// dimension varies slowest.
func (x *chunkIndex) element(i, address, stored uint64, mask uint32, plain bool) error {
	if address == undefined {
		return nil
	}
	slowest := 0
	for d, length := range x.space.largest {
		if length == undefined {
			slowest = d
		}
	}
	c := chunk{address: address, stored: stored, mask: mask, at: make([]uint64, len(x.shape))}
	for d := len(x.shape) - 1; d >= 0; d-- {
		if d == slowest {
			continue
		}
		length := x.space.largest[d]
		if length == 0 || length == undefined {
			return damaged("an array of chunks for shape %v", x.space.largest)
		}
		across := (length-1)/x.shape[d] + 1
		c.at[d], i = i%across, i/across
	}
	c.at[slowest] = i
	return x.add(c, plain)
}

// entries reads the entries of a chunk array, starting with chunk first. Each has an
// address and, if there are filters, its size in the file and a mask.
func (x *chunkIndex) entries(p *fields, first, count uint64, size int) error {
	for i := range count {
		address, stored, mask := p.address(), uint64(0), uint32(0)
		if x.filtered {
			stored, mask = p.number(size-8-4), uint32(p.number(4))
		}
		if p.short {
			return errShort
		}
		if err := x.element(first+i, address, stored, mask, !x.filtered); err != nil {
			return err
		}
	}
	return nil
}

// checkEntry checks the kind and the size in bytes of the elements of a chunk array.
func (x *chunkIndex) checkEntry(client uint8, size int) error {
	const plain, packed = 0, 1
	if client == packed && x.filtered && size > 8+4 && size <= 8+4+8 || client == plain && !x.filtered && size == 8 {
		return nil
	}
	return damaged("an array of chunks of kind %d with elements of %d bytes", client, size)
}

// fixedArray reads the index of datasets that are limited in all dimensions (III.H).
func (x *chunkIndex) fixedArray() error {
	const headerSize = 28
	p, err := x.source.checkedBlock(x.address, headerSize, "FAHD")
	if err != nil {
		return err
	}
	version, client, size, pageBits := p.byte(), p.byte(), int(p.byte()), p.byte()
	count, address := p.number(8), p.address()
	if err := x.checkEntry(client, size); err != nil || version != 0 || pageBits > 32 {
		return damaged("array of chunks at byte %d", x.address)
	}
	if address == undefined {
		return nil
	}
	if count > 8*x.source.size {
		return damaged("%d chunks in a file of %d bytes", count, x.source.size)
	}
	pages := pagesOf(count, 1<<pageBits)
	const before = 4 + 1 + 1 + 8 // signature, version, kind, address of the header
	length := before + (pages+7)/8 + checksumSize
	if pages == 0 {
		length += count * uint64(size)
	}
	if p, err = x.source.checkedBlock(address, length, "FADB"); err != nil {
		return err
	}
	if version, kind, owner := p.byte(), p.byte(), p.address(); version != 0 || kind != client || owner != x.address {
		return damaged("array of chunks at byte %d", address)
	}
	if pages == 0 {
		return x.entries(&p, 0, count, size)
	}
	return x.pages(dataBlock{elements: count, written: p.bytes((pages + 7) / 8)}, address+length, 1<<pageBits, size)
}

// pagesOf is the number of pages that a block of elements is divided into; 0 if it is not.
func pagesOf(count, perPage uint64) uint64 {
	if count <= perPage {
		return 0
	}
	return (count-1)/perPage + 1
}

// pages reads the pages of a block of elements, starting at an address. Only pages whose
// bit says so were written; the highest bit of a byte comes first.
func (x *chunkIndex) pages(d dataBlock, address, perPage uint64, size int) error {
	for page := uint64(0); page*perPage < d.elements; page++ {
		bit := d.firstBit + page
		if d.written[bit/8]>>(7-bit%8)&1 == 0 {
			continue
		}
		elements := min(perPage, d.elements-page*perPage)
		p, err := x.source.checkedBlock(address+page*(perPage*uint64(size)+checksumSize), elements*uint64(size)+checksumSize, "")
		if err != nil {
			return err
		}
		if err := x.entries(&p, d.first+page*perPage, elements, size); err != nil {
			return err
		}
	}
	return nil
}

// extensible is an extensible array (III.I): a block with the first elements and the
// addresses of data blocks, followed by those of super blocks, which hold further
// addresses.
type extensible struct {
	*chunkIndex
	client     uint8
	size       int    // bytes of an element
	offsetSize int    // bytes of the number of an element
	inIndex    uint64 // elements in the first block; blocks are counted after them
	smallest   uint64 // elements of the smallest data block
	perPage    uint64 // elements of a page, if data blocks are divided into pages
}

func (x *chunkIndex) extensibleArray() error {
	const headerSize = 72
	p, err := x.source.checkedBlock(x.address, headerSize, "EAHD")
	if err != nil {
		return err
	}
	version, client, size := p.byte(), p.byte(), int(p.byte())
	countBits, inIndex := int(p.byte()), uint64(p.byte())
	smallest, pointers, pageBits := uint64(p.byte()), uint64(p.byte()), p.byte()
	p.bytes(6 * 8) // the current counts
	address := p.address()
	powers := bits.OnesCount64(smallest) == 1 && bits.OnesCount64(pointers) == 1
	if err := x.checkEntry(client, size); err != nil || version != 0 || !powers || countBits < bits.Len64(smallest) || countBits > 64 || pageBits > 32 {
		return damaged("array of chunks at byte %d", x.address)
	}
	if address == undefined {
		return nil
	}
	a := extensible{chunkIndex: x, client: client, size: size, offsetSize: (countBits + 7) / 8, inIndex: inIndex, smallest: smallest, perPage: 1 << pageBits}
	blocks := uint64(countBits - (bits.Len64(smallest) - 1) + 1) // total number of super blocks
	direct := 2 * uint64(bits.Len64(pointers)-1)                 // super blocks whose data blocks are listed in the index
	superBlocks := blocks - min(blocks, direct)
	dataBlocks := 2 * (pointers - 1)
	length := 4 + 1 + 1 + 8 + inIndex*uint64(size) + 8*dataBlocks + 8*superBlocks + checksumSize
	if p, err = a.block(address, length, "EAIB"); err != nil {
		return err
	}
	if err := x.entries(&p, 0, inIndex, size); err != nil {
		return err
	}
	first, number := inIndex, uint64(0)
	for block := range blocks {
		// Super block number 2n has 2ⁿ data blocks, 2n+1 has the same number of twice the
		// size.
		count, elements := uint64(1)<<(block/2), smallest<<((block+1)/2)
		if block >= direct {
			if err := a.superBlock(p.address(), first, count, elements); err != nil {
				return err
			}
		}
		for i := uint64(0); block < direct && i < count; i++ {
			d := dataBlock{address: p.address(), first: first + i*elements, elements: elements}
			// The offset stored in such a block counts the data blocks before it twice.
			d.stated = first - inIndex + number*elements
			if err := a.dataBlock(d); err != nil {
				return err
			}
			number++
		}
		first += count * elements
	}
	return p.err()
}

// block reads a block and the fields that all blocks start with.
func (a *extensible) block(address, length uint64, name string) (fields, error) {
	p, err := a.source.checkedBlock(address, length, name)
	if err != nil {
		return p, err
	}
	if version, client, owner := p.byte(), p.byte(), p.address(); version != 0 || client != a.client || owner != a.address {
		return p, damaged("%s at byte %d", name, address)
	}
	return p, nil
}

// superBlock reads the data blocks of a super block: count blocks of the given number of elements.
func (a *extensible) superBlock(address, first, count, elements uint64) error {
	if address == undefined {
		return nil
	}
	pages := pagesOf(elements, a.perPage) // of a data block
	written := (pages + 7) / 8            // bytes for their bits, which are packed without gaps
	if count > a.source.size || written > a.source.size || count*written > a.source.size {
		return damaged("an array of chunks larger than the file")
	}
	length := 4 + 1 + 1 + 8 + uint64(a.offsetSize) + count*written + 8*count + checksumSize
	p, err := a.block(address, length, "EASB")
	if err != nil {
		return err
	}
	if offset := p.number(a.offsetSize); offset != first-a.inIndex {
		return damaged("EASB at byte %d begins with element %d, not %d", address, offset, first-a.inIndex)
	}
	bitmap := p.bytes(count * written)
	for i := range count {
		d := dataBlock{address: p.address(), first: first + i*elements, elements: elements, written: bitmap, firstBit: i * pages}
		d.stated = d.first - a.inIndex
		if err := a.dataBlock(d); err != nil {
			return err
		}
	}
	return p.err()
}

// dataBlock is a block of elements.
type dataBlock struct {
	address, first, elements uint64
	stated                   uint64 // the value of first according to the block itself
	written                  []byte // bits of its pages, from firstBit on
	firstBit                 uint64
}

// dataBlock reads a data block, which is divided into pages if it is large.
func (a *extensible) dataBlock(d dataBlock) error {
	if d.address == undefined {
		return nil
	}
	paged := pagesOf(d.elements, a.perPage) > 0
	if paged && d.written == nil || d.elements > 8*a.source.size {
		return damaged("an array of chunks larger than the file")
	}
	length := 4 + 1 + 1 + 8 + uint64(a.offsetSize) + checksumSize
	if !paged {
		length += d.elements * uint64(a.size)
	}
	p, err := a.block(d.address, length, "EADB")
	if err != nil {
		return err
	}
	if stated := p.number(a.offsetSize); stated != d.stated {
		return damaged("EADB at byte %d begins with element %d, not %d", d.address, stated, d.stated)
	}
	if !paged {
		return a.entries(&p, d.first, d.elements, a.size)
	}
	return a.pages(d, d.address+length, a.perPage, a.size)
}
