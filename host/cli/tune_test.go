package cli

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"spikegrad/bench"
	"spikegrad/host/atomicfile"
)

func TestTuneRefuses(t *testing.T) {
	wantError(t, call("tune", "--device", "cpu"), exitUsage, "name a Vulkan device")
	wantError(t, call("tune", "--device", "vulkan:0", "--repeat", "0"), exitUsage, "must be at least 1")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	wantError(t, call("tune", "--device", "vulkan:0"), exitFailed, "there is no cache folder")
}

// TestTunedGroups stores a tuning, and tries files that are damaged or ask for more than
// the device can do: kernels then keep their default sizes.
func TestTunedGroups(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	choice, err := choose("vulkan:0")
	if err != nil {
		t.Fatalf("%v; make deps installs a software driver", err)
	}
	if groups := tunedGroups(choice); groups != nil {
		t.Errorf("groups %v without a file", groups)
	}
	path := tuningFile(choice)
	if err := atomicfile.Folder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	want := map[string]uint32{"lif_forward": 128, "optimizer": 32}
	if err := atomicfile.WriteJSON(path, &bench.Tuning{Groups: want}); err != nil {
		t.Fatal(err)
	}
	if groups := tunedGroups(choice); !maps.Equal(groups, want) {
		t.Errorf("groups %v, want %v", groups, want)
	}
	updated := choice
	updated.Info.DriverVersion++
	if groups := tunedGroups(updated); groups != nil {
		t.Errorf("groups %v of another version of the driver", groups)
	}
	for _, text := range []string{`{"groups": {"lif_forward": 128}`, `{"groups": {"lif_forward": 0}}`, `{"groups": {"lif_forward": 96}}`, `{"groups": {"lif_forward": 1073741824}}`, "[]", ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if groups := tunedGroups(choice); groups != nil {
			t.Errorf("groups %v of the file %q", groups, text)
		}
	}
	if got := call("tune", "--device", "vulkan:0", "--forget"); got.code != exitOK {
		t.Errorf("--forget: %+v", got)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	if got := call("tune", "--device", "vulkan:0", "--forget"); got.code != exitOK {
		t.Errorf("--forget without a file: %+v", got)
	}
}
