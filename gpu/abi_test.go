//go:build cgo

package gpu

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestABI compares the structures of vulkan_abi.h with those of the headers inside vulkan-go.
func TestABI(t *testing.T) {
	headers := output(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/vulkan-go/vulkan")
	own := abi(t)
	reference := abi(t, "-DSHIM_REFERENCE_HEADERS", "-I"+headers)
	if len(own) < 100 {
		t.Fatalf("%d lines of sizes and offsets, more than 100 expected", len(own))
	}
	if difference := cmp.Diff(reference, own); difference != "" {
		t.Errorf("vulkan_abi.h differs from Vulkan's headers (-headers +own):\n%s", difference)
	}
}

// abi builds and runs testdata/abi.c, and returns its output lines.
func abi(t *testing.T, flags ...string) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "abi")
	compiler := strings.Fields(output(t, "go", "env", "CC"))
	arguments := append(compiler[1:], "-I.", "-o", program, filepath.Join("testdata", "abi.c"))
	output(t, compiler[0], append(arguments, flags...)...)
	return strings.Split(output(t, program), "\n")
}

func output(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, errors.String())
	}
	return strings.TrimSpace(string(out))
}
