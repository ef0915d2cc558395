package hdf5

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// File is a file that is open for reading. It must be used by one goroutine at a time.
type File struct {
	name string
	source
	root  uint64 // address of the header of the root group
	top   *Group // the root group once it has been opened: absolute links start there
	close func() error
}

// Open opens the file at a path. The caller must close it.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	var f *File
	if err == nil {
		f, err = New(file, info.Size(), path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f.close = file.Close
	return f, nil
}

// New reads a file of the given size through r. Errors refer to it by name.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, close: func() error { return nil }}
	if err := f.readSuperblock(r, uint64(size)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Close closes what [Open] opened. Nothing can be read afterwards.
func (f *File) Close() error { return f.close() }

// Size is the number of bytes of the file, not counting a user block.
func (f *File) Size() uint64 { return f.size }

// Object is a *[Group] or a *[Dataset].
type Object interface {
	// Path is the path from the root by which the object was found.
	Path() string
}

// Root is the root group.
func (f *File) Root() (*Group, error) {
	if f.top != nil {
		return f.top, nil
	}
	object, err := f.object(f.root, "/")
	if err != nil {
		return nil, err
	}
	group, ok := object.(*Group)
	if !ok {
		return nil, f.failed("/", damaged("the root is not a group"))
	}
	f.top = group
	return group, nil
}

// Dataset opens the dataset at a path from the root; soft links are followed. The error
// wraps [io/fs.ErrNotExist] if there is nothing at that path.
func (f *File) Dataset(path string) (*Dataset, error) {
	root, err := f.Root()
	if err != nil {
		return nil, err
	}
	object, err := root.Open(strings.TrimLeft(path, "/"))
	if err != nil {
		return nil, err
	}
	dataset, ok := object.(*Dataset)
	if !ok {
		return nil, f.failed(path, fmt.Errorf("a group, where a dataset is needed"))
	}
	return dataset, nil
}

// object opens the object whose header is at an address.
func (f *File) object(address uint64, path string) (Object, error) {
	messages, err := f.readHeader(address)
	if err != nil {
		return nil, f.failed(path, err)
	}
	if messages.has(messageSymbolTable) || messages.has(messageLinkInfo) || messages.has(messageLink) || messages.has(messageGroupInfo) {
		return &Group{file: f, path: path, messages: messages}, nil
	}
	if messages.has(messageLayout) {
		dataset := &Dataset{file: f, path: path}
		if err := dataset.parse(messages); err != nil {
			return nil, f.failed(path, err)
		}
		return dataset, nil
	}
	if messages.has(messageDatatype) {
		return nil, f.failed(path, fmt.Errorf("a committed data type, where a group or a dataset is needed"))
	}
	return nil, f.failed(path, damaged("neither a group nor a dataset"))
}

// failed adds the names of the file and the object to an error.
func (f *File) failed(path string, err error) error {
	return fmt.Errorf("%s, %s: %w", f.name, path, err)
}
