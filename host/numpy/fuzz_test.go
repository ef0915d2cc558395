package numpy

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func fixtures(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
}

// readAll reads every value of an array.
func readAll(a *Array) {
	if !a.Structured() {
		values, err := a.Values()
		if err != nil {
			panic(err)
		}
		for i := range values.Len() {
			values.Float(i)
			_, _ = values.Integer(i)
		}
	}
	for _, name := range a.FieldNames() {
		if field, ok := a.Field(name); ok && field.Len() > 0 {
			field.Float(field.Len() - 1)
		}
	}
}

// Arbitrary file contents are either read or refused.
func FuzzArray(f *testing.F) {
	fixtures(f, "*.npy")
	f.Fuzz(func(t *testing.T, content []byte) {
		if array, err := Decode(content, "fuzz.npy"); err == nil {
			readAll(array)
		}
	})
}

func FuzzArchive(f *testing.F) {
	fixtures(f, "*.npz")
	f.Fuzz(func(t *testing.T, content []byte) {
		archive, err := New(bytes.NewReader(content), int64(len(content)), "fuzz.npz")
		if err != nil {
			return
		}
		for _, name := range archive.Names() {
			_, _ = archive.Shape(name)
			if array, err := archive.Array(name); err == nil {
				readAll(array)
			}
		}
	})
}

// A file that announces more than it holds is refused without allocating memory for it.
func TestAnnouncedSizes(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	header := []byte("\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }")
	for len(header) < 128 {
		header = append(header, ' ')
	}
	_, err := Decode(header, "huge.npy")
	wantError(t, err, "huge.npy", "(1000000000, 1000)", "8000000000000 bytes", "0 found")
	_, err = readArray(bytes.NewReader(header), 1<<40, "huge.npz, x")
	wantError(t, err, "1099511627776 bytes announced, 128 found")
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
	}
}
