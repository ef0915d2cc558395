package hdf5

import "math/bits"

// bTree2 is a version 2 B-tree (III.A.2).
type bTree2 struct {
	source     *source
	kind       uint8
	nodeSize   uint64
	recordSize uint64
	// [level]: the maximum number of records in a node, alone and including everything
	// below it, and the width in bytes of the field in a parent node for the latter (0 for
	// leaves).
	most, mostBelow []uint64
	totalWidth      []int
	countWidth      int // width in bytes of a node's own number of records
	visit           func(record []byte) error
	left            uint64 // records still to visit
}

// nodeOverhead is the number of bytes in a node besides its records: signature, version,
// type, checksum.
const nodeOverhead = 4 + 1 + 1 + checksumSize

// walkBTree2 visits the records of the tree at an address.
func (s *source) walkBTree2(address uint64, kind uint8, visit func(record []byte) error) error {
	const headerSize = 38
	p, err := s.checkedBlock(address, headerSize, "BTHD")
	if err != nil {
		return err
	}
	version, found := p.byte(), p.byte()
	t := bTree2{source: s, kind: kind, nodeSize: p.number(4), recordSize: p.number(2), visit: visit}
	depth := int(p.number(2))
	p.bytes(2) // thresholds for splitting and merging nodes
	root, count := p.address(), p.number(2)
	t.left = p.number(8)
	if version != 0 || found != kind || t.recordSize == 0 || t.nodeSize < nodeOverhead+t.recordSize || depth > 64 {
		return damaged("tree at byte %d: version %d, type %d, nodes of %d bytes, records of %d, depth %d",
			address, version, found, t.nodeSize, t.recordSize, depth)
	}
	if root == undefined {
		return nil
	}
	if err := t.layOut(depth); err != nil {
		return err
	}
	if err := t.node(root, count, depth); err != nil {
		return err
	}
	if t.left != 0 {
		return damaged("tree at byte %d: %d records are missing", address, t.left)
	}
	return nil
}

// byteWidth is the number of bytes used to store a number of up to limit.
func byteWidth(limit uint64) int { return max(bits.Len64(limit)-1, 0)/8 + 1 }

// layOut computes the maxima that determine the widths of fields in nodes.
func (t *bTree2) layOut(depth int) error {
	leaf := (t.nodeSize - nodeOverhead) / t.recordSize
	t.most, t.mostBelow, t.totalWidth = []uint64{leaf}, []uint64{leaf}, []int{0}
	t.countWidth = byteWidth(leaf)
	for level := 1; level <= depth; level++ {
		pointer := t.pointerSize(level)
		if t.nodeSize < nodeOverhead+pointer+t.recordSize+pointer {
			return damaged("nodes of %d bytes in a tree of depth %d", t.nodeSize, depth)
		}
		most := (t.nodeSize - nodeOverhead - pointer) / (t.recordSize + pointer)
		high, below := bits.Mul64(most+1, t.mostBelow[level-1])
		if high != 0 || below+most < below {
			return damaged("a tree of depth %d", depth)
		}
		below += most
		t.most, t.mostBelow = append(t.most, most), append(t.mostBelow, below)
		t.totalWidth = append(t.totalWidth, byteWidth(below))
	}
	return nil
}

// pointerSize is the size in bytes of a pointer from a node of a level to one below.
func (t *bTree2) pointerSize(level int) uint64 {
	return uint64(8 + t.countWidth + t.totalWidth[level-1])
}

// node visits the records of a node and of the nodes below it. Levels descend, and no more
// records are visited than the tree announces and the file can hold, so that cycles end.
func (t *bTree2) node(address, count uint64, level int) error {
	name, length := "BTLF", nodeOverhead+count*t.recordSize
	if level > 0 {
		name = "BTIN"
		length += (count + 1) * t.pointerSize(level)
	}
	if count > t.most[level] || count > t.left || t.left > t.source.size {
		return damaged("tree node at byte %d: %d records", address, count)
	}
	p, err := t.source.checkedBlock(address, length, name)
	if err != nil {
		return err
	}
	if version, kind := p.byte(), p.byte(); version != 0 || kind != t.kind {
		return damaged("tree node at byte %d: version %d, type %d", address, version, kind)
	}
	t.left -= count
	for range count {
		if err := t.visit(p.bytes(t.recordSize)); err != nil {
			return err
		}
	}
	if level == 0 {
		return nil
	}
	for range count + 1 {
		child, childCount := p.address(), p.number(t.countWidth)
		p.number(t.totalWidth[level-1])
		if childCount == 0 {
			return damaged("an empty tree node at byte %d", child)
		}
		if err := t.node(child, childCount, level-1); err != nil {
			return err
		}
	}
	return p.err()
}
