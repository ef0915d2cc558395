package hdf5

import "fmt"

// Rows are the rows of a dataset of variable-length rows, read one at a time.
type Rows struct {
	dataset    *Dataset
	heap       heapReader
	references []byte
	element    Type
}

// Rows opens the rows of a dataset of type [Sequence], of any number of dimensions.
func (d *Dataset) Rows() (*Rows, error) {
	if d.kind.Class != Sequence {
		return nil, d.failed(fmt.Errorf("%s found, variable-length rows are needed", d.kind))
	}
	references, err := d.bytes()
	if err != nil {
		return nil, d.failed(err)
	}
	r := &Rows{dataset: d, heap: heapReader{source: &d.file.source}, references: references, element: *d.kind.Row}
	if r.Size() > d.file.size {
		return nil, d.failed(damaged("rows of %d bytes, in a file of %d", r.Size(), d.file.size))
	}
	return r, nil
}

// Type is the type of the rows' elements.
func (r *Rows) Type() Type { return r.element }

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.references) / referenceSize }

// Size is the total size of all rows in bytes.
func (r *Rows) Size() uint64 {
	total := uint64(0)
	for i := range r.Len() {
		total += referenceAt(r.references, i).count * uint64(r.element.Size)
	}
	return total
}

// Row returns the elements of row i as stored in the file, valid until the next call: see
// [Type.Float] and [Type.Integer].
func (r *Rows) Row(i int) ([]byte, error) {
	row, err := r.heap.bytes(referenceAt(r.references, i), uint64(r.element.Size))
	if err != nil {
		return nil, r.dataset.failed(fmt.Errorf("row %d: %w", i, err))
	}
	return row, nil
}
