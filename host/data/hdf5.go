package data

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/scigolib/hdf5"
)

// eventFile is a file of recorded spikes:
//
//	/spikes/times  rows of floats, seconds
//	/spikes/units  rows of integers, the channels that spike at those times
//	/labels        integers
//	/extra/keys    optional: names of the classes
type eventFile struct {
	path         string
	times, units rowReader // [sample]
	time, unit   element   // what a row is made of
	labels       []uint32
	keys         []string // empty if the file has none
	close        func()   // after which rows can no longer be read
}

// openEventFile opens an HDF5 file, packed by gzip or not. Errors name the file
// and the dataset. The caller closes it.
func openEventFile(path string) (*eventFile, error) {
	plain, remove, err := unpacked(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(plain)
	if err != nil {
		remove()
		return nil, fmt.Errorf("reading spikes: %w", err)
	}
	closing := func() {
		file.Close()
		remove()
	}
	e, err := parseEventFile(file, plain, path)
	if err != nil {
		closing()
		return nil, err
	}
	e.close = closing
	return e, nil
}

// parseEventFile reads an HDF5 file, the rows of which will be read later; its
// errors name it as name.
func parseEventFile(rows *os.File, plain, name string) (e *eventFile, err error) {
	// The library indexes into damaged files without looking.
	defer func() {
		if r := recover(); r != nil {
			e, err = nil, fmt.Errorf("%s: damaged HDF5 file: %v", name, r)
		}
	}()
	if err := CheckHDF5(plain); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file, err := hdf5.Open(plain)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read as HDF5: %w", name, err)
	}
	defer file.Close()
	info, err := rows.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &datasetReader{name: name, file: file, rowFile: rows, size: uint64(info.Size()), datasets: map[string]*hdf5.Dataset{}}
	file.Walk(func(path string, object hdf5.Object) {
		if dataset, ok := object.(*hdf5.Dataset); ok {
			r.datasets[path] = dataset
		}
	})
	e = &eventFile{path: name}
	if e.labels, err = r.labels("/labels"); err != nil {
		return nil, err
	}
	if e.times, e.time, err = r.rows("/spikes/times", true, len(e.labels)); err != nil {
		return nil, err
	}
	if e.units, e.unit, err = r.rows("/spikes/units", false, len(e.labels)); err != nil {
		return nil, err
	}
	e.keys = r.texts("/extra/keys")
	return e, nil
}

// datasetReader reads datasets of an open file.
type datasetReader struct {
	name     string
	file     *hdf5.File
	rowFile  *os.File // the same file, open for as long as rows are read
	size     uint64   // bytes of the file
	datasets map[string]*hdf5.Dataset
}

// find finds a dataset and its header, and compares its size with that of the
// file, so that a damaged header does not cost all memory.
func (r *datasetReader) find(path string) (*hdf5.Dataset, header, error) {
	dataset, ok := r.datasets[path]
	if !ok {
		return nil, header{}, fmt.Errorf("%s: no dataset %s; needed are /spikes/times, /spikes/units and /labels", r.name, path)
	}
	h, err := readHeader(r.file.Reader(), dataset.Address())
	if err != nil {
		return nil, header{}, fmt.Errorf("%s, %s: %w", r.name, path, err)
	}
	// Compression makes at most about a thousand bytes of one.
	if h.rows > r.size*1000 {
		return nil, header{}, fmt.Errorf("%s, %s: %d rows in a file of %d bytes: damaged", r.name, path, h.rows, r.size)
	}
	return dataset, h, nil
}

func (r *datasetReader) labels(path string) ([]uint32, error) {
	dataset, h, err := r.find(path)
	if err != nil {
		return nil, err
	}
	if h.vlen || h.element.float {
		return nil, fmt.Errorf("%s, %s: integers are needed, one a sample", r.name, path)
	}
	values, err := dataset.Read()
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", r.name, path, err)
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s, %s: no samples found", r.name, path)
	}
	labels := make([]uint32, len(values))
	for i, value := range values {
		if !(value >= 0 && value <= maxLabel) {
			return nil, fmt.Errorf("%s, %s, row %d: label %g found, 0 to %d is allowed", r.name, path, i, value, maxLabel)
		}
		labels[i] = uint32(value)
	}
	return labels, nil
}

// rows opens a dataset of rows, and checks that there are count of them, of whole
// elements.
func (r *datasetReader) rows(path string, float bool, count int) (rowReader, element, error) {
	dataset, h, err := r.find(path)
	if err != nil {
		return nil, element{}, err
	}
	if !h.vlen || h.element.float != float || !h.element.isNumber() {
		wanted := "integers"
		if float {
			wanted = "floats"
		}
		return nil, element{}, fmt.Errorf("%s, %s: variable-length rows of %s are needed", r.name, path, wanted)
	}
	if h.rows != uint64(count) {
		return nil, element{}, fmt.Errorf("%s, %s: %d rows found, /labels has %d", r.name, path, h.rows, count)
	}
	references, err := readReferences(r.rowFile, r.size, &h)
	if err == nil {
		rows := &heapRows{file: r.rowFile, fileSize: r.size, element: uint64(h.element.size), references: references}
		if rows.size() <= r.size {
			return rows, h.element, nil
		}
		err = fmt.Errorf("damaged: rows of %d bytes, in a file of %d", rows.size(), r.size)
	}
	if err != errOtherStorage {
		return nil, element{}, fmt.Errorf("%s, %s: %w", r.name, path, err)
	}
	rows, err := dataset.ReadVLenBytes()
	if err != nil {
		return nil, element{}, fmt.Errorf("%s, %s: %w", r.name, path, err)
	}
	if len(rows) != count {
		return nil, element{}, fmt.Errorf("%s, %s: %d rows read, %d announced", r.name, path, len(rows), count)
	}
	for i, row := range rows {
		if len(row)%h.element.size != 0 {
			return nil, element{}, fmt.Errorf("%s, %s, row %d: %d bytes found, not a multiple of %d", r.name, path, i, len(row), h.element.size)
		}
	}
	return memoryRows(rows), h.element, nil
}

// texts reads the texts of a dataset that may be missing.
func (r *datasetReader) texts(path string) []string {
	dataset, h, err := r.find(path)
	if err != nil {
		return nil
	}
	var texts []string
	if !h.vlen {
		texts, err = dataset.ReadStrings()
	} else {
		var rows [][]byte
		rows, err = dataset.ReadVLenBytes()
		for _, row := range rows {
			texts = append(texts, string(bytes.TrimRight(row, "\x00")))
		}
	}
	if err != nil {
		return nil
	}
	return texts
}

// unpacked is the path of a file with the contents of a file that may be packed by
// gzip, and what removes it if it is not that file itself.
func unpacked(path string) (plain string, remove func(), err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("reading spikes: %w", err)
	}
	defer file.Close()
	var magic [2]byte
	if _, err := io.ReadFull(file, magic[:]); err != nil || magic != [2]byte{0x1f, 0x8b} {
		return path, func() {}, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	// The library opens paths only.
	temporary, err := os.CreateTemp("", "spikegrad-*.h5")
	if err != nil {
		return "", nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	remove = func() { os.Remove(temporary.Name()) }
	reader, err := gzip.NewReader(file)
	if err == nil {
		_, err = io.Copy(temporary, reader)
	}
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("unpacking %s to %s: %w", path, temporary.Name(), err)
	}
	return temporary.Name(), remove, nil
}
