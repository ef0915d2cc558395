package tensorboard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is the time at which the files of these tests are written.
func noon() time.Time { return time.Unix(1700000000, 250e6) }

// values are one of each kind.
func values() []Value {
	return []Value{
		{"loss/train", Scalar(0.1)}, {"rasters", Image{2, 3, []byte("PNG")}},
		{"weights/readout", NewHistogram([]float32{-1, 0.5, 2})}, {"weights/none", NewHistogram(nil)},
		{"configuration/text_summary", Text("    seed = 1")},
	}
}

// allOf reads all events in a folder.
func allOf(t *testing.T, folder string) (events []Event) {
	t.Helper()
	files, err := Files(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if err := Read(path, func(e Event) { events = append(events, e) }); err != nil {
			t.Fatal(err)
		}
	}
	return events
}

// TestWritten reads back what was written, in the order of the files: names are consecutive
// within a second, and after a file with a future time.
func TestWritten(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "events")
	var want []Event
	for i := range 12 {
		w, err := create(folder, noon)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(int64(i), values()...); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		want = append(want, Event{WallTime: 1700000000.25, Version: fileVersion}, Event{WallTime: 1700000000.25, Step: int64(i), Values: values()})
	}
	if difference := cmp.Diff(want, allOf(t, folder)); difference != "" {
		t.Error(difference)
	}
}

// TestBytes compares a record with what TensorBoard's own RecordWriter made of the same event:
// tensorboard 2.21.0, Event(wall_time=1.5, step=7, summary=Summary(value=[Summary.Value(tag="a/b",
// simple_value=0.25)])).
func TestBytes(t *testing.T) {
	const want = "19000000000000008bf1082809000000000000f83f10072a0c0a0a0a03612f62150000803e6b4dbd8e"
	e := Event{WallTime: 1.5, Step: 7, Values: []Value{{"a/b", Scalar(0.25)}}}
	if got := hex.EncodeToString(appendRecord(nil, e.encode())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTorn truncates a file after every byte, as a kill may, and flips every one of its
// bytes.
func TestTorn(t *testing.T) {
	var file []byte
	var ends []int
	for step := range 3 {
		e := Event{Step: int64(step), Values: values()[:2]}
		file = appendRecord(file, e.encode())
		ends = append(ends, len(file))
	}
	for size := range file {
		whole := 0
		for _, end := range ends {
			if end <= size {
				whole++
			}
		}
		count := 0
		if err := readEvents(bytes.NewReader(file[:size]), func(Event) { count++ }); err != nil || count != whole {
			t.Errorf("cut off after %d bytes: %d events, %v; want %d", size, count, err, whole)
		}
		flipped := bytes.Clone(file)
		flipped[size] ^= 1
		if err := readEvents(bytes.NewReader(flipped), func(Event) {}); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("byte %d flipped: %v", size, err)
		}
	}
}

// TestForeign ignores what other programs write, and refuses files that are not event
// files.
func TestForeign(t *testing.T) {
	var m, value, tensor, summary message
	tensor.integer(tensorType, 1) // numbers
	value.bytes(valueTag, []byte("x"))
	value.bytes(valueTensor, tensor)
	value.bytes(99, []byte("later"))
	summary.bytes(summaryValue, value)
	summary.integer(12, 1)
	m.bytes(4, []byte("a graph"))
	m.bytes(eventSummary, summary)
	m.float(77, 1)
	folder := t.TempDir()
	path := filepath.Join(folder, "events.out.tfevents.1.host")
	if err := os.WriteFile(path, appendRecord(nil, m), 0o644); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff([]Event{{Values: []Value{{Tag: "x"}}}}, allOf(t, folder)); difference != "" {
		t.Error(difference)
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	huge = binary.LittleEndian.AppendUint32(huge, maskedSum(huge))
	for name, content := range map[string][]byte{
		"text": []byte("no event file at all"), "no message": appendRecord(nil, []byte("\xff\xff")), "huge": huge,
		"field cut off": appendRecord(nil, []byte{eventSummary<<3 | wireBytes, 9}), "group": appendRecord(nil, []byte{3}),
		"odd doubles": appendRecord(nil, nested(eventSummary, summaryValue, valueHistogram, histogramLimits)),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Read(path, func(Event) {}); err == nil || !strings.Contains(err.Error(), path+" is not a TensorBoard event file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// nested encodes fields within each other, with a byte in the last.
func nested(fields ...int) []byte {
	content := message("?")
	for i := len(fields) - 1; i >= 0; i-- {
		var outer message
		outer.bytes(fields[i], content)
		content = outer
	}
	return content
}

// TestHistogram checks the counts against the definition of a bucket.
func TestHistogram(t *testing.T) {
	for _, values := range [][]float32{{3}, {2, 2, 2}, {0, 1}, {-1e30, 0, 1e30, 5}, {0.1, 0.2, 0.3, 0.7, 0.31, 0.1}} {
		h := NewHistogram(values)
		below, total := h.Min, 0.0
		for i, limit := range h.Limits {
			count := 0.0
			for _, v := range values {
				if v := float64(v); v <= limit && (v > below || i == 0) {
					count++
				}
			}
			if count != h.Buckets[i] {
				t.Errorf("%v: bucket %d, to %g, holds %g, want %g", values, i, limit, h.Buckets[i], count)
			}
			below, total = limit, total+h.Buckets[i]
		}
		if h.Count != float64(len(values)) || total != h.Count || below != h.Max {
			t.Errorf("%v: %+v", values, h)
		}
	}
	if h := NewHistogram([]float32{1, 2, 4}); h.Sum != 7 || h.SumOfSquares != 21 || h.Min != 1 || h.Max != 4 {
		t.Errorf("%+v", h)
	}
}

func FuzzRead(f *testing.F) {
	e := Event{Step: 3, Values: values()}
	f.Add(e.encode())
	f.Add(nested(eventSummary, summaryValue, valueTensor, tensorString))
	f.Fuzz(func(t *testing.T, content []byte) {
		_ = readEvents(bytes.NewReader(content), func(Event) {})
		e, err := decodeEvent(content)
		if err != nil || strings.ContainsRune(e.Version, 0) {
			return
		}
		for _, v := range e.Values {
			if v.Content == nil {
				return
			}
		}
		again, err := decodeEvent(e.encode())
		if err != nil {
			t.Fatal(err)
		}
		// Compared as bytes, since a NaN is not equal to itself.
		if !bytes.Equal(e.encode(), again.encode()) {
			t.Errorf("%+v came back as %+v", e, again)
		}
	})
}
