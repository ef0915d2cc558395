package hdf5

// Types of version 1 B-trees (III.A.1).
const (
	treeOfSymbols = 0
	treeOfChunks  = 1
)

// walkBTree1 visits what the leaves of the tree at an address list, each entry with the key
// before it. Levels must descend and no node may occur twice, so that cycles end.
func (s *source) walkBTree1(address uint64, kind uint8, keySize uint64, visit func(key []byte, child uint64) error) error {
	seen := map[uint64]bool{}
	var node func(address uint64, level int) error
	node = func(address uint64, level int) error {
		const head = 24
		if seen[address] {
			return damaged("the tree at byte %d has a cycle", address)
		}
		seen[address] = true
		p, err := s.block(address, head, "TREE")
		if err != nil {
			return err
		}
		found, foundLevel := p.byte(), int(p.byte())
		if found != kind || level >= 0 && foundLevel != level {
			return damaged("tree at byte %d: type %d and level %d", address, found, foundLevel)
		}
		count := p.number(2)
		table, err := s.read(address+head, count*(keySize+8))
		if err != nil {
			return err
		}
		p = fields{rest: table}
		for range count {
			key, child := p.bytes(keySize), p.address()
			if foundLevel > 0 {
				err = node(child, foundLevel-1)
			} else {
				err = visit(key, child)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	const anyLevel = -1
	return node(address, anyLevel)
}
