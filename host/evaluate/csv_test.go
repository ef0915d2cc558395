package evaluate

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// readTable reads a table without its heading, which must match the given one.
func readTable(t *testing.T, folder, name, heading string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != heading {
		t.Fatalf("%s has columns %s, want %s", name, got, heading)
	}
	return rows[1:]
}

func single32(t *testing.T, text string) float32 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 32)
	if err != nil {
		t.Fatal(err)
	}
	return float32(value)
}

// TestWriteCSV compares every number in the tables with the record of a run of all
// samples at once.
func TestWriteCSV(t *testing.T) {
	folder, _ := trained(t, tinyText)
	s := opened(t, folder, nil)
	samples := []int{3, 0}
	out := filepath.Join(t.TempDir(), "tables")
	if err := WriteCSV(context.Background(), s, samples, out); err != nil {
		t.Fatal(err)
	}
	var batch engine.Batch
	if err := data.Fill(&batch, s.Source, samples, []uint32{3, 0}); err != nil {
		t.Fatal(err)
	}
	record := engine.NewRecord[float32](s.Network, 2)
	outcome, err := s.Engine.Evaluate(&batch, cpuref.StreamEvaluation, record)
	if err != nil {
		t.Fatal(err)
	}

	for i, row := range readTable(t, out, "samples.csv", "sample,label,label_name,predicted,predicted_name,loss") {
		if row[0] != strconv.Itoa(samples[i]) || row[1] != strconv.Itoa(int(batch.Labels[i])) || row[3] != strconv.Itoa(int(record.Predicted[i])) ||
			row[2] != s.Source.ClassNames()[batch.Labels[i]] || single32(t, row[5]) != record.Loss[i] {
			t.Errorf("sample %d: %v", samples[i], row)
		}
	}
	spikes := map[string]int{}
	for _, row := range readTable(t, out, "spikes.csv", "sample,layer,step,time_ms,neuron") {
		spikes[row[1]]++
		if row[1] == "input" {
			continue
		}
		var at [4]int // sample, layer, step, neuron
		for i, column := range []int{0, 1, 2, 4} {
			if at[i], err = strconv.Atoi(row[column]); err != nil {
				t.Fatal(err)
			}
		}
		if !record.Spiked(s.Network, at[1], slices.Index(samples, at[0]), at[2], at[3]) {
			t.Errorf("no such spike: %v", row)
		}
		if time := 1000 * s.Network.StepLength * float64(at[2]); math.Abs(float64(single32(t, row[3]))-time) > 1e-6*time {
			t.Errorf("step %d is at %s ms", at[2], row[3])
		}
	}
	if spikes["input"] != len(batch.Index) || spikes["0"] != int(outcome.Spikes[0]) || spikes["1"] != int(outcome.Spikes[1]) || spikes["1"] == 0 {
		t.Errorf("spikes %v, want %d, %v", spikes, len(batch.Index), outcome.Spikes)
	}
	var membranes, readout []float32
	for i := range samples {
		for l := range s.Network.Layers {
			size := len(record.Membrane[l]) / len(samples)
			membranes = append(membranes, record.Membrane[l][i*size:(i+1)*size]...)
		}
	}
	readout = record.Readout
	for name, c := range map[string]struct {
		heading string
		want    []float32
	}{"membranes.csv": {"sample,layer,step,time_ms,neuron,membrane", membranes}, "readout.csv": {"sample,step,time_ms,class,membrane", readout}} {
		var got []float32
		for _, row := range readTable(t, out, name, c.heading) {
			got = append(got, single32(t, row[len(row)-1]))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: other numbers", name)
		}
	}
	if err := WriteCSV(context.Background(), s, []int{-1}, out); err == nil || !strings.Contains(err.Error(), "sample -1") {
		t.Errorf("error %v", err)
	}
	blocked := filepath.Join(out, "samples.csv", "below")
	if err := WriteCSV(context.Background(), s, samples, blocked); err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("error %v", err)
	}
}
