package report_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/report"
	"spikegrad/host/train"
)

// Trains a small network and writes a page about the run.
func ExampleWrite() {
	folder, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	config, err := train.Default("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	config.Training.Epochs, config.Network.Layers[0].Neurons, config.Data.Steps = 1, 8, 10
	path := filepath.Join(folder, "first")
	if _, err := train.Run(context.Background(), config, train.Options{Folder: path, NoPictures: true}); err != nil {
		fmt.Println(err)
		return
	}
	run, err := report.Load(context.Background(), path, report.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var page bytes.Buffer
	if err := report.Write(&page, []*report.Run{run}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Name, "is a page without scripts:", !bytes.Contains(page.Bytes(), []byte("<script")))
	// Output: first is a page without scripts: true
}
