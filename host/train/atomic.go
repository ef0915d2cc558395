package train

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeFile writes a file so that, whatever happens and whenever, a reader finds
// the old content or all of the new: into a temporary file beside it, synced, then
// renamed. A run folder has one writer, so the temporary name is fixed and what a
// killed process left under it is overwritten by the next.
func writeFile(path string, encode func(io.Writer) error) (err error) {
	temporary, err := writeTemporary(path, encode)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return writeError(path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// writeTemporary writes and syncs a file that only a rename is missing. After an
// error there is none.
func writeTemporary(path string, encode func(io.Writer) error) (name string, err error) {
	name = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return "", writeError(path, err)
	}
	buffered := bufio.NewWriterSize(file, 1<<16)
	if err = encode(buffered); err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(name)
		return "", writeError(path, err)
	}
	return name, nil
}

// syncFolder makes a rename durable. Not every file system can sync a folder; the
// content is synced already, so that is no failure.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return nil
	}
	_ = handle.Sync()
	return handle.Close()
}

// writeError says which file could not be written, why, and what to do.
func writeError(path string, err error) error {
	advice := "choose another folder"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "free some space; a run goes on with --resume"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "choose a folder that can be written"
	}
	return fmt.Errorf("cannot write %s: %w: %s", path, cause(err), advice)
}

// cause strips the operation and the temporary file's name, which would tell a user
// nothing.
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
