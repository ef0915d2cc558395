package bench

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

// peakMemory is the peak memory of the process while do ran, above what it held before: its
// resident set if the system reports it (Linux), otherwise Go's heap.
func peakMemory(do func() error) (uint64, error) {
	debug.FreeOSMemory()
	before := resident("VmRSS:")
	if before == 0 || os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil { // 5: reset VmHWM
		return peakHeap(do)
	}
	err := do()
	return less(resident("VmHWM:"), before), err
}

// resident reads a line of the process's memory status; 0 if there is none.
func resident(key string) uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte(key))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

func peakHeap(do func() error) (uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := do()
	runtime.ReadMemStats(&after)
	return less(after.HeapSys, before.HeapSys-before.HeapReleased), err
}

func less(a, b uint64) uint64 {
	if a < b {
		return 0
	}
	return a - b
}
