package data

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rowsOf returns lines of decimals with cycling labels.
func rowsOf(count, classes int, separator string) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "0.%d5%s0.%d5%s%d\n", 1+i*7%9, separator, 9-i*5%9, separator, i%classes)
	}
	return b.String()
}

// Different programs' ways of writing a table all read the same.
func TestTableDialects(t *testing.T) {
	want, err := readTable(strings.NewReader("0.5,1,2\n0.25,0.75,0\n1,0.5,1\n"), "some.csv", &Options{})
	if err != nil {
		t.Fatal(err)
	}
	const savetxt = "5.000000000000000000e-01%[1]s1.000000000000000000e+00%[1]s2.000000000000000000e+00\n" +
		"2.500000000000000000e-01%[1]s7.500000000000000000e-01%[1]s0.000000000000000000e+00\n" +
		"1.000000000000000000e+00%[1]s5.000000000000000000e-01%[1]s1.000000000000000000e+00\n"
	for name, text := range map[string]string{
		"numpy.savetxt":                fmt.Sprintf(savetxt, " "),
		"numpy.savetxt with commas":    fmt.Sprintf(savetxt, ","),
		"numpy.savetxt with a heading": "# x y label\n" + fmt.Sprintf(savetxt, " "),
		"floats as labels":             "0.5,1.0,2.0\n0.25,0.75,0.0\n1.0,0.5,1.0\n",
		"blanks after commas":          "0.5, 1, 2\n0.25, 0.75, 0\n 1 ,0.5 , 1 \n",
		"byte order mark":              "\xef\xbb\xbf0.5,1,2\n0.25,0.75,0\n1,0.5,1\n",
		"CRLF":                         "0.5,1,2\r\n0.25,0.75,0\r\n1,0.5,1\r\n",
		"CRLF and blanks":              "0.5 1 2\r\n0.25 0.75 0\r\n1 0.5 1\r\n",
		"semicolons":                   "0.5;1;2\n0.25;0.75;0\n1;0.5;1\n",
		"tabs":                         "0.5\t1\t2\n0.25\t0.75\t0\n1\t0.5\t1\n",
		"aligned columns":              "  0.5   1    2\n  0.25  0.75 0\n  1     0.5  1",
		"quotes":                       "\"0.5\",\"1\",\"2\"\n0.25,0.75,\"0\"\n1, \"0.5\",1\n",
		"empty lines":                  "\n0.5,1,2\n\n0.25,0.75,0\n1,0.5,1\n\n  \n",
		"comments":                     "# made by hand\n0.5,1,2\n#\n0.25,0.75,0\n1,0.5,1\n# end\n",
		"gzip":                         gzipped(t, "\xef\xbb\xbf0.5;1;2\n0.25;0.75;0\n1;0.5;1\n"),
	} {
		got, err := readTable(strings.NewReader(text), "some.csv", &Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(table{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTableDialectErrors(t *testing.T) {
	for text, want := range map[string][]string{
		"\xff\xfe1\x00,\x000\x00":            {"UTF-16", "UTF-8"},
		"0,5;1,0;2\n":                        {"line 1, column 1", `"0,5"`, "decimal point"},
		"0.5,1,2,\n":                         {"line 1, column 4", "separators at the ends"},
		"0.5,1,2\r0.25,0.75,0\r":             {"line 1"},
		"0.5,1,2\n,,\n":                      {"line 2, column 1"},
		"0.5 1 2\n0.25 0.75\n":               {"line 2: 2 columns found, but the first line has 3"},
		"0.5 1 2\n# no\n\n0.25 x 1\n":        {"line 4, column 2", `"x"`},
		"0.5,1,2.5e0\n":                      {"column 3", `"2.5e0"`, "whole number"},
		"0.5,1,1e9\n":                        {"column 3", `"1e9"`, "65535"},
		"x,y,label\n" + rowsOf(3, 2, ","):    {"line 1, column 1", `"x"`, "if this line is a header", "data.header = true", "--header"},
		",0,1,2\n" + "0" + rowsOf(3, 2, ","): {"line 1, column 1", `""`, "if this line is a header"},
		"1,2,label\n" + rowsOf(3, 2, ","):    {"line 1, column 3", `"label"`, "if this line is a header"},
		"0.1,0.2,1\nx,y,z\n":                 {"line 2, column 1", "want a finite number"},
	} {
		_, err := readTable(strings.NewReader(text), "some.csv", &Options{})
		wantError(t, err, append(want, "some.csv")...)
		if err != nil && strings.HasPrefix(text, "0") && strings.Contains(err.Error(), "heading") {
			t.Errorf("%q: a heading in %v", text, err)
		}
	}
}

// A heading of numbers is an error, or skipped if announced.
func TestHeadings(t *testing.T) {
	for name, heading := range map[string]string{
		"pandas":         "0,1,2",
		"from 1":         "1,2,3",
		"every tenth":    "10,20,30",
		"years":          "1990,2000,2004",
		"pandas, quoted": `"0","1","2"`,
	} {
		rows := rowsOf(12, 2, ",")
		text := heading + "\n" + rows
		_, err := readTable(strings.NewReader(text), "some.csv", &Options{})
		wantError(t, err, "some.csv, line 1: "+strings.ReplaceAll(heading, `"`, "")+" looks like a header", "--header", "data.header = true")
		want, err := readTable(strings.NewReader(rows), "some.csv", &Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := readTable(strings.NewReader(text), "some.csv", &Options{Header: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(table{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	whole := "3,0,0\n5,1,1\n0,9,0\n2,2,1\n"
	// No sample has its label.
	_, err := readTable(strings.NewReader("0,1,2\n"+whole), "some.csv", &Options{})
	wantError(t, err, "line 1: 0,1,2 looks like a header")
	// So many consecutive numbers are no accident, whatever the labels are.
	_, err = readTable(strings.NewReader("0,1,2,3,4,5,6,7\n9,0,0,9,0,0,0,7\n"), "some.csv", &Options{})
	wantError(t, err, "line 1: 0,1,2,3,4,5,6,7 looks like a header")
	// It may be a sample.
	got, err := readTable(strings.NewReader("0,1,2\n"+whole+"1,1,2\n"), "some.csv", &Options{})
	if err != nil || len(got.labels) != 6 || len(got.notes) != 1 || !strings.Contains(got.notes[0], "0,1,2 is read as a sample; if it is a header") {
		t.Errorf("%+v, error %v", got, err)
	}
	// With the flag, any words.
	got, err = readTable(strings.NewReader("x, \"the y\",label\n"+rowsOf(3, 2, ",")), "some.csv", &Options{Header: true})
	if err != nil || len(got.labels) != 3 || len(got.notes) > 0 {
		t.Errorf("%+v, error %v", got, err)
	}
	// A sample that the flag skips is reported.
	got, err = readTable(strings.NewReader(rowsOf(4, 2, ",")), "some.csv", &Options{Header: true})
	if err != nil || len(got.labels) != 3 || !slices.Equal(got.notes, []string{"some.csv: line 1 is skipped as a header, but looks like a sample: 0.15,0.95,0"}) {
		t.Errorf("%+v, error %v", got, err)
	}
	// Ordinary tables have no notes.
	for _, text := range []string{rowsOf(12, 3, ","), "0,0,1,0\n" + "0.5,0.25,0,1\n0.5,0,0,0\n", "1,0\n0.5,1\n0.25,0\n", "0,1\n1,0\n2,1\n"} {
		if got, err := readTable(strings.NewReader(text), "some.csv", &Options{}); err != nil || len(got.notes) > 0 {
			t.Errorf("%q: notes %q, error %v", text, got.notes, err)
		}
	}
}

// A column that numbers the lines would be the channel with the largest values.
func TestIndexColumn(t *testing.T) {
	indexed := func(from, count int) string {
		var b strings.Builder
		for i, row := range strings.SplitAfter(strings.TrimSuffix(rowsOf(count, 2, ","), "\n"), "\n") {
			fmt.Fprintf(&b, "%d,%s", from+i, row)
		}
		return b.String()
	}
	for _, text := range []string{indexed(0, 8), indexed(1, 30)} {
		_, err := readTable(strings.NewReader(text), "some.csv", &Options{})
		wantError(t, err, "some.csv: column 1 only numbers the lines", "index=False")
	}
	_, err := readTable(strings.NewReader(",0,1,2\n"+indexed(0, 3)), "some.csv", &Options{Header: true})
	wantError(t, err, "some.csv: column 1 only numbers the lines", "index=False")
	for _, text := range []string{indexed(0, 7), indexed(2, 30)} {
		if _, err := readTable(strings.NewReader(text), "some.csv", &Options{}); err != nil {
			t.Error(err)
		}
	}
}

func TestClassNotes(t *testing.T) {
	for text, want := range map[string]string{
		"0.5,3\n0.25,3\n":         "all 2 samples have the label 3; labels are the last column",
		"0.5,0\n0.25,9\n":         "8 of the 10 classes have no samples; the largest label is 9",
		"0.5,2\n0.25,1\n0.25,1\n": "1 of the 3 classes have no samples",
	} {
		got, err := readTable(strings.NewReader(text), "some.csv", &Options{})
		if err != nil || len(got.notes) != 1 || !strings.Contains(got.notes[0], want) {
			t.Errorf("%q: %q, error %v", text, got.notes, err)
		}
	}
}

func TestHeaderOption(t *testing.T) {
	options := defaults(t, "digits")
	options.Header = true
	wantError(t, options.Validate(), "data.header = true", "only a CSV file")
	options = defaults(t, "randman")
	options.Header = true
	wantError(t, options.Validate(), "data.header = true")
}

// Whatever the heading, a table reads the same with and without it, or is
// rejected.
func FuzzCSVHeading(f *testing.F) {
	for _, heading := range []string{"0,1,2", "x,y,label", `"0","1","2"`, ",0,1", "1990,2000,2010", "# 0,1,2", "0 1 2", "0;1;2", "\xef\xbb\xbf0,1,2", "0.5,1,2", "\"a\nb\",1,2", "0,1", ""} {
		f.Add([]byte(heading), false)
		f.Add([]byte(heading), true)
	}
	const rows = "0.15,0.95,0\n0.85,0.45,1\n0.65,0.85,0\n0.45,0.35,1\n0.25,0.75,0\n0.95,0.25,1\n0.75,0.65,0\n0.55,0.15,1\n"
	want, err := readTable(strings.NewReader(rows), "fuzz.csv", &Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, heading []byte, header bool) {
		got, err := readTable(bytes.NewReader(append(append(bytes.Clone(heading), '\n'), rows...)), "fuzz.csv", &Options{Header: header})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Fatalf("error of several lines: %v", err)
			}
			return
		}
		last := len(got.labels) - len(want.labels)
		if header && !bytes.ContainsAny(heading, "\n\r\"") && last != 0 && last != -1 {
			t.Fatalf("%d samples, %d without the heading", len(got.labels), len(want.labels))
		}
		// The samples below it are read, divided by the largest value.
		if last >= 0 && !slices.Equal(got.labels[last:], want.labels) {
			t.Fatalf("labels %v, want %v at the end", got.labels, want.labels)
		}
		if fields := strings.Split(string(heading), ","); !header && last > 0 && len(fields) == 3 && !slices.ContainsFunc(fields, func(field string) bool { return !isWhole(field) }) {
			t.Fatalf("%q became a sample", heading)
		}
	})
}
