package hdf5

import "bytes"

// symbolTable reads the links of a symbol table message (IV.A.2.r): nodes of symbols
// under a B-tree of version 1, with names in a local heap (III.A.1, III.B, III.D).
func (r *linkReader) symbolTable(body []byte) error {
	p := fields{rest: body}
	tree, heapAddress := p.address(), p.address()
	if err := p.err(); err != nil {
		return err
	}
	names, err := r.source.localHeap(heapAddress)
	if err != nil {
		return err
	}
	const keySize = 8 // where a name is in the heap
	return r.source.walkBTree1(tree, treeOfSymbols, keySize, func(_ []byte, node uint64) error {
		return r.symbols(node, names)
	})
}

// symbols reads a node of symbols (III.B).
func (r *linkReader) symbols(address uint64, names []byte) error {
	const head, entry = 8, 40
	const softLink = 2 // type of an entry
	p, err := r.source.block(address, head, "SNOD")
	if err != nil {
		return err
	}
	p.bytes(2) // version, reserved
	count := p.number(2)
	table, err := r.source.read(address+head, count*entry)
	if err != nil {
		return err
	}
	p = fields{rest: table}
	for range count {
		nameAt, header := p.number(8), p.address()
		kind := p.number(4)
		p.bytes(4)
		value := fields{rest: p.bytes(16)}
		name, err := textAt(names, nameAt)
		if err != nil {
			return err
		}
		l := link{address: header}
		if kind == softLink {
			if l.soft, err = textAt(names, value.number(4)); err != nil {
				return err
			}
			if l.soft == "" {
				l.refused = "an empty soft link"
			}
		}
		if err := r.add(name, l); err != nil {
			return err
		}
	}
	return p.err()
}

// localHeap reads the data of a local heap (III.D).
func (s *source) localHeap(address uint64) ([]byte, error) {
	const head = 32
	p, err := s.block(address, head, "HEAP")
	if err != nil {
		return nil, err
	}
	version := p.byte()
	p.bytes(3)
	length := p.number(8)
	p.number(8) // free room
	data := p.address()
	if version != 0 {
		return nil, damaged("local heap of version %d", version)
	}
	return s.read(data, length)
}

// textAt is the text that begins in a heap at an offset and ends in a zero.
func textAt(heap []byte, offset uint64) (string, error) {
	if offset >= uint64(len(heap)) {
		return "", damaged("a name at byte %d of %d", offset, len(heap))
	}
	text, _, ended := bytes.Cut(heap[offset:], []byte{0})
	if !ended {
		return "", damaged("a name without an end")
	}
	return string(text), nil
}
