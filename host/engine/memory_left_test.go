package engine

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"spikegrad/cpuref"
)

// TestMemoryLeft: the narrowest of all limits counts.
func TestMemoryLeft(t *testing.T) {
	page := float64(os.Getpagesize())
	for _, c := range []struct {
		name    string
		files   map[string]string
		address uint64
		want    memoryLeft
	}{
		{"no limit", nil, math.MaxUint64, memoryLeft{math.MaxFloat64, ""}},
		{"ulimit", map[string]string{"proc/self/statm": "10 5 3 1 0 2 0\n"}, 1 << 20, memoryLeft{1<<20 - 10*page, "ulimit -v"}},
		{"version 2, of the group around", map[string]string{
			"proc/self/cgroup":                 "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max":     "max\n",
			"sys/fs/cgroup/a/b/memory.current": "100\n",
			"sys/fs/cgroup/a/memory.max":       "5000\n",
			"sys/fs/cgroup/a/memory.current":   "2000\n",
			"sys/fs/cgroup/a/memory.stat":      "anon 3\ninactive_file 500\n",
		}, math.MaxUint64, memoryLeft{3500, "the memory limit of the container or control group"}},
		{"version 1", map[string]string{
			"proc/self/cgroup": "4:cpu:/\n7:memory:/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "700\n",
			"sys/fs/cgroup/memory/x/memory.usage_in_bytes": "300\n",
		}, math.MaxUint64, memoryLeft{400, "the memory limit of the container or control group"}},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got := readMemoryLeft(root, c.address)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if c.want.limit == "" {
			continue
		}
		if err := got.check(c.want.bytes + 1); err == nil || !strings.Contains(err.Error(), c.want.limit) {
			t.Errorf("%s: more than is left: %v", c.name, err)
		}
		if err := got.check(c.want.bytes); err != nil {
			t.Errorf("%s: what is left: %v", c.name, err)
		}
	}
}

// TestWorkersByGOMAXPROCS: the runtime sets GOMAXPROCS from the environment and a container's CPU
// limit, and the default number of workers follows it.
func TestWorkersByGOMAXPROCS(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	n, _ := probed()
	e, err := NewCPU[float32](n, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.workers) != 3 || !strings.Contains(e.Describe().Device, "3 workers") {
		t.Errorf("%d workers (%s), want 3", len(e.workers), e.Describe().Device)
	}
}

// TestCPUBytes: the predicted memory is what an engine takes, within a tenth.
func TestCPUBytes(t *testing.T) {
	for _, segment := range []int{0, 32} {
		n, _ := probed()
		n.Layers[0].Neurons, n.Steps, n.Layers[1].DifferentiateReset = 900, 200, true
		options := Options{Workers: 3, SegmentSteps: segment, Optimizer: cpuref.OptimizerAdam}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e, err := NewCPU[float32](n, options)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		took, foretold := float64(after.TotalAlloc-before.TotalAlloc), e.plan.cpuBytes(3)
		if foretold < 0.9*took || foretold > 1.1*took {
			t.Errorf("segments of %d steps: %.0f bytes foretold, %.0f taken", segment, foretold, took)
		}
	}
}
