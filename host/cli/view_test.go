//go:build !viewer

package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestViewNotBuilt: a program built without the live window says how to build one with it,
// before training anything.
func TestViewNotBuilt(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	wantError(t, call("train", "--device", "cpu", "--view", "--out", out), exitFailed, "make viewer")
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a training was begun: %v", err)
	}
	wantError(t, call("view", t.TempDir()), exitFailed, "holds no run")
}
