package scene

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/gpu/gputest"
	"spikegrad/host/data"
	"spikegrad/host/engine"
	"spikegrad/host/network"
	"spikegrad/host/train"
)

// seed is the seed of all noise here.
const seed = 5

// subjects are networks on the embedded digits: one dense layer with recurrence, and
// convolutions below a dense layer without noise, read out by counting spikes.
func subjects(t *testing.T) map[string]Subject {
	t.Helper()
	found := map[string]Subject{}
	for name, change := range map[string]func(*network.Network){
		"dense": func(*network.Network) {},
		"convolution": func(n *network.Network) {
			dense := n.Layers[0]
			dense.Neurons, dense.Noise.Kind, dense.Surrogate.Kind, dense.Surrogate.Beta = 37, "threshold", "superspike", 10
			conv := n.Layers[0]
			conv.Kind, conv.Neurons, conv.Filters, conv.Kernel, conv.Stride, conv.Padding, conv.RecurrentKernel = "conv1d", 0, 3, 5, 2, 1, 3
			last := dense
			last.Neurons, last.Recurrent = 10, false
			n.Layers = []network.Layer{conv, dense, last}
			n.Readout.Kind, n.Readout.Loss = "spikes", "counts"
		},
	} {
		found[name] = subjectOf(t, change)
	}
	return found
}

// subjectOf is a network on the embedded digits, modified by change.
func subjectOf(t *testing.T, change func(*network.Network)) Subject {
	t.Helper()
	config, err := train.Default("digits")
	if err != nil {
		t.Fatal(err)
	}
	change(&config.Network)
	split, n, err := train.Prepare(&config)
	if err != nil {
		t.Fatal(err)
	}
	return Subject{Network: n, Source: split.Test, Part: "test", Seed: seed}
}

// onEveryDevice runs a test on all Vulkan devices and fails it if the validation layer
// reports anything, or if memory is leaked.
func onEveryDevice(t *testing.T, test func(t *testing.T, device *gpu.Device)) {
	t.Helper()
	for _, info := range gputest.Devices(t) {
		t.Run(info.Driver, func(t *testing.T) {
			device := gputest.Open(t, info.Index)
			before, _ := device.Memory()
			test(t, device)
			if after, _ := device.Memory(); after > before+4<<20 { // the staging buffer stays
				t.Errorf("%d bytes are in use, %d were before: give everything back", after, before)
			}
		})
	}
}

// lively returns weights that make some neurons of every layer spike.
func lively(n *network.Network) [][]float32 {
	weights := n.Initialise(seed)
	for _, array := range weights {
		for i := range array {
			array[i] *= 1.7
		}
	}
	return weights
}

// drawn draws pictures of choices. The network runs in an engine on the device if shared,
// otherwise its weights are handed over.
func drawn(t *testing.T, device *gpu.Device, subject Subject, shared bool, size image.Point, scale float64, blueFirst bool, choices ...Choice) (pictures []*image.NRGBA, panels []Panel) {
	t.Helper()
	weights := lively(subject.Network)
	if shared {
		e, err := engine.OpenVulkanOn(subject.Network, device, engine.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.SetWeights(weights); err != nil {
			t.Fatal(err)
		}
		subject.Engine = e
	}
	s, err := New(device, subject)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	if err := s.Resize(size.X, size.Y, scale, blueFirst); err != nil {
		t.Fatal(err)
	}
	history := &History{}
	for i := range 40 {
		history.Add(2/float64(i+1), 1)
		if i%10 == 9 {
			history.Validate(i+1, 2.5/float64(i+1))
		}
	}
	for _, choice := range choices {
		if err := s.Present(choice); err != nil {
			t.Fatal(err)
		}
		if err := s.Draw(Status{Title: "test", Progress: "update 40", Hint: "H: help", History: history}); err != nil {
			t.Fatal(err)
		}
		picture, err := s.Picture()
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, picture)
	}
	return pictures, s.Panels()
}

