package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The HDF5 library reads all rows of a dataset at once, with all heaps that hold
// them: several times the size of the file in memory. In the two storage layouts
// that files of recorded spikes have (one piece, or unfiltered chunks under a
// B-tree of version 1), the rows are read one at a time here; in any other by the
// library. HDF5 File Format Specification Version 3.0, III.A.1, III.E, IV.A.2.i.

// rowReader gives the rows of a dataset of variable-length rows.
type rowReader interface {
	// row is the bytes of a row, valid until the next call.
	row(i int) ([]byte, error)
	// size is the bytes of all rows.
	size() uint64
}

// memoryRows are rows that were read at once.
type memoryRows [][]byte

func (m memoryRows) row(i int) ([]byte, error) { return m[i], nil }

func (m memoryRows) size() uint64 {
	total := uint64(0)
	for _, row := range m {
		total += uint64(len(row))
	}
	return total
}

// heapRows are rows in the global heaps of a file.
type heapRows struct {
	file       io.ReaderAt
	fileSize   uint64
	element    uint64 // bytes
	references []byte // [row]: number of elements (4 bytes), address of the heap (8), object in it (4)

	address uint64 // of heap; 0 if none was read
	heap    []byte
	next    uint64 // where the object after the one last found begins
}

func (h *heapRows) size() uint64 {
	total := uint64(0)
	for at := 0; at < len(h.references); at += vlenReference {
		total += uint64(binary.LittleEndian.Uint32(h.references[at:])) * h.element
	}
	return total
}

func (h *heapRows) row(i int) ([]byte, error) {
	reference := h.references[i*vlenReference:]
	length := uint64(binary.LittleEndian.Uint32(reference)) * h.element
	if length == 0 {
		return nil, nil
	}
	if err := h.read(binary.LittleEndian.Uint64(reference[4:])); err != nil {
		return nil, err
	}
	number := binary.LittleEndian.Uint32(reference[12:])
	object, err := h.object(number)
	if err != nil {
		return nil, err
	}
	if uint64(len(object)) < length {
		return nil, fmt.Errorf("damaged: %d bytes announced, object %d of the heap at byte %d has %d", length, number, h.address, len(object))
	}
	return object[:length], nil
}

// read reads the heap at an address unless it is the one last read.
func (h *heapRows) read(address uint64) error {
	if h.address == address && address != 0 {
		return nil
	}
	var head [heapHeader]byte
	if address > h.fileSize {
		return fmt.Errorf("damaged: heap at byte %d, in a file of %d", address, h.fileSize)
	}
	if _, err := h.file.ReadAt(head[:], int64(address)); err != nil {
		return fmt.Errorf("damaged heap at byte %d: %w", address, err)
	}
	length := binary.LittleEndian.Uint64(head[8:])
	if string(head[:5]) != globalHeap || length < heapHeader || length > h.fileSize-address {
		return fmt.Errorf("damaged heap at byte %d", address)
	}
	if uint64(cap(h.heap)) < length {
		h.heap = make([]byte, length)
	}
	h.heap, h.address, h.next = h.heap[:length], 0, heapHeader
	if _, err := h.file.ReadAt(h.heap, int64(address)); err != nil {
		return fmt.Errorf("damaged heap at byte %d: %w", address, err)
	}
	h.address = address
	return nil
}

// object is the bytes of an object in the heap last read. Rows mostly follow one
// another there, so it is looked for behind the one last found first.
func (h *heapRows) object(number uint32) ([]byte, error) {
	length := uint64(len(h.heap))
	for _, search := range [2][2]uint64{{h.next, length}, {heapHeader, h.next}} {
		for at := search[0]; at < search[1] && at+heapHeader <= length; {
			found := uint32(binary.LittleEndian.Uint16(h.heap[at:]))
			size := binary.LittleEndian.Uint64(h.heap[at+8:])
			at += heapHeader
			if found == 0 || size > length-at {
				break // the rest is free, or damaged
			}
			if found == number {
				h.next = at + (size+7)/8*8
				return h.heap[at : at+size], nil
			}
			at += (size + 7) / 8 * 8
		}
	}
	return nil, fmt.Errorf("damaged: no object %d in the heap at byte %d", number, h.address)
}

