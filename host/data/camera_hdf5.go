package data

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"spikegrad/host/hdf5"
)

// hdf5Column is a dataset, or a row of one.
type hdf5Column struct {
	kind   hdf5.Type
	values []byte
}

func (c *hdf5Column) Len() int      { return len(c.values) / c.kind.Size }
func (c *hdf5Column) IsFloat() bool { return c.kind.Class == hdf5.Float }
func (c *hdf5Column) Float(i int) float64 {
	if c.IsFloat() {
		return c.kind.Float(c.values, i)
	}
	return float64(c.kind.Integer(c.values, i))
}

func (c *hdf5Column) Integer(i int) (int64, error) {
	if !c.IsFloat() {
		whole := c.kind.Integer(c.values, i)
		if whole < 0 && !c.kind.Signed {
			return 0, fmt.Errorf("%d found, which does not fit 64 bits", uint64(whole))
		}
		return whole, nil
	}
	x := c.Float(i)
	if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
		return 0, fmt.Errorf("%g found, a whole number is needed", x)
	}
	return int64(x), nil
}

// eventDatasets finds x, y, p and t in a file, in its root or in /events.
func eventDatasets(file *hdf5.File, name string) (found [4]*hdf5.Dataset, err error) {
	for _, group := range []string{"/", "/events/"} {
		for i, names := range eventFields {
			found[i] = nil
			for _, field := range names {
				dataset, err := file.Dataset(group + field)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return found, err
				}
				found[i] = dataset
				break
			}
		}
		if !slices.Contains(found[:], nil) {
			return found, nil
		}
	}
	return found, fmt.Errorf("%s: no datasets %s in / or in /events", name, wantedFields)
}

// readEventHDF5 reads a file with the events of one sample: datasets x, y, p and t in / or
// /events, each with one number per event.
func readEventHDF5(path string, unit float64) ([]event, error) {
	file, err := hdf5.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return sampleIn(file, path, unit)
}

func sampleIn(file *hdf5.File, name string, unit float64) ([]event, error) {
	datasets, err := eventDatasets(file, name)
	if err != nil {
		return nil, err
	}
	var columns [4]eventColumn
	for i, dataset := range datasets {
		kind := dataset.Type()
		if len(dataset.Shape()) != 1 || kind.Class != hdf5.Integer && kind.Class != hdf5.Float {
			return nil, fmt.Errorf("%s, %s: %s in %d dimensions found; a number for each event is needed", name, dataset.Path(), kind, len(dataset.Shape()))
		}
		values, err := dataset.Elements()
		if err != nil {
			return nil, err
		}
		columns[i] = &hdf5Column{kind, values}
	}
	return eventsOf(columns, unit, name)
}

// readEventRows reads a file with the events of many samples: datasets x, y, p and t, each
// with one variable-length row per sample, and /labels.
func readEventRows(path string, unit float64) ([]cameraSample, error) {
	file, err := hdf5.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return samplesIn(file, path, unit)
}

func samplesIn(file *hdf5.File, name string, unit float64) ([]cameraSample, error) {
	labels, err := readLabels(file, "/labels", name)
	if err != nil {
		return nil, err
	}
	datasets, err := eventDatasets(file, name)
	if err != nil {
		return nil, err
	}
	var rows [4]*hdf5.Rows
	for i, dataset := range datasets {
		if kind := dataset.Type(); kind.Class != hdf5.Sequence {
			return nil, fmt.Errorf("%s, %s: %s found; variable-length rows are needed, one for each of the %d labels", name, dataset.Path(), kind, len(labels))
		}
		if rows[i], err = dataset.Rows(); err != nil {
			return nil, err
		}
		if rows[i].Len() != len(labels) {
			return nil, fmt.Errorf("%s, %s: %d rows found, /labels has %d", name, dataset.Path(), rows[i].Len(), len(labels))
		}
	}
	samples := make([]cameraSample, len(labels))
	for sample, label := range labels {
		var columns [4]eventColumn
		for i := range rows {
			values, err := rows[i].Row(sample)
			if err != nil {
				return nil, err
			}
			columns[i] = &hdf5Column{rows[i].Type(), values}
		}
		events, err := eventsOf(columns, unit, fmt.Sprintf("%s, row %d", name, sample))
		if err != nil {
			return nil, err
		}
		samples[sample] = cameraSample{label: label, events: events}
	}
	return samples, nil
}