// recorded returns what the CPU engine records for trials of a sample.
func recorded(t *testing.T, subject Subject, otherMode bool, sample int, trials ...int) (*network.Network, *engine.Batch, *engine.Record) {
	t.Helper()
	n := subject.Network
	if otherMode {
		n = n.OtherMode()
	}
	var samples []int
	var inputs, noise []uint32
	for _, trial := range trials {
		samples, inputs = append(samples, sample), append(inputs, uint32(sample))
		noise = append(noise, uint32(trial*subject.Source.Len()+sample))
	}
	batch := &engine.Batch{}
	if err := data.Fill(batch, subject.Source, samples, inputs); err != nil {
		t.Fatal(err)
	}
	batch.Numbers = noise
	e, err := engine.NewCPU[float32](n, engine.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(lively(n)); err != nil {
		t.Fatal(err)
	}
	record := engine.NewRecord[float32](n, len(trials))
	if _, err := e.Evaluate(batch, cpuref.StreamEvaluation, record); err != nil {
		t.Fatal(err)
	}
	return n, batch, record
}

// covers reports whether pixel number pixel of pixels shows cell number cell of cells on the same line.
func covers(pixel, pixels, cell, cells int) bool {
	first := pixel * cells / pixels
	return cell == first || cell > first && cell < (pixel+1)*cells/pixels
}

// apart reports whether a pixel is a gap between cells that are wide enough to be
// separated.
func apart(pixel, pixels, cells int) bool {
	return pixels >= 4*cells && (pixel+1)*cells/pixels > pixel*cells/pixels
}

// checkRaster compares every pixel of a panel with the spikes that should be there.
func checkRaster(t *testing.T, what string, picture *image.NRGBA, p Panel, lit color.NRGBA, marked int, spiked func(row, step int) bool) {
	t.Helper()
	width, height := p.Area.Dx(), p.Area.Dy()
	spikes, shows := 0, make([]bool, width*height)
	for row := range p.Rows {
		for step := range p.Steps {
			if !spiked(row, step) {
				continue
			}
			spikes++
			for up := range height {
				for x := 0; x < width && covers(up, height, row, p.Rows); x++ {
					if covers(x, width, step, p.Steps) {
						shows[up*width+x] = true
					}
				}
			}
		}
	}
	if spikes == 0 {
		t.Fatalf("%s: no spike to look for: use other weights or another sample", what)
	}
	wrong := 0
	for y := range height {
		for x := range width {
			up := height - 1 - y
			want := paper
			if covers(up, height, marked, p.Rows) && marked >= 0 {
				want = picked
			}
			if shows[up*width+x] && !apart(x, width, p.Steps) && !apart(up, height, p.Rows) {
				want = lit
			}
			got := picture.NRGBAAt(p.Area.Min.X+x, p.Area.Min.Y+y)
			if got != want {
				if wrong == 0 {
					t.Errorf("%s: pixel %d, %d is %v, the CPU engine says %v", what, x, y, got, want)
				}
				wrong++
			}
		}
	}
	if wrong > 1 {
		t.Errorf("%s: %d of %d pixels differ", what, wrong, width*height)
	}
}

// busiest is the neuron of a layer with the most spikes.
func busiest(n *network.Network, record *engine.Record, layer int) (neuron int) {
	most := 0
	for candidate := range n.Layers[layer].Neurons {
		count := 0
		for step := range n.Steps {
			if record.Spiked(n, layer, 0, step, candidate) {
				count++
			}
		}
		if count > most {
			neuron, most = candidate, count
		}
	}
	return neuron
}

// TestRasters: every pixel of every raster is lit where the CPU engine says that a neuron
// spiked, for networks on the device and for those that are handed over.
func TestRasters(t *testing.T) {
	all := subjects(t)
	onEveryDevice(t, func(t *testing.T, device *gpu.Device) {
		for name, subject := range all {
			for _, shared := range []bool{true, false} {
				choice := Choice{Sample: 3, Trial: 2, OtherMode: name == "convolution", IsPicked: true}
				choice.Picked.Layer = len(subject.Network.Layers) - 1
				n, batch, record := recorded(t, subject, choice.OtherMode, 3, 2)
				choice.Picked.Number = busiest(n, record, choice.Picked.Layer)
				pictures, panels := drawn(t, device, subject, shared, image.Pt(700, 520), 1, shared, choice)
				var numbers []int
				for trial := range trials {
					numbers = append(numbers, trial)
				}
				_, _, again := recorded(t, subject, choice.OtherMode, 3, numbers...)
				rasters := 0
				for _, p := range panels {
					what := fmt.Sprintf("%s, shared %v, panel %+v", name, shared, p)
					switch p.Kind {
					case Input:
						present := map[[2]int]bool{}
						for step, row := range batch.Rows {
							for _, channel := range batch.Index[row[0]:row[1]] {
								present[[2]int{int(channel), step}] = true
							}
						}
						checkRaster(t, what, pictures[0], p, ink, -1, func(row, step int) bool { return present[[2]int{row, step}] })
					case Layer:
						marked := -1
						if p.Layer == choice.Picked.Layer {
							marked = choice.Picked.Number
						}
						checkRaster(t, what, pictures[0], p, spikeColor, marked, func(row, step int) bool { return record.Spiked(n, p.Layer, 0, step, row) })
					case Trials:
						checkRaster(t, what, pictures[0], p, ink, -1, func(row, step int) bool {
							return again.Spiked(n, choice.Picked.Layer, row, step, choice.Picked.Number)
						})
					default:
						continue
					}
					rasters++
				}
				if want := len(n.Layers) + 2; rasters != want {
					t.Errorf("%s: %d rasters were drawn, want %d", name, rasters, want)
				}
			}
		}
	})
}

// TestReadout: the curve of the true class, which is drawn over the others, is where the
// CPU engine says.
func TestReadout(t *testing.T) {
	subject := subjects(t)["dense"]
	n, batch, record := recorded(t, subject, false, 3, 0)
	onEveryDevice(t, func(t *testing.T, device *gpu.Device) {
		pictures, panels := drawn(t, device, subject, true, image.Pt(900, 640), 1, false, Choice{Sample: 3})
		low, high := float32(0), float32(0)
		for _, value := range record.Readout {
			low, high = min(low, value), max(high, value)
		}
		values := newSpan(float64(low), float64(high))
		for _, p := range panels {
			if p.Kind != Readout {
				continue
			}
			at := func(step int) float64 {
				return float64(record.Readout[min(max(step, 0), n.Steps-1)*n.Classes+int(batch.Labels[0])])
			}
			for step := range n.Steps {
				value := at(step)
				x := p.Area.Min.X + int((float64(step)+0.5)*float64(p.Area.Dx())/float64(n.Steps))
				y := p.Area.Max.Y - 1 - int((value-values.low)/(values.high-values.low)*float64(p.Area.Dy()))
				if got := pictures[0].NRGBAAt(x, y); got != trueColor {
					t.Errorf("step %d: pixel %d, %d is %v, the CPU engine puts the curve there (%g)", step, x, y, got, value)
				}
				colored := 0
				for up := p.Area.Min.Y; up < p.Area.Max.Y; up++ {
					if pictures[0].NRGBAAt(x, up) == trueColor {
						colored++
					}
				}
				rise := max(math.Abs(at(step+1)-value), math.Abs(value-at(step-1))) / (values.high - values.low)
				pixels := rise * float64(p.Area.Dy()) * float64(n.Steps) / float64(p.Area.Dx())
				if float64(colored) > pixels+3 { // the curve is 2.4 thick
					t.Errorf("step %d: %d pixels of column %d have the curve's colour, it rises by %.1f there", step, colored, x, pixels)
				}
			}
			return
		}
		t.Error("there is no readout panel")
	})
}

// TestSamePicture: whole pictures are the same on every device, for a network on the device
// and for one that is handed over, and in either order of channels.
func TestSamePicture(t *testing.T) {
	all := subjects(t)
	first := map[string][]*image.NRGBA{}
	onEveryDevice(t, func(t *testing.T, device *gpu.Device) {
		for name, subject := range all {
			choices := []Choice{{}, {Sample: -1, Weights: 2, OtherMode: true}, {Sample: 7, IsPicked: true, Picked: Neuron{0, 20}, Weights: 1}, {Help: true}}
			for _, shared := range []bool{true, false} {
				pictures, _ := drawn(t, device, subject, shared, image.Pt(1000, 700), 1, shared, choices...)
				if first[name] == nil {
					first[name] = pictures
				}
				for i := range pictures {
					if !bytes.Equal(pictures[i].Pix, first[name][i].Pix) {
						t.Errorf("%s, picture %d, shared %v: it differs from the first one", name, i, shared)
					}
					if i > 0 && bytes.Equal(pictures[i].Pix, pictures[i-1].Pix) {
						t.Errorf("%s, picture %d: it is the one before, though another was chosen", name, i)
					}
				}
			}
		}
	})
}

// TestResize: after a change of size or scale, the picture has that size.
func TestResize(t *testing.T) {
	subject := subjects(t)["dense"]
	onEveryDevice(t, func(t *testing.T, device *gpu.Device) {
		s, err := New(device, subject)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.SetWeights(lively(subject.Network)); err != nil {
			t.Fatal(err)
		}
		for _, size := range []struct {
			width, height int
			scale         float64
		}{{700, 520, 1}, {1, 1, 1}, {3840, 2160, 2}, {200, 90, 1}, {700, 520, 1}} {
			if err := s.Resize(size.width, size.height, size.scale, false); err != nil {
				t.Fatal(err)
			}
			if err := s.Present(Choice{IsPicked: true}); err != nil {
				t.Fatal(err)
			}
			if err := s.Draw(Status{History: &History{}}); err != nil {
				t.Fatal(err)
			}
			picture, err := s.Picture()
			if err != nil {
				t.Fatal(err)
			}
			if picture.Rect.Dx() != size.width || picture.Rect.Dy() != size.height {
				t.Errorf("the picture is %v, asked for were %d × %d", picture.Rect, size.width, size.height)
			}
			for _, p := range s.Panels() {
				if !p.Area.In(picture.Rect) {
					t.Errorf("panel %+v is outside %v", p, picture.Rect)
				}
			}
		}
	})
}

// TestAt: a point in a raster is the neuron whose row is there, and no other point is one.
func TestAt(t *testing.T) {
	subject := subjects(t)["dense"]
	s := &Scene{subject: subject, panels: layout(subject.Network, image.Pt(1280, 860), func(points float64) int { return int(points) })}
	for _, p := range s.panels {
		for _, place := range []image.Point{p.Area.Min, p.Area.Max.Sub(image.Pt(1, 1))} {
			neuron, found := s.At(place.X, place.Y)
			if found != (p.Kind == Layer) {
				t.Errorf("%v of panel %+v: found %v", place, p, found)
			}
			want := Neuron{0, 127}
			if place != p.Area.Min {
				want.Number = 0
			}
			if found && neuron != want {
				t.Errorf("%v is %+v, want %+v", place, neuron, want)
			}
		}
	}
	if _, found := s.At(0, 0); found {
		t.Error("there is a neuron in the corner")
	}
}
