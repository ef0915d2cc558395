package data

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// packedFile is a file in an archive; one whose name ends with / is a folder.
type packedFile struct {
	name    string
	content []byte
	mode    fs.FileMode // 0 for a plain file
}

// archiveOf returns a zip archive.
func archiveOf(t testing.TB, files ...packedFile) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, file := range files {
		header := &zip.FileHeader{Name: file.name, Method: zip.Deflate}
		if file.mode != 0 {
			header.SetMode(file.mode)
		}
		to, err := w.CreateHeader(header)
		if err == nil && !strings.HasSuffix(file.name, "/") {
			_, err = to.Write(file.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// recordings are the archives Train.zip and Test.zip of a dataset in the form of N-MNIST.
func recordings(t testing.TB) map[string][]byte {
	long := make([]event, 3000) // hard to compress, so that there is something to interrupt
	for i := range long {
		long[i] = at(int64(i*97%4096), uint16(i*i*7%34), uint16(i*i*i%34))
	}
	return map[string][]byte{
		"Train.zip": archiveOf(t, packedFile{name: "Train/"}, packedFile{name: "Train/0/"},
			packedFile{name: "Train/0/00001.bin", content: atis(long...)}, packedFile{name: "Train/1/00002.bin", content: atis(at(5, 6, 7))},
			packedFile{name: "Train/.DS_Store", content: []byte("x")}, packedFile{name: "__MACOSX/Train/0/._00001.bin", content: []byte("y")}),
		"Test.zip": archiveOf(t, packedFile{name: "Test/1/00001.bin", content: atis(off(10, 1, 2), at(9000, 3, 4))}),
	}
}

// setOf returns the collection of archives.
func setOf(archives map[string][]byte) *collection {
	c := &collection{dataset: "nmnist"}
	for _, name := range []string{"Train", "Test"} {
		c.files = append(c.files, published{name: name, packing: byZip, place: "a/" + name + "/b", packedMD5: hexMD5(archives[name+".zip"])})
	}
	return c
}

// From a server that redirects, to another that breaks off, to a dataset that can be opened.
func TestFetchRecordings(t *testing.T) {
	archives := recordings(t)
	var lock sync.Mutex
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		requests = append(requests, r.URL.Path+" "+r.Header.Get("Range"))
		first := len(requests) == 2
		lock.Unlock()
		name, stored := strings.CutPrefix(r.URL.Path, "/store/")
		archive := archives[name+".zip"]
		switch {
		case !stored:
			http.Redirect(w, r, "/store/"+strings.Split(r.URL.Path, "/")[2], http.StatusFound)
		case first:
			breaking(archive, `"1"`, len(archive)/2)(w, r)
		default:
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(archive))
		}
	}))
	defer server.Close()
	set := setOf(archives)
	set.url = server.URL
	f := &Fetch{Dataset: "nmnist", Folder: filepath.Join(t.TempDir(), "new"), published: set}
	files, err := f.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"Train", "Test"} {
		want := Fetched{File: filepath.Join(f.Folder, name), Bytes: []int64{3001 * 5, 2 * 5}[i], MD5: set.files[i].packedMD5, Verified: VerifiedKnown}
		if files[i] != want {
			t.Errorf("fetched %+v, want %+v", files[i], want)
		}
	}
	half := len(archives["Train.zip"]) / 2
	want := []string{"/a/Train/b ", "/store/Train ", fmt.Sprintf("/a/Train/b bytes=%d-", half), fmt.Sprintf("/store/Train bytes=%d-", half), "/a/Test/b ", "/store/Test "}
	if !slices.Equal(requests, want) {
		t.Errorf("requests %q, want %q", requests, want)
	}
	if names := listed(t, f.Folder); !slices.Equal(names, []string{"Test", "Train"}) {
		t.Errorf("files %q", names)
	}
	if names := listed(t, filepath.Join(f.Folder, "Train")); !slices.Equal(names, []string{manifestName, "0", "1"}) {
		t.Errorf("files %q", names)
	}
	options := defaults(t, "events:"+f.Folder)
	options.Validation = 0
	s := open(t, "", options)
	if s.Train.Len() != 2 || s.Test.Len() != 1 || len(s.Notes) == 0 || strings.Contains(strings.Join(s.Notes, ""), "other kinds") {
		t.Errorf("%d and %d samples, notes %q", s.Train.Len(), s.Test.Len(), s.Notes)
	}
	// The second time, nothing is requested from the server.
	again, err := f.Run(t.Context())
	for i := range files {
		files[i].Already = true
	}
	if err != nil || !slices.Equal(again, files) || len(requests) != 6 {
		t.Errorf("again: %+v, %d requests, %v", again, len(requests), err)
	}
	// What was changed is reported and stays.
	sample := filepath.Join(f.Folder, "Train", "1", "00002.bin")
	for _, change := range []func() error{
		func() error { return os.WriteFile(sample, []byte("other"), 0o600) },
		func() error { return os.Remove(sample) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		_, err = f.Run(t.Context())
		wantError(t, err, "Train", "not the 2 of", "remove the folder")
	}
	if _, err := os.Stat(filepath.Join(f.Folder, "Train", "0", "00001.bin")); err != nil || len(requests) != 6 {
		t.Errorf("%d requests, %v", len(requests), err)
	}
	// A folder from elsewhere is trusted.
	os.Remove(filepath.Join(f.Folder, "Train", manifestName))
	again, err = f.Run(t.Context())
	if err != nil || again[0].Verified != Unverified || !again[0].Already || again[0].MD5 != "" {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// unpackedFrom unpacks the folder Train of a downloaded archive into an empty folder.
func unpackedFrom(t testing.TB, archive []byte) (folder string, err error) {
	t.Helper()
	folder = t.TempDir()
	packed := filepath.Join(folder, "Train.zip")
	if err := os.WriteFile(packed, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &Fetch{Dataset: "nmnist", Folder: folder}
	_, err = f.unpackFolder(t.Context(), packed, filepath.Join(folder, "Train"), published{name: "Train", packing: byZip})
	return folder, err
}

// No archive writes outside its folder or more than is allowed, and none is unpacked in part.
func TestHostileArchives(t *testing.T) {
	good := packedFile{name: "Train/0/1.bin", content: atis(at(1, 2, 3))}
	whole := archiveOf(t, good)
	change := func(find, replacement string) []byte {
		changed := bytes.ReplaceAll(whole, []byte(find), []byte(replacement))
		if bytes.Equal(changed, whole) {
			t.Fatalf("no %q", find)
		}
		return changed
	}
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(whole, []byte("1.bin"))+8] ^= 1
	type test struct {
		archive []byte
		want    []string
	}
	tests := map[string]test{
		"empty":            {nil, []string{"not a valid zip file"}},
		"text":             {[]byte("no archive"), []string{"not a valid zip file"}},
		"truncated":        {whole[:len(whole)-1], []string{"not a valid zip file"}},
		"content":          {flipped, []string{"Train/0/1.bin"}},
		"other folder":     {archiveOf(t, packedFile{name: "Trainer/0/1.bin"}), []string{"no files in a folder Train"}},
		"nothing in it":    {archiveOf(t, packedFile{name: "Train/"}), []string{"no files in a folder Train"}},
		"link":             {archiveOf(t, good, packedFile{"Train/0/2.bin", []byte("/etc"), fs.ModeSymlink | 0o777}), []string{"Train/0/2.bin", "not a regular file"}},
		"device":           {archiveOf(t, good, packedFile{"Train/0/2.bin", nil, fs.ModeDevice | 0o666}), []string{"Train/0/2.bin", "not a regular file"}},
		"twice":            {archiveOf(t, good, good), []string{"Train/0/1.bin", "twice"}},
		"twice but case":   {archiveOf(t, good, packedFile{name: "Train/0/1.BIN"}), []string{"Train/0/1.BIN", "twice"}},
		"file and folder":  {archiveOf(t, good, packedFile{name: "Train/0/1.bin/2.bin"}), []string{"Train/0/1.bin/2.bin"}},
		"too long a file":  {announcing(whole, maxArchiveFile+1), []string{"Train/0/1.bin", "67108865 bytes announced", "at most 67108864"}},
		"fewer bytes":      {announcing(whole, 4), []string{"Train/0/1.bin", "damaged"}},
		"more bytes":       {announcing(whole, 6), []string{"Train/0/1.bin", "damaged"}},
		"other name there": {change("Train/0/1.bin", "Train/0/\x00.bin"), []string{"leads out"}},
	}
	for _, name := range []string{"../x", "Train/../../x", "/x", "Train/0/../../x", `Train\..\..\x`, "Train//x", "Train/./x", "C:/x", "Train/0/C:x", "..", "Train/.."} {
		tests["name "+name] = test{archiveOf(t, good, packedFile{name: name}), []string{"leads outside its folder"}}
	}
	for name, c := range tests {
		folder, err := unpackedFrom(t, c.archive)
		wantError(t, err, append(c.want, "Train.zip")...)
		if !errors.Is(err, errArchive) && name != "file and folder" {
			t.Errorf("%s: %v is no error of the archive", name, err)
		}
		left := listed(t, folder)
		if len(left) > 0 && name != "file and folder" {
			t.Errorf("%s: left are %q", name, left)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(folder), "x")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file beside the folder", name)
		}
	}
	_, _, err := archiveMembers(make([]*zip.File, maxArchiveFiles+1), "Train")
	wantError(t, err, "262145 files found", "at most 262144")
	large := make([]*zip.File, maxArchiveBytes/maxArchiveFile+1)
	for i := range large {
		large[i] = &zip.File{FileHeader: zip.FileHeader{Name: fmt.Sprint("Train/", i), UncompressedSize64: maxArchiveFile}}
	}
	_, _, err = archiveMembers(large, "Train")
	wantError(t, err, "17246978048 bytes announced", "at most 17179869184")
	folder, err := unpackedFrom(t, whole)
	if err != nil || !slices.Equal(listed(t, filepath.Join(folder, "Train", "0")), []string{"1.bin"}) {
		t.Errorf("the archive as it was: %v", err)
	}
}

// announcing returns an archive of one file whose announced length is wrong.
func announcing(archive []byte, length uint32) []byte {
	changed := bytes.Clone(archive)
	central := bytes.Index(changed, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(changed[central+24:], length)
	return changed
}

// Interrupted while unpacking, it keeps the archive and unpacks it the next time.
func TestUnpackingInterrupted(t *testing.T) {
	archives := recordings(t)
	folder := t.TempDir()
	for name, archive := range archives {
		if err := os.WriteFile(filepath.Join(folder, name), archive, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Left behind by a run that was killed.
	if err := os.MkdirAll(filepath.Join(folder, "Train.unpacking", "7"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &Fetch{Dataset: "nmnist", Folder: folder, URL: "http://localhost:1", published: setOf(archives)}
	f.Progress = func(p FetchProgress) {
		if p.Phase == "unpacking" {
			cancel()
		}
	}
	if _, err := f.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if names := listed(t, folder); !slices.Equal(names, []string{"Test.zip", "Train.zip"}) {
		t.Errorf("files %q", names)
	}
	f.Progress = nil
	files, err := f.Run(t.Context())
	if err != nil || len(files) != 2 || files[0].Verified != VerifiedKnown {
		t.Fatalf("%+v, %v", files, err)
	}
	if names := listed(t, filepath.Join(folder, "Train")); !slices.Equal(names, []string{manifestName, "0", "1"}) {
		t.Errorf("files %q", names)
	}
}

func FuzzArchive(f *testing.F) {
	good := packedFile{name: "Train/0/1.bin", content: atis(at(1, 2, 3))}
	f.Add(archiveOf(f, good, packedFile{name: "../x"}))
	f.Add(archiveOf(f, packedFile{"Train/0/2.bin", []byte("/etc"), fs.ModeSymlink | 0o777}))
	f.Add(archiveOf(f, good))
	f.Fuzz(func(t *testing.T, archive []byte) {
		folder, err := unpackedFrom(t, archive)
		for _, name := range listed(t, folder) {
			if (err == nil) != (name == "Train") && name != "Train.zip" {
				t.Errorf("%v, and there is %s", err, name)
			}
		}
	})
}
