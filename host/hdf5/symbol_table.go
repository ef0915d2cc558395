package hdf5

import "bytes"

// symbolTable reads the links of a symbol table message (IV.A.2.r): symbol nodes under a
// version 1 B-tree, with names in a local heap (III.A.1, III.B, III.D).
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
	const keySize = 8 // offset of a name in the heap
	return r.source.walkBTree1(tree, treeOfSymbols, keySize, func(_ []byte, node uint64) error {
		return r.symbols(node, names)
	})
}

// symbols reads a symbol node (III.B).
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
	p.number(8) // free space
	data := p.address()
	if version != 0 {
		return nil, damaged("local heap of version %d", version)
	}
	return s.read(data, length)
}

// textAt returns the text that starts at an offset in a heap and ends with a zero byte.
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
