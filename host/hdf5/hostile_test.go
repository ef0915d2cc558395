package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// readAll reads what it finds in a file, up to a limit, and counts the datasets that were
// read and the objects that were refused.
func readAll(content []byte) (read, refused int) {
	file, err := New(bytes.NewReader(content), int64(len(content)), "some.h5")
	if err != nil {
		return 0, 1
	}
	root, err := file.Root()
	if err != nil {
		return 0, 1
	}
	left := 2000
	var visit func(g *Group, depth int)
	visit = func(g *Group, depth int) {
		names, err := g.Names()
		if err != nil || depth > 8 {
			refused++
			return
		}
		for _, name := range names {
			if left--; left < 0 {
				return
			}
			object, err := g.Open(name)
			switch o := object.(type) {
			case *Group:
				visit(o, depth+1)
			case *Dataset:
				if o.Len() > 1<<18 { // reads in an instant, but takes minutes to write out
					_, err = o.bytes()
				} else {
					_, _, err = digestOf(o)
				}
				if err == nil {
					read++
				}
			}
			if err != nil {
				refused++
			}
		}
	}
	visit(root, 0)
	return read, refused
}

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.h5")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		files[filepath.Base(path)] = fixture(t, filepath.Base(path))
	}
	return files
}

// TestTruncated truncates files: they are refused as a whole.
func TestTruncated(t *testing.T) {
	for name, content := range fixtures(t) {
		for _, length := range []int{0, 7, 8, 20, 60, 95, 200, len(content) / 2, len(content) - 1} {
			_, err := New(bytes.NewReader(content), int64(min(length, len(content))), name)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s, %d bytes of %d: %v", name, length, len(content), err)
			}
		}
	}
}

// TestDamaged writes critical and meaningless numbers all over files: they may be read or
// refused, but without a panic, an endless loop or more memory than a file can justify.
func TestDamaged(t *testing.T) {
	refused := 0
	for _, content := range fixtures(t) {
		for at := 9; at+8 < len(content); at += 1 + len(content)/12 {
			for _, value := range []uint64{0, 1<<63 + 5, 1 << 31} {
				damaged := bytes.Clone(content)
				binary.LittleEndian.PutUint64(damaged[at:], value)
				_, n := readAll(damaged)
				refused += min(n, 1)
			}
		}
	}
	if refused < 30 {
		t.Errorf("%d damaged files were refused, too few to be true", refused)
	}
}

// TestHostileSizes claims sizes that no file of this length can have, and checks how much
// is allocated.
func TestHostileSizes(t *testing.T) {
	source := source{r: bytes.NewReader(make([]byte, 4096)), size: 4096}
	file := &File{name: "some.h5", source: source}
	huge := dataspace{shape: []uint64{1 << 40}, largest: []uint64{1 << 40}, count: 1 << 40}
	number := Type{Class: Integer, Size: 8}
	for want, dataset := range map[string]Dataset{
		"almost nothing of it was ever written": {space: huge, kind: number, layout: layout{class: layoutContiguous, address: undefined}},
		"in a file of 4096":                     {space: huge, kind: number, layout: layout{class: layoutContiguous, address: 0, size: 1 << 63}},
		"bytes stored of":                       {space: huge, kind: number, layout: layout{class: layoutContiguous, address: 0, size: 100}},
		"or almost nothing":                     {space: huge, kind: number, layout: layout{class: layoutChunked, chunks: chunking{address: undefined}}},
		"1099511627776 chunks of 8 bytes": {space: huge, kind: number, layout: layout{class: layoutChunked,
			chunks: chunking{shape: []uint64{1}, element: 8, bytes: 8, index: indexImplicit}}},
		"chunks of more bytes than the file has": {space: huge, kind: number, filters: []filter{{id: filterDeflate}}, layout: layout{class: layoutChunked,
			chunks: chunking{shape: []uint64{1 << 30}, element: 8, bytes: 1 << 33, index: indexSingle, stored: 1 << 40, packed: true}}},
		"elements of 8 bytes": {space: dataspace{count: 1 << 62}, kind: number},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		dataset.file, dataset.path = file, "/x"
		_, err := dataset.Integers()
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "some.h5, /x: ") {
			t.Errorf("error %v, want %q", err, want)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
			t.Errorf("%q: %d bytes were allocated", want, allocated)
		}
	}
}

// TestMissing checks that missing objects can be told from unreadable ones.
func TestMissing(t *testing.T) {
	content := fixture(t, "refused.h5")
	file, err := New(bytes.NewReader(content), int64(len(content)), "refused.h5")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Dataset("/none/of/it"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := file.Dataset("/compound"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// FuzzFile reads arbitrary bytes.
func FuzzFile(f *testing.F) {
	for _, content := range fixtures(f) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) <= 1<<17 {
			readAll(content)
		}
	})
}
