package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// maxLabel is the largest class label that a file may hold.
const maxLabel = 1<<16 - 1

// table is a file of samples: one a line, values and then a label.
type table struct {
	columns int       // values a sample
	values  []float32 // [sample·columns + column], 0 to 1
	labels  []uint32
}

// row is the values of a sample.
func (t *table) row(sample int) []float32 {
	return t.values[sample*t.columns : (sample+1)*t.columns]
}

// classes is one more than the largest label.
func (t *table) classes() int {
	classes := uint32(0)
	for _, label := range t.labels {
		classes = max(classes, label+1)
	}
	return int(classes)
}

// readTableFile reads a CSV file, packed by gzip or not. See [readTable].
func readTableFile(path string, maximum float64) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading digits: %w", err)
	}
	defer file.Close()
	return readTable(file, path, maximum)
}

// readTable reads lines of comma-separated numbers, packed by gzip or not, without
// a heading: the last number of a line is the label, a whole number from 0 to
// 65535, the others, at least one and the same number of them in every line, are
// not negative. They are divided by maximum, or where it is 0 by the largest value
// found. Errors name the file, the line and the column (the first is 1) and what
// stands there.
func readTable(reader io.Reader, name string, maximum float64) (*table, error) {
	buffered := bufio.NewReader(reader)
	reader = buffered
	if magic, err := buffered.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: damaged gzip file: %w", name, err)
		}
		reader = unpacked
	}
	lines := csv.NewReader(reader)
	lines.ReuseRecord = true
	lines.FieldsPerRecord = -1 // compared below, for a better error
	t := &table{}
	found := 0.0
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, readError(name, err)
		}
		line, _ := lines.FieldPos(0)
		last := len(fields) - 1
		if len(t.labels) == 0 {
			if last == 0 {
				return nil, fmt.Errorf("%s, line %d: 1 column found; at least one value and a label are needed", name, line)
			}
			t.columns = last
		}
		if last != t.columns {
			return nil, fmt.Errorf("%s, line %d: %d columns found, the first line has %d", name, line, len(fields), t.columns+1)
		}
		for column, field := range fields[:last] {
			value, err := strconv.ParseFloat(field, 64)
			if err != nil || !(value >= 0) || math.IsInf(value, 1) {
				return nil, fmt.Errorf("%s, line %d, column %d: %q found, a finite number of at least 0 is needed", name, line, column+1, field)
			}
			if maximum > 0 && value > maximum {
				return nil, fmt.Errorf("%s, line %d, column %d: %q found, the largest value allowed is %g (key \"maximum\")",
					name, line, column+1, field, maximum)
			}
			found = max(found, value)
			t.values = append(t.values, float32(value))
		}
		label, err := strconv.ParseUint(fields[last], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d, column %d: %q found, a label is a whole number from 0 to %d",
				name, line, last+1, fields[last], maxLabel)
		}
		t.labels = append(t.labels, uint32(label))
	}
	if len(t.labels) == 0 {
		return nil, fmt.Errorf("%s: no lines found; each sample is a line of values and a label", name)
	}
	if maximum == 0 {
		maximum = found
	}
	if err := t.scale(maximum); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// scale divides the values by their maximum.
func (t *table) scale(maximum float64) error {
	if float32(maximum) == 0 || math.IsInf(float64(float32(maximum)), 0) {
		return fmt.Errorf("the largest value is %g; it must be above 0 and fit 32-bit floating point", maximum)
	}
	for i, value := range t.values {
		t.values[i] = min(float32(float64(value)/maximum), 1)
	}
	return nil
}

// readError adds the name of the file to what the CSV reader or the unpacker says,
// with the line and column if it is the former.
func readError(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s, line %d, character %d: %w", name, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: damaged or truncated file: %w", name, err)
}
