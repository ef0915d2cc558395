package scene

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"spikegrad/gpu"
	"spikegrad/host/network"
)

// over blends a colour over another with a weight from 0 to 256.
func over(below, above color.NRGBA, weight int) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*(256-weight) + int(b)*weight) / 256) }
	return color.NRGBA{R: mix(below.R, above.R), G: mix(below.G, above.G), B: mix(below.B, above.B), A: 255}
}

// TestFrames: every pixel of every frame has the colour expected from the CPU engine's
// spikes, for an input of two channels and of one, and for a pooling layer.
func TestFrames(t *testing.T) {
	for _, shape := range [][]int{{2, 4, 8}, {1, 8, 8}} {
		subject := subjectOf(t, func(n *network.Network) {
			n.InputShape = shape
			l := n.Layers[0]
			l.Kind, l.Neurons, l.Filters, l.Kernel, l.KernelHeight, l.Padding, l.Recurrent, l.Pool = "conv2d", 0, 3, 3, 2, 1, false, 2
			n.Layers[0] = l
		})
		n, batch, record := recorded(t, subject, false, 3, 2)
		onEveryDevice(t, func(t *testing.T, device *gpu.Device) {
			for _, shared := range []bool{true, false} {
				pictures, panels := drawn(t, device, subject, shared, image.Pt(900, 700), 1, shared, Choice{Sample: 3, Trial: 2})
				checked := 0
				for _, p := range panels {
					if p.Kind != Frames {
						continue
					}
					for _, f := range frames(n, p.Area, 4) {
						if !f.area.In(p.Area) {
							t.Errorf("a frame at %v of a panel at %v", f.area, p.Area)
						}
						count := func(channel, place int) (found int) {
							neuron := channel*n.Geometry(f.layer).Positions() + place
							for step := f.first; step < f.last; step++ {
								if f.layer >= 0 && record.Spiked(n, f.layer, 0, step, neuron) {
									found++
								}
								if row := batch.Rows[step]; f.layer < 0 {
									for _, event := range batch.Index[row[0]:row[1]] {
										if int(event) == neuron {
											found++
										}
									}
								}
							}
							return found
						}
						checked += checkFrame(t, fmt.Sprintf("shape %v, shared %v, frame %+v", shape, shared, f), pictures[0], n.Geometry(f.layer), f, count)
					}
				}
				if checked < 100 {
					t.Errorf("%d pixels show spikes, which is too few to be true", checked)
				}
			}
		})
	}
}

// checkFrame compares a frame with spike counts, and returns how many pixels show any.
func checkFrame(t *testing.T, what string, picture *image.NRGBA, g network.Geometry, f frame, count func(channel, place int) int) (lit int) {
	t.Helper()
	counts := make([][]int, g.Filters)
	for channel := range counts {
		for place := range g.Positions() {
			counts[channel] = append(counts[channel], count(channel, place))
		}
	}
	strength := func(spikes, channels int) int {
		if spikes == 0 {
			return 0
		}
		return min(256, 64+192*spikes/max(1, channels*(f.last-f.first)/4))
	}
	for y := range f.area.Dy() {
		for x := range f.area.Dx() {
			spikes := make([]int, g.Filters)
			for place := range g.Positions() {
				at := g.Plane.Place(place)
				if covers(y, f.area.Dy(), at.Height, g.Plane.Height) && covers(x, f.area.Dx(), at.Width, g.Plane.Width) {
					for channel := range spikes {
						spikes[channel] += counts[channel][place]
					}
				}
			}
			all := 0
			for _, some := range spikes {
				all += some
			}
			var want color.NRGBA
			switch {
			case f.layer >= 0:
				want = over(paper, spikeColor, strength(all, g.Filters))
			case g.Filters == 1:
				want = over(paper, ink, strength(all, 1))
			default:
				want = over(paper, trueColor, strength(spikes[0], 1))
				weight := strength(spikes[1], 1)
				if spikes[0] > 0 {
					weight /= 2
				}
				want = over(want, spikeColor, weight)
			}
			if all > 0 {
				lit++
			}
			if got := picture.NRGBAAt(f.area.Min.X+x, f.area.Min.Y+y); got != want {
				t.Fatalf("%s: pixel %d, %d is %v, the CPU engine says %v", what, x, y, got, want)
			}
		}
	}
	return lit
}

// TestFramesFit: planes of any shape fit into any panel, and a dense network has none.
func TestFramesFit(t *testing.T) {
	for _, shape := range [][]int{{1, 8, 8}, {1, 2, 32}, {2, 16, 2}} {
		n := subjectOf(t, func(n *network.Network) {
			n.InputShape = shape
			l := n.Layers[0]
			l.Kind, l.Neurons, l.Filters, l.Kernel, l.Recurrent = "conv2d", 0, 3, 2, false
			n.Layers[0] = l
		}).Network
		for size := 1; size < 400; size += 13 {
			area := image.Rect(5, 7, 5+size, 7+400-size)
			for _, f := range frames(n, area, 4) {
				if f.area.Empty() || !f.area.In(area) {
					t.Errorf("shape %v: a frame at %v of a panel at %v", shape, f.area, area)
				}
			}
		}
	}
	if found := planes(subjects(t)["dense"].Network); len(found) > 0 {
		t.Errorf("a dense network has planes: %v", found)
	}
}
