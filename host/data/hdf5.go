package data

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"spikegrad/host/hdf5"
)

// eventFile is a file of recorded spikes:
//
//	/spikes/times  rows of floats, seconds
//	/spikes/units  rows of integers, the channels that spike at those times
//	/labels        integers
//	/extra/keys    optional: names of the classes
type eventFile struct {
	path         string
	times, units *hdf5.Rows // [sample]
	labels       []uint32
	keys         []string // empty if the file has none
	close        func()   // after which rows can no longer be read
}

// openEventFile opens an HDF5 file, gzipped or not. Errors name the file and the
// dataset. The caller closes it.
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
	e, err := parseEventFile(file, path)
	if err != nil {
		closing()
		return nil, err
	}
	e.close = closing
	return e, nil
}

// parseEventFile opens the datasets of an HDF5 file, whose rows will be read later;
// errors call the file name.
func parseEventFile(plain *os.File, name string) (*eventFile, error) {
	info, err := plain.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file, err := hdf5.New(plain, info.Size(), name)
	if err != nil {
		return nil, err
	}
	e := &eventFile{path: name}
	if e.labels, err = readLabels(file, "/labels", name); err != nil {
		return nil, err
	}
	if e.times, err = openRows(file, "/spikes/times", name, hdf5.Float, len(e.labels)); err != nil {
		return nil, err
	}
	if e.units, err = openRows(file, "/spikes/units", name, hdf5.Integer, len(e.labels)); err != nil {
		return nil, err
	}
	if e.keys, err = readKeys(file, "/extra/keys"); err != nil {
		return nil, err
	}
	return e, nil
}

// openColumn opens a dataset that must exist and have one dimension.
func openColumn(file *hdf5.File, path, name string) (*hdf5.Dataset, error) {
	dataset, err := file.Dataset(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no dataset %s; needed are /spikes/times, /spikes/units and /labels", name, path)
	}
	if err == nil && len(dataset.Shape()) != 1 {
		err = fmt.Errorf("%s, %s: %d dimensions found, 1 is needed", name, path, len(dataset.Shape()))
	}
	return dataset, err
}

func readLabels(file *hdf5.File, path, name string) ([]uint32, error) {
	dataset, err := openColumn(file, path, name)
	if err != nil {
		return nil, err
	}
	if kind := dataset.Type(); kind.Class != hdf5.Integer {
		return nil, fmt.Errorf("%s, %s: %s found; integers are needed, one per sample", name, path, kind)
	}
	values, err := dataset.Integers()
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s, %s: no samples found", name, path)
	}
	labels := make([]uint32, len(values))
	for i, value := range values {
		if value < 0 || value > maxLabel {
			return nil, fmt.Errorf("%s, %s, row %d: label %d found, 0 to %d is allowed", name, path, i, value, maxLabel)
		}
		labels[i] = uint32(value)
	}
	return labels, nil
}

// openRows opens a dataset of count rows of a class.
func openRows(file *hdf5.File, path, name string, class hdf5.Class, count int) (*hdf5.Rows, error) {
	dataset, err := openColumn(file, path, name)
	if err != nil {
		return nil, err
	}
	if kind := dataset.Type(); kind.Class != hdf5.Sequence || kind.Row.Class != class {
		advice := ""
		if kind.Class == hdf5.Sequence && class == hdf5.Float {
			advice = "; convert the times to seconds (microseconds / 1e6)"
		}
		return nil, fmt.Errorf("%s, %s: %s found; variable-length rows of %s are needed%s", name, path, kind, class, advice)
	}
	if dataset.Len() != uint64(count) {
		return nil, fmt.Errorf("%s, %s: %d rows found, /labels has %d", name, path, dataset.Len(), count)
	}
	return dataset.Rows()
}

// readKeys reads the strings of a dataset that may be missing.
func readKeys(file *hdf5.File, path string) ([]string, error) {
	dataset, err := file.Dataset(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && dataset.Type().Class != hdf5.Text {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return dataset.Texts()
}

// unpacked returns the path of a file with the contents of a file that may be
// gzipped, and a function that removes it unless it is that file itself.
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
	// HDF5 needs random access, gzip only allows reading from the beginning.
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
