package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// gestureNames are the classes of DVS128 Gesture, whose labels begin with 1 (Amir et al.
// 2017, and the text that comes with the recordings).
var gestureNames = []string{
	"hand clapping", "right hand wave", "left hand wave", "right arm clockwise", "right arm counter clockwise",
	"left arm clockwise", "left arm counter clockwise", "arm roll", "air drums", "air guitar", "other gestures",
}

// findGestures finds the recordings of DVS128 Gesture.
func findGestures(folder string) (*cameraSet, error) {
	set := &cameraSet{parts: map[string][]cameraFile{}, width: 128, height: 128, classNames: gestureNames}
	for part, list := range map[string]string{"train": "trials_to_train.txt", "test": "trials_to_test.txt"} {
		text, err := os.ReadFile(filepath.Join(folder, list))
		if errors.Is(err, fs.ErrNotExist) && part == "test" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking for events: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			if name := strings.TrimSpace(line); name != "" {
				path := filepath.Join(folder, name)
				table := strings.TrimSuffix(path, filepath.Ext(path)) + "_labels.csv"
				set.parts[part] = append(set.parts[part], cameraFile{path: path, table: table, read: readGestures})
			}
		}
	}
	if len(set.parts["train"]) == 0 {
		return nil, fmt.Errorf("%s lists no recordings", filepath.Join(folder, "trials_to_train.txt"))
	}
	return set, nil
}

// gesture is a line of NAME_labels.csv: class, start and end in microseconds.
type gesture struct {
	label      uint32
	start, end int64
}

// readGestures cuts a recording NAME.aedat into the samples that NAME_labels.csv lists.
// They may overlap. A sample has the events from its start to before its end.
func readGestures(f *cameraFile, _ *Options) ([]cameraSample, int, error) {
	file, err := os.ReadFile(f.path)
	if err != nil {
		return nil, 0, fmt.Errorf("reading events: %w", err)
	}
	text, err := os.ReadFile(f.table)
	if err != nil {
		return nil, 0, fmt.Errorf("reading labels of %s: %w", filepath.Base(f.path), err)
	}
	gestures, err := parseGestures(string(text), f.table)
	if err != nil {
		return nil, 0, err
	}
	events, invalid, err := parseAEDAT(file, f.path)
	if err != nil {
		return nil, 0, err
	}
	samples := make([]cameraSample, len(gestures))
	for i, g := range gestures {
		samples[i].label, samples[i].zero = g.label, g.start*microsecond
	}
	for _, e := range events {
		for i, g := range gestures {
			if e.time >= g.start*microsecond && e.time < g.end*microsecond {
				samples[i].events = append(samples[i].events, e)
			}
		}
	}
	return samples, invalid, nil
}

// parseGestures reads a table of samples.
func parseGestures(text, name string) ([]gesture, error) {
	const most = 1 << 52 // microseconds: 142 years
	var gestures []gesture
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Split(strings.TrimSpace(line), ",")
		if number == 1 && strings.TrimSpace(fields[0]) == "class" || len(fields) == 1 && fields[0] == "" {
			continue
		}
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s, line %d: %d columns found; class, startTime_usec and endTime_usec are needed", name, number, len(fields))
		}
		var values [3]int64
		for i, field := range fields {
			value, err := strconv.ParseInt(strings.TrimSpace(field), 10, 64)
			if err != nil || value < 0 || value > most {
				return nil, fmt.Errorf("%s, line %d, column %d: %q found, a whole number is needed", name, number, i+1, field)
			}
			values[i] = value
		}
		if values[0] < 1 || values[0] > int64(len(gestureNames)) || values[1] >= values[2] {
			return nil, fmt.Errorf("%s, line %d: class %d from %d to %d found; a class from 1 to %d, and an end after the start, are needed",
				name, number, values[0], values[1], values[2], len(gestureNames))
		}
		gestures = append(gestures, gesture{uint32(values[0] - 1), values[1], values[2]})
	}
	return gestures, nil
}
