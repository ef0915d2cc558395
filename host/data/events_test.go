package data

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The digests of the binned spikes were computed from the same files with h5py 3
// and NumPy: trunc(float64(t)/0.004), the same with the next step if half a spacing of
// t reaches its start, and trunc of the float16 product t·250.
func TestSpokenDigits(t *testing.T) {
	for binning, want := range map[string][2]string{
		"truncate": {"90efb6e58faa2fcecdba48237a3c16a8c736f8683908ad872f799b5f1893fe74",
			"034b20b6a7d8e3bfafe50be794227a3b7575eff957b6bdf524210ec68a4a8519"},
		"snap": {"e1019fd74b5e58ffcbb0daaf1c0ada771e87237b78d3ed02778d019519783f8b",
			"2d660f7e44e7378f33f8975e49fe676b0a627300487af24ac1ccdb724ac41542"},
		"float16": {"cc37924565b614bc02035114d54de050958c7540a859bcb8a4d7aa9d081445f1",
			"74968733f44106f175e9e538d080fc9f79395a594fd9bbe36a8be9fe0f1932ea"},
	} {
		options := defaults(t, "spoken:testdata")
		options.Events.Binning = binning
		s := open(t, "", options)
		if s.Train.Len() != 36 || s.Validation.Len() != 4 || s.Test.Len() != 20 {
			t.Errorf("%d, %d, %d samples", s.Train.Len(), s.Validation.Len(), s.Test.Len())
		}
		train := s.Train.(*subset).Source
		for part, source := range []Source{train, s.Test} {
			batch := whole(t, source)
			checkRows(t, batch, source)
			if got := digest(batch); got != want[part] {
				t.Errorf("%s, part %d: digest %s", binning, part, got)
			}
		}
		if labels := whole(t, train).Labels[:5]; !slices.Equal(labels, []uint32{12, 14, 6, 6, 7}) {
			t.Errorf("labels %v", labels)
		}
		if names := train.ClassNames(); train.Classes() != 20 || names[0] != "zero" || names[15] != "fünf" {
			t.Errorf("classes %q", names)
		}
	}
}

// The same four samples in other number types and file layouts of the reference
// library; they include one without spikes, and times that are not finite, negative or
// too late.
func TestEventFileLayouts(t *testing.T) {
	want := []map[int][]uint32{{0: {699}, 1: {3}, 250: {0}}, {}, {125: {3}}, {0: {0}}}
	for _, name := range []string{"small_f4.h5", "small_latest.h5", "small_chunked.h5",
		"small_big_endian.h5", "small_attributes.h5", "small_continued.h5"} {
		options := defaults(t, "shd:testdata")
		source, notes, err := loadEvents(filepath.Join("testdata", name), &options)
		if err != nil {
			t.Error(err)
			continue
		}
		batch := whole(t, source)
		checkRows(t, batch, source)
		if !slices.Equal(batch.Labels, []uint32{2, 0, 1, 1}) {
			t.Errorf("%s: labels %v", name, batch.Labels)
		}
		for sample := range want {
			got := map[int][]uint32{}
			for step, row := range batch.Rows[sample*350 : (sample+1)*350] {
				if row[1] > row[0] {
					got[step] = batch.Index[row[0]:row[1]]
				}
			}
			if diff := cmp.Diff(want[sample], got); diff != "" {
				t.Errorf("%s, sample %d: %s", name, sample, diff)
			}
		}
		said := strings.Join(notes, "\n")
		for _, note := range []string{name + ": 1 sample without spikes", name + ": 2 spikes dropped: their times are not finite", name + ": 2 spikes dropped: before time 0 or after step 349"} {
			if !strings.Contains(said, note) {
				t.Errorf("notes %q do not say %q", said, note)
			}
		}
	}
}

func TestNamedEventFiles(t *testing.T) {
	options := defaults(t, "ssc:testdata")
	options.Events.TrainFile, options.Events.ValidationFile, options.Events.TestFile = "small_f4.h5", "small_latest.h5", "small_chunked.h5"
	s := open(t, "", options)
	if s.Train.Len() != 4 || s.Validation.Len() != 4 || s.Test.Len() != 4 || len(s.Notes) != 12 {
		t.Errorf("%d, %d, %d samples; notes %q", s.Train.Len(), s.Validation.Len(), s.Test.Len(), s.Notes)
	}
	if diff := cmp.Diff([]string{"0", "1", "2"}, s.Test.ClassNames()); diff != "" {
		t.Error(diff)
	}
}

