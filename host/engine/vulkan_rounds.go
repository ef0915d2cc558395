package engine

import (
	"fmt"
	"math/bits"

	"spikegrad/cpuref"
	"spikegrad/gpu"
)

// llvmpipeRounds is how many rounds all loops of a lane together may take on llvmpipe in older
// Mesa, such as 22.3, which then silently ends them. Mesa 25.0 does not.
const (
	llvmpipeRounds   = 65535
	mesaWithoutLimit = 25
)

// roundLimit is the number of loop rounds that a driver allows a lane; 0 for no limit.
func roundLimit(info gpu.DeviceInfo) int {
	major := 0
	if _, err := fmt.Sscanf(info.DriverInfo, "Mesa %d.", &major); info.Driver != "llvmpipe" || err == nil && major >= mesaWithoutLimit {
		return 0
	}
	return llvmpipeRounds
}

// activeShare: kernels that go from spike to spike are assumed to meet one in activeShare neurons
// and channels per step, far more than real networks have.
const activeShare = 4

// rounds is how many rounds the loops of a lane take, as far as segments reduce them.
func (e *Vulkan) rounds() int {
	most, length := 0, e.cut.length
	for l, layer := range e.plan.layers {
		input := &e.plan.weights[layer.input]
		copies := 1 // the most over all sources
		for _, w := range e.plan.weights {
			if w.target == l {
				copies = max(copies, w.copies)
			}
		}
		below, positions, own := layer.inputs*input.copies, 1, 0
		if layer.recurrent >= 0 {
			own = layer.neurons
		}
		back := own
		lines := 0 // of kernels, each found by a search
		if w := input.window; !w.Dense() {
			below, positions, lines = w.Rows(0)*input.copies, w.Positions.Area(), w.Planes*w.Kernel.Height
		}
		if w, _ := e.plan.recurrence(&layer); !w.Dense() {
			own, back = w.Rows(0), 4*w.Blocks()*(1+layer.filters)
			lines += 2 * w.Kernel.Height // two per line, for its first and last word
		}
		forward := 1 + below/activeShare + cpuref.Words(own) + own/activeShare + lines*(1+bits.Len(uint(layer.inputs)))
		backward := 1 + back/4 + 3
		gradient := cpuref.ChunkSamples * positions * copies * (1 + 32/activeShare) / 32
		if layer.bias >= 0 {
			gradient = max(gradient, cpuref.ChunkSamples*positions*(1+32)/32)
		}
		most = max(most, length*forward, length*backward, length*gradient)
	}
	return most
}

// checkRounds refuses losses and pooling that take more rounds than the driver allows; segments do
// not reduce these.
func (e *Vulkan) checkRounds() error {
	classes, rounds := e.plan.classes, e.plan.steps
	switch e.plan.loss {
	case cpuref.LossSumOfSoftmax:
		rounds *= 2 + 6*classes + cpuref.Stride(classes)
	case cpuref.LossMaxOverTime:
		rounds = max(rounds, (rounds/16+2)*2*classes)
	}
	for l, layer := range e.plan.layers {
		if layer.pooling.None() {
			continue
		}
		lanes := layer.neurons / cpuref.Lane // of positions, visited one after another
		if limit := e.limits.rounds; limit > 0 && 3*lanes > limit {
			return fmt.Errorf("its driver ends loops after %d rounds, and pooling layer %d takes %d: use another device or a smaller layer", limit, l, 3*lanes)
		}
	}
	if limit := e.limits.rounds; limit > 0 && rounds > limit {
		return fmt.Errorf("its driver ends loops after %d rounds, and the loss over %d steps of %d classes takes %d: use another device, loss or fewer steps",
			limit, e.plan.steps, classes, rounds)
	}
	return nil
}
