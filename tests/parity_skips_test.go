package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// TestInputSums adds up what sources bring, by dense connections and windows over planes, in
// place of what was there and to it, and in one segment of the steps.
func TestInputSums(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for _, convolved := range []bool{false, true} {
			var forms [2]*kernels.InputSums
			for form := range forms {
				k, err := kernels.NewInputSums(device, kernels.InputSumsChoice{Convolution: convolved, Add: form == 1})
				if err != nil {
					t.Fatal(err)
				}
				forms[form] = k
			}
			for i, c := range connectionCases {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				rows, below, filters := c.samples*c.steps, c.below, 0
				a := cpuref.InputSumsArguments[float32]{Steps: c.steps, Neurons: c.neurons, Delay: c.delay}
				if i%2 == 0 {
					a.Scale = 1.25 // after dropout
				}
				if convolved {
					conv := inputCases()[5*i]
					filters, below, a.Neurons, a.Window = conv.filters, conv.numbersBelow(), conv.neurons(), conv.input()
				}
				a.Events = s.events(rows, below, 0.2)
				if unit := filters; convolved {
					a.Weights = s.rows(a.Window.Rows(0), unit, -1, 1, 0.1)
				} else {
					a.Weights = s.rows(below, c.neurons, -1, 1, 0.1)
				}
				if c.steps > 32 && i%2 == 1 {
					a.Segment = cpuref.Segment{First: 32, Last: c.steps, Origin: 30, Rows: 40}
				}
				for form, k := range forms {
					a.Add = form == 1
					a.Sums = s.rows(c.samples*a.Segment.Of(c.steps).Rows, a.Neurons, -1, 1, 0)
					b := kernels.InputSumsBuffers{
						Sums: array(r, "sums", a.Sums), Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index),
						Weights: array(r, "weights", a.Weights), Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
					}
					cpuref.InputSums(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
					r.run(func(stream *gpu.Stream) error {
						return k.Record(stream, b, kernels.InputSumsParameters{
							Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(a.Neurons), Filters: uint32(filters),
							Delay: uint32(c.delay), Window: a.Window, Segment: a.Segment, Scale: a.Scale,
						})
					})
					same(r, fmt.Sprintf("sums of %v, convolved %t, form %d", c, convolved, form), b.Sums, a.Sums)
				}
			}
		}
	})
}

// TestErrorBelowAdds adds errors to those that another layer above left.
func TestErrorBelowAdds(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewErrorBelow(device, kernels.ErrorBelowChoice{Add: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range connectionCases {
			r, s := rig{t, device}, &source{seed: uint32(i)}
			rows := c.samples * c.steps
			a := cpuref.ErrorBelowArguments[float32]{
				Error: s.rows(rows, c.below, -1, 1, 0.3), Above: s.rows(rows, c.neurons, -1, 1, 0.3), Transposed: s.rows(c.neurons, c.below, -1, 1, 0.1),
				Steps: c.steps, Neurons: c.neurons, Below: c.below, Delay: c.delay, Add: true,
			}
			b := kernels.ErrorBelowBuffers{
				Error: array(r, "error", a.Error), Above: array(r, "above", a.Above), Transposed: array(r, "transposed", a.Transposed),
				Geometry: array(r, "geometry", kernels.WindowNumbers(a.Window)),
			}
			cpuref.ErrorBelow(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
			r.run(func(stream *gpu.Stream) error {
				return k.Record(stream, b, kernels.ErrorBelowParameters{
					Samples: uint32(c.samples), Steps: uint32(c.steps), Neurons: uint32(c.neurons), Below: uint32(c.below), Delay: uint32(c.delay),
				})
			})
			same(r, fmt.Sprint("error of ", c), b.Error, a.Error)
		}
	})
}

// TestReadoutSums runs a readout with sums where its potentials go: of other sources, in addition
// to its events, or of all sources.
func TestReadoutSums(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		var forms [2]*kernels.ReadoutForward
		for form := range forms {
			k, err := kernels.NewReadoutForward(device, kernels.ReadoutForwardChoice{Inputs: kernels.EventsAndSums + kernels.Inputs(form)})
			if err != nil {
				t.Fatal(err)
			}
			forms[form] = k
		}
		for i, c := range readoutCases {
			k := forms[i%2]
			r, s := rig{t, device}, &source{seed: uint32(i)}
			rows := c.samples * c.steps
			a := cpuref.ReadoutForwardArguments[float32]{
				Readout: s.rows(rows, c.classes, -1, 1, 0), Events: s.events(rows, c.inputs, 0.1), Weights: s.rows(c.inputs, c.classes, -0.3, 0.3, 0.1),
				Steps: c.steps, Classes: c.classes, Delay: c.delay,
				DecayMembrane: 0.97, DriveMembrane: 0.03, DecaySynapse: 0.9, Initial: -0.001,
			}
			a.Drive = a.Readout
			if k == forms[1] {
				a.Delay = c.steps
			}
			b := kernels.ReadoutForwardBuffers{
				Readout: array(r, "readout", a.Readout), Rows: array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index),
				Weights: array(r, "weights", a.Weights),
			}
			cpuref.ReadoutForward(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
			r.run(func(stream *gpu.Stream) error {
				return k.Record(stream, b, kernels.ReadoutForwardParameters{
					Samples: uint32(c.samples), Steps: uint32(c.steps), Classes: uint32(c.classes), Delay: uint32(c.delay),
					DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse, Initial: a.Initial,
				})
			})
			same(r, "readout", b.Readout, a.Readout)
		}
	})
}
