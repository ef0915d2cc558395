package hdf5

import (
	"errors"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// Class is the class of elements.
type Class uint8

const (
	Integer Class = iota // two's complement or unsigned; enumerations too
	Float                // IEEE 754
	Text
	Sequence // a variable-length sequence of integers or floats
)

func (c Class) String() string {
	return [...]string{"integers", "floats", "texts", "variable-length rows"}[c]
}

// Type is the type of the elements of a dataset.
type Type struct {
	Class     Class
	Size      int // bytes of an element in the file
	Signed    bool
	BigEndian bool
	Variable  bool  // texts of variable length
	Row       *Type // the type of a Sequence's elements

	padding uint8 // of texts of fixed length
}

func (t Type) String() string {
	order := ""
	if t.BigEndian && t.Size > 1 {
		order = "big-endian "
	}
	switch {
	case t.Class == Integer && t.Signed:
		return fmt.Sprintf("%ssigned integers of %d bytes", order, t.Size)
	case t.Class == Integer:
		return fmt.Sprintf("%sunsigned integers of %d bytes", order, t.Size)
	case t.Class == Float:
		return fmt.Sprintf("%sfloats of %d bytes", order, t.Size)
	case t.Class == Sequence:
		return "variable-length rows of " + t.Row.String()
	case t.Variable:
		return "texts of variable length"
	}
	return fmt.Sprintf("texts of %d bytes", t.Size)
}

// Classes of types in a file (IV.A.2.d).
const (
	classInteger  = 0
	classFloat    = 1
	classText     = 3
	classEnum     = 8
	classVariable = 9
)

// otherClasses are the classes that are refused.
var otherClasses = map[uint8]string{
	2: "time", 4: "bit field", 5: "opaque", 6: "compound", 7: "reference", 10: "array", 11: "complex",
}

// referenceSize is the size in bytes of a reference into a global heap: a number of
// elements, the address of the heap, the number of the object.
const referenceSize = 4 + 8 + 4

// Padding of texts of fixed length.
const (
	paddedNullTerminated = 0
	paddedNulls          = 1
	paddedSpaces         = 2
)

// parseType reads a type message. Nested means that it is the base type of another type.
func parseType(body []byte, nested bool) (Type, error) {
	p := fields{rest: body}
	head := p.byte()
	flags := uint32(p.number(3))
	size := p.number(4)
	if err := p.err(); err != nil {
		return Type{}, err
	}
	class, version := head&15, head>>4
	if version < 1 || version > 5 {
		return Type{}, damaged("data type of version %d", version)
	}
	t := Type{Size: int(size)}
	switch class {
	case classInteger, classFloat:
		return t, t.parseNumber(&p, class, flags, size)
	case classEnum:
		// The base type is followed by the names, which are not needed.
		base, err := parseType(p.rest, true)
		if err == nil && (base.Class != Integer || uint64(base.Size) != size) {
			err = damaged("an enumeration of %s", base)
		}
		return base, err
	case classText:
		t.Class, t.padding = Text, uint8(flags&15)
		if size == 0 || size > math.MaxInt32 || t.padding > paddedSpaces {
			return t, damaged("texts of %d bytes, padding %d", size, t.padding)
		}
		return t, nil
	case classVariable:
		if nested {
			return t, errors.New("variable-length rows of variable-length rows or texts, which are not supported")
		}
		if size != referenceSize {
			return t, damaged("variable-length rows with references of %d bytes", size)
		}
		const text = 1
		if flags&15 == text {
			t.Class, t.Variable = Text, true
			return t, nil
		}
		t.Class = Sequence
		row, err := parseType(p.rest, true)
		if err == nil && row.Class == Text {
			err = errors.New("variable-length rows of texts, which are not supported")
		}
		t.Row = &row
		return t, err
	}
	name, ok := otherClasses[class]
	if !ok {
		return t, damaged("data type of class %d", class)
	}
	return t, fmt.Errorf("values of type %s, which are not supported: integers, floats, texts and variable-length rows are read", name)
}

// parseNumber reads the fields specific to numbers. Only layouts that use every bit of
// whole bytes are accepted.
func (t *Type) parseNumber(p *fields, class uint8, flags uint32, size uint64) error {
	const bigEndian, signed, vax = 1, 8, 1 << 6
	t.BigEndian = flags&bigEndian != 0
	offset, precision := p.number(2), p.number(2)
	whole := offset == 0 && precision == 8*size
	if class == classInteger {
		t.Class, t.Signed = Integer, flags&signed != 0
		if err := p.err(); err != nil {
			return err
		}
		if size != 1 && size != 2 && size != 4 && size != 8 || !whole {
			return fmt.Errorf("integers of %d bytes with %d bits at bit %d, which are not supported: whole ones of 1, 2, 4 or 8 bytes are read", size, precision, offset)
		}
		return nil
	}
	t.Class = Float
	type format struct{ exponentAt, exponent, mantissaAt, mantissa, bias, sign uint64 }
	found := format{exponentAt: p.number(1), exponent: p.number(1), mantissaAt: p.number(1), mantissa: p.number(1), bias: p.number(4), sign: uint64(flags >> 8 & 0xff)}
	if err := p.err(); err != nil {
		return err
	}
	const impliedBit = 2
	ieee := map[uint64]format{2: {10, 5, 0, 10, 15, 15}, 4: {23, 8, 0, 23, 127, 31}, 8: {52, 11, 0, 52, 1023, 63}}
	if want, ok := ieee[size]; !ok || !whole || found != want || flags&vax != 0 || flags>>4&3 != impliedBit {
		return fmt.Errorf("floats of %d bytes with %d bits of exponent and %d of mantissa, which are not supported: IEEE floats of 2, 4 or 8 bytes are read",
			size, found.exponent, found.mantissa)
	}
	return nil
}

// word returns the bits of element i.
func (t *Type) word(elements []byte, i int) uint64 {
	element := elements[i*t.Size : (i+1)*t.Size]
	word := uint64(0)
	for k := range element {
		place := k
		if !t.BigEndian {
			place = t.Size - 1 - k
		}
		word = word<<8 | uint64(element[place])
	}
	return word
}

// Float returns element i of a row of floats.
func (t *Type) Float(row []byte, i int) float64 {
	switch word := t.word(row, i); t.Size {
	case 2:
		return float64(float16.Frombits(uint16(word)).Float32())
	case 4:
		return float64(math.Float32frombits(uint32(word)))
	default:
		return math.Float64frombits(word)
	}
}

// Integer returns element i of a row of integers. Unsigned 64-bit numbers that do not fit
// come out negative, which no caller accepts either.
func (t *Type) Integer(row []byte, i int) int64 {
	word := t.word(row, i)
	if t.Signed {
		shift := 64 - 8*t.Size
		return int64(word<<shift) >> shift
	}
	return int64(word)
}