// undefinedAddress says that nothing was stored.
const undefinedAddress = 1<<64 - 1

// errOtherStorage says that a dataset must be read by the library.
var errOtherStorage = errors.New("stored in another way")

// readReferences reads the references of a dataset of rows; they are zero where
// nothing was stored.
func readReferences(file io.ReaderAt, fileSize uint64, h *header) ([]byte, error) {
	message := h.storage
	if len(message) < 2 || message[0] != 3 && message[0] != 4 || h.filtered {
		return nil, errOtherStorage
	}
	references := make([]byte, h.rows*vlenReference)
	switch class, body := message[1], message[2:]; {
	case class == 1 && len(body) >= 8:
		address := binary.LittleEndian.Uint64(body)
		if address == undefinedAddress {
			return references, nil
		}
		return references, readWithin(file, fileSize, references, address)
	case class == 2 && message[0] == 3 && len(body) >= 17 && body[0] == 2:
		chunk := uint64(binary.LittleEndian.Uint32(body[9:])) // rows
		address := binary.LittleEndian.Uint64(body[1:])
		if address == undefinedAddress {
			return references, nil
		}
		tree := chunkTree{file: file, fileSize: fileSize, references: references, chunk: chunk, nodes: h.rows + maxTreeDepth}
		return references, tree.node(address, maxTreeDepth)
	}
	return nil, errOtherStorage
}

func readWithin(file io.ReaderAt, fileSize uint64, into []byte, address uint64) error {
	if address > fileSize || uint64(len(into)) > fileSize-address {
		return fmt.Errorf("damaged: %d bytes at byte %d, in a file of %d", len(into), address, fileSize)
	}
	if _, err := file.ReadAt(into, int64(address)); err != nil && err != io.EOF {
		return fmt.Errorf("damaged: %w", err)
	}
	return nil
}

// maxTreeDepth is more levels than a tree can need.
const maxTreeDepth = 64

// chunkTree reads the chunks of references under a B-tree.
type chunkTree struct {
	file       io.ReaderAt
	fileSize   uint64
	references []byte
	chunk      uint64 // rows
	nodes      uint64 // that may still be read: a damaged tree may have circles
}

// node reads what is below the node at an address: signature, type, level, number
// of entries, two neighbours; then keys (bytes of the chunk, mask of filters, first
// row, 0) and addresses in turn.
func (t *chunkTree) node(address uint64, depth int) error {
	const head, key, entry = 24, 24, 32
	var start [head]byte
	if err := readWithin(t.file, t.fileSize, start[:], address); err != nil {
		return err
	}
	entries := int(binary.LittleEndian.Uint16(start[6:]))
	if string(start[:4]) != "TREE" || start[4] != 1 || depth == 0 || t.nodes == 0 || t.chunk == 0 {
		return fmt.Errorf("damaged tree of chunks at byte %d", address)
	}
	t.nodes--
	table := make([]byte, entries*entry)
	if err := readWithin(t.file, t.fileSize, table, address+head); err != nil {
		return err
	}
	for ; len(table) > 0; table = table[entry:] {
		child := binary.LittleEndian.Uint64(table[key:])
		if start[5] > 0 {
			if err := t.node(child, depth-1); err != nil {
				return err
			}
			continue
		}
		first, rows := binary.LittleEndian.Uint64(table[8:]), uint64(len(t.references)/vlenReference)
		if first >= rows {
			return fmt.Errorf("damaged tree of chunks: row %d of %d", first, rows)
		}
		last := rows
		if t.chunk < rows-first {
			last = first + t.chunk
		}
		if err := readWithin(t.file, t.fileSize, t.references[first*vlenReference:last*vlenReference], child); err != nil {
			return err
		}
	}
	return nil
}
