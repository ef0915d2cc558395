package data

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// eventSteps is the number of steps of a sample: at 0.003 s each, the 0.3 s of N-MNIST.
const eventSteps = 100

func defaultEventFiles(o *Options) {
	o.Steps, o.StepLength = eventSteps, 0.003
	o.Camera = defaultCamera()
}

func validateCamera(o *Options) error { return o.Camera.validate() }

// cameraFile is a file of a dataset of an event camera.
type cameraFile struct {
	path  string
	label uint32 // if the file has one sample
	table string // file that lists its samples; empty for none
	read  func(f *cameraFile, o *Options) (samples []cameraSample, invalid int, err error)
}

// cameraSet is a dataset's files.
type cameraSet struct {
	parts         map[string][]cameraFile // train, validation, test
	classNames    []string                // empty: numbers
	width, height int                     // of the sensor; 0: as large as the events need
	notes         []string
}

// openEventFiles opens a folder with recordings of an event camera.
func openEventFiles(o *Options) (Split, error) {
	set, err := findCameraFiles(o.Path)
	if err != nil {
		return Split{}, err
	}
	if len(set.parts["test"]) > 0 && o.Test != 0 {
		return Split{}, require(false, "test", o.Test, "0: "+o.Path+" has its own test samples")
	}
	parts, unkept, err := set.load(o)
	if err != nil {
		return Split{}, err
	}
	notes := set.notes
	for _, part := range cameraParts {
		s := parts[part]
		if s == nil {
			continue
		}
		name := o.Path + ", " + part
		notes = append(notes, s.recorded.cameraNotes(name, o)...)
		if notes, err = o.refuse(s.recorded.cameraVanished(name, o), notes); err != nil {
			return Split{}, err
		}
		s.classNames = set.classNames
	}
	notes = append(notes, unkept...)
	var sources []*stored
	for _, s := range parts {
		sources = append(sources, s)
	}
	shareClasses(sources)
	train := parts["train"]
	found := Split{Train: train, Validation: &subset{train, nil}, Test: &subset{train, nil}, Notes: notes}
	if parts["validation"] == nil {
		if found, err = splitNoted(train, o, notes); err != nil {
			return Split{}, err
		}
	} else {
		found.Validation = parts["validation"]
	}
	if parts["test"] != nil {
		found.Test = parts["test"]
	}
	return found, nil
}

// view returns the camera's view on the sensor of the set, whose size is determined from the
// events if not given.
func (set *cameraSet) view(o *Options) (*view, error) {
	width, height := o.Camera.Width, o.Camera.Height
	if width == 0 {
		width = set.width
	}
	if height == 0 {
		height = set.height
	}
	if width == 0 || height == 0 {
		var files []cameraFile
		for _, part := range set.parts {
			files = append(files, part...)
		}
		right, bottom, err := largestPixels(files, o)
		if err != nil {
			return nil, err
		}
		if width == 0 {
			width = right + 1
		}
		if height == 0 {
			height = bottom + 1
		}
	}
	return o.Camera.on(width, height)
}

// inParallel gives each of a few workers a run of consecutive files; the error is that of
// the first file with one.
func inParallel[File any](files []File, work func(worker int, files []File) error) error {
	workers := min(runtime.GOMAXPROCS(0), len(files))
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			errs[w] = work(w, files[w*len(files)/workers:(w+1)*len(files)/workers])
		})
	}
	group.Wait()
	return firstError(errs...)
}

// largestPixels returns the largest x and y of all events.
func largestPixels(files []cameraFile, o *Options) (right, bottom int, err error) {
	var lock sync.Mutex
	err = inParallel(files, func(_ int, files []cameraFile) error {
		x, y := uint16(0), uint16(0)
		for i := range files {
			samples, _, err := files[i].read(&files[i], o)
			if err != nil {
				return err
			}
			for _, sample := range samples {
				for _, e := range sample.events {
					x, y = max(x, e.x), max(y, e.y)
				}
			}
		}
		lock.Lock()
		defer lock.Unlock()
		right, bottom = max(right, int(x)), max(bottom, int(y))
		return nil
	})
	return right, bottom, err
}

