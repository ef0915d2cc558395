package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"sort"
)

// Files are written in the simplest form of the format: superblock version 2, groups whose
// links are stored in their header, contiguous data.

// Folder is a group to be written: its members are Folder, string, float64, int64 or
// [Array].
type Folder map[string]any

// Array is an array of numbers or texts, row-major.
type Array struct {
	Shape   []int
	Float32 []float32 // one of these four
	Float64 []float64
	Int64   []int64
	Text    []string
}

const superblockSize = 48

// Types of data: class and version, bit field, size, properties.
var (
	typeInt64   = []byte{0x10, 0x08, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0}
	typeFloat32 = []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0}
	typeFloat64 = []byte{0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0}
	// UTF-8 text of any length: references of 16 bytes to pieces of a heap.
	typeText = []byte{0x19, 0x01, 0x01, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0}
)

// fileWriter builds a file; everything is appended where it is first needed.
type fileWriter struct {
	content bytes.Buffer
	heap    uint64            // address of the heap of texts
	texts   map[string]uint32 // their numbers in the heap
}

// Encode returns a file with the given root group.
func Encode(root Folder) ([]byte, error) {
	w := &fileWriter{texts: map[string]uint32{}}
	w.content.Write(make([]byte, superblockSize))
	w.writeHeap(root.allTexts())
	address, err := w.group(root)
	if err != nil {
		return nil, err
	}
	file := w.content.Bytes()
	head := append([]byte(signature), 2, 8, 8, 0)
	for _, value := range []uint64{0, undefined, uint64(len(file)), address} {
		head = binary.LittleEndian.AppendUint64(head, value)
	}
	copy(file, binary.LittleEndian.AppendUint32(head, lookup3(head)))
	return file, nil
}

// allTexts lists every text once, sorted.
func (root Folder) allTexts() []string {
	seen := map[string]bool{}
	var visit func(g Folder)
	visit = func(g Folder) {
		for _, member := range g {
			switch m := member.(type) {
			case Folder:
				visit(m)
			case string:
				seen[m] = true
			case Array:
				for _, text := range m.Text {
					seen[text] = true
				}
			}
		}
	}
	visit(root)
	var texts []string
	for text := range seen {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	return texts
}

// writeHeap writes a global heap collection of texts.
func (w *fileWriter) writeHeap(texts []string) {
	w.align()
	w.heap = uint64(w.content.Len())
	var objects []byte
	for i, text := range texts {
		number := uint32(i + 1)
		w.texts[text] = number
		objects = binary.LittleEndian.AppendUint16(objects, uint16(number))
		objects = append(objects, 1, 0, 0, 0, 0, 0) // references, reserved
		objects = binary.LittleEndian.AppendUint64(objects, uint64(len(text)))
		objects = append(objects, text...)
		objects = append(objects, make([]byte, -len(text)&7)...)
	}
	// A collection has at least 4096 bytes, and ends with object 0: the free space.
	const head = 16
	size := max(4096, head+len(objects)+head)
	w.content.WriteString("GCOL\x01\x00\x00\x00")
	w.number(uint64(size))
	w.content.Write(objects)
	free := size - head - len(objects)
	w.content.Write(make([]byte, 8))
	w.number(uint64(free))
	w.content.Write(make([]byte, free-head))
}

func (w *fileWriter) number(value uint64) {
	w.content.Write(binary.LittleEndian.AppendUint64(nil, value))
}

// align makes the next address a multiple of eight.
func (w *fileWriter) align() { w.content.Write(make([]byte, -w.content.Len()&7)) }

// group writes a group with its members, sorted by name, and returns its address.
func (w *fileWriter) group(g Folder) (uint64, error) {
	names := make([]string, 0, len(g))
	for name := range g {
		names = append(names, name)
	}
	sort.Strings(names)
	none := binary.LittleEndian.AppendUint64(nil, undefined)
	messages := encodeMessage(messageLinkInfo, append([]byte{0, 0}, append(none, none...)...))
	messages = append(messages, encodeMessage(messageGroupInfo, []byte{0, 0})...)
	for _, name := range names {
		if len(name) > math.MaxUint8 || name == "" {
			return 0, fmt.Errorf("a name of %d bytes: must be from 1 to %d", len(name), math.MaxUint8)
		}
		address, err := w.member(g[name])
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		const version, utf8 = 1, 0x10
		link := append([]byte{version, utf8, 1, byte(len(name))}, name...)
		messages = append(messages, encodeMessage(messageLink, binary.LittleEndian.AppendUint64(link, address))...)
	}
	return w.header(messages), nil
}

// member writes the target of a link.
func (w *fileWriter) member(value any) (uint64, error) {
	switch v := value.(type) {
	case Folder:
		return w.group(v)
	case string:
		return w.dataset(typeText, nil, w.reference(v)), nil
	case float64:
		return w.dataset(typeFloat64, nil, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))), nil
	case int64:
		return w.dataset(typeInt64, nil, binary.LittleEndian.AppendUint64(nil, uint64(v))), nil
	case Array:
		return w.array(v)
	}
	return 0, fmt.Errorf("a %T cannot be written", value)
}

