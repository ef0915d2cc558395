package tests

import (
	"fmt"
	"testing"

	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/kernels"
)

// readoutCase is the size of a readout.
type readoutCase struct{ inputs, classes, samples, steps, delay int }

func (c readoutCase) String() string {
	return fmt.Sprintf("inputs=%d,classes=%d,samples=%d,steps=%d,delay=%d", c.inputs, c.classes, c.samples, c.steps, c.delay)
}

// The last one has more lanes than a workgroup.
var readoutCases = []readoutCase{
	{1, 1, 1, 1, 0}, {31, 2, 3, 33, 1}, {32, 10, 17, 70, 1}, {33, 20, 9, 33, 32}, {257, 33, 20, 33, 2},
}

func TestReadoutForward(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		var forms [2]*kernels.ReadoutForward // without and with biases
		for form := range forms {
			k, err := kernels.NewReadoutForward(device, kernels.ReadoutForwardChoice{Bias: form == 1})
			if err != nil {
				t.Fatal(err)
			}
			forms[form] = k
		}
		for i, c := range readoutCases {
			t.Run(c.String(), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				rows := c.samples * c.steps
				a := cpuref.ReadoutForwardArguments[float32]{
					Readout: make([]float32, rows*cpuref.Stride(c.classes)),
					Events:  s.events(rows, c.inputs, 0.1), Weights: s.rows(c.inputs, c.classes, -0.3, 0.3, 0.1),
					Steps: c.steps, Classes: c.classes, Delay: c.delay,
					DecayMembrane: 0.97, DriveMembrane: 0.03, DecaySynapse: 0.9, Initial: -0.001,
					Scale: []float32{0, 1.25, 10. / 7}[i%3],
				}
				if i%2 == 1 {
					a.Bias = s.rows(1, c.classes, -0.1, 0.1, 0)
				}
				cpuref.ReadoutForward(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
				b := kernels.ReadoutForwardBuffers{
					Readout: garbage(r, "readout", len(a.Readout)),
					Rows:    array(r, "rows", flat(a.Events.Rows)), Index: array(r, "index", a.Events.Index),
					Weights: array(r, "weights", a.Weights), Bias: onlyIf(a.Bias != nil, array(r, "bias", a.Bias)),
				}
				r.run(func(stream *gpu.Stream) error {
					return forms[i%2].Record(stream, b, kernels.ReadoutForwardParameters{
						Samples: uint32(c.samples), Steps: uint32(c.steps), Classes: uint32(c.classes), Delay: uint32(c.delay),
						DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse, Initial: a.Initial, Scale: a.Scale,
					})
				})
				same(r, "readout", b.Readout, a.Readout)
			})
		}
	})
}

func TestReadoutBackward(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		k, err := kernels.NewReadoutBackward(device)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range readoutCases {
			t.Run(c.String(), func(t *testing.T) {
				r, s := rig{t, device}, &source{seed: uint32(i)}
				before := s.rows(c.samples*c.steps, c.classes, -1, 1, 0.4)
				a := cpuref.ReadoutBackwardArguments[float32]{
					Error: append([]float32(nil), before...), Steps: c.steps, Classes: c.classes,
					DecayMembrane: 0.97, DriveMembrane: 0.03, DecaySynapse: 0.9,
				}
				cpuref.ReadoutBackward(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
				b := kernels.ReadoutBackwardBuffers{Error: array(r, "error", before)}
				r.run(func(stream *gpu.Stream) error {
					return k.Record(stream, b, kernels.ReadoutBackwardParameters{
						Samples: uint32(c.samples), Steps: uint32(c.steps), Classes: uint32(c.classes),
						DecayMembrane: a.DecayMembrane, DriveMembrane: a.DriveMembrane, DecaySynapse: a.DecaySynapse,
					})
				})
				same(r, "error", b.Error, a.Error)
			})
		}
	})
}

func TestCrossEntropy(t *testing.T) {
	eachDevice(t, func(t *testing.T, device *gpu.Device) {
		for kind := cpuref.LossMaxOverTime; kind <= cpuref.LossCounts; kind++ {
			for i, choice := range []kernels.CrossEntropyChoice{{}, {WriteError: true}, {WriteError: true, Lanes: 5, Samples: 3}, {WriteError: true, Lanes: 48, Samples: 2}} {
				if i == 2 && kind%2 == 0 {
					choice.WriteError = false
				}
				choice.Kind = uint32(kind)
				k, err := kernels.NewCrossEntropy(device, choice)
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range readoutCases {
					t.Run(fmt.Sprintf("loss=%d,error=%v,lanes=%d·%d,%v", kind, choice.WriteError, choice.Lanes, choice.Samples, c), func(t *testing.T) {
						checkCrossEntropy(rig{t, device}, k, kind, choice.WriteError, c, uint32(i))
					})
				}
			}
		}
	})
}

func checkCrossEntropy(r rig, k *kernels.CrossEntropy, kind cpuref.Loss, write bool, c readoutCase, seed uint32) {
	s := &source{seed: seed}
	stride, rows := cpuref.Stride(c.classes), c.samples*c.steps
	counting := kind == cpuref.LossCounts
	a := cpuref.CrossEntropyArguments[float32]{
		Loss: make([]float32, c.samples), Predicted: make([]uint32, c.samples), Logits: make([]float32, c.samples*stride),
		Labels: make([]uint32, c.samples), Steps: c.steps, Classes: c.classes, Kind: kind,
	}
	for b := range a.Labels {
		a.Labels[b] = s.word() % uint32(c.classes)
	}
	var readout, counts, errors, spikeErrors gpu.Binding
	if counting {
		a.Counts = make([]uint32, c.samples*stride)
		for b := range c.samples {
			for n := range c.classes {
				a.Counts[b*stride+n] = s.word() % 5 // small, for equal logits
			}
		}
		counts = array(r, "counts", a.Counts)
		if write {
			a.SpikeError = make([]float32, c.samples*stride)
			spikeErrors = garbage(r, "spike error", len(a.SpikeError))
		}
	} else {
		a.Readout = s.rows(rows, c.classes, -4, 4, 0.3)
		for i := range a.Readout {
			if i/(c.steps*stride)%2 == 1 {
				a.Readout[i] = float32(int(a.Readout[i])) // every second sample: equal potentials and logits
			}
		}
		readout = array(r, "readout", a.Readout)
		if write {
			a.Error = make([]float32, rows*stride)
			errors = garbage(r, "error", len(a.Error))
		}
	}
	cpuref.CrossEntropy(&a, &cpuref.Workspace[float32]{}, 0, c.samples)
	b := kernels.CrossEntropyBuffers{
		Loss: garbage(r, "loss", c.samples), Predicted: garbage(r, "predicted", c.samples), Logits: garbage(r, "logits", len(a.Logits)),
		Error: errors, SpikeError: spikeErrors, Readout: readout, Counts: counts, Labels: array(r, "labels", a.Labels),
	}
	r.run(func(stream *gpu.Stream) error {
		return k.Record(stream, b, kernels.CrossEntropyParameters{Samples: uint32(c.samples), Steps: uint32(c.steps), Classes: uint32(c.classes)})
	})
	same(r, "loss", b.Loss, a.Loss)
	same(r, "predicted", b.Predicted, a.Predicted)
	same(r, "logits", b.Logits, a.Logits)
	if a.Error != nil {
		same(r, "error", b.Error, a.Error)
	}
	if a.SpikeError != nil {
		same(r, "spike error", b.SpikeError, a.SpikeError)
	}
}
