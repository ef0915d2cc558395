package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// undefined is the address of something that does not exist.
const undefined = math.MaxUint64

// damaged returns the error for a file that violates the format.
func damaged(format string, values ...any) error {
	return fmt.Errorf("damaged: "+format, values...)
}

// errShort is the error for a structure that ends before its last field.
var errShort = errors.New("damaged: a structure is shorter than what it holds")

// source is the part of a file that addresses refer to: from the superblock to the end.
type source struct {
	r    io.ReaderAt
	size uint64 // bytes
}

// read reads bytes at an address, which must lie in the file.
func (s *source) read(address, length uint64) ([]byte, error) {
	if address > s.size || length > s.size-address {
		return nil, damaged("%d bytes at byte %d, in a file of %d", length, address, s.size)
	}
	into := make([]byte, length)
	return into, s.readInto(into, address)
}

func (s *source) readInto(into []byte, address uint64) error {
	if address > s.size || uint64(len(into)) > s.size-address {
		return damaged("%d bytes at byte %d, in a file of %d", len(into), address, s.size)
	}
	if n, err := s.r.ReadAt(into, int64(address)); n < len(into) {
		return fmt.Errorf("reading %d bytes at byte %d: %w", len(into), address, err)
	}
	return nil
}

// block reads a structure that starts with a signature, and returns what follows it.
func (s *source) block(address, length uint64, signature string) (fields, error) {
	bytes, err := s.read(address, length)
	if err != nil {
		return fields{}, err
	}
	if length < uint64(len(signature)) || string(bytes[:len(signature)]) != signature {
		return fields{}, damaged("no %s at byte %d", signature, address)
	}
	return fields{rest: bytes[len(signature):]}, nil
}

// checkedBlock reads a structure that starts with a signature and ends with a checksum, and
// returns what lies between.
func (s *source) checkedBlock(address, length uint64, signature string) (fields, error) {
	if length < uint64(len(signature))+checksumSize {
		return fields{}, errShort
	}
	p, err := s.block(address, length, signature)
	if err != nil {
		return fields{}, err
	}
	end := len(p.rest) - checksumSize
	stored := binary.LittleEndian.Uint32(p.rest[end:])
	if lookup3([]byte(signature), p.rest[:end]) != stored {
		return fields{}, damaged("wrong checksum of %s at byte %d", signature, address)
	}
	p.rest = p.rest[:end]
	return p, nil
}

// fields takes little-endian numbers off the front of a structure. Beyond its end they are
// zero, and short is set.
type fields struct {
	rest  []byte
	short bool
}

// bytes takes the given number of bytes; nil beyond the end.
func (p *fields) bytes(length uint64) []byte {
	if length > uint64(len(p.rest)) {
		p.rest, p.short = nil, true
		return nil
	}
	taken := p.rest[:length:length]
	p.rest = p.rest[length:]
	return taken
}

// number takes a number with a width of up to 8 bytes.
func (p *fields) number(width int) uint64 {
	value := uint64(0)
	for i, b := range p.bytes(uint64(width)) {
		value |= uint64(b) << (8 * i)
	}
	return value
}

func (p *fields) byte() uint8 { return uint8(p.number(1)) }

func (p *fields) address() uint64 { return p.number(8) }

// err is errShort if fields were taken beyond the end.
func (p *fields) err() error {
	if p.short {
		return errShort
	}
	return nil
}
