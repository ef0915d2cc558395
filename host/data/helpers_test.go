package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"spikegrad/host/batch"
)

// defaults returns the default options of a dataset.
func defaults(t testing.TB, spec string) Options {
	t.Helper()
	options, err := Defaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// open opens a dataset that must exist.
func open(t testing.TB, spec string, options Options) Split {
	t.Helper()
	s, err := Open(spec, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// whole returns a batch of all samples of a source, presented under their own
// numbers.
func whole(t testing.TB, source Source) batch.Batch {
	t.Helper()
	samples := ascending(source.Len())
	numbers := make([]uint32, len(samples))
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	var batch batch.Batch
	if err := Fill(&batch, source, samples, numbers); err != nil {
		t.Fatal(err)
	}
	return batch
}

// digest is the SHA-256 of the number of spikes and the channels of every row.
func digest(batch batch.Batch) string {
	h := sha256.New()
	for _, row := range batch.Rows {
		binary.Write(h, binary.LittleEndian, row[1]-row[0])
		binary.Write(h, binary.LittleEndian, batch.Index[row[0]:row[1]])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkRows fails unless the rows of a batch are contiguous and their channels
// ascend and stay below the number of channels.
func checkRows(t *testing.T, batch batch.Batch, source Source) {
	t.Helper()
	if len(batch.Rows) != batch.Samples()*source.Steps() {
		t.Fatalf("%d rows for %d samples of %d steps", len(batch.Rows), batch.Samples(), source.Steps())
	}
	end := uint32(0)
	for r, row := range batch.Rows {
		if row[0] != end || row[1] < row[0] {
			t.Fatalf("row %d is %v, the one before ends at %d", r, row, end)
		}
		end = row[1]
		channels := batch.Index[row[0]:row[1]]
		for i, channel := range channels {
			if int(channel) >= source.Channels() || i > 0 && channel <= channels[i-1] {
				t.Fatalf("row %d: channels %v of %d", r, channels, source.Channels())
			}
		}
	}
	if int(end) != len(batch.Index) {
		t.Fatalf("rows end at %d of %d", end, len(batch.Index))
	}
}

// wantError fails unless err contains all of the texts, in one line.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; one with %q was expected", texts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %v", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
}
