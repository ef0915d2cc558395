package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spikegrad/host/numpy"
)

// npy returns an array as NumPy saves it; descr and shape are as in Python.
func npy(t testing.TB, descr, shape string, values any) []byte {
	t.Helper()
	header := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape)
	header += strings.Repeat(" ", 64-(len(header)+11)%64) + "\n"
	var file bytes.Buffer
	file.WriteString("\x93NUMPY\x01\x00")
	for _, part := range []any{uint16(len(header)), []byte(header), values} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// npz returns an archive of arrays, given as alternating names and contents.
func npz(t testing.TB, arrays ...any) []byte {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for i := 0; i < len(arrays); i += 2 {
		member, err := archive.Create(arrays[i].(string) + ".npy")
		if err == nil {
			_, err = member.Write(arrays[i+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// written returns the path of a file with the given contents.
func written(t testing.TB, name string, contents []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The three files hold the same spikes in all supported forms.
func TestOpenNPZ(t *testing.T) {
	var fingerprint string
	for file, shape := range map[string]Shape{"spikes": {2, 4, 5}, "spikes_list": {2, 4, 5}, "spikes_plain": {}} {
		spec := "npz:testdata/" + file + ".npz"
		options := defaults(t, spec)
		if options.Steps != 12 {
			t.Errorf("%s: %d steps by default", file, options.Steps)
		}
		s := open(t, spec, options)
		if s.Train.Shape() != shape || s.Train.Channels() != 40 || s.Train.Classes() != 3 || s.Train.Len() != 21 || s.Test.Len() != 6 || len(s.Notes) != 0 {
			t.Errorf("%s: shape %v, %d channels, %d classes, %d and %d samples, notes %q", file, s.Train.Shape(), s.Train.Channels(),
				s.Train.Classes(), s.Train.Len(), s.Test.Len(), s.Notes)
		}
		for _, part := range []Source{s.Train, s.Validation, s.Test} {
			checkRows(t, whole(t, part), part)
		}
		if fingerprint == "" {
			fingerprint = s.Fingerprint()
		}
		if s.Fingerprint() != fingerprint {
			t.Errorf("%s holds other spikes", file)
		}
		// Fewer steps drop spikes, more add silence.
		options.Steps = 5
		short := open(t, spec, options)
		if len(short.Notes) != 1 || !strings.Contains(short.Notes[0], "spikes after step 4, dropped") {
			t.Errorf("%s: notes %q", file, short.Notes)
		}
		options.Steps = 20
		if long := open(t, spec, options); len(whole(t, long.Test).Index) != len(whole(t, s.Test).Index) {
			t.Errorf("%s: more steps hold other spikes", file)
		}
	}
	if options := defaults(t, "npz:nowhere.npz"); options.Steps != npzSteps {
		t.Errorf("%d steps of no file", options.Steps)
	}
}

// Without labels all samples stay together, in their order, with the given number of classes.
func TestNPZUnlabelled(t *testing.T) {
	spikes := npy(t, "'<i8'", "(2, 3)", []int64{0, 1, 2, 2, 0, 1}) // sample, step, channel
	shape := npy(t, "'<i8'", "(3,)", []int64{3, 4, 5})
	options := defaults(t, "npz:"+written(t, "bare.npz", npz(t, "x", spikes, "shape", shape)))
	if _, err := Open("", options); err == nil || !strings.Contains(err.Error(), "y") {
		t.Errorf("labels are missing: error %v", err)
	}
	options.Unlabelled = 7
	s := open(t, "", options)
	rows, index := s.Test.AppendEvents(nil, nil, 2, 2)
	if s.Test.Len() != 3 || s.Test.Classes() != 7 || fmt.Sprint(rows, index) != "[[0 1] [1 1] [1 1] [1 1]] [1]" {
		t.Errorf("%d samples, %d classes, the last has rows %v of %v", s.Test.Len(), s.Test.Classes(), rows, index)
	}
	endless := npy(t, "'<i8'", "(3,)", []int64{1 << 25, 4, 5})
	options.Path = written(t, "endless.npz", npz(t, "x", spikes, "shape", endless))
	if _, err := Open("", options); err == nil || !strings.Contains(err.Error(), "33554432 samples without labels") {
		t.Errorf("samples without end: error %v", err)
	}
	options = defaults(t, "digits")
	options.Unlabelled = 10
	if _, err := Open("", options); err == nil || !strings.Contains(err.Error(), "only csv:FILE and npz:FILE") {
		t.Errorf("digits: error %v", err)
	}
}

// Inputs are numbered row-major: [channel][height][width].
func TestNPZOrder(t *testing.T) {
	x := make([]uint8, 1*2*2*3*4) // [sample][step][channel][height][width]
	x[((1*2+1)*3+2)*4+1] = 1      // sample 0, step 1, channel 1, row 2, column 1
	path := written(t, "one.npz", npz(t, "x", npy(t, "'|u1'", "(1, 2, 2, 3, 4)", x), "y", npy(t, "'<i4'", "(1,)", []int32{0})))
	options := defaults(t, "npz:"+path)
	options.Validation, options.Test = 0, 0
	s := open(t, "", options)
	rows, index := s.Train.AppendEvents(nil, nil, 0, 0)
	if fmt.Sprint(rows) != "[[0 0] [0 1]]" || int(index[0]) != s.Train.Shape().Input(1, 2, 1) || index[0] != 21 {
		t.Errorf("rows %v, channels %v", rows, index)
	}
	if got := s.Train.Shape().String(); got != "2×3×4" || (Shape{}).String() != "" || (Shape{}).Inputs() != 0 {
		t.Errorf("shape %s", got)
	}
}

func TestNPZErrors(t *testing.T) {
	labels := npy(t, "'<i4'", "(2,)", []int32{0, 1})
	dense := func(shape string, values any) []byte { return npy(t, "'<f4'", shape, values) }
	list := func(rows ...[3]int32) []byte { return npy(t, "'<i4'", fmt.Sprintf("(%d, 3)", len(rows)), rows) }
	shape := npy(t, "'<i8'", "(3,)", []int64{2, 3, 4})
	for name, test := range map[string]struct {
		arrays []any
		want   []string
	}{
		"no x":          {[]any{"y", labels}, []string{"no array x", "it holds y"}},
		"no y":          {[]any{"x", labels}, []string{"no array y"}},
		"values":        {[]any{"x", dense("(2, 1, 3)", []float32{0, 1, 0, 1, 0.5, 0}), "y", labels}, []string{"x[1, 0, 1]", "0.5 found", "want 0, or 1 for a spike"}},
		"dimensions":    {[]any{"x", dense("(2, 3)", make([]float32, 6)), "y", labels}, []string{"2 dimensions", "csv:FILE"}},
		"unequal":       {[]any{"x", dense("(3, 1, 1)", make([]float32, 3)), "y", labels}, []string{"y has 2 labels, but x has 3 samples"}},
		"label":         {[]any{"x", dense("(2, 1, 1)", make([]float32, 2)), "y", npy(t, "'<i4'", "(2,)", []int32{0, -1})}, []string{"y[1]", "label -1"}},
		"half label":    {[]any{"x", dense("(2, 1, 1)", make([]float32, 2)), "y", npy(t, "'<f4'", "(2,)", []float32{0, 0.5})}, []string{"y[1]", "0.5", "whole"}},
		"no labels":     {[]any{"x", dense("(0, 1, 1)", []float32{}), "y", npy(t, "'<i4'", "(0,)", []int32{})}, []string{"one label"}},
		"silent":        {[]any{"x", dense("(2, 1, 1)", make([]float32, 2)), "y", labels}, []string{"no spikes"}},
		"channels":      {[]any{"x", dense("(2, 0, 70000)", []float32{}), "y", labels}, []string{"70000", "65535"}},
		"place in list": {[]any{"x", list([3]int32{0, 1, 2}, [3]int32{1, 3, 0}), "y", labels, "shape", shape}, []string{"x[1, 1]", "3 found", "0 to 2"}},
		"shape of list": {[]any{"x", dense("(2, 1, 1)", make([]float32, 2)), "y", labels, "shape", shape}, []string{"one row of 3 numbers", "argwhere"}},
		"huge":          {[]any{"x", list(), "y", labels, "shape", npy(t, "'<i8'", "(3,)", []int64{2, 1 << 40, 4})}, []string{"shape[1]", "a length"}},
	} {
		path := written(t, "some.npz", npz(t, test.arrays...))
		_, err := Open("npz:"+path, defaults(t, "npz:"+path))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError(t, err, append(test.want, "some.npz")...)
	}
	// A spike listed twice is one spike in the samples.
	path := written(t, "twice.npz", npz(t, "x", list([3]int32{0, 1, 2}, [3]int32{0, 1, 2}), "y", labels, "shape", shape))
	if s := open(t, "npz:"+path, defaults(t, "npz:"+path)); len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "1 spike listed twice") {
		t.Errorf("notes %q", s.Notes)
	}
}

func FuzzNPZ(f *testing.F) {
	for _, name := range []string{"spikes", "spikes_list", "spikes_plain"} {
		content, err := os.ReadFile("testdata/" + name + ".npz")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	labels := npy(f, "'<i4'", "(1,)", []int32{0})
	f.Add(npz(f, "x", npy(f, "'|u1'", "(1, 2, 2)", []uint8{0, 1, 0, 0}), "y", labels))
	f.Add(npz(f, "x", npy(f, "'|u1'", "(1, 3)", []uint8{0, 1, 0}), "y", labels, "shape", npy(f, "'|u1'", "(3,)", []uint8{1, 2, 2})))
	options := defaults(f, "npz:fuzz.npz")
	options.MinKept = 0
	f.Fuzz(func(t *testing.T, content []byte) {
		archive, err := numpy.New(bytes.NewReader(content), int64(len(content)), "fuzz.npz")
		if err != nil {
			return
		}
		if s, _, err := readNPZ(archive, &options); err == nil {
			checkRows(t, whole(t, s), s)
		}
	})
}
