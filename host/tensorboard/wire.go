package tensorboard

import (
	"encoding/binary"
	"errors"
	"math"
)

// Wire types of protocol buffers.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// message is a protocol buffer being written.
type message []byte

func (m *message) key(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(wire))
}

func (m *message) integer(field int, value int64) {
	m.key(field, wireVarint)
	*m = binary.AppendUvarint(*m, uint64(value))
}

func (m *message) float(field int, value float32) {
	m.key(field, wireFixed32)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(value))
}

func (m *message) double(field int, value float64) {
	m.key(field, wireFixed64)
	*m = binary.LittleEndian.AppendUint64(*m, math.Float64bits(value))
}

// bytes adds a field of bytes, of text or of another message.
func (m *message) bytes(field int, value []byte) {
	m.key(field, wireBytes)
	*m = binary.AppendUvarint(*m, uint64(len(value)))
	*m = append(*m, value...)
}

// doubles adds a packed field of doubles.
func (m *message) doubles(field int, values []float64) {
	var packed []byte
	for _, value := range values {
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(value))
	}
	m.bytes(field, packed)
}

// field is a field of a message being read.
type field struct {
	number, wire int
	number64     uint64 // the value for all wire types except bytes
	content      []byte // of bytes
}

func (f *field) float() float32  { return math.Float32frombits(uint32(f.number64)) }
func (f *field) double() float64 { return math.Float64frombits(f.number64) }

// doubles reads a packed field of doubles.
func (f *field) doubles() ([]float64, error) {
	if f.wire != wireBytes || len(f.content)%8 != 0 {
		return nil, errMessage
	}
	var values []float64
	for rest := f.content; len(rest) > 0; rest = rest[8:] {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(rest)))
	}
	return values, nil
}

var errMessage = errors.New("a message is not an event")

// eachField calls call for every field of a message, in order.
func eachField(content []byte, call func(f field) error) error {
	for len(content) > 0 {
		key, size := binary.Uvarint(content)
		if size <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
			return errMessage
		}
		f := field{number: int(key >> 3), wire: int(key & 7)}
		content = content[size:]
		switch f.wire {
		case wireVarint:
			if f.number64, size = binary.Uvarint(content); size <= 0 {
				return errMessage
			}
		case wireFixed64:
			if size = 8; len(content) < size {
				return errMessage
			}
			f.number64 = binary.LittleEndian.Uint64(content)
		case wireFixed32:
			if size = 4; len(content) < size {
				return errMessage
			}
			f.number64 = uint64(binary.LittleEndian.Uint32(content))
		case wireBytes:
			length, start := binary.Uvarint(content)
			if start <= 0 || length > uint64(len(content)-start) {
				return errMessage
			}
			size = start + int(length)
			f.content = content[start:size]
		default:
			return errMessage
		}
		content = content[size:]
		if err := call(f); err != nil {
			return err
		}
	}
	return nil
}
