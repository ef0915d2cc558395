package numpy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// signature starts a .npy file; the major and minor version of the format follow.
const signature = "\x93NUMPY"

// maxHeader is the maximum size of a header in bytes: the field names of a structured array
// take a few hundred.
const maxHeader = 1 << 16

// maxDimensions is the same as in NumPy 2.
const maxDimensions = 64

// header describes the data of an array.
type header struct {
	fields  []field // a single one without a name for a plain array
	size    int     // bytes of an element
	shape   []int
	fortran bool // the first index varies fastest
}

// field is one number in every element.
type field struct {
	name      string
	kind      byte // b (bool), i, u or f
	offset    int  // in the element
	size      int  // bytes
	bigEndian bool
}

// parseHeader reads the header at the beginning of a .npy file and returns its length.
func parseHeader(file []byte) (*header, int, error) {
	if len(file) < len(signature)+4 || string(file[:len(signature)]) != signature {
		return nil, 0, errors.New("not a NumPy array: it does not begin with \\x93NUMPY")
	}
	version, at := file[len(signature)], len(signature)+2
	length := 0
	switch version {
	case 1:
		length = int(binary.LittleEndian.Uint16(file[at:]))
		at += 2
	case 2, 3:
		if len(file) < at+4 {
			return nil, 0, errors.New("damaged or truncated: it ends inside the header")
		}
		length = int(min(binary.LittleEndian.Uint32(file[at:]), maxHeader+1))
		at += 4
	default:
		return nil, 0, fmt.Errorf("version %d of the format; 1 to 3 are read", version)
	}
	if length > maxHeader {
		return nil, 0, fmt.Errorf("damaged: a header of more than %d bytes", maxHeader)
	}
	if length > len(file)-at {
		return nil, 0, errors.New("damaged or truncated: it ends inside the header")
	}
	h, err := parseDescription(string(file[at : at+length]))
	return h, at + length, err
}

// parseDescription reads the Python dictionary of a header:
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
func parseDescription(text string) (*header, error) {
	value, err := parseLiteral(text)
	if err != nil {
		return nil, fmt.Errorf("damaged header: %w", err)
	}
	keys, isDictionary := value.(map[string]any)
	if !isDictionary {
		return nil, errors.New("damaged header: no dictionary")
	}
	h := &header{}
	if h.fortran, isDictionary = keys["fortran_order"].(bool); !isDictionary {
		return nil, errors.New("damaged header: fortran_order is neither True nor False")
	}
	lengths, isTuple := keys["shape"].([]any)
	if !isTuple || len(lengths) > maxDimensions {
		return nil, errors.New("damaged header: no shape")
	}
	for _, length := range lengths {
		n, isNumber := length.(int)
		if !isNumber || n < 0 {
			return nil, errors.New("damaged header: the shape is not a tuple of lengths")
		}
		h.shape = append(h.shape, n)
	}
	switch descr := keys["descr"].(type) {
	case string:
		err = h.add("", descr)
	case []any:
		err = h.addAll(descr)
	default:
		err = errors.New("damaged header: no descr")
	}
	if err != nil {
		return nil, err
	}
	_, err = h.bytes()
	return h, err
}

// addAll adds the fields of a structured array.
func (h *header) addAll(descr []any) error {
	for _, one := range descr {
		pair, _ := one.([]any)
		if len(pair) < 2 || len(pair) > 3 {
			return errors.New("damaged header: a field is not a pair of name and type")
		}
		name, named := pair[0].(string)
		kind, simple := pair[1].(string)
		switch {
		case !named:
			return errors.New("fields with titles are not read")
		case !simple:
			return fmt.Errorf("field %q is itself structured; fields must be numbers", name)
		case len(pair) == 3:
			return fmt.Errorf("field %q is an array; fields must be numbers", name)
		}
		if err := h.add(name, kind); err != nil {
			return err
		}
	}
	if len(h.fields) == 0 {
		return errors.New("a structured array without fields")
	}
	return nil
}

// add adds a field of a type such as <u2. A void without a name is padding between other
// fields.
func (h *header) add(name, descr string) error {
	if descr == "|O" {
		return errors.New("it holds Python objects, which only Python can unpickle; save arrays of numbers")
	}
	if len(descr) < 3 {
		return fmt.Errorf("damaged header: the type %q", descr)
	}
	order, kind := descr[0], descr[1]
	size, err := strconv.Atoi(descr[2:])
	if err != nil || size < 0 || size > maxHeader {
		return unreadable(descr)
	}
	f := field{name: name, kind: kind, offset: h.size, size: size, bigEndian: order == '>'}
	known := false
	switch kind {
	case 'b':
		known = size == 1
	case 'i', 'u':
		known = size == 1 || size == 2 || size == 4 || size == 8
	case 'f':
		known = size == 2 || size == 4 || size == 8
	case 'V':
		known = name == "" && size > 0
	}
	if !known || order != '<' && order != '>' && order != '|' {
		return unreadable(descr)
	}
	h.size += size
	if kind != 'V' {
		h.fields = append(h.fields, f)
	}
	if h.size > maxHeader {
		return errors.New("damaged header: elements are too large")
	}
	return nil
}

func unreadable(descr string) error {
	return fmt.Errorf("type %q; numbers are read: bool, integers of 1 to 8 and floats of 2 to 8 bytes; number names, as with numpy.unique(names, return_inverse=True)", descr)
}

// count returns the number of elements of a shape, and whether their size in bytes can be
// represented.
func (h *header) count() (int, bool) {
	count := 1
	for _, length := range h.shape {
		if length == 0 {
			return 0, true
		}
	}
	for _, length := range h.shape {
		if count > math.MaxInt/max(h.size, 1)/length {
			return 0, false
		}
		count *= length
	}
	return count, true
}

// bytes is the size of all elements in bytes.
func (h *header) bytes() (int, error) {
	count, ok := h.count()
	if !ok || len(h.fields) == 0 {
		return 0, fmt.Errorf("damaged header: shape %s of elements of %d bytes", shapeText(h.shape), h.size)
	}
	return count * h.size, nil
}

// shapeText formats a shape as Python does.
func shapeText(shape []int) string {
	texts := make([]string, len(shape))
	for i, length := range shape {
		texts[i] = strconv.Itoa(length)
	}
	if len(shape) == 1 {
		return "(" + texts[0] + ",)"
	}
	return "(" + strings.Join(texts, ", ") + ")"
}
