package figure

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes a file so that a reader finds the old content or the whole
// new one, never a part: into a temporary file beside it, synced, then renamed.
// After a failure the temporary file is gone and the old file untouched.
func writeFile(path string, encode func(io.Writer) error) (err error) {
	folder := filepath.Dir(path)
	file, err := createBeside(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("figure: cannot save %q: the folder %q does not exist: create it first", path, folder)
		}
		return fmt.Errorf("figure: cannot save %q: no file can be created in %q (%w): choose a folder that can be written", path, folder, cause(err))
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()

	buffered := bufio.NewWriter(file)
	if err = encode(buffered); err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("figure: cannot save %q: writing failed (%w): check the free space of the disk", path, cause(err))
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("figure: cannot save %q: the finished file cannot take that name (%w): is it a folder?", path, cause(err))
	}
	return syncFolder(folder)
}

// createBeside creates a file of a fresh name in the folder of path, with the
// permissions that an ordinary new file gets (os.CreateTemp would make it
// unreadable for others).
func createBeside(path string) (*os.File, error) {
	for attempt := 0; ; attempt++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.%d.tmp", filepath.Base(path), os.Getpid(), attempt))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// syncFolder makes a rename durable. Not every file system can sync a folder;
// the file itself is synced already, so that is no failure.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return nil
	}
	_ = handle.Sync()
	return handle.Close()
}

// cause strips the operation and the temporary file's name, which would tell a
// user nothing.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
