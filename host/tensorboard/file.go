package tensorboard

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"spikegrad/host/atomicfile"
)

// marker is part of the names of event files; TensorBoard reads those in a folder in
// alphabetical order.
const marker = "tfevents"

// Writer writes an event file. Every event is in the file at once, so that a running
// TensorBoard can show it.
type Writer struct {
	file *os.File
	now  func() time.Time
}

// Create starts a new event file in a folder, which is created if necessary. The name sorts
// after all existing ones.
func Create(folder string) (*Writer, error) { return create(folder, time.Now) }

func create(folder string, now func() time.Time) (*Writer, error) {
	if err := atomicfile.Folder(folder); err != nil {
		return nil, err
	}
	files, err := Files(folder)
	if err != nil {
		return nil, err
	}
	seconds := now().Unix()
	for _, path := range files { // from this second, or from a clock that was ahead
		if begun, ok := begunAt(path); ok {
			seconds = max(seconds, begun+1)
		}
	}
	for ; ; seconds++ {
		name := fmt.Sprintf("events.out.%s.%010d.spikegrad", marker, seconds)
		path := filepath.Join(folder, name)
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, atomicfile.Explain(path, err)
		}
		w := &Writer{file, now}
		if err := w.write(&Event{Version: fileVersion}); err != nil {
			file.Close()
			return nil, err
		}
		return w, nil
	}
}

// begunAt returns the second in the name of an event file.
func begunAt(path string) (int64, bool) {
	_, after, _ := strings.Cut(filepath.Base(path), marker+".")
	digits, _, _ := strings.Cut(after, ".")
	seconds, err := strconv.ParseInt(digits, 10, 64)
	return seconds, err == nil && seconds < 1e10
}

// Write writes an event.
func (w *Writer) Write(step int64, values ...Value) error {
	return w.write(&Event{Step: step, Values: values})
}

func (w *Writer) write(e *Event) error {
	e.WallTime = float64(w.now().UnixMicro()) / 1e6
	if _, err := w.file.Write(appendRecord(nil, e.encode())); err != nil {
		return atomicfile.Explain(w.file.Name(), err)
	}
	return nil
}

// Sync returns once a power failure can no longer lose what was written.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return atomicfile.Explain(w.file.Name(), err)
	}
	return nil
}

// Close closes the file.
func (w *Writer) Close() error {
	if err := w.file.Close(); err != nil {
		return atomicfile.Explain(w.file.Name(), err)
	}
	return nil
}

// Files lists the event files of a folder in order; none if the folder does not exist.
func Files(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder %s: %w: choose another", folder, atomicfile.Cause(err))
	}
	var files []string
	for _, entry := range entries { // sorted
		if strings.Contains(entry.Name(), marker) && !entry.IsDir() {
			files = append(files, filepath.Join(folder, entry.Name()))
		}
	}
	return files, nil
}

// Read calls call for every event of a file, in order. A truncated last record, as left by
// a killed process, counts as the end of the file.
func Read(path string, call func(Event)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, atomicfile.Cause(err))
	}
	defer file.Close()
	if err := readEvents(bufio.NewReader(file), call); err != nil {
		return fmt.Errorf("%s is not a TensorBoard event file, or is damaged: %w; remove it or choose another folder", path, err)
	}
	return nil
}

func readEvents(r io.Reader, call func(Event)) error {
	for {
		content, err := readRecord(r)
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return nil
		}
		if err != nil {
			return err
		}
		e, err := decodeEvent(content)
		if err != nil {
			return err
		}
		call(e)
	}
}
