package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module     = "spikegrad/"
	vulkanPath = "github.com/vulkan-go/vulkan"
	glfwPath   = "github.com/go-gl/glfw/"
)

// ownImports lists what a package, or every package below a path that ends in ..., may
// import from this module. The first match counts; packages without one (tests) are free.
var ownImports = []struct {
	importer string
	allowed  []string
}{
	{"shaders", nil},
	{"gpu/...", []string{"gpu/..."}},
	{"cpuref/...", []string{"cpuref/..."}},
	{"kernels", []string{"gpu", "shaders", "cpuref"}},
	{"host/hdf5", nil},
	{"host/mpi", nil},
	{"host/numpy", nil},
	{"host/network", []string{"cpuref"}},
	{"host/engine/...", []string{"host/...", "kernels", "cpuref", "gpu"}},
	{"host/cli", []string{"host/...", "cpuref", "bench"}},
	{"host/view/...", []string{"host/...", "kernels", "cpuref", "gpu"}},
	{"host/...", []string{"host/...", "cpuref"}},
	{"bench/...", []string{"host/check", "host/engine", "host/network", "host/figure", "kernels", "cpuref", "gpu", "bench/..."}},
}

// floors are the packages of host, from the lowest floor up: each imports only packages on
// floors below its own.
var floors = [][]string{
	{"host/atomicfile", "host/engine/ranktest", "host/hdf5", "host/mpi", "host/network", "host/numpy"},
	{"host/batch", "host/figure", "host/nir", "host/tensorboard"},
	{"host/data", "host/engine", "host/estimate"},
	{"host/check", "host/unbiased", "host/unbiased/exact", "host/view/scene"},
	{"host/audit", "host/train"},
	{"host/evaluate"},
	{"host/report", "host/reproduce", "host/view"},
	{"host/cli"},
}

// floorOf is the floor of a package; −1 if it has none.
func floorOf(path string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, path) })
}

// onlyIn gives the only place that may import packages whose path starts with the key.
var onlyIn = map[string]string{
	vulkanPath: "gpu/...",
	glfwPath:   "host/view/...",

	module + "host/mpi": "host/cli",
}

// matches reports whether a path equals the pattern or is below it.
func matches(pattern, path string) bool {
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return path == pattern
}

// forbidden explains why a package (a path inside the module) may not import another; empty
// if it may.
func forbidden(importer, imported string) string {
	for path, place := range onlyIn {
		if strings.HasPrefix(imported, path) && !matches(place, importer) {
			return "only " + place + " imports it"
		}
	}
	if first, _, _ := strings.Cut(imported, "/"); matches("cpuref/...", importer) && strings.Contains(first, ".") {
		return "cpuref imports only the standard library"
	}
	own, ok := strings.CutPrefix(imported, module)
	if !ok {
		return ""
	}
	if matches("host/...", importer) && matches("host/...", own) {
		switch from, to := floorOf(importer), floorOf(own); {
		case from < 0 || to < 0:
			return "a package of host needs a floor in this test"
		case to >= from:
			return fmt.Sprintf("it lies on floor %d of host, %s on %d: imports point down", from, own, to)
		}
	}
	for _, rule := range ownImports {
		if !matches(rule.importer, importer) {
			continue
		}
		if slices.ContainsFunc(rule.allowed, func(pattern string) bool { return matches(pattern, own) }) {
			return ""
		}
		return fmt.Sprintf("%s imports of this module only %v", rule.importer, rule.allowed)
	}
	return ""
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// listPackages returns the module's packages as seen by one kind of build.
func listPackages(t *testing.T, environment []string, flags ...string) []goPackage {
	t.Helper()
	command := exec.Command("go", append(append([]string{"list", "-e", "-json=ImportPath,Imports"}, flags...), module+"...")...)
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	for name, packages := range map[string][]goPackage{
		"experiment": listPackages(t, []string{"GOEXPERIMENT=simd", "CGO_ENABLED=1"}, "-tags", "viewer"),
		"plain":      listPackages(t, []string{"GOEXPERIMENT=", "CGO_ENABLED=0"}),
	} {
		if len(packages) < 2 {
			t.Fatalf("%s: found packages %v, want the whole module", name, packages)
		}
		for _, p := range packages {
			for _, imported := range p.Imports {
				if reason := forbidden(strings.TrimPrefix(p.ImportPath, module), imported); reason != "" {
					t.Errorf("%s: %s imports %s: %s", name, p.ImportPath, imported, reason)
				}
			}
		}
	}
}

// TestImportRule checks the rule itself on allowed and forbidden cases.
func TestImportRule(t *testing.T) {
	for _, c := range []struct {
		importer, imported string
		allowed            bool
	}{
		{"gpu", vulkanPath, true},
		{"kernels", vulkanPath, false},
		{"host/view", glfwPath + "v3.3/glfw", true},
		{"host/cli", glfwPath + "v3.3/glfw", false},
		{"host/view", "spikegrad/gpu", true},
		{"host/view/scene", "spikegrad/kernels", true},
		{"host/cli", "spikegrad/gpu", false},
		{"gpu", "spikegrad/cpuref", false},
		{"cpuref", "spikegrad/shaders", false},
		{"cpuref", "math", true},
		{"cpuref", "simd/archsimd", true},
		{"cpuref", "gonum.org/v1/gonum/mat", false},
		{"shaders", "spikegrad/gpu", false},
		{"kernels", "spikegrad/gpu", true},
		{"kernels", "spikegrad/shaders", true},
		{"kernels", "spikegrad/cpuref", true},
		{"kernels", "spikegrad/host/network", false},
		{"host/hdf5", "spikegrad/host/data", false},
		{"host/mpi", "spikegrad/host/engine", false},
		{"host/engine", "spikegrad/host/mpi", false},
		{"host/network", "spikegrad/cpuref", true},
		{"host/network", "spikegrad/host/engine", false},
		{"host/engine", "spikegrad/kernels", true},
		{"host/engine", "spikegrad/host/train", false},
		{"host/engine", "spikegrad/host/batch", true},
		{"host/engine", "spikegrad/host/data", false},
		{"host/data", "spikegrad/host/engine", false},
		{"host/train", "spikegrad/host/audit", false},
		{"host/audit", "spikegrad/host/train", false},
		{"host/train", "spikegrad/host/unbiased", true},
		{"host/audit", "spikegrad/host/unbiased", true},
		{"host/unbiased", "spikegrad/host/audit", false},
		{"host/unbiased", "spikegrad/host/train", false},
		{"host/nir", "spikegrad/host/unknown", false},
		{"host/train", "spikegrad/host/engine", true},
		{"host/train", "spikegrad/gpu", false},
		{"host/cli", "spikegrad/kernels", false},
		{"host/cli", "spikegrad/bench", true},
		{"host/train", "spikegrad/bench", false},
		{"host/engine", "spikegrad/bench", false},
		{"bench", "spikegrad/host/engine", true},
		{"bench", "spikegrad/kernels", true},
		{"bench", "spikegrad/host/cli", false},
		{"tests", "spikegrad/kernels", true},
	} {
		if reason := forbidden(c.importer, c.imported); (reason == "") != c.allowed {
			t.Errorf("%s imports %s: must be %t (%s), want %t", c.importer, c.imported, reason == "", reason, c.allowed)
		}
	}
}
