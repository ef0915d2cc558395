package data

import (
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Fetch specifies what to download, and where to. The zero value of any field but Dataset and
// Folder means the default.
type Fetch struct {
	Dataset  string // shd, ssc or nmnist
	Folder   string // created if it does not exist
	URL      string // of a web folder with the packed files, http or https
	Client   *http.Client
	Progress func(FetchProgress) // called often, by one goroutine
	// Patience is how long a server may send nothing before the connection is closed and the
	// download resumed: a minute.
	Patience time.Duration

	// Files, set by tests, otherwise by Run according to Dataset; and a clock of the tests for the
	// watchdog.
	published *collection
	afterFunc func(time.Duration, func()) timer
}

// FetchProgress is the progress of a file.
type FetchProgress struct {
	File  string
	Phase string // downloading, verifying or unpacking
	Done  int64  // bytes
	Total int64  // bytes; 0 if the server does not say
}

// Fetched is a file that was fetched.
type Fetched struct {
	File     string `json:"file"`     // path of the file, or of the folder that an archive held
	Bytes    int64  `json:"bytes"`    // of all files in it
	MD5      string `json:"md5"`      // of the file, or of the archive; empty for an unknown folder that was already there
	Verified string `json:"verified"` // what the MD5 was compared with: known, server or no
	Already  bool   `json:"already"`  // it was already there
}

// What an MD5 was compared with.
const (
	VerifiedKnown  = "known"  // a sum in this program
	VerifiedServer = "server" // the list of sums beside the file, which only proves a correct transfer
	Unverified     = "no"
)

// Run downloads and unpacks the files that are not there yet. What a broken or cancelled download
// left behind is used the next time, if the server still has the same file. Files get their final
// names once they are complete and their sums correct.
func (f *Fetch) Run(ctx context.Context) ([]Fetched, error) {
	if f.published == nil {
		found, err := publishedAs(f.Dataset)
		if err != nil {
			return nil, err
		}
		f.published = &found
	}
	if base, err := url.Parse(f.address("")); err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("fetching %s: %q is not a web address; give one that begins with https:// or http://", f.Dataset, f.URL)
	}
	if err := os.MkdirAll(f.Folder, 0o755); err != nil {
		return nil, fmt.Errorf("fetching %s: %w", f.Dataset, err)
	}
	var fetched []Fetched
	for _, file := range f.published.files {
		done, err := f.file(ctx, file)
		if err != nil {
			return fetched, fmt.Errorf("fetching %s: %w", file.name, err)
		}
		fetched = append(fetched, done)
	}
	return fetched, nil
}

// file fetches one file.
func (f *Fetch) file(ctx context.Context, p published) (Fetched, error) {
	path := filepath.Join(f.Folder, p.name)
	present, unpack := f.present, f.unpack
	if p.packing == byZip {
		present, unpack = f.presentFolder, f.unpackFolder
	}
	if done, err := present(ctx, path, p); err != nil || done.Already {
		return done, err
	}
	verified := VerifiedKnown
	if p.packedMD5 == "" {
		verified = VerifiedServer
		if p.packedMD5 = f.listedSum(ctx, p.packed()); p.packedMD5 == "" {
			verified = Unverified
		}
	}
	packed := filepath.Join(f.Folder, p.packed())
	sum, err := f.sum(ctx, packed)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Fetched{}, err
	}
	if err != nil || p.packedMD5 != "" && sum != p.packedMD5 {
		if err := f.download(ctx, packed, p.packedMD5); err != nil {
			return Fetched{}, err
		}
	}
	done, err := unpack(ctx, packed, path, p)
	done.Verified = verified
	return done, err
}

// present looks at a file that may be there already. A file with a wrong sum is fetched again; one
// whose sum is unknown is trusted.
func (f *Fetch) present(ctx context.Context, path string, p published) (Fetched, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Fetched{}, nil
	}
	if err != nil {
		return Fetched{}, err
	}
	sum, err := f.sum(ctx, path)
	if err != nil || p.md5 != "" && sum != p.md5 {
		return Fetched{}, err
	}
	done := Fetched{File: path, Bytes: info.Size(), MD5: sum, Verified: Unverified, Already: true}
	if p.md5 != "" {
		done.Verified = VerifiedKnown
	}
	return done, nil
}

// sum returns the MD5 of a file.
func (f *Fetch) sum(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	sum := md5.New()
	_, err = f.copy(ctx, sum, file, FetchProgress{File: filepath.Base(path), Phase: "verifying", Total: info.Size()})
	return sumText(sum), err
}

// unpack unpacks a file, verifies it if its sum is known, and removes the packed
// one.
func (f *Fetch) unpack(ctx context.Context, packed, path string, p published) (Fetched, error) {
	from, err := os.Open(packed)
	if err != nil {
		return Fetched{}, err
	}
	defer from.Close()
	done := Fetched{File: path}
	damaged := false
	err = writeWhole(path, func(to io.Writer) error {
		reader, err := gzip.NewReader(from)
		if err != nil {
			damaged = true
			return err
		}
		sum := md5.New()
		unpacked := readerFunc(func(block []byte) (int, error) {
			n, err := reader.Read(block)
			damaged = damaged || err != nil && err != io.EOF
			return n, err
		})
		done.Bytes, err = f.copy(ctx, io.MultiWriter(to, sum), unpacked, FetchProgress{File: filepath.Base(path), Phase: "unpacking"})
		if err != nil {
			return err
		}
		done.MD5 = sumText(sum)
		if p.md5 != "" && done.MD5 != p.md5 {
			damaged = true
			return fmt.Errorf("the unpacked file has the MD5 %s, expected %s", done.MD5, p.md5)
		}
		return nil
	})
	if err != nil {
		if damaged {
			os.Remove(packed) // or it would be tried again next time
		}
		return Fetched{}, fmt.Errorf("unpacking %s: %w", packed, err)
	}
	return done, os.Remove(packed)
}

// listedSum returns the MD5 of a file in the list that the authors publish beside it, empty if
// there is none.
func (f *Fetch) listedSum(ctx context.Context, name string) string {
	const most = 1 << 20 // bytes of the list
	ctx, _, release := f.watch(ctx)
	defer release()
	response, err := f.get(ctx, "md5sums.txt", nil)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return ""
	}
	list, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		if len(words) == 2 && strings.TrimPrefix(words[1], "*") == name && len(words[0]) == 2*md5.Size {
			return strings.ToLower(words[0])
		}
	}
	return ""
}

// copy copies until the end of from and reports its progress. It ends early with the context's
// error.
func (f *Fetch) copy(ctx context.Context, to io.Writer, from io.Reader, p FetchProgress) (int64, error) {
	return io.CopyBuffer(onlyWriter{to}, readerFunc(func(block []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := from.Read(block)
		p.Done += int64(n)
		f.report(p)
		return n, err
	}), make([]byte, 1<<18))
}

func (f *Fetch) report(p FetchProgress) {
	if f.Progress != nil {
		f.Progress(p)
	}
}

// readerFunc and onlyWriter keep io.Copy from bypassing the buffer.
type readerFunc func([]byte) (int, error)

func (r readerFunc) Read(block []byte) (int, error) { return r(block) }

type onlyWriter struct{ io.Writer }

func sumText(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }
