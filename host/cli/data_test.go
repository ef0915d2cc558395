package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const recordings = "../data/testdata/small_f4.h5"

func TestDataInspect(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pictures")
	got := call("data", "inspect", recordings, "--out", folder)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
	}
	for _, text := range []string{"700 channels, 3 classes, 350 steps of 0.002 s", "small_f4.h5  4", "1 sample without spikes", "picture: " + filepath.Join(folder, "raster.png")} {
		if !strings.Contains(got.stdout, text) {
			t.Errorf("%q is missing in\n%s", text, got.stdout)
		}
	}
	for _, name := range []string{"raster.png", "rates.png"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() < 1000 {
			t.Errorf("picture %s: %v", name, err)
		}
	}
	got = call("data", "inspect", recordings, "--json", "--steps", "7")
	var found struct {
		Steps int `json:"steps"`
		Parts []struct {
			Samples      int       `json:"samples"`
			ChannelRates []float64 `json:"channel_rates"`
		} `json:"parts"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &found); err != nil {
		t.Fatal(err)
	}
	if found.Steps != 7 || len(found.Parts) != 1 || found.Parts[0].Samples != 4 || len(found.Parts[0].ChannelRates) != 700 {
		t.Errorf("%+v", found)
	}
	if got := call("data", "inspect", "digits"); !strings.Contains(got.stdout, "303 Hz") {
		t.Errorf("digits are not encoded as they are for training:\n%s", got.stdout)
	}
	wantError(t, call("data", "inspect", "nothing"), exitFailed, "not a file, a folder or a dataset")
	wantError(t, call("data", "inspect", recordings, "--samples", "0"), exitUsage, "--samples 0")
}

func TestDataFetch(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	wantError(t, call("data", "fetch", "shd", "--to", t.TempDir(), "--url", server.URL, "--quiet"), exitFailed, "404")
	wantError(t, call("data", "fetch", "nmnist", "--to", t.TempDir(), "--url", server.URL, "--quiet"), exitFailed, "Train.zip", "404")
	wantError(t, call("data", "fetch", "mnist"), exitUsage, "mnist")
	wantError(t, call("data", "fetch", "shd", "--to", t.TempDir(), "--url", "ftp://there"), exitFailed, "https://")
}
