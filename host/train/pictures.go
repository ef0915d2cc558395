package train

import (
	"fmt"

	"spikegrad/cpuref"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/figure"
	"spikegrad/host/network"
)

// savePicture writes a picture in both formats. One that cannot be drawn is no reason to abort a
// run.
func (r *run) savePicture(name string, drawing figure.Drawing) {
	if err := figure.SaveBoth(r.options.Folder, name, drawing); err != nil {
		r.observer.OnWarning(fmt.Sprintf("the picture %s could not be drawn: %v", name, err))
	}
}

// drawCurves draws loss and accuracy of all epochs.
func (r *run) drawCurves() {
	if r.options.NoPictures {
		return
	}
	curve := Curve(r.config.Data.Name, r.progress.History)
	title := fmt.Sprintf("%s, seed %d", r.config.Data.Name, r.config.Seed)
	r.savePicture("learning-curves", figure.Curves{Title: title, Runs: []figure.Run{curve}})
}

// Curve returns the learning curve of a training, for pictures.
func Curve(name string, epochs []Epoch) figure.Run {
	curve := figure.Run{Name: name}
	for _, e := range epochs {
		curve.TrainLoss.Middle = append(curve.TrainLoss.Middle, e.TrainLoss)
		curve.TrainAccuracy.Middle = append(curve.TrainAccuracy.Middle, e.TrainAccuracy)
		if e.ValidationLoss != nil {
			curve.ValidationLoss.Middle = append(curve.ValidationLoss.Middle, *e.ValidationLoss)
			curve.ValidationAccuracy.Middle = append(curve.ValidationAccuracy.Middle, *e.ValidationAccuracy)
		}
	}
	return curve
}

// drawRaster draws the activity of the trained network for the first test sample, as frames, too,
// where there are rows and columns.
func (r *run) drawRaster() error {
	if r.options.NoPictures {
		return nil
	}
	drawing, err := SampleRaster(engine.Local(r.engine), r.network, r.split.Test, 0)
	if err != nil {
		return err
	}
	r.savePicture("raster", drawing)
	if frames, ok := drawing.Frames(); ok {
		r.savePicture("frames", frames)
	}
	return nil
}

// SampleRaster runs one sample of a source through an engine's network, with the same noise as in
// [Evaluate], and returns a raster of all spikes and the readout.
func SampleRaster(e engine.Engine, n *network.Network, source data.Source, sample int) (figure.Raster, error) {
	var batch engine.Batch
	if err := data.Fill(&batch, source, []int{sample}, []uint32{uint32(sample)}); err != nil {
		return figure.Raster{}, err
	}
	record := engine.NewRecord[float32](n, 1)
	if _, err := e.Evaluate(&batch, cpuref.StreamEvaluation, record); err != nil {
		return figure.Raster{}, err
	}
	drawing := figure.Raster{
		Sample: fmt.Sprintf("test sample %d", sample), StepMS: 1000 * n.StepLength, Steps: n.Steps,
		Classes: source.ClassNames(), True: int(batch.Labels[0]), Predicted: int(record.Predicted[0]),
	}
	input := figure.SpikeLayer{Name: "input", Unit: "channel", Neurons: n.Inputs}
	if shape := source.Shape(); shape != (data.Shape{}) {
		input.Shape = []int{shape.Channels, shape.Height, shape.Width}
	} else if len(n.InputShape) > 0 {
		input.Shape = n.InputShape
	}
	for step, row := range batch.Rows {
		for _, channel := range batch.Index[row[0]:row[1]] {
			input.Spikes = append(input.Spikes, figure.Spike{Step: step, Neuron: int(channel)})
		}
	}
	drawing.Layers = append(drawing.Layers, input)
	for l := range n.Layers {
		layer := figure.SpikeLayer{Name: fmt.Sprintf("layer %d", l), Neurons: n.Layers[l].Neurons}
		if g := n.Geometry(l); n.Layers[l].Kind == "conv2d" {
			layer.Shape = []int{g.Filters, g.Plane.Height, g.Plane.Width}
		}
		for step := range n.Steps {
			for neuron := range layer.Neurons {
				if record.Spiked(n, l, 0, step, neuron) {
					layer.Spikes = append(layer.Spikes, figure.Spike{Step: step, Neuron: neuron})
				}
			}
		}
		if n.Layers[l].HandsPotential() {
			layer.Potentials = traces(record.Membrane[l], layer.Neurons, n.Steps)
		}
		drawing.Layers = append(drawing.Layers, layer)
	}
	if !n.Spiking() {
		drawing.Readout = traces(record.Readout, n.Classes, n.Steps)
	}
	return drawing, nil
}

// traces returns the membranes of neurons, [neuron][step], from an array [step][neuron].
func traces(membranes []float32, neurons, steps int) [][]float64 {
	all := make([][]float64, neurons)
	for k := range all {
		all[k] = make([]float64, steps)
		for step := range steps {
			all[k][step] = float64(membranes[step*neurons+k])
		}
	}
	return all
}
