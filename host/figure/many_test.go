package figure

import (
	"fmt"
	"testing"
)

// TestManyLayers: a raster can have any number of layers; if there are many, the first and
// the last are drawn.
func TestManyLayers(t *testing.T) {
	for _, layers := range []int{1, 23, 24, 25, 60, 1000} {
		f := Raster{Sample: "sample", StepMS: 1, Steps: 3}
		for l := range layers {
			f.Layers = append(f.Layers, SpikeLayer{Name: fmt.Sprint(l), Neurons: 2, Spikes: []Spike{{Step: 1, Neuron: 1}}})
		}
		picture, err := f.Picture()
		if err != nil {
			t.Errorf("%d layers: %v", layers, err)
			continue
		}
		if got, want := len(picture.panels), min(layers, mostPanels); got != want {
			t.Errorf("%d layers: %d panels, want %d", layers, got, want)
		}
		if first, last := picture.panels[0].name, picture.panels[len(picture.panels)-1].name; first != "0" || last != fmt.Sprint(layers-1) {
			t.Errorf("%d layers: shown are %s to %s", layers, first, last)
		}
	}
}

// TestManyClasses: a confusion matrix can have any number of classes, and no sample is
// lost.
func TestManyClasses(t *testing.T) {
	for _, classes := range []int{1, 149, 150, 151, 301, 1000} {
		f := Confusion{Counts: make([][]int, classes)}
		for i := range f.Counts {
			f.Counts[i] = make([]int, classes)
			f.Counts[i][i], f.Counts[i][(i+7)%classes] = 2, 3
		}
		if _, err := f.Picture(); err != nil {
			t.Errorf("%d classes: %v", classes, err)
		}
		grouped, size := f.grouped()
		total := 0
		for _, row := range grouped.Counts {
			total += sum(row)
		}
		want := 5 * classes
		if classes == 1 {
			want = 3
		}
		if total != want || len(grouped.Counts) > mostRanks || (size == 1) != (classes <= mostRanks) {
			t.Errorf("%d classes: %d in a row, %d rows, %d samples of %d", classes, size, len(grouped.Counts), total, want)
		}
	}
}
