package kernels

import "spikegrad/gpu"

// LimitSharesBuffers are the arrays of [LimitShares].
type LimitSharesBuffers struct {
	Shares gpu.Binding // read and written; float32
}

// LimitSharesParameters are the numbers of [LimitShares].
type LimitSharesParameters struct {
	Count uint32
}

// LimitShares clamps learned shares to the range 0 to 1. Definition: cpuref.LimitShares; shader:
// shaders/limit_shares.comp.
type LimitShares struct{ kernel }

// NewLimitShares builds the kernel for a device.
func NewLimitShares(device *gpu.Device) (*LimitShares, error) {
	k, err := newKernel(device, "limit_shares", flatGroup(device, "limit_shares"))
	return &LimitShares{k}, err
}

// Record records one run.
func (k *LimitShares) Record(stream *gpu.Stream, b LimitSharesBuffers, p LimitSharesParameters) error {
	if err := k.positive(size{"count", p.Count}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Count), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{{"shares", b.Shares, gpu.ReadWrite, bytes(uint64(p.Count))}}, p, groups)
}
