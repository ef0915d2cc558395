package data

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"spikegrad/host/numpy"
)

// eventColumn is a list of one number of each event.
type eventColumn interface {
	Len() int
	IsFloat() bool
	Integer(i int) (int64, error)
	Float(i int) float64
}

// eventFields are the numbers of an event, with the names they may have in files.
var eventFields = [4][]string{{"x"}, {"y"}, {"p", "polarity", "pol"}, {"t", "ts", "timestamp"}}

// wantedFields lists the first name of every field.
const wantedFields = "x, y, p and t"

// eventsOf makes events from columns x, y, p and t. unit is that of the times in seconds; 0 stands for
// microseconds if they are integers, and seconds if floats.
func eventsOf(columns [4]eventColumn, unit float64, name string) ([]event, error) {
	x, y, p, t := columns[0], columns[1], columns[2], columns[3]
	for i, column := range columns {
		if column.Len() != t.Len() {
			return nil, fmt.Errorf("%s: %d values of %s, but %d of t", name, column.Len(), eventFields[i][0], t.Len())
		}
	}
	if unit == 0 {
		if unit = 1e-6; t.IsFloat() {
			unit = 1
		}
	}
	events := make([]event, t.Len())
	for i := range events {
		e := &events[i]
		for k, column := range []eventColumn{x, y, p} {
			value, err := column.Integer(i)
			allowed := "0 to 65535"
			switch k {
			case 0:
				e.x = uint16(value)
			case 1:
				e.y = uint16(value)
			default:
				e.on = value == 1
				allowed = "1, and 0 or -1,"
			}
			if err == nil && (k < 2 && (value < 0 || value > maxChannels) || k == 2 && (value < -1 || value > 1)) {
				err = fmt.Errorf("%d found, %s is allowed", value, allowed)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s[%d]: %w", name, eventFields[k][0], i, err)
			}
		}
		var err error
		if e.time, err = nanoseconds(t, i, unit); err != nil {
			return nil, fmt.Errorf("%s, t[%d]: %w", name, i, err)
		}
	}
	return events, nil
}

// nanoseconds converts time i, whose unit is given in seconds.
func nanoseconds(t eventColumn, i int, unit float64) (int64, error) {
	const most = 1 << 62
	if whole := math.Round(unit * perSecond); !t.IsFloat() && whole >= 1 && math.Abs(float64(unit*perSecond)-whole) < 1e-6 {
		time, err := t.Integer(i)
		if err != nil {
			return 0, err
		}
		if limit := int64(most / whole); time > -limit && time < limit {
			return time * int64(whole), nil
		}
	}
	time := math.Round(t.Float(i) * unit * perSecond)
	if !(math.Abs(time) < most) {
		return 0, fmt.Errorf("%g found; times must be within 146 years", t.Float(i))
	}
	return int64(time), nil
}

// parseEventArray reads a structured NumPy array.
func parseEventArray(file []byte, name string, unit float64) ([]event, error) {
	array, err := numpy.Decode(file, name)
	if err != nil {
		return nil, err
	}
	return structuredEvents(array, unit)
}

func structuredEvents(array *numpy.Array, unit float64) ([]event, error) {
	var columns [4]eventColumn
	for i, names := range eventFields {
		for _, name := range names {
			if column, there := array.Field(name); there && columns[i] == nil {
				columns[i] = &column
			}
		}
		if columns[i] == nil {
			return nil, fmt.Errorf("%s: no field %s: a structured array with the fields %s is needed; found: %q of %s",
				array.Name(), names[0], wantedFields, array.FieldNames(), array.ShapeText())
		}
	}
	return eventsOf(columns, unit, array.Name())
}

// readEventArchive reads an archive with the arrays x, y, p and t, or with one structured array.
func readEventArchive(path string, unit float64) ([]event, error) {
	archive, err := numpy.Open(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	if names := archive.Names(); len(names) == 1 {
		array, err := archive.Array(names[0])
		if err != nil {
			return nil, err
		}
		return structuredEvents(array, unit)
	}
	var columns [4]eventColumn
	for i, names := range eventFields {
		at := slices.IndexFunc(names, archive.Has)
		if at < 0 {
			return nil, fmt.Errorf("%s: no array %s: %s are needed, found are %s", path, names[0], wantedFields, strings.Join(archive.Names(), ", "))
		}
		array, err := archive.Array(names[at])
		if err != nil {
			return nil, err
		}
		if len(array.Shape()) != 1 {
			return nil, fmt.Errorf("%s: shape %s found; a number for each event is needed", array.Name(), array.ShapeText())
		}
		column, err := array.Values()
		if err != nil {
			return nil, err
		}
		columns[i] = &column
	}
	return eventsOf(columns, unit, path)
}
