package hdf5

import (
	"bytes"
	"fmt"
)

// need returns an error unless a dataset has elements of one of the classes.
func (d *Dataset) need(wanted string, classes ...Class) error {
	for _, class := range classes {
		if d.kind.Class == class {
			return nil
		}
	}
	return d.failed(fmt.Errorf("%s found, %s are needed", d.kind, wanted))
}

// Elements returns the elements as stored in the file, unpacked: see [Type.Float] and
// [Type.Integer].
func (d *Dataset) Elements() ([]byte, error) {
	elements, err := d.bytes()
	if err != nil {
		return nil, d.failed(err)
	}
	return elements, nil
}

// Integers returns the elements of a dataset of type [Integer].
func (d *Dataset) Integers() ([]int64, error) {
	if err := d.need("integers", Integer); err != nil {
		return nil, err
	}
	elements, err := d.bytes()
	if err != nil {
		return nil, d.failed(err)
	}
	values := make([]int64, len(elements)/d.kind.Size)
	for i := range values {
		values[i] = d.kind.Integer(elements, i)
		if values[i] < 0 && !d.kind.Signed {
			return nil, d.failed(tooLarge(i, values[i]))
		}
	}
	return values, nil
}

// Numbers returns the elements of a dataset of type [Float] or [Integer] as floats. An
// integer that a float64 cannot represent exactly is an error.
func (d *Dataset) Numbers() ([]float64, error) {
	if err := d.need("numbers", Float, Integer); err != nil {
		return nil, err
	}
	elements, err := d.bytes()
	if err != nil {
		return nil, d.failed(err)
	}
	values := make([]float64, len(elements)/d.kind.Size)
	for i := range values {
		if d.kind.Class == Float {
			values[i] = d.kind.Float(elements, i)
			continue
		}
		value := d.kind.Integer(elements, i)
		values[i] = float64(value)
		const exact = 1 << 53 // every integer up to it is exact in float64
		if value > exact && (values[i] >= 1<<63 || int64(values[i]) != value) || value < -exact && int64(values[i]) != value {
			return nil, d.failed(fmt.Errorf("element %d: the integer %d is not exact in float64", i, value))
		}
		if value < 0 && !d.kind.Signed {
			return nil, d.failed(tooLarge(i, value))
		}
	}
	return values, nil
}

// tooLarge returns the error for an unsigned integer that came out negative.
func tooLarge(i int, value int64) error {
	return fmt.Errorf("element %d: %d found, which does not fit a signed integer of 64 bits", i, uint64(value))
}

// Texts returns the elements of a dataset of type [Text], without padding.
func (d *Dataset) Texts() ([]string, error) {
	if err := d.need("texts", Text); err != nil {
		return nil, err
	}
	elements, err := d.bytes()
	if err != nil {
		return nil, d.failed(err)
	}
	if d.kind.Variable {
		return d.variableTexts(elements)
	}
	texts := make([]string, len(elements)/d.kind.Size)
	for i := range texts {
		element := elements[i*d.kind.Size : (i+1)*d.kind.Size]
		switch d.kind.padding {
		case paddedNullTerminated:
			element, _, _ = bytes.Cut(element, []byte{0})
		case paddedNulls:
			element = bytes.TrimRight(element, "\x00")
		case paddedSpaces:
			element = bytes.TrimRight(element, " ")
		}
		texts[i] = string(element)
	}
	return texts, nil
}

func (d *Dataset) variableTexts(references []byte) ([]string, error) {
	heap := heapReader{source: &d.file.source}
	texts := make([]string, len(references)/referenceSize)
	// Many elements may share an object, so their total size may exceed that of the file.
	total, allowed := uint64(0), slack+unwrittenRatio*d.file.size
	for i := range texts {
		object, err := heap.bytes(referenceAt(references, i), 1)
		if err != nil {
			return nil, d.failed(fmt.Errorf("element %d: %w", i, err))
		}
		if total += uint64(len(object)); total > allowed {
			return nil, d.failed(damaged("texts of more than %d bytes, in a file of %d", allowed, d.file.size))
		}
		text, _, _ := bytes.Cut(object, []byte{0})
		texts[i] = string(text)
	}
	return texts, nil
}
