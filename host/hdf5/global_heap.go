package hdf5

import "encoding/binary"

// heapReader reads objects of global heaps (III.E), which have variable length. It keeps
// the last heap, since neighbours are mostly in the same one.
type heapReader struct {
	source  *source
	address uint64 // of heap; undefined if none was read
	heap    []byte
	next    uint64 // where the object after the last one found starts
}

// heapHead is the number of bytes in a heap before its first object: signature and version,
// size; and in an object before its data: number, references, reserved, size.
const heapHead = 16

// reference is a decoded element of variable length.
type reference struct {
	count   uint64 // elements
	address uint64 // of the heap
	object  uint32 // number in it
}

func referenceAt(references []byte, i int) reference {
	p := fields{rest: references[i*referenceSize:]}
	return reference{count: p.number(4), address: p.address(), object: uint32(p.number(4))}
}

// bytes returns the elements of the given size that a reference points to, valid until the
// next call.
func (h *heapReader) bytes(r reference, size uint64) ([]byte, error) {
	length := r.count * size
	if length == 0 {
		return nil, nil
	}
	if err := h.read(r.address); err != nil {
		return nil, err
	}
	object, err := h.object(r.object)
	if err != nil {
		return nil, err
	}
	if uint64(len(object)) < length {
		return nil, damaged("%d bytes announced, object %d of the heap at byte %d has %d", length, r.object, r.address, len(object))
	}
	return object[:length], nil
}

// read reads the heap at an address unless it is the last one read.
func (h *heapReader) read(address uint64) error {
	if h.address == address && h.heap != nil {
		return nil
	}
	p, err := h.source.block(address, heapHead, "GCOL")
	if err != nil {
		return err
	}
	version := p.byte()
	p.bytes(3)
	length := p.number(8)
	if version != 1 || length < heapHead || length > h.source.size-address {
		return damaged("heap at byte %d: version %d, %d bytes in a file of %d", address, version, length, h.source.size)
	}
	if uint64(cap(h.heap)) < length {
		h.heap = make([]byte, length)
	}
	h.heap, h.address, h.next = h.heap[:length], undefined, heapHead
	if err := h.source.readInto(h.heap, address); err != nil {
		return err
	}
	h.address = address
	return nil
}

// object returns the bytes of an object in the last heap read. The search starts after the
// last object found.
func (h *heapReader) object(number uint32) ([]byte, error) {
	length := uint64(len(h.heap))
	for _, search := range [2][2]uint64{{h.next, length}, {heapHead, h.next}} {
		for at := search[0]; at < search[1] && at+heapHead <= length; {
			found := uint32(binary.LittleEndian.Uint16(h.heap[at:]))
			size := binary.LittleEndian.Uint64(h.heap[at+8:])
			at += heapHead
			if found == 0 || size > length-at {
				break // the rest is free, or damaged
			}
			next := at + (size+7)/8*8
			if found == number {
				h.next = next
				return h.heap[at : at+size], nil
			}
			at = next
		}
	}
	return nil, damaged("no object %d in the heap at byte %d", number, h.address)
}
