// Package atomicfile writes files so that, whatever happens, a reader finds either the old content
// or all of the new, never a part.
package atomicfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Write writes a file: first into a temporary file beside it, which is synced and then
// renamed. Two processes must not write the same file at once: the temporary name is fixed,
// so that the next write overwrites what a killed process left behind.
func Write(path string, encode func(io.Writer) error) error {
	temporary, err := Temporary(path, encode)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return Explain(path, err)
	}
	return SyncFolder(filepath.Dir(path))
}

// WriteBytes writes a file with the given content.
func WriteBytes(path string, content []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteJSON writes a value as indented JSON.
func WriteJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w: this is a fault of the program, please report it", path, err)
	}
	return WriteBytes(path, append(text, '\n'))
}

// Folder makes sure that a folder exists.
func Folder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("cannot create the folder %s: %w: choose another", path, Cause(err))
	}
	return nil
}

// Prefix and suffix of the names of temporary files.
const (
	temporaryPrefix = "."
	temporarySuffix = ".tmp"
)

// Leftover reports whether a file has the name of a temporary one. A killed process leaves one
// behind, which the next write of the same file replaces.
func Leftover(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}

// Temporary writes and syncs a file that only needs to be renamed to path, and returns its
// name. After an error, the file does not exist.
func Temporary(path string, encode func(io.Writer) error) (name string, err error) {
	name = filepath.Join(filepath.Dir(path), temporaryPrefix+filepath.Base(path)+temporarySuffix)
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return "", Explain(path, err)
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
		return "", Explain(path, err)
	}
	return name, nil
}

// SyncFolder makes renames durable. Not every file system can sync a folder; as the content
// is already synced, that is not an error.
func SyncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return nil
	}
	_ = handle.Sync()
	return handle.Close()
}

// Explain says which file could not be written, why, and what to do.
func Explain(path string, err error) error {
	advice := "choose another folder"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "free some space on the disk; a run goes on with --resume"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "choose a folder that can be written"
	case errors.Is(err, fs.ErrNotExist):
		advice = "the folder does not exist: create it first"
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR):
		advice = "is it a folder?"
	}
	return fmt.Errorf("cannot write %s: %w: %s", path, Cause(err), advice)
}

// Cause strips the operation and the temporary file's name from an error, as they would
// tell a user nothing.
func Cause(err error) error {
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