func (w *fileWriter) array(a Array) (uint64, error) {
	var data []byte
	kind := typeInt64
	switch {
	case a.Float32 != nil:
		kind = typeFloat32
		for _, v := range a.Float32 {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	case a.Float64 != nil:
		kind = typeFloat64
		for _, v := range a.Float64 {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
	case a.Text != nil:
		kind = typeText
		for _, v := range a.Text {
			data = append(data, w.reference(v)...)
		}
	default:
		for _, v := range a.Int64 {
			data = binary.LittleEndian.AppendUint64(data, uint64(v))
		}
	}
	size := int(binary.LittleEndian.Uint32(kind[4:]))
	for _, length := range a.Shape {
		size *= length
	}
	if size != len(data) {
		return 0, fmt.Errorf("an array of shape %v has %d bytes", a.Shape, len(data))
	}
	return w.dataset(kind, a.Shape, data), nil
}

// reference encodes a reference to a text in the heap.
func (w *fileWriter) reference(text string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
	b = binary.LittleEndian.AppendUint64(b, w.heap)
	return binary.LittleEndian.AppendUint32(b, w.texts[text])
}

// dataset writes contiguous data and their header; a nil shape means a scalar.
func (w *fileWriter) dataset(kind []byte, shape []int, data []byte) uint64 {
	w.align()
	address := uint64(w.content.Len())
	w.content.Write(data)
	const version, scalar, simple = 2, 0, 1
	space := []byte{version, byte(len(shape)), 0, scalar}
	if len(shape) > 0 {
		space[3] = simple
	}
	for _, length := range shape {
		space = binary.LittleEndian.AppendUint64(space, uint64(length))
	}
	layout := []byte{3, 1} // version, contiguous
	layout = binary.LittleEndian.AppendUint64(layout, address)
	layout = binary.LittleEndian.AppendUint64(layout, uint64(len(data)))
	messages := encodeMessage(messageDataspace, space)
	messages = append(messages, encodeMessage(messageDatatype, kind)...)
	messages = append(messages, encodeMessage(messageFill, []byte{3, 0x0A})...) // no fill value
	return w.header(append(messages, encodeMessage(messageLayout, layout)...))
}

// encodeMessage encodes a header message.
func encodeMessage(kind byte, body []byte) []byte {
	head := binary.LittleEndian.AppendUint16([]byte{kind}, uint16(len(body)))
	return append(append(head, 0), body...)
}

// header writes an object header and returns its address.
func (w *fileWriter) header(messages []byte) uint64 {
	w.align()
	address := uint64(w.content.Len())
	const version, fourByteSize = 2, 2
	block := append([]byte("OHDR"), version, fourByteSize)
	block = binary.LittleEndian.AppendUint32(block, uint32(len(messages)))
	block = append(block, messages...)
	w.content.Write(binary.LittleEndian.AppendUint32(block, lookup3(block)))
	return address
}
