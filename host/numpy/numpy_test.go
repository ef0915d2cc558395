package numpy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, name string) *Array {
	t.Helper()
	array, err := ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return array
}

// wantError fails unless err contains all of the texts, in one line.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; one with %q was expected", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q does not say %q in one line", err, text)
		}
	}
}

// Each array in types.npz counts up in a different type.
func TestTypes(t *testing.T) {
	archive, err := Open("testdata/types.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if len(archive.Names()) != 17 {
		t.Errorf("arrays %q", archive.Names())
	}
	for _, name := range archive.Names() {
		array, err := archive.Array(name)
		if err != nil {
			t.Error(err)
			continue
		}
		values, err := array.Values()
		if err != nil || values.Len() != 6 || !slices.Equal(array.Shape(), []int{2, 3}) || array.ShapeText() != "(2, 3)" {
			t.Errorf("%s: %d values in %s: %v", name, values.Len(), array.ShapeText(), err)
			continue
		}
		shape, err := archive.Shape(name)
		if err != nil || !slices.Equal(shape, []int{2, 3}) {
			t.Errorf("%s: shape %v, %v", name, shape, err)
		}
		if values.IsFloat() != strings.Contains(name, "f") {
			t.Errorf("%s: float is %t", name, values.IsFloat())
		}
		for i := range values.Len() {
			want := int64(i)
			if strings.ContainsAny(name, "f") || strings.Contains(name, "i1") || strings.Contains(name, "_i") {
				want -= 2
			}
			if name == "b1" {
				want = int64(i % 2)
			}
			got, err := values.Integer(i)
			if err != nil || got != want || values.Float(i) != float64(want) {
				t.Errorf("%s: value %d is %d and %g, want %d: %v", name, i, got, values.Float(i), want, err)
			}
		}
	}
	_, err = archive.Array("other")
	wantError(t, err, "types.npz", "no array other", "little_f8")
	if !archive.Has("b1") || archive.Has("b2") {
		t.Error("Has is wrong")
	}
}

func TestStored(t *testing.T) {
	archive, err := Open("testdata/stored.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	x, err := archive.Array("x")
	if err != nil {
		t.Fatal(err)
	}
	values, _ := x.Values()
	for i := range 9 {
		if got, _ := values.Integer(i); got != map[bool]int64{true: 1}[i%4 == 0] {
			t.Errorf("value %d is %d", i, got)
		}
	}
}

func TestFortranOrder(t *testing.T) {
	array := read(t, "fortran.npy")
	values, err := array.Values()
	if err != nil || !slices.Equal(array.Shape(), []int{2, 3, 4}) || array.Len() != 24 {
		t.Fatalf("%v: %v", array.Shape(), err)
	}
	for i := range 24 {
		if got, _ := values.Integer(i); got != int64(i) {
			t.Errorf("value %d is %d", i, got)
		}
	}
}

func TestStructured(t *testing.T) {
	array := read(t, "aligned.npy")
	if !array.Structured() || fmt.Sprint(array.FieldNames()) != "[x y p t]" || array.Len() != 5 {
		t.Fatalf("%v, %d", array.FieldNames(), array.Len())
	}
	for name, want := range map[string][]int64{
		"x": {1, 2, 3, 4, 5}, "y": {10, 20, 30, 40, 50}, "p": {1, 0, 1, 0, 1}, "t": {0, 1000, 2000, 1 << 40, -1},
	} {
		field, ok := array.Field(name)
		if !ok || field.Len() != 5 {
			t.Fatalf("no field %s", name)
		}
		for i := range want {
			if got, err := field.Integer(i); err != nil || got != want[i] {
				t.Errorf("%s[%d] is %d, want %d: %v", name, i, got, want[i], err)
			}
		}
	}
	if _, ok := array.Field(""); ok {
		t.Error("a field without a name")
	}
	_, err := array.Values()
	wantError(t, err, "aligned.npy", "structured", "x")
}

func TestVersionsAndScalars(t *testing.T) {
	values, err := read(t, "version2.npy").Values()
	if err != nil || values.Float(1) != 0.5 || values.Len() != 3 {
		t.Errorf("%v", err)
	}
	if _, err := values.Integer(1); !errors.Is(err, errFraction) {
		t.Errorf("0.5 as an integer: %v", err)
	}
	scalar := read(t, "scalar.npy")
	if values, err := scalar.Values(); err != nil || values.Len() != 1 || values.Float(0) != 7.5 || len(scalar.Shape()) != 0 {
		t.Errorf("%v", err)
	}
}

func TestRefused(t *testing.T) {
	for name, want := range map[string]string{
		"objects.npy": "Python objects", "nested.npy": "structured", "complex.npy": `"<c8"`, "stored.npz": "not a NumPy array", "none.npy": "none.npy",
	} {
		_, err := ReadFile(filepath.Join("testdata", name))
		wantError(t, err, name, want)
	}
	_, err := Open("testdata/fortran.npy")
	wantError(t, err, "fortran.npy", "not a .npz file")
	_, err = Open("testdata")
	wantError(t, err, "folder")
	_, err = Open("testdata/none.npz")
	wantError(t, err, "none.npz")
}

// Every truncated file is refused, and any byte of a header may be wrong.
func TestDamaged(t *testing.T) {
	file, err := os.ReadFile("testdata/aligned.npy")
	if err != nil {
		t.Fatal(err)
	}
	for length := range file {
		if _, err := Decode(file[:length], "cut.npy"); err == nil {
			t.Errorf("%d of %d bytes were read", length, len(file))
		}
	}
	_, err = Decode(append(slices.Clone(file), 0), "longer.npy")
	wantError(t, err, "longer.npy", "(5,)", "80 bytes", "81 found")
	for at := range 128 {
		damaged := slices.Clone(file)
		damaged[at] ^= 0x55
		_, _ = Decode(damaged, "damaged.npy") // may be read or refused, but not crash
	}
	for text, want := range map[string]string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4)}": "shape",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}": "shape",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}":                    "not the Python",
		"{'descr': '<f4', 'fortran_order': False, 'shape': 4}":                        "no shape",
		"{'descr': '<f4', 'fortran_order': 1, 'shape': (4,)}":                         "fortran_order",
		"{'descr': '<f5', 'fortran_order': False, 'shape': (4,)}":                     `"<f5"`,
		"{'descr': [], 'fortran_order': False, 'shape': (4,)}":                        "without fields",
		"{'descr': [('x', '<f4', (3,))], 'fortran_order': False, 'shape': (4,)}":      `"x" is an array`,
		"{'descr': [(('title', 'x'), '<f4')], 'fortran_order': False, 'shape': (4,)}": "titles",
		"{'fortran_order': False, 'shape': (4,)}":                                     "descr",
		"[[[[[[[[[[[[1]]]]]]]]]]]]":                                                   "header",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} and more":            "after its end",
		"{'descr': '<f4' 'fortran_order': False, 'shape': (4,)}":                      "header",
		"(1, 2)": "dictionary",
	} {
		_, err := parseDescription(text)
		wantError(t, err, want)
	}
}
