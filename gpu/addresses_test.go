//go:build cgo

package gpu

import (
	_ "embed"
	"slices"
	"testing"
)

//go:embed testdata/scale_add_addresses.spv
var scaleAddAddressesCode []byte

// scaleAddAddressesSpec is the kernel result[i] = factor·operand[i] + addend + offset over uint32, by address.
func scaleAddAddressesSpec(workgroup, factor uint32) PipelineSpec {
	spec := scaleAddSpec(workgroup, factor)
	spec.SPIRV, spec.PushBytes, spec.Addresses = scaleAddAddressesCode, 12, true
	return spec
}

// TestAddresses: a kernel reaches parts of buffers by address, and what it does is ordered like what others do to
// their bindings.
func TestAddresses(t *testing.T) {
	found := false
	onEveryDevice(t, Options{}, func(t *testing.T, d *Device) {
		if !d.Info().BufferAddresses {
			_, err := d.NewPipeline(scaleAddAddressesSpec(32, 7))
			refused(t, err, ErrLimit, "addresses", "bind them")
			return
		}
		found = true
		const count, skipped = 100, 64
		values := make([]uint32, skipped+count)
		for i := range values {
			values[i] = uint32(i * i)
		}
		operand := must[*Buffer](t)(d.NewBuffer("operand", 4*(skipped+count)))
		middle := must[*Buffer](t)(d.NewBuffer("middle", 4*(skipped+count)))
		result := must[*Buffer](t)(d.NewBuffer("result", 4*(skipped+count)))
		upload(t, operand, values)
		s := must[*Stream](t)(d.NewStream("by address"))
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddAddressesSpec(32, 7)))
		part := func(b *Buffer, access Access) Binding {
			return Binding{Buffer: b, Offset: 4 * skipped, Bytes: 4 * count, Access: access}
		}
		for _, step := range [][2]*Buffer{{middle, operand}, {result, middle}} {
			succeed(t, s.Dispatch(p, []Binding{part(step[0], Write), part(step[1], Read)}, words(count, 3, 1000), [3]uint32{4, 1, 1}))
		}
		succeed(t, s.Finish())
		succeed(t, s.Run())
		if s.Barriers() != 1 {
			t.Errorf("%d barriers, want 1 between the two dispatches", s.Barriers())
		}
		want := make([]uint32, skipped+count)
		for i := skipped; i < len(want); i++ {
			want[i] = 7*(7*values[i]+1003) + 1003
		}
		if got := download(t, result); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		refused(t, s.Dispatch(p, []Binding{part(middle, Write), part(operand, Read)}, words(count, 3), [3]uint32{4, 1, 1}), nil, "finished")
		spec := scaleAddAddressesSpec(32, 7)
		spec.PushBytes = int(d.Info().MaxPushConstants)
		_, err := d.NewPipeline(spec)
		refused(t, err, ErrLimit, "push constants")
	})
	if !found {
		t.Error("no device has addresses of buffers; run make drivers")
	}
}

// TestPlainLoadsHideAddresses: a device opened for plain loads gives kernels no addresses.
func TestPlainLoadsHideAddresses(t *testing.T) {
	onEveryDevice(t, Options{PlainLoads: true}, func(t *testing.T, d *Device) {
		if d.Info().BufferAddresses || d.Info().QuadOperations {
			t.Errorf("addresses %v, quad operations %v", d.Info().BufferAddresses, d.Info().QuadOperations)
		}
		_, err := d.NewPipeline(scaleAddAddressesSpec(32, 7))
		refused(t, err, ErrLimit, "addresses")
	})
}
