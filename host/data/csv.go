package data

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// maxLabel is the largest class label that a file may hold.
const maxLabel = 1<<16 - 1

// table is a file of samples: one per line, values first, then a label.
type table struct {
	columns int       // values per sample
	values  []float32 // [sample·columns + column], 0 to 1
	labels  []uint32
	// unlabelled is [Options.Unlabelled]; if it is set, labels are 0.
	unlabelled int
	largest    float64  // value found, before scaling
	maximum    float64  // value that became 1
	notes      []string // anything remarkable found while reading, one line each
}

// row returns the values of a sample.
func (t *table) row(sample int) []float32 {
	return t.values[sample*t.columns : (sample+1)*t.columns]
}

// classes is one more than the largest label.
func (t *table) classes() int {
	if t.unlabelled > 0 {
		return t.unlabelled
	}
	classes := uint32(0)
	for _, label := range t.labels {
		classes = max(classes, label+1)
	}
	return int(classes)
}

// readTableFile reads a CSV file, gzipped or not. See [readTable].
func readTableFile(path string, o *Options) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading samples: %w", err)
	}
	defer file.Close()
	return readTable(file, path, o)
}

// readTable reads lines of numbers, gzipped or not, with the separators of [openLines]:
// the last number of a line is the label, a whole number from 0 to 65535; the others, at
// least one and equally many in every line, are non-negative. They are divided by
// options.Maximum or, where it is 0, by the largest value found. With options.Header the
// first line is skipped; without, a first line that is a heading is an error. Errors name
// the file, the line, the column (from 1) and what was found there.
func readTable(reader io.Reader, name string, o *Options) (*table, error) {
	lines, err := openLines(reader, name)
	if err != nil {
		return nil, err
	}
	t := &table{unlabelled: o.Unlabelled}
	headed, first := headingCheck{asked: o.Header}, 0 // columns of the first line
	for {
		fields, line, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if t.columns == 0 {
			first = len(fields)
			if t.columns = first; o.Unlabelled == 0 {
				t.columns--
			}
			if t.columns == 0 {
				return nil, fmt.Errorf("%s, line %d: 1 column found; at least one value and a label are needed", name, line)
			}
		}
		if len(fields) != first {
			return nil, fmt.Errorf("%s, line %d: %d columns found, but the first line has %d", name, line, len(fields), first)
		}
		if headed.first == nil {
			headed.begin(fields, line)
			if o.Header {
				continue
			}
		}
		if err := t.add(fields, o.Maximum); err != nil {
			return nil, fmt.Errorf("%s, line %d, column %w%s", name, line, err, headed.hint(line))
		}
		headed.compare(fields, line)
	}
	if len(t.labels) == 0 {
		return nil, fmt.Errorf("%s: no lines found; each sample is a line of values and a label", name)
	}
	if t.notes, err = headed.judge(name, t); err != nil {
		return nil, err
	}
	t.notes = append(t.notes, t.classNotes(name)...)
	maximum := o.Maximum
	if maximum == 0 {
		maximum = t.largest
	}
	if t.largest < o.MinKept*maximum {
		t.notes = append(t.notes, fmt.Sprintf("%s: the largest value, %g, is %.2g %% of data.maximum = %g", name, t.largest, 100*t.largest/maximum, maximum))
	}
	t.maximum = maximum
	if err := t.scale(maximum); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// add appends a sample. Errors begin with the column's number.
func (t *table) add(fields []string, maximum float64) error {
	for column, field := range fields[:t.columns] {
		value, err := strconv.ParseFloat(field, 64)
		switch {
		case err != nil && strings.Contains(field, ","):
			return fmt.Errorf("%d: %q found; write numbers with a decimal point", column+1, field)
		case err != nil || !(value >= 0) || math.IsInf(value, 1):
			return fmt.Errorf("%d: %q found; want a finite number of at least 0: shift or rescale the column", column+1, field)
		case maximum > 0 && value > maximum:
			return fmt.Errorf("%d: %q found; the largest value allowed is %g (key \"maximum\")", column+1, field, maximum)
		}
		t.largest = max(t.largest, value)
		t.values = append(t.values, float32(value))
	}
	if t.unlabelled > 0 {
		t.labels = append(t.labels, 0)
		return nil
	}
	field := fields[t.columns]
	label, err := strconv.ParseFloat(field, 64) // some programs write all numbers the same way: 1.000e+00
	switch {
	case field == "":
		return fmt.Errorf("%d: \"\" found, a label is needed; leave out separators at the ends of lines", t.columns+1)
	case err != nil || !(label >= 0 && label <= maxLabel) || label != math.Trunc(label):
		return fmt.Errorf("%d: %q found; want a label, a whole number from 0 to %d", t.columns+1, field, maxLabel)
	}
	t.labels = append(t.labels, uint32(label))
	return nil
}

// classNotes notes classes without samples: values that are not labels leave gaps.
func (t *table) classNotes(name string) []string {
	if t.unlabelled > 0 {
		return nil
	}
	classes := t.classes()
	there := make([]bool, classes)
	samples, missing := 0, 0
	for _, label := range t.labels {
		there[label] = true
	}
	for _, found := range there {
		if found {
			samples++
		} else {
			missing++
		}
	}
	switch {
	case samples == 1 && len(t.labels) > 1:
		return []string{fmt.Sprintf("%s: all %d samples have the label %d; labels are the last column", name, len(t.labels), t.labels[0])}
	case missing > 0:
		return []string{fmt.Sprintf("%s: %d of the %d classes have no samples; the largest label is %d", name, missing, classes, classes-1)}
	}
	return nil
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
