//go:build cgo

package gpu

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	vk "github.com/vulkan-go/vulkan"
)

func TestEnumerate(t *testing.T) {
	infos := must[[]DeviceInfo](t)(Enumerate())
	for i, info := range infos {
		t.Logf("%+v", info)
		if info.Index != i || info.Name == "" || info.Driver == "" || info.DriverInfo == "" {
			t.Errorf("device %d: index %d, name %q, driver %q %q", i, info.Index, info.Name, info.Driver, info.DriverInfo)
		}
		// The minimum limits that Vulkan 1.1 guarantees (limits of the specification).
		if info.MaxWorkgroupInvocations < 128 || info.MaxSharedMemory < 16384 || info.MaxPushConstants < 128 ||
			info.MaxStorageRange < 1<<27 || info.MaxAllocation < 1<<30 || info.MaxWorkgroupCount[0] < 65535 ||
			info.MaxStorageBuffers < 4 || info.SubgroupSize < 1 || info.StorageAlignment > 256 || info.DeviceMemory == 0 {
			t.Errorf("device %d: a limit is below Vulkan's minimum", i)
		}
		if info.UUID == [16]byte{} {
			t.Errorf("device %d: no UUID", i)
		}
	}
}

func TestOpenRefusesUnknownIndex(t *testing.T) {
	for _, index := range []int{-1, 1000} {
		_, err := Open(index, Options{})
		refused(t, err, nil, "found")
	}
}

// TestNoDriver runs Enumerate in a process pointed at no driver: the loader reads these variables when it starts.
func TestNoDriver(t *testing.T) {
	if os.Getenv("GPU_TEST_NO_DRIVER") != "" {
		_, err := Enumerate()
		refused(t, err, ErrNoDriver, "apt install mesa-vulkan-drivers")
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestNoDriver$", "-test.v")
	command.Env = append(os.Environ(), "GPU_TEST_NO_DRIVER=1", "VK_DRIVER_FILES=/nonexistent.json", "VK_ICD_FILENAMES=/nonexistent.json")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNoDriver") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestNoValidation hides all layers from a process.
func TestNoValidation(t *testing.T) {
	if os.Getenv("GPU_TEST_NO_VALIDATION") != "" {
		_, err := Open(0, Options{Validation: true})
		refused(t, err, ErrNoValidation, "vulkan-validationlayers", "VK_LAYER_KHRONOS_validation")
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestNoValidation$", "-test.v")
	command.Env = append(os.Environ(), "GPU_TEST_NO_VALIDATION=1", "VK_LAYER_PATH="+t.TempDir())
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNoValidation") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestValidationSpeaks records dependent dispatches without a barrier, bypassing the stream's hazard tracking: the
// layer must notice, or the silence that the other tests demand means nothing.
func TestValidationSpeaks(t *testing.T) {
	infos := must[[]DeviceInfo](t)(Enumerate())
	for _, info := range infos {
		var heard []string
		d := must[*Device](t)(Open(info.Index, Options{Validation: true, OnMessage: func(text string) { heard = append(heard, text) }}))
		a := must[*Buffer](t)(d.NewBuffer("a", 128))
		b := must[*Buffer](t)(d.NewBuffer("b", 128))
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		s := must[*Stream](t)(d.NewStream("racing"))
		for _, pair := range [][]*Buffer{{a, b}, {b, a}} {
			set := must[vk.DescriptorSet](t)(s.sets.get(p, []use{{buffer: pair[0], end: 128}, {buffer: pair[1], end: 128}}))
			s.commands.dispatch(p, set, words(32, 0), [3]uint32{1, 1, 1})
		}
		succeed(t, s.Finish())
		succeed(t, d.Close())
		// Layers name the hazard differently, and may report others before it.
		expected := func(message string) bool {
			return strings.Contains(strings.ReplaceAll(message, "_", "-"), "READ-AFTER-WRITE")
		}
		if len(d.Messages()) != len(heard) || !slices.ContainsFunc(heard, expected) {
			t.Errorf("%s: %d messages heard, %d collected, a read after write expected: %q", info.Name, len(heard), len(d.Messages()), heard)
		}
	}
}

func TestCloseFreesEverythingOnce(t *testing.T) {
	onEveryDevice(t, Options{Profile: true}, func(t *testing.T, d *Device) {
		b := must[*Buffer](t)(d.NewBuffer("left", 1000))
		p := must[*Pipeline](t)(d.NewPipeline(scaleAddSpec(32, 1)))
		s := must[*Stream](t)(d.NewStream("left"))
		other := must[*Buffer](t)(d.NewBuffer("other", 1000))
		scaleAdd(t, s, p, b, other, 0)
		succeed(t, s.Finish())
		succeed(t, s.Submit())
		succeed(t, d.Close())
		succeed(t, d.Close())
		if inUse, _ := d.Memory(); inUse != 0 {
			t.Errorf("%d bytes in use after Close", inUse)
		}
		b.Free()
		s.Free()
		if b.Mapped() != nil {
			t.Error("a freed buffer is still mapped")
		}
		refused(t, b.Upload(0, []byte{1}), nil, "freed")
		refused(t, s.Submit(), nil, "freed")
		_, err := d.NewBuffer("late", 4)
		refused(t, err, nil, "closed")
		_, err = d.NewStream("late")
		refused(t, err, nil, "closed")
		_, err = d.NewPipeline(scaleAddSpec(32, 1))
		refused(t, err, nil, "closed")
	})
}

// TestInstanceIsShared: some drivers refuse a process its thirtieth or so instance, so devices share one unless they
// need their own.
func TestInstanceIsShared(t *testing.T) {
	first := must[*Device](t)(Open(0, Options{}))
	second := must[*Device](t)(Open(0, Options{}))
	own := must[*Device](t)(Open(0, Options{Validation: true}))
	if first.instance != second.instance || first.instance == own.instance {
		t.Error("devices without validation do not share an instance, or one with validation does")
	}
	for _, d := range []*Device{first, second, own} {
		succeed(t, d.Close())
	}
	_, err := Enumerate() // with all devices closed
	succeed(t, err)
}

func TestGroup(t *testing.T) {
	tuning := Tuning{Groups: map[string]uint32{"named": 32, "": 128}}
	if named, other := tuning.Group("named"), tuning.Group("other"); named != 32 || other != 128 {
		t.Errorf("groups of %d and %d lanes, want 32 and 128", named, other)
	}
	if own := new(Device).Tuning().Group("named"); own != 0 {
		t.Errorf("a group of %d lanes without any asked for", own)
	}
}
