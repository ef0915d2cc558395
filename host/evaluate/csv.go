package evaluate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"spikegrad/cpuref"
	"spikegrad/host/atomicfile"
	"spikegrad/host/data"
	"spikegrad/host/engine"
)

// tables are the CSV files to write, and their columns.
var tables = []struct{ name, heading string }{
	{"samples.csv", "sample,label,label_name,predicted,predicted_name,loss\n"},
	{"spikes.csv", "sample,layer,step,time_ms,neuron\n"},
	{"membranes.csv", "sample,layer,step,time_ms,neuron,membrane\n"},
	{"readout.csv", "sample,step,time_ms,class,membrane\n"},
}

// WriteCSV runs samples once, with the same noise as in [train.Evaluate], and writes their activity
// to a folder, which it creates if needed, one row per observation: samples.csv (classes and
// losses), spikes.csv (layer "input" is the events of the data), membranes.csv (U[t+1] of every
// neuron and step) and, with a leaky readout, readout.csv. Numbers are the shortest that read back
// as the same float32. time_ms is the start of the step.
func WriteCSV(ctx context.Context, s *Subject, samples []int, folder string) error {
	if err := s.check(samples, 1); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot create the folder for the tables: %w; choose another", err)
	}
	return writeTables(folder, tables, func(files []io.Writer) error {
		t := tableWriter{subject: s, milliseconds: 1000 * s.Network.StepLength}
		for i := range files {
			t.files = append(t.files, bufio.NewWriter(files[i]))
			t.files[i].WriteString(tables[i].heading)
		}
		for i, sample := range samples {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.write(sample); err != nil {
				return err
			}
			if s.Each != nil {
				s.Each(i+1, len(samples))
			}
		}
		for _, file := range t.files {
			if err := file.Flush(); err != nil {
				return err
			}
		}
		return nil
	}, s.Network.Spiking())
}

// writeTables writes all files at once; each appears complete or not at all.
func writeTables(folder string, left []struct{ name, heading string }, write func(files []io.Writer) error, spiking bool) error {
	var open func(files []io.Writer) error
	open = func(files []io.Writer) error {
		if len(files) == len(left) {
			return write(files)
		}
		if spiking && left[len(files)].name == "readout.csv" {
			return open(append(files, io.Discard))
		}
		return atomicfile.Write(filepath.Join(folder, left[len(files)].name), func(w io.Writer) error {
			return open(append(files, w))
		})
	}
	return open(nil)
}

// tableWriter writes the rows of samples.
type tableWriter struct {
	subject      *Subject
	milliseconds float64 // of a step
	files        []*bufio.Writer
}

func (t *tableWriter) write(sample int) error {
	s := t.subject
	n := s.Network
	var batch engine.Batch
	if err := data.Fill(&batch, s.Source, []int{sample}, []uint32{uint32(sample)}); err != nil {
		return err
	}
	record := engine.NewRecord[float32](n, 1)
	if _, err := s.Engine.Evaluate(&batch, cpuref.StreamEvaluation, record); err != nil {
		return err
	}
	names := s.Source.ClassNames()
	label, predicted := batch.Labels[0], record.Predicted[0]
	fmt.Fprintf(t.files[0], "%d,%d,%s,%d,%s,%s\n", sample, label, quoted(names, label), predicted, quoted(names, predicted), single(record.Loss[0]))
	for step, row := range batch.Rows {
		for _, channel := range batch.Index[row[0]:row[1]] {
			fmt.Fprintf(t.files[1], "%d,input,%d,%s,%d\n", sample, step, t.time(step), channel)
		}
	}
	for l := range n.Layers {
		neurons := n.Layers[l].Neurons
		words := cpuref.Words(neurons)
		for step := range n.Steps {
			forSpikes(stepBits(record, l, step, words), func(neuron int) {
				fmt.Fprintf(t.files[1], "%d,%d,%d,%s,%d\n", sample, l, step, t.time(step), neuron)
			})
			for neuron := range neurons {
				fmt.Fprintf(t.files[2], "%d,%d,%d,%s,%d,%s\n", sample, l, step, t.time(step), neuron, single(record.Membrane[l][step*neurons+neuron]))
			}
		}
	}
	if n.Spiking() {
		return nil
	}
	for step := range n.Steps {
		for class := range n.Classes {
			fmt.Fprintf(t.files[3], "%d,%d,%s,%d,%s\n", sample, step, t.time(step), class, single(record.Readout[step*n.Classes+class]))
		}
	}
	return nil
}

func (t *tableWriter) time(step int) string {
	return strconv.FormatFloat(float64(step)*t.milliseconds, 'g', 9, 64)
}

// single returns the shortest text of a float32.
func single(value float32) string { return strconv.FormatFloat(float64(value), 'g', -1, 32) }

// quoted returns the name of a class as a CSV field.
func quoted(names []string, class uint32) string {
	if int(class) >= len(names) {
		return strconv.Itoa(int(class))
	}
	name := names[class]
	if strings.ContainsAny(name, ",\"\r\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
