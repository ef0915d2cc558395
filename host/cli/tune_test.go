package cli

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"spikegrad/bench"
	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
)

func TestTuneRefuses(t *testing.T) {
	wantError(t, call("tune", "--device", "cpu"), exitUsage, "name a Vulkan device")
	wantError(t, call("tune", "--device", "vulkan:0", "--repeat", "0"), exitUsage, "must be at least 1")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	wantError(t, call("tune", "--device", "vulkan:0"), exitFailed, "there is no cache folder")
}

// TestStoredTuning keeps a tuning, and has files that are damaged or ask for what the
// device cannot do: kernels then have the sizes of their own.
func TestStoredTuning(t *testing.T) {
	stored := func(choice engine.Choice) map[string]uint32 { return storedTuning(choice).Groups }
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	choice, err := choose("vulkan:0")
	if err != nil {
		t.Fatalf("%v; make deps installs a software driver", err)
	}
	if groups := stored(choice); groups != nil {
		t.Errorf("groups %v without a file", groups)
	}
	path := tuningFile(choice)
	if err := atomicfile.Folder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	want := map[string]uint32{"lif_forward": 128, "optimizer": 32}
	var wanted = bench.Tuning{}.Tuning
	wanted.Groups, wanted.Forms = want, map[string]bool{"sums_apart": true}
	if err := atomicfile.WriteJSON(path, &bench.Tuning{Tuning: wanted}); err != nil {
		t.Fatal(err)
	}
	if groups := stored(choice); !maps.Equal(groups, want) {
		t.Errorf("groups %v, want %v", groups, want)
	}
	if forms := storedTuning(choice).Forms; !maps.Equal(forms, wanted.Forms) {
		t.Errorf("forms %v, want %v", forms, wanted.Forms)
	}
	updated := choice
	updated.Info.DriverVersion++
	if groups := stored(updated); groups != nil {
		t.Errorf("groups %v of another version of the driver", groups)
	}
	for _, text := range []string{`{"groups": {"lif_forward": 128}`, `{"groups": {"lif_forward": 0}}`, `{"groups": {"lif_forward": 96}}`, `{"groups": {"lif_forward": 1073741824}}`, `{"groups": {"lif_forward": 128}, "forms": {"unknown": true}}`, "[]", ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if groups := stored(choice); groups != nil {
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
