package train

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// planeText is a network over rows and columns that does not give their numbers.
const planeText = `
[data]
name = "events"
path = "../data/testdata/camera_classes"
steps = 10
step_length = 0.001
validation = 0.0
test = 0.2
[[network.layer]]
kind = "conv2d"
filters = 3
kernel = 3
stride = 2
padding = 1
recurrent = false
[[network.layer]]
neurons = 6
[training]
epochs = 2
batch = 2
`

// The shape of the input is that of the data.
func TestShapeOfData(t *testing.T) {
	config := decode(t, planeText)
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	split, n, err := Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(n.InputShape, []int{2, 5, 6}) || n.Layers[0].Neurons != 3*3*3 || len(config.Network.InputShape) != 0 {
		t.Errorf("shape %v of %v, %d neurons; the configuration has %v", n.InputShape, split.Train.Shape(), n.Layers[0].Neurons, config.Network.InputShape)
	}
	// Data whose shape is known before they are opened, and networks that use no shape.
	for kind, want := range map[string]string{"conv2d": "[2 17 17]", "conv1d": "[]", "dense": "[]"} {
		config := decode(t, "[data]\nname = \"moving-digits\"\n[data.camera]\ndownsample = 2\n[[network.layer]]\nkind = \""+kind+"\"\n")
		if err := config.Validate(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		n := config.Network
		if err := takeShape(&n, config.Data.Known().Shape, "moving-digits"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if got := fmt.Sprint(n.InputShape); got != want {
			t.Errorf("%s: shape %s, want %s", kind, got, want)
		}
	}
}

// A shape that differs from the data's is rejected, as early as possible; data without one
// need it.
func TestOtherShape(t *testing.T) {
	given := func(text, shape string) Config {
		return decode(t, strings.Replace(text, "[[network.layer]]", "[network]\ninput_shape = "+shape+"\n[[network.layer]]", 1))
	}
	known := strings.NewReplacer(`"events"`, `"moving-digits"`, `path = "../data/testdata/camera_classes"`, "").Replace(planeText)
	flat := strings.NewReplacer(`"events"`, `"randman"`, `path = "../data/testdata/camera_classes"`, "").Replace(planeText)
	for name, test := range map[string]struct {
		config Config
		opened bool // otherwise found before the data are opened
		want   []string
	}{
		"other":       {given(known, "[2, 30, 34]"), false, []string{"network.input_shape = [2 30 34]", "moving-digits", "[2 34 34]", "leave out the key"}},
		"same number": {given(known, "[2, 17, 68]"), false, []string{"network.input_shape = [2 17 68]", "[2 34 34]"}},
		"unknown":     {given(planeText, "[2, 6, 5]"), true, []string{"network.input_shape = [2 6 5]", "events", "[2 5 6]"}},
		"none":        {decode(t, flat), false, []string{`kind = "conv2d" needs network.input_shape`, "20 input channels"}},
		"too large":   {decode(t, strings.Replace(planeText, "kernel = 3", "kernel = 300", 1)), false, []string{"kernel = 300"}},
	} {
		err := test.config.Validate()
		if test.opened && err == nil {
			_, _, err = Prepare(&test.config)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v does not say %q in a line", name, err, want)
			}
		}
	}
	same := given(known, "[2, 34, 34]")
	if err := same.Validate(); err != nil {
		t.Error(err)
	}
}

// A run records the shape it found, and can be resumed with a file that does not give one.
func TestRunKeepsShape(t *testing.T) {
	config := decode(t, planeText)
	config.Training.Epochs = 1
	folder := filepath.Join(t.TempDir(), "run")
	if _, err := Run(context.Background(), config, Options{Folder: folder, NoPictures: true}); err != nil {
		t.Fatal(err)
	}
	kept, model, err := ReadRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(kept.Network.InputShape, []int{2, 5, 6}) {
		t.Errorf("the run has the shape %v", kept.Network.InputShape)
	}
	if _, n, err := Prepare(&kept); err != nil {
		t.Error(err)
	} else if _, err := model.Weights(n); err != nil {
		t.Error(err)
	}
	again := decode(t, planeText)
	resumed, err := Resume(context.Background(), again, Options{Folder: folder, NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Run(context.Background(), again, Options{Folder: folder + "-whole", NoPictures: true})
	if err != nil {
		t.Fatal(err)
	}
	if resumed.WeightsSHA256 != whole.WeightsSHA256 || resumed.ConfigSHA256 != whole.ConfigSHA256 {
		t.Errorf("resumed: weights %s, configuration %s; at once %s, %s", resumed.WeightsSHA256, resumed.ConfigSHA256, whole.WeightsSHA256, whole.ConfigSHA256)
	}
}
