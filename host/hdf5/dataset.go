package hdf5

import (
	"errors"
	"fmt"
	"math/bits"
)

// Dataset is an array in a file; its header has been read, its elements not yet.
type Dataset struct {
	file    *File
	path    string
	space   dataspace
	kind    Type
	layout  layout
	filters []filter
	fill    []byte // an element where nothing was written; nil means zero
}

func (d *Dataset) Path() string { return d.path }

// Shape is the length of each dimension; it is empty for a scalar, and nil if
// [Dataset.Null] is true. The last dimension varies fastest.
func (d *Dataset) Shape() []uint64 { return d.space.shape }

// Null reports whether the dataspace is empty: not a scalar, and without a shape.
func (d *Dataset) Null() bool { return d.space.null }

// Len is the number of elements.
func (d *Dataset) Len() uint64 { return d.space.count }

// Type is the type of the elements.
func (d *Dataset) Type() Type { return d.kind }

func (d *Dataset) failed(err error) error { return d.file.failed(d.path, err) }

// parse reads the description of a dataset from its header.
func (d *Dataset) parse(m messages) error {
	if m.has(messageExternalFiles) {
		return errors.New("its values are in other files (external storage), which is not supported")
	}
	need := func(kind uint16) ([]byte, error) {
		body, ok, err := d.file.one(m, kind)
		if err == nil && !ok {
			err = damaged("a dataset without message of type %d", kind)
		}
		return body, err
	}
	body, err := need(messageDatatype)
	if err != nil {
		return err
	}
	if d.kind, err = parseType(body, false); err != nil {
		return err
	}
	if body, err = need(messageDataspace); err != nil {
		return err
	}
	if d.space, err = parseDataspace(body); err != nil {
		return err
	}
	if body, err = need(messageLayout); err != nil {
		return err
	}
	if d.layout, err = parseLayout(body); err != nil {
		return err
	}
	body, ok, err := d.file.one(m, messageFilters)
	if err == nil && ok {
		d.filters, err = parseFilters(body)
	}
	if err != nil {
		return err
	}
	if err := d.readFill(m); err != nil {
		return err
	}
	if d.layout.class == layoutChunked {
		return d.layout.chunks.check(&d.space, d.kind.Size)
	}
	return nil
}

// readFill reads the value of elements that were never written (IV.A.2.e and f).
func (d *Dataset) readFill(m messages) error {
	body, ok, err := d.file.one(m, messageFill)
	if err != nil {
		return err
	}
	p := fields{rest: body}
	defined := false
	if ok {
		switch version := p.byte(); version {
		case 1, 2:
			p.bytes(2) // when space is allocated and filled
			defined = p.byte() != 0 || version == 1
		case 3:
			const hasValue = 0x20
			defined = p.byte()&hasValue != 0
		default:
			return damaged("fill value of version %d", version)
		}
	} else if body, defined, err = d.file.one(m, messageOldFill); err != nil {
		return err
	} else {
		p.rest = body
	}
	if !defined {
		return p.err()
	}
	size := int32(p.number(4))
	if size <= 0 {
		return p.err()
	}
	d.fill = p.bytes(uint64(size))
	if err := p.err(); err != nil {
		return err
	}
	if int(size) != d.kind.Size {
		return damaged("a fill value of %d bytes for elements of %d", size, d.kind.Size)
	}
	return nil
}

// slack is the number of bytes allocated for datasets regardless of the size of the file;
// unwrittenRatio is the number of unwritten bytes allowed per byte of the file.
const (
	slack          = 16 << 20
	unwrittenRatio = 16
)

// bytes returns the elements as stored in the file, unpacked.
func (d *Dataset) bytes() ([]byte, error) {
	high, total := bits.Mul64(d.space.count, uint64(d.kind.Size))
	if high != 0 {
		return nil, damaged("%d elements of %d bytes", d.space.count, d.kind.Size)
	}
	if total == 0 {
		return nil, nil
	}
	switch {
	case d.layout.class == layoutCompact:
		if uint64(len(d.layout.data)) < total {
			return nil, damaged("%d bytes stored of %d", len(d.layout.data), total)
		}
		return d.layout.data[:total], nil
	case d.layout.class == layoutChunked:
		return d.readChunks(total)
	case d.layout.address == undefined:
		if err := d.checkSize(total, 0); err != nil {
			return nil, err
		}
		return d.filled(total), nil
	case d.layout.size < total:
		return nil, damaged("%d bytes stored of %d", d.layout.size, total)
	}
	return d.file.read(d.layout.address, total)
}

// checkSize returns an error if a dataset is larger than the unpacked size of what was
// written plus what may be unwritten.
func (d *Dataset) checkSize(total, written uint64) error {
	if allowed := slack + unwrittenRatio*d.file.size; total > allowed && total-allowed > written {
		return fmt.Errorf("%d bytes, in a file of %d: damaged, or almost nothing of it was ever written", total, d.file.size)
	}
	return nil
}

// filled returns elements that were never written.
func (d *Dataset) filled(total uint64) []byte {
	values := make([]byte, total)
	if d.fill != nil {
		for at := copy(values, d.fill); at < len(values); at *= 2 {
			copy(values[at:], values[:at])
		}
	}
	return values
}
