package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"spikegrad/host/train"
)

// Define, train and read a network in a dozen lines.
func Example() {
	folder, err := os.MkdirTemp("", "train")
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
	config.Training.Epochs = 1
	config.Network.Layers[0].Neurons, config.Data.Steps = 32, 25
	summary, err := train.Run(context.Background(), config, train.Options{Folder: filepath.Join(folder, "run"), NoPictures: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Weights, "weights; better than one in two:", *summary.TestAccuracy > 0.5)
	// Output: 3392 weights; better than one in two: true
}
