package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/x448/float16"
)

// The HDF5 library hands over variable-length rows as bytes and does not say what
// they are made of. That, and the number of rows (to be compared with the size of
// the file before anything is allocated), is read here from the header of the
// dataset: HDF5 File Format Specification Version 3.0, IV.A.1 and IV.A.2.

// element is the type of the numbers in a row.
type element struct {
	float     bool
	signed    bool
	size      int // bytes
	bigEndian bool
}

// header is what is needed of a dataset's header.
type header struct {
	rows    uint64
	element element // of a row, or of a plain dataset
	vlen    bool    // rows have a length of their own
	// storage is the message that says where the data lie; filtered is whether they
	// were packed.
	storage  []byte
	filtered bool
}

// Types of header messages, and classes of data.
const (
	messageDataspace    = 0x01
	messageDatatype     = 0x03
	messageStorage      = 0x08
	messageFilters      = 0x0B
	messageContinuation = 0x10
	classInteger        = 0
	classFloat          = 1
	classVlen           = 9
)

// vlenReference is the bytes of a reference to a row: length, address, number.
const vlenReference = 16

// maxHeader bounds the bytes of a dataset's header.
const maxHeader = 1 << 20

var errHeader = errors.New("damaged dataset header")

// readHeader reads the header at an address of a file with 8-byte offsets.
func readHeader(file io.ReaderAt, address uint64) (header, error) {
	var h header
	seen := map[uint16]bool{}
	p := headerReader{file: file}
	err := p.messages(address, func(kind uint16, flags uint8, body []byte) error {
		seen[kind] = true
		switch kind {
		case messageDataspace:
			return h.dataspace(body)
		case messageDatatype:
			if flags&2 != 0 {
				return errors.New("committed data types are not supported")
			}
			return h.datatype(body)
		case messageStorage:
			h.storage = body
		case messageFilters:
			h.filtered = true
		}
		return nil
	})
	if err == nil && !(seen[messageDataspace] && seen[messageDatatype]) {
		err = errHeader
	}
	return h, err
}

// headerReader walks through the messages of a header and its continuations.
type headerReader struct {
	file  io.ReaderAt
	total uint64 // bytes read
}

func (p *headerReader) read(address, size uint64) ([]byte, error) {
	p.total += size
	if size > maxHeader || p.total > maxHeader || address > math.MaxInt64 {
		return nil, errHeader
	}
	block := make([]byte, size)
	if _, err := p.file.ReadAt(block, int64(address)); err != nil {
		return nil, errHeader
	}
	return block, nil
}

func (p *headerReader) messages(address uint64, visit func(kind uint16, flags uint8, body []byte) error) error {
	start, err := p.read(address, 16)
	if err != nil {
		return err
	}
	if string(start[:4]) != "OHDR" {
		size := uint64(binary.LittleEndian.Uint32(start[8:]))
		return p.block(address+16, size, layout{typeSize: 2, reserved: 3, align: 8}, visit)
	}
	flags := start[5]
	at := address + 6
	if flags&0x20 != 0 {
		at += 16 // times
	}
	if flags&0x10 != 0 {
		at += 4 // limits of attribute storage
	}
	width := uint64(1) << (flags & 3)
	length, err := p.read(at, width)
	if err != nil {
		return err
	}
	l := layout{typeSize: 1, align: 1, signature: 4}
	if flags&4 != 0 {
		l.reserved = 2 // creation order
	}
	var size [8]byte
	copy(size[:], length)
	return p.block(at+width, binary.LittleEndian.Uint64(size[:]), l, visit)
}

// layout is how the messages of a header version are laid out.
type layout struct {
	typeSize  int // bytes of the message type
	reserved  int // bytes between flags and body
	align     int
	signature uint64 // bytes before, and of the checksum after, the messages of a continuation
}

