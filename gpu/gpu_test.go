//go:build cgo

package gpu

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

//go:embed testdata/scale_add.spv
var scaleAddCode []byte

// scaleAddSpec is the kernel result[i] = factor·operand[i] + addend over uint32.
func scaleAddSpec(workgroup, factor uint32) PipelineSpec {
	return PipelineSpec{
		Name:           "scale_add",
		SPIRV:          scaleAddCode,
		Specialization: []uint32{workgroup, factor},
	}
}

// onEveryDevice runs a test on all Vulkan devices found, with mapped and with staged memory, and fails it if the
// validation layer reports anything. It fails on a machine without a driver.
func onEveryDevice(t *testing.T, options Options, test func(t *testing.T, d *Device)) {
	t.Helper()
	infos, err := Enumerate()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		for _, stage := range []bool{false, true} {
			if stage && !info.UnifiedMemory {
				continue // staged anyway
			}
			t.Run(fmt.Sprintf("%s/staged=%v", info.Driver, stage || !info.UnifiedMemory), func(t *testing.T) {
				options := options
				options.Validation = true
				options.StageAlways = stage
				d, err := Open(info.Index, options)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := d.Close(); err != nil {
						t.Error(err)
					}
					for _, message := range d.Messages() {
						t.Errorf("validation: %s", message)
					}
				})
				test(t, d)
			})
		}
	}
}

// must returns a value or fails the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails the test unless the error is of the given kind and its text contains these parts.
func refused(t *testing.T, err, kind error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("error %q is not %q", err, kind)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func words(values ...uint32) []byte {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, v)
	}
	return raw
}

func upload(t *testing.T, b *Buffer, values []uint32) {
	t.Helper()
	succeed(t, b.Upload(0, words(values...)))
}

func download(t *testing.T, b *Buffer) []uint32 {
	t.Helper()
	raw := make([]byte, b.Bytes())
	succeed(t, b.Download(raw, 0))
	values := make([]uint32, len(raw)/4)
	for i := range values {
		values[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return values
}

// scaleAdd records result = factor·operand + addend over whole buffers, with 32 invocations per workgroup.
func scaleAdd(t *testing.T, s *Stream, p *Pipeline, result, operand *Buffer, addend uint32) {
	t.Helper()
	count := uint32(result.Bytes() / 4)
	succeed(t, s.Dispatch(p,
		[]Binding{{Buffer: result, Access: Write}, {Buffer: operand, Access: Read}},
		words(count, addend), [3]uint32{(count + 31) / 32, 1, 1}))
}
