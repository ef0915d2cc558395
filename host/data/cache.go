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

// NoCache, as [Options.Cache], disables the cache.
const NoCache = "off"

// cacheWorthwhile is the smallest size in bytes of a file that is cached in the user's
// folder: smaller ones are read in a moment.
const cacheWorthwhile = 4 << 20

// spikeCache is a folder of cache files.
type spikeCache struct {
	folder   string // empty: no cache
	smallest int64  // smallest file to cache, bytes
}

// cache returns where the result of reading recorded spikes is cached.
func (o *Options) cache() spikeCache {
	switch o.Cache {
	case NoCache:
		return spikeCache{}
	case "":
		folder, err := os.UserCacheDir()
		if err != nil {
			return spikeCache{} // no home folder, no cache
		}
		return spikeCache{filepath.Join(folder, "spikegrad", "spikes"), cacheWorthwhile}
	}
	return spikeCache{folder: o.Cache}
}

// loadEvents reads a file of recorded spikes and sorts them into steps, or takes the
// result from the cache. The notes say what was left out; it is an error if almost
// nothing is left.
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

// cachedEvents returns the result of reading a file, from the cache if it is there. The
// note says why it could not be cached.
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
	// The key was computed before the contents were read.
	if after, err := os.Stat(path); err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return s, "", nil
	}
	if err := writeCache(name, key, s); err != nil {
		note = fmt.Sprintf("%s: its spikes cannot be cached, so it will be read again next time: %v", path, err)
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

// cacheKey is the SHA-256 of a file's contents and of the options that affect the
// result.
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

// readCache returns the source in a cache file, or nil if the file cannot be used: it is
// only ever a copy of what can be read again.
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

// writeCache writes a source to a cache file.
func writeCache(name, key string, s *stored) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return writeWhole(name, func(w io.Writer) error { return encodeCache(w, key, s) })
}

// writeWhole writes a file such that others see either the old one or all of the new
// one.
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

// createBeside creates a file with a new name beside another, with the permissions of
// any new file, unlike [os.CreateTemp].
func createBeside(name string) (*os.File, error) {
	for attempt := 0; ; attempt++ {
		file, err := os.OpenFile(fmt.Sprintf("%s.%d.%d.tmp", name, os.Getpid(), attempt), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}