// readCameraFiles reads files and sorts their events into steps.
func readCameraFiles(files []cameraFile, o *Options, v *view) (*stored, error) {
	pieces := make([]*stored, min(runtime.GOMAXPROCS(0), len(files)))
	err := inParallel(files, func(worker int, files []cameraFile) error {
		b := newCameraBinner(o, v)
		for i := range files {
			samples, invalid, err := files[i].read(&files[i], o)
			if err != nil {
				return err
			}
			for _, sample := range samples {
				if err := v.check(files[i].path, sample.events); err != nil {
					return err
				}
				b.add(sample)
			}
			b.s.recorded.Invalid += invalid
		}
		pieces[worker] = b.s
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := pieces[0]
	for _, piece := range pieces[1:] {
		all.join(piece)
	}
	all.recorded.settle()
	if len(all.labels) == 0 {
		return nil, fmt.Errorf("%s: no samples found", o.Path)
	}
	return all, nil
}

// partNames are the names of folders and files of parts, in lower case.
var partNames = map[string][]string{
	"train":      {"train", "training"},
	"validation": {"validation", "valid", "val"},
	"test":       {"test", "testing"},
}

// findCameraFiles finds out what a folder holds: recordings listed by trials_to_train.txt,
// as in DVS128 Gesture; HDF5 files train and test with many samples each; or files of one
// sample each in one folder per class, which may be inside folders Train and Test.
func findCameraFiles(folder string) (*cameraSet, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for events: %w", err)
	}
	set := &cameraSet{parts: map[string][]cameraFile{}}
	folders := map[string]string{}
	for _, entry := range entries {
		path, small := filepath.Join(folder, entry.Name()), strings.ToLower(entry.Name())
		if small == "trials_to_train.txt" {
			return findGestures(folder)
		}
		stem, suffix := strings.TrimSuffix(small, filepath.Ext(small)), filepath.Ext(small)
		for part, names := range partNames {
			if isFolder(path) && slices.Contains(names, small) {
				folders[part] = path
			}
			if slices.Contains(names, stem) && (suffix == ".h5" || suffix == ".hdf5") {
				set.parts[part] = []cameraFile{{path: path, read: readManySamples}}
			}
		}
	}
	switch {
	case len(set.parts["train"]) > 0:
		return set, nil
	case folders["train"] == "" && len(folders) > 0:
		return nil, fmt.Errorf("%s: there is a folder for validation or testing, but none named train", folder)
	case folders["train"] == "":
		folders["train"] = folder
	}
	if set.classNames, err = classFolders(folders["train"]); err != nil {
		return nil, err
	}
	for _, part := range cameraParts {
		if folders[part] != "" {
			if err := set.addClasses(part, folders[part]); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// classFolders returns the names of the folders in a folder: numbers in numeric order, or
// words in alphabetical order.
func classFolders(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for events: %w", err)
	}
	var names []string
	numbers := map[string]int{}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && isFolder(filepath.Join(folder, name)) {
			names = append(names, name)
			if number, err := strconv.Atoi(name); err == nil {
				numbers[name] = number
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no events found: want trials_to_train.txt, train.h5, or a folder per class with one file per sample (%s)",
			folder, strings.Join(cameraSuffixes, ", "))
	}
	if len(names) > maxLabel+1 {
		return nil, fmt.Errorf("%s: %d folders found; at most %d classes can be read", folder, len(names), maxLabel+1)
	}
	if len(numbers) == len(names) {
		slices.SortFunc(names, func(a, b string) int { return numbers[a] - numbers[b] })
	}
	return names, nil
}

// addClasses adds the files of a part, class by class.
func (set *cameraSet) addClasses(part, folder string) error {
	names, err := classFolders(folder)
	if err != nil {
		return err
	}
	others := 0
	for _, name := range names {
		label := slices.Index(set.classNames, name)
		if label < 0 {
			return fmt.Errorf("%s: the training data have no folder %q", filepath.Join(folder, name), name)
		}
		entries, err := os.ReadDir(filepath.Join(folder, name))
		if err != nil {
			return fmt.Errorf("looking for events: %w", err)
		}
		for _, entry := range entries {
			suffix := strings.ToLower(filepath.Ext(entry.Name()))
			switch {
			case strings.HasPrefix(entry.Name(), "."):
				continue
			case !slices.Contains(cameraSuffixes, suffix):
				others++
				continue
			case suffix == ".bin" && set.width == 0:
				set.width, set.height = 34, 34
			case suffix == ".aedat" && set.width == 0:
				set.width, set.height = 128, 128
			}
			set.parts[part] = append(set.parts[part], cameraFile{path: filepath.Join(folder, name, entry.Name()), label: uint32(label), read: readOneSample})
		}
	}
	if others > 0 {
		set.notes = append(set.notes, fmt.Sprintf("%s: %s of other types than %s, ignored", folder, counted(others, "file"), strings.Join(cameraSuffixes, ", ")))
	}
	if len(set.parts[part]) == 0 {
		return fmt.Errorf("%s: its folders hold no event files (%s)", folder, strings.Join(cameraSuffixes, ", "))
	}
	return nil
}

func readOneSample(f *cameraFile, o *Options) ([]cameraSample, int, error) {
	events, invalid, err := readRecording(f.path, o)
	return []cameraSample{{label: f.label, events: events}}, invalid, err
}

func readManySamples(f *cameraFile, o *Options) ([]cameraSample, int, error) {
	samples, err := readEventRows(f.path, o.Camera.TimeUnit)
	return samples, 0, err
}
