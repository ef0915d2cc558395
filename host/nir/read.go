package nir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/scigolib/hdf5"

	"spikegrad/host/data"
)

// maxFile bounds the size of files that are read: nothing is as large.
const maxFile = 8 << 30

// readFile reads an HDF5 file into groups.
func readFile(path string) (root group, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading a NIR file: %w", err)
	}
	if info.IsDir() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no NIR file: a file of at most %d bytes is needed", path, int64(maxFile))
	}
	// The library may panic on damaged files.
	defer func() {
		if damage := recover(); damage != nil {
			root, err = nil, fmt.Errorf("%s is damaged: %v", path, damage)
		}
	}()
	if err := checkFile(path); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	file, err := hdf5.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s is no HDF5 file that can be read: %w", path, err)
	}
	defer file.Close()
	root, err = readGroup(file.Root(), 64*info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return root, nil
}

// readGroup reads a group of a file in which no array has more than so many elements:
// packed ones may have more than their bytes.
func readGroup(g *hdf5.Group, most int64) (group, error) {
	found := group{}
	for _, child := range g.Children() {
		name := strings.Trim(child.Name(), "/")
		if i := strings.LastIndex(name, "/"); i >= 0 {
			name = name[i+1:]
		}
		switch c := child.(type) {
		case *hdf5.Group:
			inner, err := readGroup(c, most)
			if err != nil {
				return nil, fmt.Errorf("%s/%w", name, err)
			}
			found[name] = &inner
		case *hdf5.Dataset:
			a, err := readArray(c, most)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			found[name] = a
		}
	}
	return found, nil
}

// dimensions finds the shape in the library's description of a dataset, which is the
// only place where it tells.
var dimensions = regexp.MustCompile(`\dD array \[([0-9 x]+)\]`)

func readArray(d *hdf5.Dataset, most int64) (array, error) {
	info, err := d.Info()
	if err != nil {
		return array{}, err
	}
	var a array
	size := 1
	if shape := dimensions.FindStringSubmatch(info); shape != nil {
		for _, text := range strings.FieldsFunc(shape[1], func(r rune) bool { return r == ' ' || r == 'x' }) {
			length, err := strconv.Atoi(text)
			if err != nil || length < 1 || int64(length) > most/int64(size) {
				return array{}, fmt.Errorf("impossible shape %q in a file of this size", shape[1])
			}
			a.Shape = append(a.Shape, length)
			size *= length
		}
	}
	if a.Float64, err = d.Read(); err == nil {
		if len(a.Float64) != size {
			return array{}, fmt.Errorf("%d numbers for shape %v", len(a.Float64), a.Shape)
		}
		return a, nil
	}
	texts, textErr := readTexts(d)
	if textErr != nil {
		return array{}, fmt.Errorf("neither numbers nor text: %w", err)
	}
	a.Text = texts
	if len(a.Text) != size {
		return array{}, fmt.Errorf("%d texts for shape %v", len(a.Text), a.Shape)
	}
	return a, nil
}

func readTexts(d *hdf5.Dataset) ([]string, error) {
	rows, err := d.ReadVLenBytes()
	if err != nil {
		return d.ReadStrings()
	}
	var texts []string
	for _, row := range rows {
		texts = append(texts, strings.TrimRight(string(row), "\x00"))
	}
	return texts, nil
}

// inner is the group of a name.
func (g group) inner(name string) (group, bool) {
	found, ok := g[name].(*group)
	if !ok {
		return nil, false
	}
	return *found, true
}

// text is the text of a name, empty if there is none.
func (g group) text(name string) string {
	a, ok := g[name].(array)
	if !ok || len(a.Text) != 1 {
		return ""
	}
	return a.Text[0]
}

// numbers is the array of a name.
func (g group) numbers(name string) (array, error) {
	a, ok := g[name].(array)
	if !ok || a.Float64 == nil && a.Text != nil {
		return array{}, fmt.Errorf("it has no numbers %q", name)
	}
	return a, nil
}

// number is the one number of a name; arrays must hold equal ones.
func (g group) number(name string) (float64, error) {
	a, err := g.numbers(name)
	if err != nil {
		return 0, err
	}
	if len(a.Float64) == 0 {
		return 0, fmt.Errorf("%s is empty", name)
	}
	for _, v := range a.Float64 {
		if v != a.Float64[0] {
			return 0, fmt.Errorf("%s differs from neuron to neuron (%g and %g): spikegrad has one value for all neurons of a layer", name, a.Float64[0], v)
		}
	}
	return a.Float64[0], nil
}

// checkFile looks for damage that the library would stumble over: heaps that do not fit
// the file, and headers whose checksum, where they have one, is wrong.
func checkFile(path string) error {
	if err := data.CheckHDF5(path); err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const signature = "OHDR\x02\x02" // with a size of four bytes and no times
	for rest := content; ; {
		at := bytes.Index(rest, []byte(signature))
		if at < 0 {
			return nil
		}
		rest = rest[at:]
		const head = len(signature) + 4
		if len(rest) < head {
			return errHeader
		}
		end := head + int(binary.LittleEndian.Uint32(rest[len(signature):]))
		if end+4 > len(rest) || lookup3(rest[:end]) != binary.LittleEndian.Uint32(rest[end:]) {
			return errHeader
		}
		rest = rest[end+4:]
	}
}

var errHeader = errors.New("damaged header")
