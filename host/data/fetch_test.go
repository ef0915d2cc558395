package data

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// content returns a file, plain and packed, and what is published about it.
func content(t *testing.T) (plain, packed []byte, file published) {
	t.Helper()
	plain = bytes.Repeat([]byte("spikes of many words, "), 5000)
	for i := range plain { // hard to compress, so that there is something to interrupt
		plain[i] ^= byte(i * i >> 7)
	}
	packed = []byte(gzipped(t, string(plain)))
	return plain, packed, published{name: "one.h5", packing: byGzip, packedMD5: hexMD5(packed), md5: hexMD5(plain)}
}

func hexMD5(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func fetcher(t *testing.T, s *webServer, file published) *Fetch {
	return &Fetch{Dataset: "shd", Folder: filepath.Join(t.TempDir(), "new"), URL: s.url, published: &collection{files: []published{file}}}
}

// complete fails unless the file is there and nothing else.
func complete(t *testing.T, f *Fetch, plain []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(f.Folder, "one.h5"))
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes, want %d: %v", len(got), len(plain), err)
	}
	if names := listed(t, f.Folder); !slices.Equal(names, []string{"one.h5"}) {
		t.Errorf("files %q", names)
	}
}

func listed(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestFetch(t *testing.T) {
	plain, packed, file := content(t)
	s := serve(t, honest(packed, `"1"`))
	f := fetcher(t, s, file)
	var phases []string
	last := FetchProgress{}
	f.Progress = func(p FetchProgress) {
		if p.File != last.File || p.Phase != last.Phase {
			phases = append(phases, p.Phase+" "+p.File)
		} else if p.Done < last.Done || p.Total != last.Total {
			t.Errorf("progress %+v after %+v", p, last)
		}
		if last = p; p.Phase == "downloading" && p.Total != int64(len(packed)) {
			t.Errorf("progress %+v of %d bytes", p, len(packed))
		}
	}
	files, err := f.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Fetched{File: filepath.Join(f.Folder, "one.h5"), Bytes: int64(len(plain)), MD5: file.md5, Verified: VerifiedKnown}
	if len(files) != 1 || files[0] != want {
		t.Errorf("fetched %+v", files)
	}
	complete(t, f, plain)
	if want := []string{"downloading one.h5.gz", "verifying one.h5.gz.part", "unpacking one.h5"}; !slices.Equal(phases, want) {
		t.Errorf("phases %q", phases)
	}
	f.Progress = nil
	// The second time, nothing is requested from the server.
	files, err = f.Run(t.Context())
	want.Already = true
	if err != nil || len(files) != 1 || files[0] != want || len(s.ranges()) != 1 {
		t.Errorf("again: %+v, requests %q, error %v", files, s.ranges(), err)
	}
	// A file that is not the right one is replaced.
	if err := os.WriteFile(want.File, plain[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
	// A packed file that is there and correct is only unpacked.
	requests := len(s.ranges())
	os.Remove(want.File)
	if err := os.WriteFile(want.File+".gz", packed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context()); err != nil || len(s.ranges()) != requests {
		t.Errorf("%d requests more: %v", len(s.ranges())-requests, err)
	}
	complete(t, f, plain)
}

func TestFetchResumes(t *testing.T) {
	plain, packed, file := content(t)
	half := len(packed) / 2
	from := func(at int) string { return fmt.Sprintf("bytes=%d-", at) }
	for name, c := range map[string]struct {
		script []step
		ranges []string
	}{
		"breaks off twice": {
			[]step{breaking(packed, `"1"`, half), breaking(packed, `"1"`, 100), honest(packed, `"1"`)},
			[]string{"", from(half), from(half + 100)},
		},
		"breaks off, nothing for a while": {
			[]step{breaking(packed, `"1"`, half), breaking(packed, `"1"`, 0), breaking(packed, `"1"`, 0), honest(packed, `"1"`)},
			[]string{"", from(half), from(half), from(half)},
		},
		"another file meanwhile": {
			[]step{breaking(packed[1:], `"0"`, half), honest(packed, `"1"`)},
			[]string{"", from(half)},
		},
		"no ranges": {
			[]step{breaking(packed, `"1"`, half), whole200(packed)},
			[]string{"", from(half)},
		},
		"no validator": {
			[]step{breaking(packed, "", half), whole200(packed)},
			[]string{"", ""},
		},
		"weak validator": {
			[]step{breaking(packed, `W/"1"`, half), whole200(packed)},
			[]string{"", ""},
		},
		"another range than asked for": {
			[]step{breaking(packed, `"1"`, half), func(w http.ResponseWriter, r *http.Request) {
				other := r.Clone(r.Context())
				other.Header.Set("Range", from(half+1))
				honest(packed, `"1"`)(w, other)
			}, honest(packed, `"1"`)},
			[]string{"", from(half), ""},
		},
		"a longer beginning than the file": {
			[]step{breaking(append(bytes.Clone(packed), packed...), `"1"`, len(packed)+5), honest(packed, `"1"`)},
			[]string{"", from(len(packed) + 5), ""},
		},
		"wrong bytes that were added to": {
			[]step{breaking(bytes.ToUpper(packed), `"1"`, half), honest(packed, `"1"`)},
			[]string{"", from(half), ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.script...)
			f := fetcher(t, s, file)
			if _, err := f.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			complete(t, f, plain)
			if got := s.ranges(); !slices.Equal(got, c.ranges) {
				t.Errorf("ranges %q, want %q", got, c.ranges)
			}
			for _, r := range s.requests {
				if r.Header.Get("Range") != "" && r.Header.Get("If-Range") == "" {
					t.Error("a range without a condition")
				}
			}
		})
	}
}

// Bytes from elsewhere in the file are never accepted, known sum or not.
func TestFetchOtherRange(t *testing.T) {
	plain, packed, _ := content(t)
	half := len(packed) / 2
	s := serve(t, breaking(packed, `"1"`, half), func(w http.ResponseWriter, r *http.Request) {
		other := r.Clone(r.Context())
		other.Header.Set("Range", fmt.Sprintf("bytes=%d-", half+1))
		honest(packed, `"1"`)(w, other)
	}, honest(packed, `"1"`))
	f := fetcher(t, s, published{name: "one.h5", packing: byGzip})
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
}

// All bytes arrived, but the program ended before renaming the file.
func TestFetchCompletePart(t *testing.T) {
	plain, packed, file := content(t)
	s := serve(t, honest(packed, `"1"`))
	f := fetcher(t, s, file)
	path := filepath.Join(f.Folder, "one.h5.gz")
	if err := os.MkdirAll(f.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".part", packed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writePartial(path, partial{f.address("one.h5.gz"), `"1"`}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
	if got := s.ranges(); len(got) != 1 || got[0] == "" {
		t.Errorf("ranges %q", got)
	}
}

// The next run resumes an interrupted download.
func TestFetchCancelled(t *testing.T) {
	plain, packed, file := content(t)
	half := len(packed) / 2
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, stalling(packed, `"1"`, half, func() {}), honest(packed, `"1"`))
	f := fetcher(t, s, file)
	f.Progress = func(p FetchProgress) {
		if p.Done == int64(half) {
			cancel()
		}
	}
	_, err := f.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if got := listed(t, f.Folder); !slices.Equal(got, []string{"one.h5.gz.part", "one.h5.gz.part.json"}) {
		t.Errorf("files %q", got)
	}
	f.Progress = nil
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
	if got := s.ranges(); !slices.Equal(got, []string{"", fmt.Sprintf("bytes=%d-", half)}) {
		t.Errorf("ranges %q", got)
	}
}

// A download from one URL is not resumed from another.
func TestFetchElsewhere(t *testing.T) {
	plain, packed, file := content(t)
	f := fetcher(t, serve(t, breaking(packed, `"1"`, 100), breaking(packed, `"1"`, 0)), file)
	_, err := f.Run(t.Context())
	wantError(t, err, "connection failed")
	s := serve(t, honest(packed, `"1"`))
	f.URL = s.url + "/"
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
	if got := s.ranges(); !slices.Equal(got, []string{""}) {
		t.Errorf("ranges %q", got)
	}
}

// deaf is a watchdog that ignores resets.
type deaf struct{}

func (deaf) Reset(time.Duration) bool { return true }
func (deaf) Stop() bool               { return true }

// A connection whose server stopped sending is closed and retried.
func TestFetchStalled(t *testing.T) {
	plain, packed, file := content(t)
	half := len(packed) / 2
	stalled := make(chan bool, 1)
	s := serve(t, stalling(packed, `"1"`, half, func() { stalled <- true }), honest(packed, `"1"`))
	f := fetcher(t, s, file)
	f.afterFunc = func(patience time.Duration, bark func()) timer {
		if patience != time.Minute {
			t.Errorf("patience %v", patience)
		}
		go func() {
			select {
			case <-stalled:
				bark()
			case <-t.Context().Done():
			}
		}()
		return deaf{}
	}
	if _, err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	complete(t, f, plain)
	if got := s.ranges(); len(got) != 2 {
		t.Errorf("ranges %q", got)
	}
}

func TestFetchErrors(t *testing.T) {
	plain, packed, file := content(t)
	wrong := bytes.Clone(packed)
	wrong[len(wrong)/2]++
	unknown := published{name: "one.h5", packing: byGzip}
	otherPlain := published{name: "one.h5", packing: byGzip, packedMD5: file.packedMD5, md5: strings.Repeat("0", 32)}
	for name, c := range map[string]struct {
		file     published
		script   []step
		want     []string
		requests int
		left     []string
	}{
		"not there": {file, []step{func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }},
			[]string{"one.h5.gz", "404", "--url"}, 1, nil},
		"server in trouble": {file, []step{func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }},
			[]string{"503"}, 1, nil},
		"breaks off at once": {file, []step{breaking(packed, `"1"`, 0)},
			[]string{"connection failed", "run the command again to resume"}, 3, []string{"one.h5.gz.part", "one.h5.gz.part.json"}},
		"wrong bytes": {file, []step{whole200(wrong)},
			[]string{"MD5", hexMD5(wrong), file.packedMD5, "removed"}, 1, nil},
		"wrong bytes in pieces, twice": {file, []step{breaking(wrong, `"1"`, 50), honest(wrong, `"1"`), breaking(wrong, `"1"`, 50), honest(wrong, `"1"`)},
			[]string{"MD5", file.packedMD5}, 4, nil},
		"damaged, sum not known": {unknown, []step{whole200(wrong)},
			[]string{"unpacking", "one.h5.gz"}, 1, nil},
		"cut, sum not known": {unknown, []step{whole200(packed[:len(packed)-4])},
			[]string{"unpacking", "unexpected EOF"}, 1, nil},
		"not packed, sum not known": {unknown, []step{whole200(plain)},
			[]string{"unpacking", "gzip"}, 1, nil},
		"other contents": {otherPlain, []step{whole200(packed)},
			[]string{"MD5", file.md5, strings.Repeat("0", 32)}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.script...)
			f := fetcher(t, s, c.file)
			_, err := f.Run(t.Context())
			wantError(t, err, append(c.want, "fetching one.h5")...)
			if got := len(s.ranges()); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
			if got := listed(t, f.Folder); !slices.Equal(got, c.left) {
				t.Errorf("files left: %q, want %q", got, c.left)
			}
		})
	}
	f := &Fetch{Dataset: "digits", Folder: t.TempDir()}
	_, err := f.Run(t.Context())
	wantError(t, err, `"digits"`, "shd, ssc, nmnist")
	for _, address := range []string{"ftp://there/", "there", "https://", ":"} {
		f := &Fetch{Dataset: "shd", Folder: t.TempDir(), URL: address}
		_, err := f.Run(t.Context())
		wantError(t, err, address, "https://")
	}
}

