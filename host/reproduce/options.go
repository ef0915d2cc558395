package reproduce

import (
	"math"
	"path/filepath"

	"spikegrad/host/atomicfile"
	"spikegrad/host/engine"
	"spikegrad/host/figure"
)

// Options are the options that all experiments share.
type Options struct {
	Quick   bool   // a few seconds, at lower precision
	Seed    uint32 // of the noise
	Workers int    // goroutines; 0 stands for one per processor
	// Device runs the parts that are computed in single precision; the zero value is the
	// CPU engine.
	Device engine.Choice
}

// picture is a drawing and its file name without suffix.
type picture struct {
	name    string
	drawing figure.Drawing
}

// save writes the numbers and the pictures of an experiment to a folder.
func save(out, name string, numbers any, pictures ...picture) error {
	if err := atomicfile.Folder(out); err != nil {
		return err
	}
	if err := atomicfile.WriteJSON(filepath.Join(out, name+".json"), numbers); err != nil {
		return err
	}
	for _, p := range pictures {
		if err := figure.Save(filepath.Join(out, p.name+".png"), p.drawing); err != nil {
			return err
		}
	}
	return nil
}

// spaced returns n values from first to last at equal distances.
func spaced(first, last float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		share := float64(i) / float64(n-1)
		list[i] = float64(first*(1-share)) + float64(last*share)
	}
	return list
}

// lowest is the index of the smallest value.
func lowest(list []float64) int {
	best, index := math.Inf(1), 0
	for i, v := range list {
		if v < best {
			best, index = v, i
		}
	}
	return index
}
