package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLock: while a run is active its folder accepts no other; a lock left behind by a
// killed process blocks nobody, and none is left in the end.
func TestLock(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	refused := 0
	w := &watcher{onBatch: func(batches int, _ Progress) {
		if batches != 3 {
			return
		}
		for _, run := range []func() error{
			func() error {
				_, err := Resume(context.Background(), tiny(t), Options{Folder: folder})
				return err
			},
			func() error { _, err := lockFolder(folder); return err },
		} {
			if err := run(); err != nil && strings.Contains(err.Error(), fmt.Sprintf("in use by process %d", os.Getpid())) {
				refused++
			} else {
				t.Errorf("a second run in the folder: %v", err)
			}
		}
	}}
	want, err := Run(context.Background(), tiny(t), Options{Folder: folder, Observer: w, NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	if refused != 2 {
		t.Errorf("%d of 2 were refused", refused)
	}
	if _, err := os.Stat(filepath.Join(folder, lockFile)); err == nil {
		t.Error("a finished run leaves its lock")
	}
	stale := filepath.Join(t.TempDir(), "stale")
	if err := os.Mkdir(stale, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, stale, lockFile, []byte("1 elsewhere\n"))
	found, err := Run(context.Background(), tiny(t), Options{Folder: stale, NoPictures: true})
	if err != nil {
		t.Fatalf("a stale lock: %v", err)
	}
	if found.WeightsSHA256 != want.WeightsSHA256 {
		t.Error("weights differ")
	}
}

// TestHolder: where there are no locks, the named process decides.
func TestHolder(t *testing.T) {
	own := ownName()
	for text, alive := range map[string]bool{
		"":        false,
		"rubbish": false,
		fmt.Sprintf("%d elsewhere\n", own.process):        true,
		fmt.Sprintf("%d %s\n", own.process, own.machine):  false,
		fmt.Sprintf("%d %s\n", os.Getppid(), own.machine): true,
		fmt.Sprintf("%d %s\n", 1<<30, own.machine):        false,
	} {
		if got := readHolder(strings.NewReader(text)).alive(); got != alive {
			t.Errorf("%q is alive: %t", text, got)
		}
	}
}
