package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someKey = "a key"

// cacheFile is a small source and its cache file.
func cacheFile(t testing.TB) (*stored, []byte) {
	t.Helper()
	options := defaults(t, "spoken:testdata")
	s, err := readEvents("testdata/small_f4.h5", &options)
	if err != nil {
		t.Fatal(err)
	}
	s.classNames = []string{"one", "two", "three"}
	var file bytes.Buffer
	if err := encodeCache(&file, someKey, s); err != nil {
		t.Fatal(err)
	}
	return s, file.Bytes()
}

// same fails unless two sources have the same samples.
func same(t *testing.T, got, want *stored) {
	t.Helper()
	if got == nil {
		t.Fatal("no source")
	}
	g, w := *got, *want
	g.name, g.stepLength, w.name, w.stepLength = "", 0, "", 0
	if !reflect.DeepEqual(g, w) {
		t.Fatal("other samples than were kept")
	}
}

func TestCacheFile(t *testing.T) {
	want, file := cacheFile(t)
	got, err := decodeCache(file, someKey)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, want)
	_, err = decodeCache(file, "another key")
	wantError(t, err, "another key", someKey)

	// A real file takes about a byte per spike, and little more for the steps.
	options := defaults(t, "spoken:testdata")
	spoken, err := readEvents("testdata/spoken_digits_test.h5.gz", &options)
	if err != nil {
		t.Fatal(err)
	}
	var large bytes.Buffer
	if err := encodeCache(&large, someKey, spoken); err != nil {
		t.Fatal(err)
	}
	if most := len(spoken.channels)*11/10 + len(spoken.counts)*11/10 + 2000; large.Len() > most {
		t.Errorf("%d bytes for %d spikes in %d steps", large.Len(), len(spoken.channels), len(spoken.counts))
	}
	got, err = decodeCache(large.Bytes(), someKey)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, spoken)
}

// No change of a byte and no missing piece of a cache file goes unnoticed.
func TestDamagedCacheFile(t *testing.T) {
	_, file := cacheFile(t)
	for at := range file {
		damaged := bytes.Clone(file)
		damaged[at] ^= 1 << (at % 8)
		if _, err := decodeCache(damaged, someKey); err == nil {
			t.Fatalf("byte %d of %d changed, no error", at, len(file))
		}
		if _, err := decodeCache(file[:at], someKey); err == nil {
			t.Fatalf("cut to %d of %d bytes, no error", at, len(file))
		}
	}
	if _, err := decodeCache(append(bytes.Clone(file), 0), someKey); err == nil {
		t.Error("a byte too many, no error")
	}
}

// resealed is a cache file with other contents and their checksum.
func resealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

// Contents with a correct checksum may still be nonsense.
func TestNonsenseCacheFile(t *testing.T) {
	source, file := cacheFile(t)
	body := file[:len(file)-sha256.Size]
	begin := len(cacheSignature) + 4 + int(binary.LittleEndian.Uint32(body[len(cacheSignature):]))
	text := func(old, replacement string) []byte {
		changed := bytes.Replace(body, []byte(old), []byte(replacement), 1)
		if len(changed) != len(body) || bytes.Equal(changed, body) {
			t.Fatalf("%q cannot become %q", old, replacement)
		}
		return changed
	}
	number := func(at int, x byte) []byte {
		changed := bytes.Clone(body)
		changed[at] = x
		return changed
	}
	for name, nonsense := range map[string][]byte{
		"no JSON":                  text(`"samples":4`, `"samples";4`),
		"more samples":             text(`"samples":4`, `"samples":9`),
		"fewer samples":            text(`"samples":4`, `"samples":3`),
		"no samples":               text(`"samples":4`, `"samples":0`),
		"more spikes":              text(fmt.Sprintf(`"spikes":%d,`, len(source.channels)), `"spikes":8,`),
		"negative steps":           text(`"steps":175`, `"steps":-75`),
		"too many samples for it":  bytes.Replace(body, []byte(`"samples":4,`), []byte(`"samples":4000000000000,`), 1),
		"a label that goes on":     number(begin, 0xff),
		"more spikes in a step":    number(begin+4, body[begin+4]+1),
		"a channel that goes on":   number(len(body)-1, 0xff),
		"a byte too many":          append(bytes.Clone(body), 0),
		"a byte too few":           body[:len(body)-1],
		"a header beyond the end":  number(len(cacheSignature)+3, 0x7f),
		"no numbers at all":        body[:begin],
		"nothing but a signature":  body[:len(cacheSignature)],
		"channels above the limit": bytes.Replace(body, []byte(`"channels":700`), []byte(`"channels":690`), 1),
	} {
		if _, err := decodeCache(resealed(nonsense), someKey); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzCache(f *testing.F) {
	want, file := cacheFile(f)
	body := file[:len(file)-sha256.Size]
	f.Add(body)
	header := len(cacheSignature) + 4 + int(binary.LittleEndian.Uint32(body[len(cacheSignature):]))
	f.Add(body[:header])
	f.Add(append(bytes.Clone(body), 1))
	for _, change := range [][2]string{{`"samples":4`, `"samples":9`}, {`"steps":175`, `"steps":-75`}, {`"channels":700`, `"channels":007`}} {
		f.Add(bytes.Replace(body, []byte(change[0]), []byte(change[1]), 1))
	}
	large := bytes.Clone(body)
	large[header] = 0xff // a label with more bytes to come
	f.Add(large)
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := decodeCache(resealed(body), someKey)
		if err != nil {
			return
		}
		if bytes.Equal(body, file[:len(body)]) && s.Len() != want.Len() {
			t.Fatal("the original is read otherwise")
		}
		checkRows(t, whole(t, s), s)
		for sample := range s.Len() {
			if s.Label(sample) > maxLabel {
				t.Fatalf("label %d", s.Label(sample))
			}
		}
	})
}