// If this program has no sum, it uses the list beside the file.
func TestFetchListedSum(t *testing.T) {
	plain, packed, _ := content(t)
	for list, want := range map[string]string{
		"":                              Unverified,
		"nothing in particular\n":       Unverified,
		hexMD5(plain) + "  two.h5.gz\n": Unverified,
		"0  x\n" + hexMD5(packed) + "  one.h5.gz": VerifiedServer,
	} {
		s := serve(t, honest(packed, `"1"`))
		s.list = list
		f := fetcher(t, s, published{name: "one.h5", packing: byGzip})
		files, err := f.Run(t.Context())
		if err != nil || files[0].Verified != want || files[0].MD5 != hexMD5(plain) {
			t.Errorf("list %q: %+v, error %v", list, files, err)
		}
		complete(t, f, plain)
	}
	s := serve(t, honest(packed, `"1"`))
	s.list = hexMD5(plain) + " *one.h5.gz\n"
	_, err := fetcher(t, s, published{name: "one.h5", packing: byGzip}).Run(t.Context())
	wantError(t, err, "MD5", hexMD5(packed), hexMD5(plain))
}

// The published files have the names that opening a folder looks for, and are where they should
// be.
func TestPublishedFiles(t *testing.T) {
	addresses := []string{}
	for _, c := range collections() {
		f := Fetch{Dataset: c.dataset, published: &c}
		for _, file := range c.files {
			addresses = append(addresses, f.address(file.packed()))
			heidelberg := file.packing == byGzip && strings.HasPrefix(file.name, c.dataset+"_") && strings.HasSuffix(file.name, ".h5")
			camera := file.packing == byZip && slices.Contains(partNames[strings.ToLower(file.name)], strings.ToLower(file.name)) && len(file.packedMD5) == 32
			if !heidelberg && !camera || len(file.md5) != 0 && len(file.md5) != 32 || len(file.packedMD5) != 0 && len(file.packedMD5) != 32 {
				t.Errorf("%+v", file)
			}
		}
	}
	want := []string{
		"https://zenkelab.org/datasets/shd_train.h5.gz", "https://zenkelab.org/datasets/shd_test.h5.gz",
		"https://zenkelab.org/datasets/ssc_train.h5.gz", "https://zenkelab.org/datasets/ssc_valid.h5.gz", "https://zenkelab.org/datasets/ssc_test.h5.gz",
		"https://data.mendeley.com/public-files/datasets/468j46mzdv/files/39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded",
		"https://data.mendeley.com/public-files/datasets/468j46mzdv/files/05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded",
	}
	if !slices.Equal(addresses, want) {
		t.Errorf("addresses %q", addresses)
	}
	// Another URL has the files under their own names.
	c, err := publishedAs("nmnist")
	if err != nil {
		t.Fatal(err)
	}
	f := Fetch{URL: "http://there/copy", published: &c}
	if got := f.address("Train.zip"); got != "http://there/copy/Train.zip" {
		t.Errorf("address %q", got)
	}
}
