package data

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// keptOf returns the files of a cache.
func keptOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.spikes"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameSplit fails unless two datasets have the same samples, classes and notes.
func sameSplit(t *testing.T, got, want Split) {
	t.Helper()
	if got.Fingerprint() != want.Fingerprint() || got.Train.Shape() != want.Train.Shape() || got.Train.Name() != want.Train.Name() ||
		got.Train.StepLength() != want.Train.StepLength() || !slices.Equal(got.Test.ClassNames(), want.Test.ClassNames()) || !slices.Equal(got.Notes, want.Notes) {
		t.Errorf("other samples than were read: %v of %v, notes %q and %q", got.Train.Shape(), want.Train.Shape(), got.Notes, want.Notes)
	}
}

// cameraFolder is a dataset in the form of N-MNIST.
func cameraFolder(t *testing.T) string {
	return tree(t, map[string][]byte{
		"Train/0/1.bin": atis(at(0, 0, 0), off(1000, 33, 33), at(3000, 1, 0)),
		"Train/1/2.bin": atis(at(50, 2, 1), at(60, 2, 1)),
		"Test/1/3.bin":  atis(at(10, 2, 1), at(299_995, 2, 1), at(300_010, 2, 1)),
	})
}

// The cache returns what was read from the files.
func TestCameraCache(t *testing.T) {
	recording := aedat(at(900, 1, 1), at(1000, 2, 0), off(1999, 3, 0), at(2000, 4, 0), off(2500, 127, 127))
	for name, folder := range map[string]string{
		"N-MNIST": cameraFolder(t),
		"gestures": tree(t, map[string][]byte{
			"trials_to_train.txt": []byte("user01_led.aedat\n"), "trials_to_test.txt": []byte("user01_led.aedat\n"), "user01_led.aedat": recording,
			"user01_led_labels.csv": []byte("class,startTime_usec,endTime_usec\n1,1000,2000\n11,1500,2600\n"),
		}),
		"arrays of a sensor of unknown size": "testdata/camera_classes", "rows": "testdata/camera_rows",
	} {
		options := defaults(t, "events:"+folder)
		options.Validation, options.MinKept, options.Cache = 0, 0, NoCache
		options.Steps, options.StepLength = 20, 0.0005
		want := open(t, "", options)
		options.Cache = filepath.Join(t.TempDir(), "made", "here")
		sameSplit(t, open(t, "", options), want)
		parts := 1
		if want.Test.Len() > 0 {
			parts = 2
		}
		files := keptOf(t, options.Cache)
		if len(files) != parts {
			t.Errorf("%s: %q in the cache", name, files)
		}
		sameSplit(t, open(t, "", options), want)
		// The cache is what is read.
		before, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		key := keyIn(t, before)
		s, err := decodeCache(before, key)
		if err != nil {
			t.Fatal(err)
		}
		s.labels[0] ^= 1
		if err := writeCache(files[0], key, s); err != nil {
			t.Fatal(err)
		}
		if open(t, "", options).Fingerprint() == want.Fingerprint() {
			t.Errorf("%s: the cache was not read", name)
		}
		// If damaged, it is rebuilt.
		for _, damaged := range [][]byte{before[:len(before)/2], nil, append(slices.Clone(before[:len(before)-1]), before[len(before)-1]^1)} {
			if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			sameSplit(t, open(t, "", options), want)
			if again, err := os.ReadFile(files[0]); err != nil || !slices.Equal(again, before) {
				t.Errorf("%s: the cache was not made again: %v", name, err)
			}
		}
	}
}

// A shape that does not fit the channels is nonsense.
func TestShapeInCache(t *testing.T) {
	s, _ := binned(t, nil, at(0, 0, 0), off(999, 7, 5))
	for _, shape := range []Shape{{2, 6, 8}, {}, {2, 6, 7}, {1, 6, 8}, {-2, -6, 8}, {0, 6, 8}, {2, 1 << 62, 4}} {
		s.shape = shape
		var file bytes.Buffer
		if err := encodeCache(&file, someKey, s); err != nil {
			t.Fatal(err)
		}
		got, err := decodeCache(file.Bytes(), someKey)
		if fits := shape == (Shape{2, 6, 8}) || shape == (Shape{}); (err == nil) != fits || err == nil && got.Shape() != shape {
			t.Errorf("shape %v of 96 channels: %v", shape, err)
		}
	}
}

// keyIn returns the key in a cache file.
func keyIn(t *testing.T, file []byte) string {
	t.Helper()
	_, rest, found := strings.Cut(string(file), `"key":"`)
	if !found || len(rest) < 2*sha256.Size {
		t.Fatal("no key in the cache file")
	}
	return rest[:2*sha256.Size]
}

// A cache that no longer fits its folder is not used, even if sizes and times of files are
// unchanged; that of another folder with the same files is.
func TestStaleCameraCache(t *testing.T) {
	folder := cameraFolder(t)
	options := defaults(t, "events:"+folder)
	options.Validation, options.Cache = 0, t.TempDir()
	change := func(what string, same bool, change func() error) {
		t.Helper()
		before := keptOf(t, options.Cache)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		got := open(t, "", options)
		fresh := options
		fresh.Cache = NoCache
		sameSplit(t, got, open(t, "", fresh))
		if added := len(keptOf(t, options.Cache)) - len(before); (added == 0) != same {
			t.Errorf("%s: %d files more in the cache", what, added)
		}
	}
	sample := filepath.Join(folder, "Train", "1", "2.bin")
	rewrite := func(events ...event) func() error {
		return func() error {
			info, err := os.Stat(sample)
			if err != nil {
				return err
			}
			if err := os.WriteFile(sample, atis(events...), 0o600); err != nil {
				return err
			}
			return os.Chtimes(sample, info.ModTime(), info.ModTime())
		}
	}
	change("first", false, func() error { return nil })
	change("nothing", true, func() error { return nil })
	change("an event", false, rewrite(at(50, 2, 1), at(60, 2, 2)))
	change("back again", true, rewrite(at(50, 2, 1), at(60, 2, 1)))
	change("another class", false, func() error {
		return os.Rename(sample, filepath.Join(folder, "Train", "0", "2.bin"))
	})
	change("another file", false, func() error { return os.WriteFile(sample, atis(at(1, 1, 1)), 0o600) })
	change("moved", true, func() error {
		moved := filepath.Join(t.TempDir(), "moved")
		options.Path = moved
		return os.Rename(folder, moved)
	})
	change("a class before all others", false, func() error { return os.Mkdir(filepath.Join(options.Path, "Train", "-1"), 0o700) })
	for what, set := range map[string]func(){
		"steps": func() { options.Steps++ }, "step length": func() { options.StepLength *= 1 + 1e-15 }, "polarity": func() { options.Camera.Polarity = "merge" },
		"crop": func() { options.Camera.CropX = 1 }, "threshold": func() { options.Camera.Threshold = 2 }, "unit": func() { options.Camera.TimeUnit = 1e-6 },
		"sensor": func() { options.Camera.Width = 40 },
	} {
		options.MinKept = 0
		change(what, false, func() error { set(); return nil })
	}
	// Labels of gestures are in files beside the recordings.
	recording := aedat(at(1000, 2, 0), off(1999, 3, 0), off(2500, 127, 127))
	options = defaults(t, "events:"+tree(t, map[string][]byte{
		"trials_to_train.txt": []byte("a.aedat\n"), "a.aedat": recording, "a_labels.csv": []byte("1,1000,2000\n2,1000,3000\n"),
	}))
	options.Validation, options.MinKept, options.Cache = 0, 0, t.TempDir()
	change("first", false, func() error { return nil })
	change("labels", false, func() error {
		return os.WriteFile(filepath.Join(options.Path, "a_labels.csv"), []byte("3,1000,2000\n2,1000,3000\n"), 0o600)
	})
}

// Small folders, and users who ask for none, have no cache; a folder that cannot be made is
// reported.
func TestNoCameraCache(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("HOME", home)
	options := defaults(t, "events:"+cameraFolder(t))
	for _, cache := range []string{NoCache, ""} {
		options.Cache = cache
		open(t, "", options)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("%v in the user's folder: %v", entries, err)
	}
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	options.Cache = filepath.Join(file, "below")
	if s := open(t, "", options); !strings.Contains(strings.Join(s.Notes, "\n"), "cannot be cached") {
		t.Errorf("notes %q", s.Notes)
	}
}
