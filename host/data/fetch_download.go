package data

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An incomplete download is kept in NAME.part; NAME.part.json holds what it takes to
// see whether the server still has the same file.

// partial identifies the file whose beginning is in a .part file.
type partial struct {
	URL       string `json:"url"`
	Validator string `json:"validator"` // strong ETag or Last-Modified, for If-Range; empty: not to be resumed
}

// errTransfer is a broken connection: what arrived is kept and the download resumed
// from there.
var errTransfer = errors.New("connection failed")

// maxFruitless is the number of successive connections that may break without a byte.
const maxFruitless = 3

// download downloads a packed file to a path. If its sum is known and a download in
// several pieces does not match it, it is restarted once.
func (f *Fetch) download(ctx context.Context, path, want string) error {
	for first := true; ; first = false {
		pieces, err := f.transfer(ctx, path)
		if err != nil {
			return err
		}
		sum, err := f.sum(ctx, path+".part")
		if err != nil {
			return err
		}
		if want == "" || sum == want {
			if err := os.Rename(path+".part", path); err != nil {
				return err
			}
			discard(path)
			return nil
		}
		discard(path)
		if !first || !pieces {
			return fmt.Errorf("MD5 of %s is %s, %s is expected: the download is damaged or a different file; it was removed", filepath.Base(path), sum, want)
		}
	}
}

// transfer completes NAME.part, over as many connections as it takes, as long as at
// least every third brings something. pieces reports whether there were several, in
// this run or an earlier one.
func (f *Fetch) transfer(ctx context.Context, path string) (pieces bool, err error) {
	fruitless := 0
	for {
		start, before, err := f.request(ctx, path)
		pieces = pieces || start > 0
		switch {
		case err == nil:
			return pieces, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case !errors.Is(err, errTransfer):
			return false, err
		}
		if fruitless++; size(path+".part") > before {
			fruitless = 0
		}
		if fruitless == maxFruitless {
			return false, fmt.Errorf("%w; the part received is kept: run the command again to resume", err)
		}
	}
}

// request asks for what is missing in NAME.part and appends it. start is where it
// resumed, before the size it had.
func (f *Fetch) request(ctx context.Context, path string) (start, before int64, err error) {
	ctx, watchdog, release := f.watch(ctx)
	defer release()

	name := filepath.Base(path)
	before = size(path + ".part")
	headers := http.Header{}
	saved := readPartial(path)
	if before > 0 && saved.Validator != "" && saved.URL == f.address(name) {
		headers.Set("Range", fmt.Sprintf("bytes=%d-", before))
		headers.Set("If-Range", saved.Validator)
	}
	response, err := f.get(ctx, name, headers)
	if err != nil {
		return 0, before, transferError(ctx, err)
	}
	defer response.Body.Close()
	total := max(response.ContentLength, 0)
	switch response.StatusCode {
	case http.StatusPartialContent:
		if start, total, err = contentRange(response.Header.Get("Content-Range")); err != nil || start != before || len(headers) == 0 {
			discard(path)
			return 0, before, fmt.Errorf("%w: the server sent bytes other than those requested (Content-Range %q)", errTransfer, response.Header.Get("Content-Range"))
		}
	case http.StatusOK:
	case http.StatusRequestedRangeNotSatisfiable:
		if response.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", before) {
			return before, before, nil // already complete
		}
		discard(path) // what is there is not the beginning of the file
		return 0, before, fmt.Errorf("%w: the server has nothing beyond %d bytes", errTransfer, before)
	default:
		return 0, before, fmt.Errorf("%s: the server answered %q; another URL can be given with --url", f.address(name), response.Status)
	}
	if err := f.receive(ctx, path, start, total, response, watchdog); err != nil {
		return start, before, transferError(ctx, err)
	}
	return start, before, nil
}

// receive appends the body of a response to NAME.part, from byte start.
func (f *Fetch) receive(ctx context.Context, path string, start, total int64, response *http.Response, watchdog timer) (err error) {
	file, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	if err := file.Truncate(start); err != nil {
		return err
	}
	if start == 0 {
		saved := partial{f.address(filepath.Base(path)), validator(response.Header)}
		if err := writePartial(path, saved); err != nil {
			return err
		}
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return err
	}
	body := readerFunc(func(block []byte) (int, error) {
		n, err := response.Body.Read(block)
		watchdog.Reset(f.patience())
		if err != nil && err != io.EOF {
			err = fmt.Errorf("%w: %w", errTransfer, err)
		}
		return n, err
	})
	received, err := f.copy(ctx, file, body, FetchProgress{File: filepath.Base(path), Phase: "downloading", Done: start, Total: total})
	if err == nil && total > 0 && start+received != total {
		err = fmt.Errorf("%w after %d of %d bytes", errTransfer, start+received, total)
	}
	return err
}

// transferError is a connection's error, or the reason why a watchdog ended it.
func transferError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var network *url.Error
	if errors.As(err, &network) {
		return fmt.Errorf("%w: %w", errTransfer, err)
	}
	return err
}

func (f *Fetch) get(ctx context.Context, name string, headers http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.address(name), nil)
	if err != nil {
		return nil, err
	}
	for key, values := range headers {
		request.Header[key] = values
	}
	// Bytes are counted: none may be compressed in transit.
	request.Header.Set("Accept-Encoding", "identity")
	client := f.Client
	if client == nil {
		client = http.DefaultClient
	}
	return client.Do(request)
}

// timer is the part of a [time.Timer] that a watchdog needs.
type timer interface {
	Reset(time.Duration) bool
	Stop() bool
}

// watch cancels a context when the server has sent nothing for too long. release
// ends that.
func (f *Fetch) watch(ctx context.Context) (watched context.Context, watchdog timer, release func()) {
	watched, give := context.WithCancelCause(ctx)
	bark := func() { give(fmt.Errorf("%w: the server sent nothing for %v", errTransfer, f.patience())) }
	if f.afterFunc != nil {
		watchdog = f.afterFunc(f.patience(), bark)
	} else {
		watchdog = time.AfterFunc(f.patience(), bark)
	}
	return watched, watchdog, func() {
		watchdog.Stop()
		give(nil)
	}
}

func (f *Fetch) patience() time.Duration {
	if f.Patience > 0 {
		return f.Patience
	}
	return time.Minute
}

// validator returns a value for If-Range: a strong ETag, or the time of the last
// change.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return h.Get("Last-Modified")
}

// contentRange reads "bytes FIRST-LAST/TOTAL".
func contentRange(text string) (start, total int64, err error) {
	bounds, of, found := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	first, _, dash := strings.Cut(bounds, "-")
	start, err = strconv.ParseInt(first, 10, 64)
	if err == nil && of != "*" {
		total, err = strconv.ParseInt(of, 10, 64)
	}
	if !found || !dash || err != nil {
		return 0, 0, fmt.Errorf("range %q cannot be read", text)
	}
	return start, total, nil
}

func readPartial(path string) partial {
	var p partial
	text, err := os.ReadFile(path + ".part.json")
	if err != nil || json.Unmarshal(text, &p) != nil {
		return partial{}
	}
	return p
}

func writePartial(path string, p partial) error {
	return writeWhole(path+".part.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(p) })
}

// discard removes a file's partial download.
func discard(path string) {
	os.Remove(path + ".part")
	os.Remove(path + ".part.json")
}

// size returns the size of a file in bytes, 0 if it does not exist.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
