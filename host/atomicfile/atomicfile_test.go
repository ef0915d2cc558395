package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWrite: a failed write leaves the old file and nothing else; a good one replaces it.
func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "numbers.json")
	if err := WriteJSON(path, []int{1}); err != nil {
		t.Fatal(err)
	}
	err := Write(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 1<<17)); err != nil {
			return err
		}
		return syscall.ENOSPC
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("a full disk gives %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "[\n  1\n]\n" {
		t.Errorf("after a failed write the file holds %q", text)
	}
	if err := WriteBytes(path, []byte("new")); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "new" {
		t.Errorf("the file holds %q", text)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestRefusals: errors name the file and what to do.
func TestRefusals(t *testing.T) {
	folder := t.TempDir()
	for path, advice := range map[string]string{
		filepath.Join(folder, "missing", "a"): "create it first",
		folder:                                "is it a folder?",
		"/dev/null/a":                         "choose another folder",
	} {
		if err := WriteBytes(path, []byte("x")); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), advice) {
			t.Errorf("%s: %v, want advice %q", path, err, advice)
		}
	}
	if err := WriteJSON(filepath.Join(folder, "a"), func() {}); err == nil {
		t.Error("a function was written as JSON")
	}
}
