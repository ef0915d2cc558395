package data

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func TestReadTable(t *testing.T) {
	text := "0,2.5,1\n10,5,0\r\n\n 0,1e0,65535"
	text = strings.ReplaceAll(text, " ", "")
	for name, packed := range map[string]string{"plain": text, "gzip": gzipped(t, text)} {
		got, err := readTable(strings.NewReader(packed), "some.csv", &Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]float32{0, 0.25, 1, 0.5, 0, 0.1}, got.values); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff([]uint32{1, 0, 65535}, got.labels); diff != "" || got.columns != 2 || got.classes() != 65536 {
			t.Errorf("%s: %d columns, %d classes: %s", name, got.columns, got.classes(), diff)
		}
	}
	got, err := readTable(strings.NewReader("4,0\n"), "some.csv", &Options{Maximum: 16})
	if err != nil || got.values[0] != 0.25 {
		t.Errorf("with a maximum of 16, 4 is %v: %v", got, err)
	}
}

func TestReadTableErrors(t *testing.T) {
	for text, want := range map[string][]string{
		"":                              {"no lines"},
		"\n\n":                          {"no lines"},
		"3\n":                           {"line 1", "1 column"},
		"1,2,3\n1,2\n":                  {"line 2", "2 columns", "first line has 3"},
		"1,2,3\n\n1,2,3,4\n":            {"line 3", "4 columns"},
		"1,x,3\n":                       {"line 1", "column 2", `"x"`},
		"1,2,3\n1,,3\n":                 {"line 2", "column 2", `""`},
		"1,2,3\n-1,2,3\n":               {"line 2", "column 1", `"-1"`},
		"NaN,2,3\n":                     {"line 1", "column 1", `"NaN"`},
		"1,Inf,3\n":                     {"line 1", "column 2", `"Inf"`},
		"1,1e999,3\n":                   {"line 1", "column 2", `"1e999"`},
		"1,17,3\n":                      {"line 1", "column 2", `"17"`, "16", "maximum"},
		"1,2,-3\n":                      {"line 1", "column 3", `"-3"`, "65535"},
		"1,2,1.5\n":                     {"line 1", "column 3", `"1.5"`},
		"1,2,65536\n":                   {"line 1", "column 3", `"65536"`},
		"1,2,\n":                        {"line 1", "column 3", `""`},
		"1,\"2,3\n":                     {"line 1", "character"},
		"\x1f\x8b rest":                 {"gzip"},
		gzipped(t, "1,2,3\n4,5,6")[:20]: {"damaged or truncated"},
	} {
		_, err := readTable(strings.NewReader(text), "some.csv", &Options{Maximum: 16})
		wantError(t, err, append(want, "some.csv")...)
	}
	_, err := readTable(strings.NewReader("0,0,3\n"), "some.csv", &Options{})
	wantError(t, err, "some.csv", "largest value is 0")
	_, err = readTable(strings.NewReader("1,Inf,3\n"), "some.csv", &Options{})
	wantError(t, err, "line 1", "column 2", "finite")
	_, err = readTable(strings.NewReader("1e300,0,3\n"), "some.csv", &Options{})
	wantError(t, err, "some.csv", "largest value is 1e+300")
}

func TestOpenCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.csv.gz")
	text := strings.Repeat("3,0,1,0\n0,3,1,1\n1,0,3,2\n", 10)
	if err := os.WriteFile(path, []byte(gzipped(t, text)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, "digits:"+path, defaults(t, "digits:"+path))
	if s.Train.Channels() != 3 || s.Train.Classes() != 3 || s.Train.Len() != 21 || s.Validation.Len() != 3 || s.Test.Len() != 6 {
		t.Errorf("channels %d, classes %d, samples %d %d %d", s.Train.Channels(), s.Train.Classes(),
			s.Train.Len(), s.Validation.Len(), s.Test.Len())
	}
	named := open(t, "csv:"+path, defaults(t, "csv:"+path))
	if named.Train.Name() != "csv" || s.Train.Name() != "digits" || named.Fingerprint() != s.Fingerprint() {
		t.Errorf("%s and %s hold other samples", named.Train.Name(), s.Train.Name())
	}
	if !SameReader("digits", "csv") || SameReader("digits", "randman") || SameReader("shd", "ssc") || !SameReader("shd", "shd") || SameReader("", "randman") {
		t.Error("SameReader is wrong")
	}
	_, err := Open("digits:/nowhere/own.csv", defaults(t, "digits"))
	wantError(t, err, "/nowhere/own.csv")
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"1,2,3\n4,5,6\n", "0,16,9\n", "1,\"2\",3", "1,2\n1", "\x1f\x8b", gzipped(f, "1,2,3\n"), "1e-46,0\n", "1e39,1,1"} {
		f.Add([]byte(seed), 0.0)
	}
	f.Add([]byte("1,2,3\n"), 16.0)
	f.Fuzz(func(t *testing.T, text []byte, maximum float64) {
		if !positive(maximum) && maximum != 0 {
			return
		}
		got, err := readTable(bytes.NewReader(text), "fuzz.csv", &Options{Maximum: maximum})
		if err != nil {
			return
		}
		if len(got.labels) == 0 || got.columns < 1 || len(got.values) != len(got.labels)*got.columns {
			t.Fatalf("%d values for %d samples of %d columns", len(got.values), len(got.labels), got.columns)
		}
		for _, value := range got.values {
			if !(value >= 0 && value <= 1) {
				t.Fatalf("value %g", value)
			}
		}
	})
}
