package train

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

var memoryTime = flag.Duration("memory-time", 0, "how long TestMemoryOverRuns makes runs; 0: a few")

// TestMemoryOverRuns: successive runs in one process leave neither memory nor
// goroutines behind.
func TestMemoryOverRuns(t *testing.T) {
	folder := t.TempDir()
	made := 0
	run := func() {
		made++
		options := Options{Folder: filepath.Join(folder, fmt.Sprint("run", made)), NoPictures: made%2 == 0}
		if _, err := Run(context.Background(), tiny(t), options); err != nil {
			t.Fatal(err)
		}
	}
	used := func() (bytes float64, goroutines int) {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC() // frees what the first one's finalizers released
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc), runtime.NumGoroutine()
	}
	for range 3 { // let pools and caches fill
		run()
	}
	before, goroutines := used()
	first := made
	for began := time.Now(); made < first+4 || time.Since(began) < *memoryTime; {
		run()
	}
	after, left := used()
	const kibibyte = 1024
	growth := (after - before) / kibibyte / float64(made-first)
	t.Logf("%d runs, growth %.1f KiB a run, %d goroutines", made-first, growth, left)
	if growth > 64 {
		t.Errorf("memory grows by %.1f KiB a run", growth)
	}
	if left > goroutines {
		t.Errorf("%d goroutines were %d", left, goroutines)
	}
}
