package hdf5

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var filesFlag = flag.String("files", "testdata", "folder of files by h5py, with what is expected of them")

// found is the content of a dataset, or why it is refused, as tests/scripts/check_hdf5.py
// records it.
type found struct {
	Shape   *[]uint64 `json:"shape"`
	Digest  string    `json:"digest,omitempty"`
	Refused string    `json:"refused,omitempty"`
}

// TestFilesOfH5py compares every dataset of files that h5py wrote, by default those in
// testdata, with what h5py reads from them.
func TestFilesOfH5py(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(*filesFlag, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]map[string]found
	if err := json.Unmarshal(content, &expected); err != nil {
		t.Fatal(err)
	}
	right, refused, wrong := 0, map[string]int{}, 0
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		got := everything(t, filepath.Join(*filesFlag, name))
		if got == nil {
			continue
		}
		for path, want := range expected[name] {
			have, ok := got[path]
			delete(got, path)
			switch {
			case !ok:
				t.Errorf("%s, %s: not found", name, path)
			case want.Refused != "" && strings.Contains(have.Refused, want.Refused):
				refused[want.Refused]++
			case want.Refused != "":
				t.Errorf("%s, %s: refused as %q, want %q", name, path, have.Refused, want.Refused)
			case have.Refused != "":
				t.Errorf("%s, %s: refused: %s", name, path, have.Refused)
			case have.Digest != want.Digest || (have.Shape == nil) != (want.Shape == nil) || have.Shape != nil && !slices.Equal(*have.Shape, *want.Shape):
				wrong++
				t.Errorf("%s, %s: shape %v and digest %s, want %v and %s", name, path, have.Shape, have.Digest, want.Shape, want.Digest)
			default:
				right++
			}
		}
		for path := range got {
			t.Errorf("%s, %s: is not there", name, path)
		}
	}
	total := 0
	for _, count := range refused {
		total += count
	}
	t.Logf("%d files: %d datasets read right, %d refused with the reason, %d wrong", len(expected), right, total, wrong)
	for _, reason := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused: %s %d", reason, refused[reason])
	}
	if len(expected) < 10 || right < len(expected) || total < 10 {
		t.Error("too few to be true")
	}
}

// everything reads every dataset of a file.
func everything(t *testing.T, path string) map[string]found {
	t.Helper()
	file, err := Open(path)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	defer file.Close()
	all := map[string]found{}
	root, err := file.Root()
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	if err := walk(root, func(path string, object Object, err error) {
		if err == nil {
			shape, digest, valuesErr := digestOf(object.(*Dataset))
			if err = valuesErr; err == nil {
				all[path] = found{Shape: shape, Digest: digest}
				return
			}
		}
		if !strings.Contains(err.Error(), filepath.Base(file.name)) {
			t.Errorf("the reason does not name the file: %v", err)
		}
		all[path] = found{Refused: err.Error()}
	}); err != nil {
		t.Error(err)
	}
	return all
}

// walk visits every dataset below a group, and everything that cannot be opened.
func walk(g *Group, visit func(path string, object Object, err error)) error {
	names, err := g.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		path := strings.TrimRight(g.Path(), "/") + "/" + name
		object, err := g.Open(name)
		if inner, ok := object.(*Group); ok {
			if err := walk(inner, visit); err != nil {
				return err
			}
			continue
		}
		visit(path, object, err)
	}
	return nil
}

// digestOf returns the shape of a dataset and the SHA-256 of its elements as text.
func digestOf(d *Dataset) (*[]uint64, string, error) {
	var h bytes.Buffer
	kind := d.Type()
	switch kind.Class {
	case Text:
		texts, err := d.Texts()
		if err != nil {
			return nil, "", err
		}
		for _, text := range texts {
			fmt.Fprintf(&h, "t%x\n", text)
		}
	case Sequence:
		rows, err := d.Rows()
		if err != nil {
			return nil, "", err
		}
		for i := range rows.Len() {
			row, err := rows.Row(i)
			if err != nil {
				return nil, "", err
			}
			h.WriteByte('[')
			kind := rows.Type()
			for k := range len(row) / kind.Size {
				if k > 0 {
					h.WriteByte(',')
				}
				if kind.Class == Float {
					writeFloat(&h, kind.Float(row, k))
				} else {
					writeInteger(&h, kind.Integer(row, k))
				}
			}
			h.WriteString("]\n")
		}
	case Integer:
		values, err := d.Integers()
		if err != nil {
			return nil, "", err
		}
		for _, value := range values {
			writeInteger(&h, value)
			h.WriteByte('\n')
		}
	case Float:
		values, err := d.Numbers()
		if err != nil {
			return nil, "", err
		}
		for _, value := range values {
			writeFloat(&h, value)
			h.WriteByte('\n')
		}
	}
	sum := sha256.Sum256(h.Bytes())
	digest := hex.EncodeToString(sum[:])
	if d.Null() {
		return nil, digest, nil
	}
	shape := append([]uint64{}, d.Shape()...)
	return &shape, digest, nil
}

func writeInteger(h *bytes.Buffer, value int64) {
	h.WriteByte('i')
	h.Write(strconv.AppendInt(h.AvailableBuffer(), value, 10))
}

func writeFloat(h *bytes.Buffer, value float64) {
	if math.IsNaN(value) {
		h.WriteString("fnan")
		return
	}
	fmt.Fprintf(h, "f%016x", math.Float64bits(value))
}