func (p *headerReader) block(address, size uint64, l layout, visit func(uint16, uint8, []byte) error) error {
	block, err := p.read(address, size)
	if err != nil {
		return err
	}
	start := l.typeSize + 3 + l.reserved
	for len(block) >= start {
		kind := uint16(block[0])
		if l.typeSize == 2 {
			kind = binary.LittleEndian.Uint16(block)
		}
		length := int(binary.LittleEndian.Uint16(block[l.typeSize:]))
		flags := block[l.typeSize+2]
		if start+length > len(block) {
			return errHeader
		}
		body := block[start : start+length]
		if kind == messageContinuation {
			if length < 16 {
				return errHeader
			}
			next, bytes := binary.LittleEndian.Uint64(body), binary.LittleEndian.Uint64(body[8:])
			if bytes < 2*l.signature {
				return errHeader
			}
			err = p.block(next+l.signature, bytes-2*l.signature, l, visit)
		} else {
			err = visit(kind, flags, body)
		}
		if err != nil {
			return err
		}
		block = block[min(len(block), start+(length+l.align-1)/l.align*l.align):]
	}
	return nil
}

func (h *header) dataspace(body []byte) error {
	if len(body) < 4 {
		return errHeader
	}
	if body[1] != 1 {
		return fmt.Errorf("%d dimensions found, 1 is needed", body[1])
	}
	start := 4
	if body[0] == 1 {
		start = 8
	}
	if len(body) < start+8 {
		return errHeader
	}
	h.rows = binary.LittleEndian.Uint64(body[start:])
	return nil
}

func (h *header) datatype(body []byte) error {
	if len(body) < 8 {
		return errHeader
	}
	if body[0]&15 == classVlen {
		h.vlen = true
		if binary.LittleEndian.Uint32(body[4:]) != vlenReference || len(body) < 16 {
			return errHeader
		}
		body = body[8:]
	}
	size := binary.LittleEndian.Uint32(body[4:])
	h.element = element{
		float: body[0]&15 == classFloat, signed: body[1]&8 != 0,
		size: int(min(size, 255)), bigEndian: body[1]&1 != 0,
	}
	// Bits of exponent and mantissa tell IEEE numbers from others of that size.
	switch {
	case h.element.float && len(body) >= 20:
		format := [3]uint32{size, uint32(body[13]), uint32(body[15])}
		if format == [3]uint32{2, 5, 10} || format == [3]uint32{4, 8, 23} || format == [3]uint32{8, 11, 52} {
			return nil
		}
	case body[0]&15 == classInteger && (size == 1 || size == 2 || size == 4 || size == 8):
		return nil
	case !h.element.float && h.vlen:
		return nil // text: the caller knows what to expect
	}
	return fmt.Errorf("numbers of class %d with %d bytes found; floats of 2, 4 or 8 bytes and integers of 1 to 8 are read", body[0]&15, size)
}

// isNumber is whether elements have a size that numbers are read in.
func (e element) isNumber() bool {
	return e.size == 1 || e.size == 2 || e.size == 4 || e.size == 8
}

// word is element i of a row as an unsigned number.
func (e element) word(row []byte, i int) uint64 {
	row = row[i*e.size : (i+1)*e.size]
	word := uint64(0)
	for k := range row {
		place := k
		if !e.bigEndian {
			place = e.size - 1 - k
		}
		word = word<<8 | uint64(row[place])
	}
	return word
}

// number is element i of a row of floats.
func (e element) number(row []byte, i int) float64 {
	switch word := e.word(row, i); e.size {
	case 2:
		return float64(float16.Frombits(uint16(word)).Float32())
	case 4:
		return float64(math.Float32frombits(uint32(word)))
	default:
		return math.Float64frombits(word)
	}
}

// integer is element i of a row of integers. Unsigned numbers of more than 63 bits
// come out negative, which no caller accepts either.
func (e element) integer(row []byte, i int) int64 {
	shift := 64 - 8*e.size
	word := e.word(row, i)
	if e.signed {
		return int64(word<<shift) >> shift
	}
	return int64(word)
}
