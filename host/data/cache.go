package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// NoCache, as [Options.Cache], has nothing kept.
const NoCache = "off"

// cacheWorthwhile is the bytes from which a file is cached in the user's folder:
// what is smaller is read in a moment.
const cacheWorthwhile = 4 << 20

// spikeCache is a folder of cache files.
type spikeCache struct {
	folder   string // empty: nothing is kept
	smallest int64  // bytes of a file that is kept
}

// cache is where the outcome of reading recorded spikes is kept.
func (o *Options) cache() spikeCache {
	switch o.Cache {
	case NoCache:
		return spikeCache{}
	case "":
		folder, err := os.UserCacheDir()
		if err != nil {
			return spikeCache{} // a user without a home does without
		}
		return spikeCache{filepath.Join(folder, "spikegrad", "spikes"), cacheWorthwhile}
	}
	return spikeCache{folder: o.Cache}
}

// loadEvents reads a file of recorded spikes and sorts them into steps, or takes
// the outcome from the cache. The notes say what was left out; that next to nothing is
// left is an error.
func loadEvents(path string, o *Options) (*stored, []string, error) {
	s, note, err := cachedEvents(path, o)
	if err != nil {
		return nil, nil, err
	}
	notes := s.recorded.notes(path, o.Steps)
	if note != "" {
		notes = append(notes, note)
	}
	notes, err = o.refuse(s.recorded.vanished(path, o), notes)
	return s, notes, err
}

// cachedEvents is the outcome of reading a file, from the cache if it is there. The note
// says that it could not be kept.
func cachedEvents(path string, o *Options) (s *stored, note string, err error) {
	cache := o.cache()
	before, err := os.Stat(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading spikes: %w", err)
	}
	if cache.folder == "" || before.Size() < cache.smallest {
		s, err = readEvents(path, o)
		return s, "", err
	}
	key, err := cacheKey(path, o)
	if err != nil {
		return nil, "", err
	}
	name := filepath.Join(cache.folder, key[:32]+".spikes")
	if s := readCache(name, key, o); s != nil {
		return s, "", nil
	}
	if s, err = readEvents(path, o); err != nil {
		return nil, "", err
	}
	// The key is that of the contents before they were read.
	if after, err := os.Stat(path); err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return s, "", nil
	}
	if err := writeCache(name, key, s); err != nil {
		note = fmt.Sprintf("%s: will be read again next time, because its spikes cannot be cached: %v", path, err)
	}
	return s, note, nil
}

// readEvents reads a file of recorded spikes and sorts them into steps.
func readEvents(path string, o *Options) (*stored, error) {
	file, err := openEventFile(path)
	if err != nil {
		return nil, err
	}
	defer file.close()
	return binEvents(file, o)
}

// cacheKey is SHA-256 of the contents of a file and of the options that decide
// over what is made of it.
func cacheKey(path string, o *Options) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading spikes: %w", err)
	}
	defer file.Close()
	contents := sha256.New()
	if _, err := io.Copy(contents, file); err != nil {
		return "", fmt.Errorf("reading spikes: %w", err)
	}
	key := sha256.Sum256(fmt.Appendf(nil, "contents %x, %d steps of %s s, %d units, %d a channel, binning %s",
		contents.Sum(nil), o.Steps, bitsOf(o.StepLength), o.Events.Units, o.Events.Merge, o.Events.Binning))
	return hex.EncodeToString(key[:]), nil
}

// readCache is the source in a cache file, nil if it cannot be used: the file is
// only ever a copy of what can be had again.
func readCache(name, key string, o *Options) *stored {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	s, err := decodeCache(file, key)
	known := o.Known()
	if err != nil || s.steps != o.Steps || known.Channels > 0 && s.description.channels != known.Channels || known.Shape != (Shape{}) && s.shape != known.Shape {
		return nil
	}
	s.name, s.stepLength = o.Name, o.StepLength
	return s
}

// writeCache keeps a source in a cache file.
func writeCache(name, key string, s *stored) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return writeWhole(name, func(w io.Writer) error { return encodeCache(w, key, s) })
}

// writeWhole writes a file so that others see the old one or all of the new one.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	file, err := createBeside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// createBeside creates a file of a fresh name beside another, with the permissions
// of any new file, which [os.CreateTemp] does not give.
func createBeside(name string) (*os.File, error) {
	for attempt := 0; ; attempt++ {
		file, err := os.OpenFile(fmt.Sprintf("%s.%d.%d.tmp", name, os.Getpid(), attempt), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}
