package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoPictureNoFailure: a run whose pictures cannot be written still finishes, with a
// warning.
func TestNoPictureNoFailure(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	w := &watcher{}
	w.onBatch = func(batches int, _ Progress) {
		if batches == 1 { // folders are where the pictures should go
			for _, name := range []string{"raster.png", "learning-curves.svg"} {
				if err := os.MkdirAll(filepath.Join(folder, name, "full"), 0o755); err != nil {
					t.Error(err)
				}
			}
		}
	}
	summary, err := Run(context.Background(), tiny(t), Options{Folder: folder, Observer: w})
	if err != nil {
		t.Fatal(err)
	}
	if saved, err := ReadSummary(folder); err != nil || saved == nil || saved.WeightsSHA256 != summary.WeightsSHA256 {
		t.Errorf("summary.json: %+v, %v", saved, err)
	}
	if len(w.warnings) != 2 || !strings.Contains(w.warnings[0], "learning-curves") || !strings.Contains(w.warnings[1], "raster") {
		t.Errorf("warnings %q", w.warnings)
	}
}

// TestDeepNetwork: a run of a network with many layers finishes with its pictures.
func TestDeepNetwork(t *testing.T) {
	config := tiny(t)
	for len(config.Network.Layers) < 30 {
		config.Network.Layers = append(config.Network.Layers, config.Network.Layers[1])
	}
	config.Training.Epochs = 1
	w := &watcher{}
	_, folder := drawn(t, config, Options{Observer: w})
	if _, err := os.Stat(filepath.Join(folder, "raster.png")); err != nil || len(w.warnings) > 0 {
		t.Errorf("30 layers: %v, warnings %s", err, fmt.Sprint(w.warnings))
	}
}
