package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// cameraParts are the parts of a dataset of an event camera, in the order in which they are read.
var cameraParts = []string{"train", "validation", "test"}

// identified is a file as it was when its contents were hashed.
type identified struct {
	path     string
	sum      [sha256.Size]byte
	size     int64
	modified time.Time
}

// identify hashes the contents of a file.
func (f *identified) identify() error {
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	f.size, f.modified = info.Size(), info.ModTime()
	hash.Sum(f.sum[:0])
	return nil
}

// same reports whether the file still looks as it did.
func (f *identified) same() bool {
	info, err := os.Stat(f.path)
	return err == nil && info.Size() == f.size && info.ModTime().Equal(f.modified)
}

// bytes returns the total size of all files of the set; unreadable ones count 0.
func (set *cameraSet) bytes() int64 {
	total := int64(0)
	for _, files := range set.parts {
		for _, file := range files {
			total += size(file.path)
		}
	}
	return total
}

// cameraKeys are the keys of the parts in the cache: SHA-256 over all files of the set, in their
// order, and the options that affect the result. The events of any part may determine the size of
// the sensor, so each part depends on all.
func (set *cameraSet) cameraKeys(o *Options) (keys map[string]string, files []identified, err error) {
	for _, part := range cameraParts {
		for _, file := range set.parts[part] {
			files = append(files, identified{path: file.path})
			if file.table != "" {
				files = append(files, identified{path: file.table})
			}
		}
	}
	err = inParallel(files, func(_ int, files []identified) error {
		for i := range files {
			if err := files[i].identify(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	all, next := sha256.New(), 0
	write := func(what string, label uint32) {
		name, err := filepath.Rel(o.Path, files[next].path)
		if err != nil {
			name = files[next].path
		}
		fmt.Fprintf(all, "%s %q %d %x\n", what, filepath.ToSlash(name), label, files[next].sum)
		next++
	}
	for _, part := range cameraParts {
		for _, file := range set.parts[part] {
			write(part, file.label)
			if file.table != "" {
				write("table", 0)
			}
		}
	}
	fmt.Fprintf(all, "sensor %d %d, %d steps of %s s, %+v", set.width, set.height, o.Steps, bitsOf(o.StepLength), o.Camera)
	sum := all.Sum(nil)
	keys = map[string]string{}
	for part := range set.parts {
		key := sha256.Sum256(fmt.Appendf(nil, "camera %x %s", sum, part))
		keys[part] = hex.EncodeToString(key[:])
	}
	return keys, files, nil
}

// load reads the parts of the set, or takes them from the cache. The notes say why they could not
// be cached.
func (set *cameraSet) load(o *Options) (map[string]*stored, []string, error) {
	cache := o.cache()
	if cache.folder == "" || set.bytes() < cache.smallest {
		parts, err := set.read(o)
		return parts, nil, err
	}
	keys, files, err := set.cameraKeys(o)
	if err != nil {
		return nil, nil, err
	}
	name := func(part string) string { return filepath.Join(cache.folder, keys[part][:32]+".spikes") }
	parts := map[string]*stored{}
	for part := range set.parts {
		if s := readCache(name(part), keys[part], o); s != nil {
			parts[part] = s
		}
	}
	if len(parts) == len(set.parts) {
		return parts, nil, nil
	}
	if parts, err = set.read(o); err != nil {
		return nil, nil, err
	}
	// The keys were computed before the contents were read.
	for i := range files {
		if !files[i].same() {
			return parts, nil, nil
		}
	}
	for part, s := range parts {
		if err := writeCache(name(part), keys[part], s); err != nil {
			return parts, []string{fmt.Sprintf("%s: will be read again next time, because its spikes cannot be cached: %v", o.Path, err)}, nil
		}
	}
	return parts, nil, nil
}

// read reads the parts of the set.
func (set *cameraSet) read(o *Options) (map[string]*stored, error) {
	v, err := set.view(o)
	if err != nil {
		return nil, err
	}
	parts := map[string]*stored{}
	for _, part := range cameraParts {
		if len(set.parts[part]) == 0 {
			continue
		}
		if parts[part], err = readCameraFiles(set.parts[part], o, v); err != nil {
			return nil, err
		}
	}
	return parts, nil
}