func TestEventFileErrors(t *testing.T) {
	options := defaults(t, "shd:testdata")
	_, err := Open("", options)
	wantError(t, err, "shd_train.h5 and shd_train.h5.gz", "testdata")
	options.Events.TrainFile = "missing.h5"
	_, err = Open("", options)
	wantError(t, err, "missing.h5", fs.ErrNotExist.Error())

	options.Events.Units = 699
	_, _, err = loadEvents("testdata/small_f4.h5", &options)
	wantError(t, err, "small_f4.h5", "/spikes/units", "row 0", "unit 699", "698", "events.units")

	for name, want := range map[string][]string{
		"bad_unequal.h5":    {"/spikes/units", "row 1", "2 units", "1 times"},
		"bad_rows.h5":       {"/spikes/units", "1 rows", "/labels has 2"},
		"bad_no_labels.h5":  {"no dataset /labels"},
		"bad_times.h5":      {"/spikes/times", "rows of floats", "convert the times to seconds"},
		"bad_labels.h5":     {"/labels", "row 1", "-1"},
		"bad_negative.h5":   {"/spikes/units", "row 0", "unit -1"},
		"bad_dimensions.h5": {"/labels", "2 dimensions"},
	} {
		_, _, err := loadEvents(filepath.Join("testdata", name), &options)
		wantError(t, err, append(want, name)...)
	}
}

func TestDamagedEventFiles(t *testing.T) {
	options := defaults(t, "shd:testdata")
	folder := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir()) // where files are unpacked
	load := func(name string, contents []byte) error {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, contents, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := loadEvents(path, &options)
		return err
	}
	packed, err := os.ReadFile("testdata/spoken_digits_test.h5.gz")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile("testdata/small_f4.h5")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, load("cut.h5.gz", packed[:len(packed)/2]), "cut.h5.gz", "unexpected EOF")
	wantError(t, load("text.h5", []byte("no such format")), "text.h5", "HDF5")
	offsets := bytes.Clone(plain)
	offsets[13] = 4
	wantError(t, load("offsets.h5", offsets), "offsets.h5", "4 and 8 bytes")
	wantError(t, load("empty.h5", nil), "empty.h5", "HDF5")
	for _, length := range []int{8, 100, len(plain) / 3, len(plain) / 2, len(plain) - 3000} {
		wantError(t, load("cut.h5", plain[:length]), "cut.h5")
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "spikegrad-*.h5"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files left: %v %v", left, err)
	}
}

func FuzzEvents(f *testing.F) {
	files, err := filepath.Glob("testdata/*.h5")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		contents, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(contents)
	}
	options := defaults(f, "shd:testdata")
	path := filepath.Join(f.TempDir(), "fuzz.h5")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if len(contents) > 1<<16 || bytes.HasPrefix(contents, []byte{0x1f, 0x8b}) {
			return
		}
		if err := os.WriteFile(path, contents, 0o600); err != nil {
			t.Fatal(err)
		}
		source, _, err := loadEvents(path, &options)
		if err == nil {
			checkRows(t, whole(t, source), source)
		}
	})
}

// With units merged, a channel spikes in the steps in which any of its units does.
func TestMergedUnits(t *testing.T) {
	options := defaults(t, "spoken:testdata")
	plain := whole(t, open(t, "", options).Test)
	for _, merge := range []int{2, 5, 300, 700} {
		options.Events.Merge = merge
		source := open(t, "", options).Test
		if want := (700 + merge - 1) / merge; source.Channels() != want {
			t.Fatalf("%d units a channel: %d channels, want %d", merge, source.Channels(), want)
		}
		batch := whole(t, source)
		checkRows(t, batch, source)
		for r, row := range plain.Rows {
			var want []uint32
			for _, unit := range plain.Index[row[0]:row[1]] {
				want = append(want, unit/uint32(merge))
			}
			want = slices.Compact(want)
			if got := batch.Index[batch.Rows[r][0]:batch.Rows[r][1]]; !slices.Equal(got, want) {
				t.Fatalf("%d units a channel, row %d: channels %v, want %v", merge, r, got, want)
			}
		}
	}
	for _, merge := range []int{0, 701} {
		options.Events.Merge = merge
		_, err := Open("", options)
		wantError(t, err, "events.merge", "1 to 700")
	}
}
