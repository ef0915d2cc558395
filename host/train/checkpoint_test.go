package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spikegrad/host/network"
)

func someCheckpoint(keepsBest bool) *checkpoint {
	loss := 0.25
	c := &checkpoint{
		checkpointHeader: checkpointHeader{
			Config: "seed = 3\n", Data: dataShape{Train: 9, StepLength: 0.1},
			Arrays: []network.Weight{{Name: "a", Rows: 2, Columns: 3}, {Name: "b", Rows: 1, Columns: 1}},
			States: 2, Best: keepsBest,
			Progress: progress{
				Epochs: 1, Position: 4, Updates: 7,
				Partial: totals{Samples: 4, Loss: 0.1, Correct: 2, Spikes: []uint64{8}, Seconds: 1.0 / 3},
				History: []Epoch{{Epoch: 1, TrainLoss: 1.0 / 7, ValidationLoss: &loss, LayerSpikes: []float64{2}}},
				Best:    &best{1, 0.5, 0.25},
			},
		},
		weights: [][]float32{{1, 2, 3, 4, 5, 6}, {-7}},
		states:  [][][]float32{{{8, 9, 10, 11, 12, 13}, {14, 15, 16, 17, 18, 19}}, {{20}, {21}}},
	}
	if keepsBest {
		c.best = [][]float32{{1, 1, 2, 3, 5, 8}, {0x1p-126}}
	}
	return c
}

func encoded(t testing.TB, c *checkpoint) []byte {
	var b bytes.Buffer
	if err := c.write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheckpointRoundTrip(t *testing.T) {
	for _, keepsBest := range []bool{false, true} {
		c := someCheckpoint(keepsBest)
		again, err := decodeCheckpoint(encoded(t, c))
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(c, again, cmp.AllowUnexported(checkpoint{})); difference != "" {
			t.Error(difference)
		}
	}
}

func TestCheckpointDamage(t *testing.T) {
	whole := encoded(t, someCheckpoint(true))
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if _, err := decodeCheckpoint(damaged); err == nil {
			t.Errorf("a changed byte %d of %d was not noticed", i, len(whole))
		}
		if _, err := decodeCheckpoint(whole[:i]); err == nil {
			t.Errorf("the end missing from byte %d of %d was not noticed", i, len(whole))
		}
	}
}

// sealed appends the correct checksum, as a forger would.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

func withHeader(header string, values int) []byte {
	body := binary.LittleEndian.AppendUint32([]byte(checkpointMagic), checkpointVersion)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(header)))
	return sealed(append(append(body, header...), make([]byte, 4*values)...))
}

func TestCheckpointForged(t *testing.T) {
	for header, want := range map[string]string{
		`{"arrays":[{"Name":"a","Rows":1000000000,"Columns":1000000000}]}`:          "are left",
		`{"arrays":[{"Name":"a","Rows":4294967296,"Columns":4294967296}]}`:          "are left",
		`{"arrays":[{"Name":"a","Rows":-1,"Columns":-2}]}`:                          "are left",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":2}],"states":1000000000}`:        "optimizer states",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":2}],"states":-1}`:                "optimizer states",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":1}]}`:                            "extra bytes",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":2}],"best":true}`:                "are left",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":2}],"progress":{"epochs":3}}`:    "progress",
		`{"arrays":[{"Name":"a","Rows":1,"Columns":2}],"progress":{"position":-3}}`: "progress",
		`{"arrays":7}`: "header",
		`{`:            "header",
	} {
		if _, err := decodeCheckpoint(withHeader(header, 2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not contain %q", header, err, want)
		}
	}
	if _, err := decodeCheckpoint(withHeader(`{"arrays":[{"Name":"a","Rows":1,"Columns":2}]}`, 2)); err != nil {
		t.Errorf("a right one: %v", err)
	}
}

func TestSaveKeepsThePrevious(t *testing.T) {
	folder := t.TempDir()
	var warnings []string
	warn := func(message string) { warnings = append(warnings, message) }
	updates := func() int {
		c, err := loadCheckpoint(folder, warn)
		if err != nil {
			t.Fatal(err)
		}
		return c.Progress.Updates
	}
	if c, err := loadCheckpoint(folder, warn); c != nil || err != nil {
		t.Fatalf("an empty folder: %v, %v", c, err)
	}
	for update := 1; update <= 3; update++ {
		c := someCheckpoint(false)
		c.Progress.Updates = update
		if err := saveCheckpoint(folder, c); err != nil {
			t.Fatal(err)
		}
		if found := updates(); found != update {
			t.Errorf("update %d saved, %d found", update, found)
		}
	}
	// A kill between the two renames of a save leaves only the previous
	// checkpoint.
	if err := os.Rename(filepath.Join(folder, checkpointFile), filepath.Join(folder, "away")); err != nil {
		t.Fatal(err)
	}
	if found := updates(); found != 2 || len(warnings) > 0 {
		t.Errorf("update %d found, warnings %v", found, warnings)
	}
	write(t, folder, checkpointFile, []byte("rubbish"))
	if found := updates(); found != 2 || len(warnings) != 1 || !strings.Contains(warnings[0], "damaged") {
		t.Errorf("update %d found, warnings %v", found, warnings)
	}
	c := someCheckpoint(false)
	c.Progress.Updates = 4
	if err := saveCheckpoint(folder, c); err != nil {
		t.Fatal(err)
	}
	write(t, folder, checkpointFile, nil)
	if found := updates(); found != 2 {
		t.Errorf("the damaged one took the place of the previous one: update %d found", found)
	}
	write(t, folder, previousFile, []byte(checkpointMagic))
	write(t, folder, checkpointFile, nil)
	if _, err := loadCheckpoint(folder, warn); err == nil || !strings.Contains(err.Error(), "start the run again") {
		t.Errorf("two damaged ones: %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	for _, keepsBest := range []bool{false, true} {
		content := encoded(f, someCheckpoint(keepsBest))
		f.Add(content[:len(content)-sha256.Size])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = decodeCheckpoint(body)
		c, err := decodeCheckpoint(sealed(body))
		if err != nil {
			return
		}
		again, err := decodeCheckpoint(encoded(t, c))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(t, c), encoded(t, again)) {
			t.Error("what was read is written otherwise")
		}
	})
}
