package figure_test

import (
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/figure"
)

// Learning curves of one training run, as a PNG.
func ExampleSave() {
	folder, err := os.MkdirTemp("", "figure")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	curves := figure.Curves{
		Title: "Handwritten digits",
		Runs: []figure.Run{{
			TrainLoss:          figure.Band{Middle: []float64{2.10, 0.90, 0.40, 0.25}},
			ValidationLoss:     figure.Band{Middle: []float64{1.80, 0.95, 0.55, 0.45}},
			TrainAccuracy:      figure.Band{Middle: []float64{0.35, 0.78, 0.91, 0.95}},
			ValidationAccuracy: figure.Band{Middle: []float64{0.42, 0.75, 0.87, 0.90}},
			Test:               []float64{0.91},
		}},
	}
	if err := figure.Save(filepath.Join(folder, "curves.png"), curves); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("saved")
	// Output: saved
}

// A raster reports where its panels lie, so that a page can put links on them.
func ExamplePicture_Panels() {
	raster := figure.Raster{
		Sample: "test sample 17",
		StepMS: 2,
		Steps:  100,
		Layers: []figure.SpikeLayer{
			{Name: "input", Unit: "channel", Neurons: 64, Spikes: []figure.Spike{{Step: 3, Neuron: 10}, {Step: 8, Neuron: 51}}},
			{Name: "hidden 1", Neurons: 128, Spikes: []figure.Spike{{Step: 12, Neuron: 77}}},
		},
	}
	picture, err := raster.Picture()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, panel := range picture.Panels() {
		fmt.Println(panel.Name, panel.Top < panel.Bottom)
	}
	// Output:
	// input true
	// hidden 1 true
}

// The error names the data that cannot be drawn.
func ExampleLines() {
	_, err := figure.Lines{
		YLabel: "relative error",
		LogY:   true,
		Series: []figure.Series{{Name: "single flip", X: []float64{10, 100}, Y: []float64{0.3, 0}}},
	}.Picture()
	fmt.Println(err)
	// Output:
	// figure: series "single flip": y: value 2 is 0, but a logarithmic axis shows only values above 0: use a linear one
}
