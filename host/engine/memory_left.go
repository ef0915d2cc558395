package engine

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryLeft is how many bytes the process may still take, and what limits it; the largest number
// if there is no known limit.
type memoryLeft struct {
	bytes float64
	limit string
}

// readMemoryLeft asks the system; files lie below root, which is / except in tests.
func readMemoryLeft(root string, address uint64) memoryLeft {
	left := memoryLeft{bytes: math.MaxFloat64}
	consider := func(bytes float64, limit string) {
		if bytes < left.bytes {
			left = memoryLeft{bytes, limit}
		}
	}
	if address != math.MaxUint64 {
		if taken, ok := readNumber(filepath.Join(root, "proc/self/statm")); ok {
			consider(float64(address)-taken*float64(os.Getpagesize()), "ulimit -v")
		}
	}
	for _, folder := range cgroups(root) {
		// Version 2, then 1. The page cache is released on demand.
		for limit, taken := range map[string]string{"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"} {
			most, limited := readNumber(filepath.Join(folder, limit))
			used, known := readNumber(filepath.Join(folder, taken))
			if limited && known {
				consider(most-used+cached(folder), "the memory limit of the container or control group")
			}
		}
	}
	return left
}

// cgroups returns the folders of the process's control groups and of those that contain them.
func cgroups(root string) []string {
	text, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	var folders []string
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 || parts[1] != "" && parts[1] != "memory" {
			continue
		}
		base := filepath.Join(root, "sys/fs/cgroup", parts[1])
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			folders = append(folders, filepath.Join(base, path))
			if path == "/" {
				break
			}
		}
	}
	return folders
}

// cached is how much of a control group's memory is only page cache.
func cached(folder string) float64 {
	text, _ := os.ReadFile(filepath.Join(folder, "memory.stat"))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "inactive_file "); ok {
			bytes, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return bytes
		}
	}
	return 0
}

// readNumber reads the first number of a file; "max" is none.
func readNumber(path string) (float64, bool) {
	text, err := os.ReadFile(path)
	fields := strings.Fields(string(text))
	if err != nil || len(fields) == 0 {
		return 0, false
	}
	number, err := strconv.ParseFloat(fields[0], 64)
	return number, err == nil
}

// check refuses to take more bytes than are left: the Go runtime cannot report a failed allocation.
func (m memoryLeft) check(bytes float64) error {
	const gibibyte = 1 << 30
	if bytes <= m.bytes {
		return nil
	}
	return fmt.Errorf("the network needs %.2f GiB of memory on the CPU, and %s leaves %.2f GiB: raise it, or use fewer --workers, smaller batches or shorter --segment-steps",
		bytes/gibibyte, m.limit, max(m.bytes, 0)/gibibyte)
}
