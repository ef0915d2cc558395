package numpy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/x448/float16"
)

// Array is an array in memory.
type Array struct {
	header
	data []byte // row-major
	name string // of file and array, for errors
}

// Column is one field of all elements of an array in row-major order, or a plain array.
type Column struct {
	field
	array *Array
	count int
}

// ReadFile reads a .npy file.
func ReadFile(path string) (*Array, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading an array: %w", err)
	}
	return Decode(file, path)
}

// Decode reads the contents of a .npy file; errors refer to it by name.
func Decode(file []byte, name string) (*Array, error) {
	h, length, err := parseHeader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a := &Array{header: *h, data: file[length:], name: name}
	if err := a.check(); err != nil {
		return nil, err
	}
	return a, nil
}

// readArray reads an array of known length from a stream. Memory grows with the data
// received, up to that length.
func readArray(r io.Reader, size uint64, name string) (*Array, error) {
	if size > math.MaxInt-1 {
		return nil, fmt.Errorf("%s: damaged: %d bytes announced", name, size)
	}
	file, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: damaged or truncated: %w", name, err)
	case uint64(len(file)) != size:
		return nil, fmt.Errorf("%s: damaged: %d bytes announced, %d found", name, size, len(file))
	}
	return Decode(file, name)
}

// check compares the header with the number of bytes, and reorders the data to row-major.
func (a *Array) check() error {
	size, err := a.bytes()
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	if size != len(a.data) {
		return fmt.Errorf("%s: damaged or truncated: an array %s of elements of %d bytes takes %d bytes, %d found",
			a.name, shapeText(a.shape), a.size, size, len(a.data))
	}
	if a.fortran && len(a.shape) > 1 {
		a.data = rowMajor(a.data, a.shape, a.size)
	}
	return nil
}

// rowMajor reorders elements whose first index varies fastest so that the last does.
func rowMajor(data []byte, shape []int, size int) []byte {
	sorted := make([]byte, 0, len(data))
	strides := make([]int, len(shape)) // in data, bytes
	stride := size
	for d, length := range shape {
		strides[d] = stride
		stride *= length
	}
	index := make([]int, len(shape))
	for at := 0; len(sorted) < len(data); {
		sorted = append(sorted, data[at:at+size]...)
		for d := len(shape) - 1; d >= 0; d-- {
			index[d]++
			at += strides[d]
			if index[d] < shape[d] {
				break
			}
			at -= index[d] * strides[d]
			index[d] = 0
		}
	}
	return sorted
}

// Name names the file and the array.
func (a *Array) Name() string { return a.name }

// Shape is the length of each dimension.
func (a *Array) Shape() []int { return a.shape }

// ShapeText is the shape as Python writes it.
func (a *Array) ShapeText() string { return shapeText(a.shape) }

// Len is the number of elements.
func (a *Array) Len() int { return len(a.data) / a.size }

// Structured reports whether elements have fields.
func (a *Array) Structured() bool { return a.fields[0].name != "" }

// FieldNames are the names of the fields of a structured array.
func (a *Array) FieldNames() []string {
	var names []string
	for _, f := range a.fields {
		if f.name != "" {
			names = append(names, f.name)
		}
	}
	return names
}

// Values returns a plain array as a column.
func (a *Array) Values() (Column, error) {
	if a.Structured() {
		return Column{}, fmt.Errorf("%s: a structured array with the fields %q found; plain numbers are needed", a.name, a.FieldNames())
	}
	return Column{field: a.fields[0], array: a, count: a.Len()}, nil
}

// Field returns a field of a structured array; ok reports whether there is one.
func (a *Array) Field(name string) (c Column, ok bool) {
	i := slices.IndexFunc(a.fields, func(f field) bool { return f.name == name && name != "" })
	if i < 0 {
		return Column{}, false
	}
	return Column{field: a.fields[i], array: a, count: a.Len()}, true
}

// Len is the number of values.
func (c *Column) Len() int { return c.count }

// IsFloat reports whether the values are floating-point numbers; others are integers or bool,
// where True is 1.
func (c *Column) IsFloat() bool { return c.kind == 'f' }

// bits returns the bits of a value.
func (c *Column) bits(i int) uint64 {
	at := i*c.array.size + c.offset
	b := c.array.data[at : at+c.size]
	switch {
	case c.size == 1:
		return uint64(b[0])
	case c.size == 2 && c.bigEndian:
		return uint64(binary.BigEndian.Uint16(b))
	case c.size == 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case c.size == 4 && c.bigEndian:
		return uint64(binary.BigEndian.Uint32(b))
	case c.size == 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case c.bigEndian:
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// Float returns a value as a floating-point number; large integers are rounded.
func (c *Column) Float(i int) float64 {
	if c.kind != 'f' {
		whole, err := c.Integer(i)
		if err != nil {
			return float64(c.bits(i))
		}
		return float64(whole)
	}
	bits := c.bits(i)
	switch c.size {
	case 2:
		return float64(float16.Frombits(uint16(bits)).Float32())
	case 4:
		return float64(math.Float32frombits(uint32(bits)))
	}
	return math.Float64frombits(bits)
}

var (
	errFraction = errors.New("a whole number is needed")
	errLarge    = errors.New("it does not fit 64 bits")
)

// Integer returns a value as an integer. A float that is not a whole number is an error.
func (c *Column) Integer(i int) (int64, error) {
	bits := c.bits(i)
	switch c.kind {
	case 'f':
		x := c.Float(i)
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, fmt.Errorf("%g: %w", x, errFraction)
		}
		return int64(x), nil
	case 'i':
		shift := 64 - 8*c.size
		return int64(bits) << shift >> shift, nil
	case 'u':
		if bits > math.MaxInt64 {
			return 0, fmt.Errorf("%d: %w", bits, errLarge)
		}
	}
	return int64(bits), nil
}
