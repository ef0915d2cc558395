package data

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/scigolib/hdf5"
)

// openDatasets opens the datasets of rows of a file, and the file.
func openDatasets(t *testing.T, path string) (map[string]*hdf5.Dataset, *os.File) {
	t.Helper()
	file, err := hdf5.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		file.Close()
		plain.Close()
	})
	datasets := map[string]*hdf5.Dataset{}
	file.Walk(func(name string, object hdf5.Object) {
		if dataset, ok := object.(*hdf5.Dataset); ok {
			datasets[name] = dataset
		}
	})
	return datasets, plain
}

// Rows read one at a time are those that the library reads at once, in every
// layout that is not left to the library.
func TestHeapRows(t *testing.T) {
	own := 0
	files, err := filepath.Glob("testdata/small_*.h5")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		datasets, file := openDatasets(t, path)
		for _, name := range []string{"/spikes/times", "/spikes/units"} {
			h, err := readHeader(file, datasets[name].Address())
			if err != nil {
				t.Fatal(err)
			}
			references, err := readReferences(file, uint64(size(path)), &h)
			if err == errOtherStorage {
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v", path, name, err)
				continue
			}
			own++
			rows := &heapRows{file: file, fileSize: uint64(size(path)), element: uint64(h.element.size), references: references}
			want, err := datasets[name].ReadVLenBytes()
			if err != nil {
				t.Fatal(err)
			}
			if rows.size() != memoryRows(want).size() {
				t.Errorf("%s, %s: %d bytes, want %d", path, name, rows.size(), memoryRows(want).size())
			}
			for _, i := range append(ascending(len(want)), 0, len(want)-1, 1) {
				got, err := rows.row(i)
				if err != nil || !bytes.Equal(got, want[i]) {
					t.Errorf("%s, %s, row %d: %x, want %x: %v", path, name, i, got, want[i], err)
				}
			}
		}
	}
	if own < 10 {
		t.Errorf("only %d datasets were not left to the library", own)
	}
}

// A tree of chunks with several levels, some chunks of which were never written:
// sample i has one spike of channel i after i milliseconds.
func TestChunkTree(t *testing.T) {
	options := defaults(t, "shd:testdata")
	options.StepLength = 0.001
	source, _, err := loadEvents("testdata/chunk_tree.h5", &options)
	if err != nil {
		t.Fatal(err)
	}
	if source.Len() != 200 || source.recorded.Empty != 4 || source.recorded.Spikes != 196 {
		t.Errorf("%d samples, %+v", source.Len(), *source.recorded)
	}
	for sample := range source.Len() {
		rows, index := source.AppendEvents(nil, nil, sample, 0)
		if sample%50 == 49 {
			if len(index) != 0 {
				t.Errorf("sample %d has spikes %v", sample, index)
			}
			continue
		}
		// Times were rounded to 16-bit floating point.
		step := max(sample-1, 0)
		near := rows[step][1] - rows[step][0] + rows[sample][1] - rows[sample][0]
		if len(index) != 1 || index[0] != uint32(sample) || near == 0 {
			t.Errorf("sample %d: channels %v, none in step %d or %d", sample, index, step, sample)
		}
	}
}

// Packed chunks are left to the library.
func TestPackedChunks(t *testing.T) {
	options := defaults(t, "shd:testdata")
	source, _, err := loadEvents("testdata/packed_chunks.h5", &options)
	if err != nil {
		t.Fatal(err)
	}
	if got := source.channels; len(got) != 5 || got[0] != 699 {
		t.Errorf("channels %v", got)
	}
}

func TestDamagedReferences(t *testing.T) {
	datasets, file := openDatasets(t, "testdata/small_f4.h5")
	h, err := readHeader(file, datasets["/spikes/times"].Address())
	if err != nil {
		t.Fatal(err)
	}
	fileSize := uint64(size("testdata/small_f4.h5"))
	original, err := readReferences(file, fileSize, &h)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(reference []byte){
		"bytes announced": func(r []byte) { binary.LittleEndian.PutUint32(r, 1<<20) },
		"heap at byte 8":  func(r []byte) { binary.LittleEndian.PutUint64(r[4:], 8) },
		"in a file of":    func(r []byte) { binary.LittleEndian.PutUint64(r[4:], 1<<63) },
		"no object 77":    func(r []byte) { binary.LittleEndian.PutUint32(r[12:], 77) },
	} {
		references := bytes.Clone(original)
		change(references)
		rows := &heapRows{file: file, fileSize: fileSize, element: uint64(h.element.size), references: references}
		_, err := rows.row(0)
		wantError(t, err, "damaged", want)
	}
	cut := h
	cut.storage = bytes.Clone(h.storage)
	binary.LittleEndian.PutUint64(cut.storage[2:], fileSize-1)
	_, err = readReferences(file, fileSize, &cut)
	wantError(t, err, "damaged", "in a file of")
}
