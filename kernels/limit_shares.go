package kernels

import "spikegrad/gpu"

// LimitShares limits learned shares to 0 to 1. Definition: cpuref.LimitShares; shader:
// shaders/limit_shares.comp.
type LimitShares struct{ kernel }

// NewLimitShares builds the kernel for a device.
func NewLimitShares(device *gpu.Device) (*LimitShares, error) {
	k, err := newKernel(device, "limit_shares", flatGroup(device, "limit_shares"))
	return &LimitShares{k}, err
}

// Record records one run over so many shares.
func (k *LimitShares) Record(stream *gpu.Stream, shares gpu.Binding, count uint32) error {
	if err := k.positive(size{"count", count}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(count), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{{"shares", shares, gpu.ReadWrite, bytes(uint64(count))}}, struct{ Count uint32 }{count}, groups)
}
