package numpy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxRatio is an upper bound on the compression ratio of deflate.
const maxRatio = 1100

// maxMembers is the maximum number of arrays in an archive.
const maxMembers = 1 << 16

// Archive is an open .npz file: a zip archive of .npy files.
type Archive struct {
	name    string
	members map[string]*zip.File
	names   []string // in the order of the file
	close   func() error
}

// Open opens a .npz file.
func Open(path string) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading arrays: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("a folder found, a .npz file is needed")
	}
	var archive *Archive
	if err == nil {
		archive, err = New(file, info.Size(), path)
	} else {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	archive.close = file.Close
	return archive, nil
}

// New opens the contents of a .npz file; errors refer to it by name.
func New(r io.ReaderAt, size int64, name string) (*Archive, error) {
	reader, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: not a .npz file, or damaged or truncated: %w", name, err)
	}
	if len(reader.File) > maxMembers {
		return nil, fmt.Errorf("%s: %d members found, at most %d are read", name, len(reader.File), maxMembers)
	}
	a := &Archive{name: name, members: map[string]*zip.File{}, close: func() error { return nil }}
	for _, member := range reader.File {
		array, isArray := strings.CutSuffix(member.Name, ".npy")
		if !isArray {
			continue
		}
		if a.members[array] != nil {
			return nil, fmt.Errorf("%s: damaged: two arrays named %s", name, array)
		}
		if member.CompressedSize64 > uint64(size) || member.UncompressedSize64/maxRatio > member.CompressedSize64 {
			return nil, fmt.Errorf("%s, %s: damaged: %d bytes announced in %d", name, array, member.UncompressedSize64, member.CompressedSize64)
		}
		a.members[array] = member
		a.names = append(a.names, array)
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.close() }

// Name is the name of the file.
func (a *Archive) Name() string { return a.name }

// Names are the names of the arrays, without .npy.
func (a *Archive) Names() []string { return a.names }

// Has reports whether there is an array with a name.
func (a *Archive) Has(name string) bool { return a.members[name] != nil }

// open opens a member.
func (a *Archive) open(name string) (io.ReadCloser, *zip.File, error) {
	member := a.members[name]
	if member == nil {
		return nil, nil, fmt.Errorf("%s: no array %s; it holds %s", a.name, name, strings.Join(a.names, ", "))
	}
	reader, err := member.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%s, %s: %w", a.name, name, err)
	}
	return reader, member, nil
}

// Array reads an array.
func (a *Archive) Array(name string) (*Array, error) {
	reader, member, err := a.open(name)
	if err != nil {
		return nil, err
	}
	array, err := readArray(reader, member.UncompressedSize64, a.name+", "+name)
	return array, errors.Join(err, reader.Close())
}

// Shape returns the shape of an array, reading only its header.
func (a *Archive) Shape(name string) ([]int, error) {
	reader, _, err := a.open(name)
	if err != nil {
		return nil, err
	}
	start, err := io.ReadAll(io.LimitReader(reader, maxHeader+16))
	if err = errors.Join(err, reader.Close()); err != nil && len(start) == 0 {
		return nil, fmt.Errorf("%s, %s: %w", a.name, name, err)
	}
	h, _, err := parseHeader(start)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", a.name, name, err)
	}
	return h.shape, nil
}
