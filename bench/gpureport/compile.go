package main

import (
	"fmt"
	"slices"

	"spikegrad/bench"
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
	"spikegrad/kernels"
)

// pipeline is what a network needs compiled.
type pipeline struct {
	kernel, about string // about: shape and layer
	build         func() error
}

// compile builds every pipeline that the shapes need, and returns what the driver reports of each.
// One that equals an earlier one is not built again, and is left out.
func compile(device *gpu.Device, shapes []bench.Shape) ([]compiled, error) {
	var wanted []pipeline
	for i := range shapes {
		wanted = append(wanted, layerPipelines(device, &shapes[i])...)
	}
	var all []compiled
	known := map[*gpu.Pipeline]bool{}
	for _, p := range append(wanted, sharedPipelines(device)...) {
		if err := p.build(); err != nil {
			return nil, err
		}
		for _, built := range device.Pipelines() {
			if known[built] {
				continue
			}
			known[built] = true
			statistics, err := built.Statistics()
			if err != nil {
				return nil, err
			}
			c, err := newCompiled(p.kernel, p.about, statistics)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// layerPipelines are the pipelines that depend on a layer, with the choices of the engine.
func layerPipelines(device *gpu.Device, s *bench.Shape) []pipeline {
	var list []pipeline
	for l := range s.Network.Layers {
		layer := &s.Network.Layers[l]
		neuron := network.NeuronParameters[float32](layer, s.Network.StepLength)
		slots, about := uint32(s.Network.Geometry(l).Slots()), fmt.Sprintf("%s layer %d", s, l)
		list = append(list,
			pipeline{"lif_forward", about, func() error {
				_, err := kernels.NewLIFForward(device, kernels.LIFForwardChoice{
					Neurons: slots, Noise: uint32(neuron.Noise), Reset: uint32(neuron.Reset),
					Recurrent: layer.Recurrent, Convolution: layer.Convolutional(),
					Inputs: inputs(device), Immediate: layer.RecurrentDelay == 0,
				})
				return err
			}},
			pipeline{"lif_backward", about, func() error {
				_, err := kernels.NewLIFBackward(device, kernels.LIFBackwardChoice{
					Neurons: slots, Surrogate: uint32(neuron.Surrogate), Reset: uint32(neuron.Reset),
					Recurrent: layer.Recurrent, Convolution: layer.Convolutional(),
				})
				return err
			}})
	}
	return list
}

// inputs is where layers of one source take their input from.
func inputs(device *gpu.Device) kernels.Inputs {
	if kernels.HasForm(device, kernels.FormSumsApart) {
		return kernels.SumsAlone
	}
	return kernels.EventsAlone
}

// sharedPipelines are those that all networks share: every kernel that does not depend on a
// layer.
func sharedPipelines(device *gpu.Device) []pipeline {
	const about = "all"
	list := []pipeline{
		{"input_sums", "dense", func() error {
			_, err := kernels.NewInputSums(device, kernels.InputSumsChoice{})
			return err
		}},
		{"input_sums", "convolution", func() error {
			_, err := kernels.NewInputSums(device, kernels.InputSumsChoice{Convolution: true})
			return err
		}},
		{"readout_forward", about, func() error {
			_, err := kernels.NewReadoutForward(device, kernels.ReadoutForwardChoice{Inputs: inputs(device)})
			return err
		}},
		{"cross_entropy", about, func() error {
			_, err := kernels.NewCrossEntropy(device, kernels.CrossEntropyChoice{Kind: uint32(cpuref.LossMaxOverTime), WriteError: true})
			return err
		}},
		{"activity", about, func() error {
			_, err := kernels.NewActivity(device, kernels.ActivityChoice{Squared: true})
			return err
		}},
		{"weight_gradient", about, func() error {
			_, err := kernels.NewWeightGradient(device, kernels.WeightGradientChoice{})
			return err
		}},
		{"optimizer", "Adam", func() error {
			_, err := kernels.NewOptimizer(device, kernels.OptimizerChoice{Kind: uint32(cpuref.OptimizerAdam)})
			return err
		}},
	}
	chosen := []string{"lif_forward", "lif_backward"}
	for _, p := range list {
		chosen = append(chosen, p.kernel)
	}
	for _, name := range kernels.Names() {
		if !slices.Contains(chosen, name) {
			list = append(list, pipeline{name, about, func() error { return kernels.Compile(device, name) }})
		}
	}
	return list
}
