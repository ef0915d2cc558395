// Package tests checks spikegrad from outside: what its packages promise each other, and
// what the program promises its users.
package tests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"spikegrad/tests/internal/spirv"
)

const (
	shaderFolder = "../shaders"
	moduleFolder = shaderFolder + "/spv"
)

// The operations that kernels may use on floats: each has one correctly rounded result on
// every device, as long as none is contracted with another.
var (
	exactArithmetic = []string{"FAdd", "FSub", "FMul", "FNegate", "VectorTimesScalar"}
	exactExtended   = []string{"Floor", "FAbs", "FindILsb", "FindSMsb", "FindUMsb",
		"SAbs", "SSign", "SMin", "SMax", "SClamp", "UMin", "UMax", "UClamp"}
)

// baseNames returns the names of the folder's files with the given extension, without the
// extension.
func baseNames(t *testing.T, folder, extension string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"+extension))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), extension))
	}
	if len(names) == 0 {
		t.Fatalf("asked for the *%s files of %s, found none; run make shaders", extension, folder)
	}
	return names
}

// eachModule runs a check on every committed kernel.
func eachModule(t *testing.T, check func(t *testing.T, path string, m *spirv.Module)) {
	for _, name := range baseNames(t, moduleFolder, ".spv") {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(moduleFolder, name+".spv")
			code, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := spirv.Parse(code)
			if err != nil {
				t.Fatal(err)
			}
			check(t, path, m)
		})
	}
}

// tool returns the path of a program that make deps installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing; run make deps", name)
	}
	return path
}

func TestShaderArithmetic(t *testing.T) {
	eachModule(t, func(t *testing.T, _ string, m *spirv.Module) {
		for _, i := range m.Arithmetic {
			switch {
			case !slices.Contains(exactArithmetic, i.Name):
				t.Errorf("%s: %s is not exact on every device; use exact.glsl or a sum in ascending order", i.Where, i.Name)
			case !i.NoContraction && i.Name != "FNegate": // a change of sign has nothing to round
				t.Errorf("%s: %s may be contracted; make what it is assigned to precise", i.Where, i.Name)
			}
		}
		for _, i := range m.Extended {
			if !slices.Contains(exactExtended, i.Name) {
				t.Errorf("%s: %s is not exact on every device; use exact.glsl, or a comparison", i.Where, i.Name)
			}
		}
	})
}

func TestShaderInterface(t *testing.T) {
	eachModule(t, func(t *testing.T, _ string, m *spirv.Module) {
		if x := m.LocalSize[0]; !x.Specialized || x.SpecID != 0 {
			t.Errorf("workgroup size %+v along x, want specialization constant 0 (layout(local_size_x_id = 0) in)", x)
		}
		pushed := uint32(0)
		for _, member := range m.PushConstants {
			if !slices.Contains([]string{"float", "uint", "int"}, member.Type) {
				t.Errorf("push constant %s is a %s, want a scalar of 4 bytes", member.Name, member.Type)
			}
			pushed = max(pushed, member.Offset+4)
		}
		if pushed > 128 {
			t.Errorf("push constants take %d bytes, want at most 128: no more is there on every device", pushed)
		}
		for i, buffer := range m.Buffers {
			if buffer.Set != 0 || buffer.Binding != uint32(i) {
				t.Errorf("buffer %s %s has set %d, binding %d, want set 0, binding %d: bindings have no gaps", buffer.Block, buffer.Name, buffer.Set, buffer.Binding, i)
			}
			if !buffer.ReadOnly && !buffer.WriteOnly {
				t.Logf("binding %d, buffer %s %s, is read and written", buffer.Binding, buffer.Block, buffer.Name)
			}
		}
	})
}

func TestShadersAreValid(t *testing.T) {
	validator := tool(t, "spirv-val")
	eachModule(t, func(t *testing.T, path string, _ *spirv.Module) {
		if out, err := exec.Command(validator, "--target-env", "vulkan1.1", path).CombinedOutput(); err != nil {
			t.Errorf("spirv-val: %v\n%s", err, out)
		}
	})
}

// TestShadersAreCurrent recompiles every kernel and compares the result with the committed
// file. A different compiler version may produce different bytes: then only the names are
// compared.
func TestShadersAreCurrent(t *testing.T) {
	tool(t, "glslc")
	rebuilt := t.TempDir()
	if out, err := exec.Command("sh", filepath.Join(shaderFolder, "build.sh"), rebuilt).CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, out)
	}
	sources, modules := baseNames(t, shaderFolder, ".comp"), baseNames(t, moduleFolder, ".spv")
	if !slices.Equal(sources, modules) {
		t.Fatalf("kernels %v, committed modules %v; run make shaders", sources, modules)
	}
	read := func(folder, file string) []byte {
		content, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatalf("%v; run make shaders", err)
		}
		return content
	}
	if here, there := read(rebuilt, "VERSION"), read(moduleFolder, "VERSION"); !bytes.Equal(here, there) {
		t.Logf("the bytes were not compared: this machine's compiler is\n%sand the committed modules are by\n%s", here, there)
		return
	}
	for _, name := range modules {
		if !bytes.Equal(read(rebuilt, name+".spv"), read(moduleFolder, name+".spv")) {
			t.Errorf("%s.spv is not what %s.comp compiles to; run make shaders", name, name)
		}
	}
}
