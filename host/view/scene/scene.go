package scene

import (
	"errors"
	"fmt"
	"image"
	"image/color"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// trials is the number of additional trials in which a picked neuron is shown the sample.
const trials = 24

// Subject is what is drawn.
type Subject struct {
	Network *network.Network
	Source  data.Source // of the samples
	Part    string      // what its samples are called: "test"
	Seed    uint32      // of the noise
	// Engine is a trained or training engine on the drawing device, whose weights are used
	// in place; nil: [Scene.SetWeights] hands them over. It must outlive the scene.
	Engine *engine.Vulkan
	// Workers is the number of goroutines of the CPU engine, if there is no Engine; 0 means
	// one per processor.
	Workers int
}

// Neuron is a neuron of a layer.
type Neuron struct{ Layer, Number int }

// Choice is what the user wants to see.
type Choice struct {
	Sample    int
	Trial     int  // 0: the noise of the sample in an evaluation; others are fresh
	OtherMode bool // noise off, or on if the network is trained without
	Weights   int  // number of the weight array
	IsPicked  bool
	Picked    Neuron
	Help      bool
}

// Scene is a picture of a network. It is for one goroutine at a time.
type Scene struct {
	device  *gpu.Device
	subject Subject
	sight   sight
	kernels drawingKernels

	size      image.Point
	blueFirst bool
	sheet     *sheet
	panels    []Panel
	canvas    *gpu.Buffer
	sheetCopy *gpu.Buffer // the sheet as the device sees it

	choice Choice
	shown  *shown
	input  *gpu.Buffer // bits of the sample, [step][word]
	plot   *plotBuffers

	recording *recording // nil before the first picture
}

// drawingKernels are the drawing kernels of the device.
type drawingKernels struct {
	raster *kernels.ViewRaster
	frame  *kernels.ViewFrame
	curves *kernels.ViewCurves
	matrix *kernels.ViewMatrix
	ranges *kernels.ViewRange
	glass  *kernels.ViewGlass
}

// New creates a scene on a device. It has no size yet: see [Scene.Resize].
func New(device *gpu.Device, subject Subject) (*Scene, error) {
	n, source := subject.Network, subject.Source
	if source.Len() == 0 {
		return nil, fmt.Errorf("%s has no %s samples to show: choose another part", source.Name(), subject.Part)
	}
	if source.Channels() != n.Inputs || source.Classes() != n.Classes || source.Steps() != n.Steps {
		return nil, fmt.Errorf("%s has %d channels, %d classes and %d steps, but the network was built for %d, %d and %d",
			source.Name(), source.Channels(), source.Classes(), source.Steps(), n.Inputs, n.Classes, n.Steps)
	}
	s := &Scene{device: device, subject: subject}
	if subject.Engine != nil {
		s.sight = newDeviceSight(n, subject.Engine)
	} else {
		s.sight = newHostSight(device, n, engine.Options{Seed: subject.Seed, Workers: subject.Workers})
	}
	err := s.prepare()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Scene) prepare() error {
	n := s.subject.Network
	var err error
	if s.kernels.raster, err = kernels.NewViewRaster(s.device); err != nil {
		return err
	}
	if s.kernels.frame, err = kernels.NewViewFrame(s.device); err != nil {
		return err
	}
	if s.kernels.curves, err = kernels.NewViewCurves(s.device); err != nil {
		return err
	}
	if s.kernels.matrix, err = kernels.NewViewMatrix(s.device); err != nil {
		return err
	}
	if s.kernels.ranges, err = kernels.NewViewRange(s.device); err != nil {
		return err
	}
	if s.kernels.glass, err = kernels.NewViewGlass(s.device); err != nil {
		return err
	}
	if s.input, err = s.device.NewBuffer("shown input", 4*uint64(n.Steps*cpuref.Words(n.Inputs))); err != nil {
		return err
	}
	s.plot, err = newPlotBuffers(s.device, n)
	return err
}

// SetWeights hands weights over, in the order of [network.Network.Weights]. They must not
// change afterwards. A scene with an engine on its device does not need them.
func (s *Scene) SetWeights(weights [][]float32) error { return s.sight.setWeights(weights) }

// Resize sets the size of the canvas in pixels. Scale is the number of pixels per point for
// text and lines, 1 on a screen of ordinary resolution; blueFirst means that the bytes of a
// pixel are blue, green, red, as some windows require.
func (s *Scene) Resize(width, height int, scale float64, blueFirst bool) error {
	if width < 1 || height < 1 || scale <= 0 {
		return fmt.Errorf("a picture of %d × %d pixels at scale %g was asked for: all must be positive", width, height, scale)
	}
	s.recording.free()
	s.recording = nil
	for _, b := range []*gpu.Buffer{s.canvas, s.sheetCopy} {
		if b != nil {
			b.Free()
		}
	}
	s.size, s.blueFirst = image.Pt(width, height), blueFirst
	s.sheet = newSheet(s.size, scale, blueFirst)
	s.panels = layout(s.subject.Network, s.size, s.sheet.points)
	bytes := 4 * uint64(width) * uint64(height)
	var err error
	if s.canvas, err = s.device.NewBuffer("canvas", bytes); err != nil {
		return err
	}
	s.sheetCopy, err = s.device.NewHostBuffer("sheet", bytes)
	return err
}

// Canvas is the picture: packed pixels, rows from the top. Resize creates a new one.
func (s *Scene) Canvas() *gpu.Buffer { return s.canvas }

// Panels are the parts of the picture that show data.
func (s *Scene) Panels() []Panel { return s.panels }

// At returns the neuron whose raster row is at a point of the canvas.
func (s *Scene) At(x, y int) (neuron Neuron, ok bool) {
	for _, p := range s.panels {
		if p.Kind == Layer && (image.Point{X: x, Y: y}).In(p.Area) {
			return Neuron{p.Layer, p.row(y)}, true
		}
	}
	return Neuron{}, false
}

// Picture copies the canvas.
func (s *Scene) Picture() (*image.NRGBA, error) {
	picture := image.NewNRGBA(image.Rectangle{Max: s.size})
	if err := s.canvas.Download(picture.Pix, 0); err != nil {
		return nil, err
	}
	for i := 0; i < len(picture.Pix); i += 4 {
		if s.blueFirst {
			picture.Pix[i], picture.Pix[i+2] = picture.Pix[i+2], picture.Pix[i]
		}
		picture.Pix[i+3] = 255
	}
	return picture, nil
}

func (s *Scene) packed(c color.NRGBA) uint32 { return packed(c, s.blueFirst) }

// Close frees all buffers; the device stays open.
func (s *Scene) Close() error {
	s.recording.free()
	s.recording = nil
	for _, b := range append(s.plot.all(), s.canvas, s.sheetCopy, s.input) {
		if b != nil {
			b.Free()
		}
	}
	return s.sight.close()
}
