package nir

import (
	"errors"
	"fmt"
	"math"

	"spikegrad/host/hdf5"
)

// group is a group of a file. Its members are *group or array; also string, float64 or
// int64 in groups to be written, and an error for anything unreadable in groups read from a
// file. A file of another program may contain things that nobody needs here.
type group map[string]any

type array = hdf5.Array

// folder converts a group to the form in which it is written.
func (g group) folder() hdf5.Folder {
	folder := hdf5.Folder{}
	for name, member := range g {
		if inner, ok := member.(*group); ok {
			member = inner.folder()
		}
		folder[name] = member
	}
	return folder
}

// readFile reads an HDF5 file into groups.
func readFile(path string) (group, error) {
	file, err := hdf5.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a NIR file: %w", err)
	}
	defer file.Close()
	root, err := file.Root()
	if err != nil {
		return nil, err
	}
	// Packed data may have more elements than the file has bytes.
	r := reader{left: 1<<20 + 64*file.Size()}
	return r.group(root, 0)
}

// reader reads groups. Links may lead to an array more than once, or in circles.
type reader struct {
	left uint64 // elements and members that may still be read
}

var errTooMuch = errors.New("more values than a file of this size can hold: its links go in circles, or it is damaged")

func (r *reader) group(g *hdf5.Group, depth int) (group, error) {
	const deepest = 64
	names, err := g.Names()
	if err != nil {
		return nil, err
	}
	found := group{}
	for _, name := range names {
		if depth == deepest || r.left == 0 {
			return nil, fmt.Errorf("%s: %w", g.Path(), errTooMuch)
		}
		r.left--
		object, err := g.Open(name)
		switch o := object.(type) {
		case *hdf5.Group:
			inner, err := r.group(o, depth+1)
			if err != nil {
				return nil, err
			}
			found[name] = &inner
		case *hdf5.Dataset:
			a, err := r.array(o)
			if errors.Is(err, errTooMuch) {
				return nil, fmt.Errorf("%s: %w", o.Path(), err)
			}
			if found[name] = a; err != nil {
				found[name] = err
			}
		default:
			found[name] = err
		}
	}
	return found, nil
}

func (r *reader) array(d *hdf5.Dataset) (a array, err error) {
	if r.left < d.Len() {
		return a, errTooMuch
	}
	r.left -= d.Len()
	for _, length := range d.Shape() {
		if length > math.MaxInt32 {
			return a, fmt.Errorf("%s has shape %v: a dimension has at most %d", d.Path(), d.Shape(), math.MaxInt32)
		}
		a.Shape = append(a.Shape, int(length))
	}
	if d.Type().Class == hdf5.Text {
		a.Text, err = d.Texts()
	} else {
		a.Float64, err = d.Numbers()
	}
	return a, err
}

// unreadable returns the error of the first of the named members that exists and cannot be
// read.
func (g group) unreadable(names ...string) error {
	for _, name := range names {
		if err, ok := g[name].(error); ok {
			return err
		}
	}
	return nil
}

// inner returns the group of the given name.
func (g group) inner(name string) (group, bool) {
	found, ok := g[name].(*group)
	if !ok {
		return nil, false
	}
	return *found, true
}

// text returns the text of the given name; empty if there is none.
func (g group) text(name string) string {
	a, ok := g[name].(array)
	if !ok || len(a.Text) != 1 {
		return ""
	}
	return a.Text[0]
}

// numbers returns the array of the given name.
func (g group) numbers(name string) (array, error) {
	if err := g.unreadable(name); err != nil {
		return array{}, err
	}
	a, ok := g[name].(array)
	if !ok || a.Float64 == nil && a.Text != nil {
		return array{}, fmt.Errorf("it has no numbers %q", name)
	}
	return a, nil
}

// number returns the number of the given name; all elements of an array must be equal.
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
			return 0, fmt.Errorf("%s differs between neurons (%g and %g): they must have one value here", name, a.Float64[0], v)
		}
	}
	return a.Float64[0], nil
}
