package engine

import (
	"spikegrad/cpuref"
	"spikegrad/gpu"
	"spikegrad/host/network"
)

// Need is the memory that a network takes on a device during training, in bytes: the figures that
// engines check before they refuse a network. Input events and copies in transit between devices
// are not included.
type Need struct {
	Weights uint64 // with their transposes and what the optimizer keeps of them
	Batch   uint64 // states, spikes, errors and gradients of a batch
	Samples int    // of the batch on the device at once
	Steps   int    // whose membranes are held at once
	// Room is what is available in total, and BatchRoom for a batch; 0 if unknown.
	Room, BatchRoom uint64
	Limit           string // what sets the room
}

// Need returns what a network takes on the device, not a group, in batches of the given number of
// samples. The error says why the device would refuse it; the rest is then filled in as far as
// known.
func (c *Choice) Need(n *network.Network, options Options, batch int) (Need, error) {
	p, err := newPlan[float32](n, options)
	if err != nil {
		return Need{}, err
	}
	if c.Vulkan {
		return vulkanNeed(p, c.Info, batch)
	}
	return cpuNeed(p, readMemoryLeft("/", AddressLimit()), batch)
}

// unlimited is more bytes than any machine has: control groups report more than this for no limit.
const unlimited = 1 << 60

func cpuNeed(p *plan[float32], left memoryLeft, batch int) (Need, error) {
	workers := workerCount(p.options.Workers)
	states := float64(workers) * p.workerBytes(4)
	gradients := p.gradientBytes(cpuref.Chunks(batch), func(int) int { return 0 })
	need := Need{
		Weights: uint64(p.cpuBytes(0)), Batch: uint64(states + gradients),
		Samples: min(batch, workers*p.together()), Steps: p.cut().length,
	}
	if left.bytes < unlimited {
		need.Room, need.Limit = uint64(max(left.bytes, 0)), left.limit
		need.BatchRoom = need.Room - min(need.Room, need.Weights)
	}
	return need, left.check(p.cpuBytes(workers) + gradients)
}

func vulkanNeed(p *plan[float32], info gpu.DeviceInfo, batch int) (Need, error) {
	e := sizedVulkan(p, info)
	need := Need{Room: info.DeviceMemory, BatchRoom: e.limits.all, Limit: "the memory of the device", Steps: e.cut.length}
	need.Weights, _, _ = e.weightBytes()
	if err := e.checkRounds(); err != nil {
		return need, err
	}
	if err := e.checkWeightBytes(); err != nil {
		return need, err
	}
	samples, err := e.passSamples(batch)
	if err != nil {
		samples = cpuref.ChunkSamples // the minimum
	}
	need.Batch, _, _ = e.fits(samples)
	need.Samples = min(batch, samples)
	if passes := (batch + samples - 1) / samples; passes > 1 {
		for _, w := range p.weights {
			need.Batch += e.sumBytes(w.size, passes)
		}
	}
	return need, err
}
