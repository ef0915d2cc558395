package spirv

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compile builds a kernel as shaders/build.sh does, with extra flags.
func compile(t *testing.T, source string, flags ...string) []byte {
	t.Helper()
	glslc, err := exec.LookPath("glslc")
	if err != nil {
		t.Fatal("glslc is missing; run make deps")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "kernel.comp"), []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	arguments := append([]string{"-O", "-g", "--target-env=vulkan1.1", "kernel.comp", "-o", "kernel.spv"}, flags...)
	command := exec.Command(glslc, arguments...)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("glslc: %v\n%s", err, out)
	}
	code, err := os.ReadFile(filepath.Join(folder, "kernel.spv"))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func parse(t *testing.T, source string, flags ...string) *Module {
	t.Helper()
	m, err := Parse(compile(t, source, flags...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const kernel = `#version 450
layout(local_size_x_id = 0, local_size_y = 2) in;
layout(constant_id = 1) const uint layers = 3;
layout(constant_id = 2) const bool fused = true;
layout(binding = 1) readonly buffer Membrane { vec4 membrane[]; };
layout(binding = 0) writeonly buffer Spikes { uvec2 count; uint bits[]; } spikes;
layout(binding = 2) buffer Weights { float weights[]; };
layout(push_constant) uniform Parameters { uint neurons; float decay; int delay; } p;
void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i >= p.neurons) return;
    precise float kept = membrane[i].x * p.decay;
    precise float sum = kept + weights[i];
    float loose = sum - membrane[i].y;
    weights[i] = fused ? floor(sum) : kept;
    spikes.bits[i] = uint(findLSB(floatBitsToUint(sum))) + uint(p.delay);
    spikes.count = uvec2(floatBitsToUint(loose * float(layers)), layers);
}
`

func TestInterface(t *testing.T) {
	m := parse(t, kernel)
	if m.EntryPoint != "main" {
		t.Errorf("entry point %q, want main", m.EntryPoint)
	}
	size := [3]Dimension{{Size: 1, Specialized: true, SpecID: 0}, {Size: 2}, {Size: 1}}
	if diff := cmp.Diff(size, m.LocalSize); diff != "" {
		t.Errorf("local size (-want +got):\n%s", diff)
	}
	pushed := []Member{
		{Name: "neurons", Type: "uint"},
		{Name: "decay", Type: "float", Offset: 4},
		{Name: "delay", Type: "int", Offset: 8},
	}
	if diff := cmp.Diff(pushed, m.PushConstants); diff != "" {
		t.Errorf("push constants (-want +got):\n%s", diff)
	}
	buffers := []Buffer{
		{Name: "spikes", Block: "Spikes", Binding: 0, WriteOnly: true, Members: []Member{
			{Name: "count", Type: "uvec2"},
			{Name: "bits", Type: "uint[]", Offset: 8, ArrayStride: 4},
		}},
		{Block: "Membrane", Binding: 1, ReadOnly: true, Members: []Member{{Name: "membrane", Type: "vec4[]", ArrayStride: 16}}},
		{Block: "Weights", Binding: 2, Members: []Member{{Name: "weights", Type: "float[]", ArrayStride: 4}}},
	}
	if diff := cmp.Diff(buffers, m.Buffers); diff != "" {
		t.Errorf("buffers (-want +got):\n%s", diff)
	}
	constants := []SpecConstant{
		{ID: 0, Type: "uint", Default: 1},
		{Name: "layers", ID: 1, Type: "uint", Default: 3},
		{Name: "fused", ID: 2, Type: "bool", Default: 1},
	}
	if diff := cmp.Diff(constants, m.SpecConstants); diff != "" {
		t.Errorf("specialization constants (-want +got):\n%s", diff)
	}
}

func TestArithmetic(t *testing.T) {
	m := parse(t, kernel)
	arithmetic := []Instruction{
		{Name: "FMul", NoContraction: true, Where: "kernel.comp:12"},
		{Name: "FAdd", NoContraction: true, Where: "kernel.comp:13"},
		{Name: "FSub", Where: "kernel.comp:14"},
		{Name: "FMul", Where: "kernel.comp:17"},
	}
	if diff := cmp.Diff(arithmetic, m.Arithmetic); diff != "" {
		t.Errorf("arithmetic (-want +got):\n%s", diff)
	}
	extended := []Instruction{
		{Name: "Floor", Where: "kernel.comp:15"},
		{Name: "FindILsb", Where: "kernel.comp:16"},
	}
	if diff := cmp.Diff(extended, m.Extended); diff != "" {
		t.Errorf("extended instructions (-want +got):\n%s", diff)
	}
}

// TestEveryFloatOperation compiles an expression of each kind and checks the instruction
// that it becomes, without optimization, so that none is replaced.
func TestEveryFloatOperation(t *testing.T) {
	const frame = `#version 450
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_EXT_shader_atomic_float : require
layout(local_size_x = 64) in;
layout(binding = 0) buffer Values { float x; float y; float z; vec4 v; vec4 w; mat4 m; };
void main() { EXPRESSION; }
`
	for expression, want := range map[string]string{
		"x = -y": "FNegate", "x = y + z": "FAdd", "x = y - z": "FSub", "x = y * z": "FMul", "x = y / z": "FDiv",
		"x = mod(y, z)": "FMod", "v = w * x": "VectorTimesScalar", "m = m * x": "MatrixTimesScalar",
		"v = w * m": "VectorTimesMatrix", "v = m * w": "MatrixTimesVector", "m = m * m": "MatrixTimesMatrix",
		"m = outerProduct(v, w)": "OuterProduct", "x = dot(v, w)": "Dot",
		"x = subgroupAdd(y)": "GroupNonUniformFAdd", "x = subgroupMul(y)": "GroupNonUniformFMul",
		"x = subgroupMin(y)": "GroupNonUniformFMin", "x = subgroupMax(y)": "GroupNonUniformFMax",
		"atomicAdd(x, y)": "AtomicFAddEXT",
		"x = exp(y)":      "Exp", "x = log(y)": "Log", "x = sqrt(y)": "Sqrt", "x = fma(y, z, x)": "Fma", "x = floor(y)": "Floor",
		"x = mix(y, z, x)": "FMix", "x = inversesqrt(y)": "InverseSqrt", "x = min(y, z)": "FMin", "x = max(y, z)": "FMax",
		"x = clamp(x, y, z)": "FClamp", "x = pow(y, z)": "Pow", "x = sin(y)": "Sin", "x = abs(y)": "FAbs",
	} {
		t.Run(want, func(t *testing.T) {
			m := parse(t, strings.Replace(frame, "EXPRESSION", expression, 1), "-O0")
			found := append(m.Arithmetic, m.Extended...)
			if len(found) != 1 || found[0].Name != want || found[0].Where != "kernel.comp:6" {
				t.Errorf("%s: found %+v, want one %s at kernel.comp:6", expression, found, want)
			}
			if size := [3]Dimension{{Size: 64}, {Size: 1}, {Size: 1}}; m.LocalSize != size {
				t.Errorf("local size %+v, want %+v", m.LocalSize, size)
			}
		})
	}
}

// TestIntegerAtomicsAreNotArithmetic keeps the lists to floats.
func TestIntegerAtomicsAreNotArithmetic(t *testing.T) {
	m := parse(t, `#version 450
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x = 1) in;
layout(binding = 0) buffer Counts { uint a; uint b; };
void main() { atomicAdd(a, subgroupAdd(b) * 3u); }
`)
	if len(m.Arithmetic) != 0 {
		t.Errorf("found %+v in an integer kernel, want none", m.Arithmetic)
	}
}

func TestParseRejectsWhatIsNoModule(t *testing.T) {
	whole := compile(t, kernel)
	changed := func(change func([]byte)) []byte {
		code := append([]byte(nil), whole...)
		change(code)
		return code
	}
	for name, code := range map[string][]byte{
		"nothing":       nil,
		"half a word":   whole[:len(whole)-2],
		"header alone":  whole[:20],
		"other magic":   changed(func(c []byte) { c[0]++ }),
		"length zero":   changed(func(c []byte) { binary.LittleEndian.PutUint32(c[20:], 17) }),
		"length beyond": changed(func(c []byte) { binary.LittleEndian.PutUint32(c[20:], 0xffff<<16|17) }),
		"cut short":     append(append([]byte(nil), whole[:20]...), byte(opVariable), 0, 1, 0),
	} {
		if _, err := Parse(code); err == nil || !strings.HasPrefix(err.Error(), "spirv: ") {
			t.Errorf("%s: error %v, want one of this package", name, err)
		}
	}
}

// TestParseSurvivesDamage feeds in modules with single changed words: an error or a wrong
// answer is fine, a panic is not.
func TestParseSurvivesDamage(t *testing.T) {
	whole := compile(t, kernel)
	for at := 20; at < len(whole); at += 4 {
		for _, word := range []uint32{0, 1, 0x0003001e, 0xffffffff} {
			code := append([]byte(nil), whole...)
			binary.LittleEndian.PutUint32(code[at:], word)
			_, _ = Parse(code)
		}
	}
}