func TestCache(t *testing.T) {
	options := defaults(t, "spoken:testdata")
	options.Cache = filepath.Join(t.TempDir(), "made", "here")
	const path = "testdata/spoken_digits_test.h5.gz"
	load := func() (*stored, []string) {
		t.Helper()
		s, notes, err := loadEvents(path, &options)
		if err != nil {
			t.Fatal(err)
		}
		return s, notes
	}
	kept := func() []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(options.Cache, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	want, wantNotes := load()
	files := kept()
	if len(files) != 1 || !strings.HasSuffix(files[0], ".spikes") {
		t.Fatalf("files %q in the cache", files)
	}
	got, notes := load()
	same(t, got, want)
	if diff := cmp.Diff(wantNotes, notes); diff != "" || got.Name() != "spoken" || got.StepLength() != 0.004 {
		t.Errorf("%s of %g s; notes %s", got.Name(), got.StepLength(), diff)
	}

	// The cache is what is read.
	key, err := cacheKey(path, &options)
	if err != nil {
		t.Fatal(err)
	}
	changed := *want
	changed.labels = append([]uint32{19}, want.labels[1:]...)
	if err := writeCache(files[0], key, &changed); err != nil {
		t.Fatal(err)
	}
	if got, _ := load(); got.Label(0) != 19 || want.Label(0) == 19 {
		t.Error("the cache was not read")
	}
	// Damaged, of another version, of other data: made again.
	for name, damage := range map[string]func(file []byte) []byte{
		"cut":     func(file []byte) []byte { return file[:len(file)/2] },
		"changed": func(file []byte) []byte { file[len(file)/2]++; return file },
		"empty":   func([]byte) []byte { return nil },
		"version": func(file []byte) []byte {
			file[7]++
			return resealed(file[:len(file)-sha256.Size])
		},
		"key": func(file []byte) []byte {
			file = bytes.Replace(file, []byte(key), []byte(strings.Repeat("0", len(key))), 1)
			return resealed(file[:len(file)-sha256.Size])
		},
	} {
		file, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[0], damage(file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, _ := load()
		same(t, got, want)
		if readCache(files[0], key, &options) == nil {
			t.Errorf("%s: the cache file was not made again", name)
		}
	}
	if files := kept(); len(files) != 1 {
		t.Errorf("files %q in the cache", files)
	}
}

// Anything the spikes depend on selects a cache file of its own.
func TestCacheKeys(t *testing.T) {
	options := defaults(t, "spoken:testdata")
	const path = "testdata/small_f4.h5"
	keys := map[string]bool{}
	add := func(path string, change func(*Options)) {
		t.Helper()
		changed := options
		change(&changed)
		key, err := cacheKey(path, &changed)
		if err != nil {
			t.Fatal(err)
		}
		if keys[key] {
			t.Errorf("%s, %+v: another has this key", path, changed)
		}
		keys[key] = true
	}
	add(path, func(*Options) {})
	add(path, func(o *Options) { o.Steps++ })
	add(path, func(o *Options) { o.StepLength *= 1 + 1e-15 })
	add(path, func(o *Options) { o.Events.Units++ })
	add(path, func(o *Options) { o.Events.Binning = "float16" })
	add(path, func(o *Options) { o.Events.Binning = binTruncate })
	add("testdata/small_chunked.h5", func(*Options) {})
	again, err := cacheKey(path, &options)
	if err != nil || !keys[again] {
		t.Errorf("another key the second time: %v", err)
	}
}

func TestCacheLeftOut(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("HOME", home)
	options := defaults(t, "spoken:testdata")
	for _, cache := range []string{NoCache, ""} { // small files are not cached in the user's folder
		options.Cache = cache
		if _, _, err := loadEvents("testdata/small_f4.h5", &options); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(home)
	if err != nil || len(entries) > 0 {
		t.Errorf("%v in the user's folder: %v", entries, err)
	}
	if folder := options.cache().folder; !strings.HasPrefix(folder, home) {
		t.Errorf("the cache of the user is %s, home is %s", folder, home)
	}
	// A folder that cannot be made is reported, and the data are read without
	// a cache.
	options.Cache = filepath.Join(home, "file", "below")
	if err := os.WriteFile(filepath.Join(home, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, notes, err := loadEvents("testdata/small_f4.h5", &options)
	if err != nil || s.Len() != 4 || !strings.Contains(strings.Join(notes, "\n"), "cannot be cached") {
		t.Errorf("notes %q, error %v", notes, err)
	}
}
