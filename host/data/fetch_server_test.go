package data

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// step answers one request for a file.
type step func(w http.ResponseWriter, r *http.Request)

// webServer answers requests for one.h5.gz with the steps of a script, repeating
// the last, and everything else with 404.
type webServer struct {
	url  string
	test *testing.T

	mutex    sync.Mutex
	script   []step
	requests []*http.Request
	lists    int
	list     string // md5sums.txt
}

func serve(t *testing.T, script ...step) *webServer {
	s := &webServer{test: t, script: script}
	server := httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(server.Close)
	s.url = server.URL + "/spikes"
	return s
}

func (s *webServer) answer(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	switch {
	case r.URL.Path == "/spikes/md5sums.txt" && s.list != "":
		s.lists++
		defer s.mutex.Unlock()
		fmt.Fprint(w, s.list)
		return
	case r.URL.Path != "/spikes/one.h5.gz":
		defer s.mutex.Unlock()
		http.NotFound(w, r)
		return
	}
	next := s.script[min(len(s.requests), len(s.script)-1)]
	s.requests = append(s.requests, r)
	s.mutex.Unlock()
	next(w, r)
}

// ranges are the Range headers of the requests.
func (s *webServer) ranges() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var ranges []string
	for _, r := range s.requests {
		ranges = append(ranges, r.Header.Get("Range"))
		if coding := r.Header.Get("Accept-Encoding"); coding != "identity" {
			s.test.Errorf("Accept-Encoding %q", coding)
		}
	}
	return ranges
}

// honest serves a file as any web server does.
func honest(packed []byte, tag string) step {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
	}
}

// whole200 serves a file from its beginning, whatever is requested.
func whole200(packed []byte) step {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(packed) }
}

// breaking serves some bytes of what is requested and breaks off.
func breaking(packed []byte, tag string, count int) step {
	return func(w http.ResponseWriter, r *http.Request) {
		honest(packed, tag)(&shortWriter{ResponseWriter: w, left: count}, r)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stalling serves some bytes, reports it, and then sends nothing until the
// client leaves.
func stalling(packed []byte, tag string, count int, stalled func()) step {
	return func(w http.ResponseWriter, r *http.Request) {
		honest(packed, tag)(&shortWriter{ResponseWriter: w, left: count}, r)
		w.(http.Flusher).Flush()
		stalled()
		<-r.Context().Done()
	}
}

// shortWriter drops everything after a number of bytes.
type shortWriter struct {
	http.ResponseWriter
	left int
}

func (w *shortWriter) Write(block []byte) (int, error) {
	n := min(len(block), w.left)
	w.left -= n
	if _, err := w.ResponseWriter.Write(block[:n]); err != nil {
		return 0, err
	}
	return len(block), nil
}
