package kernels

import "spikegrad/gpu"

// SpikeTotalsBuffers are the arrays of [SpikeTotals].
type SpikeTotalsBuffers struct {
	Totals gpu.Binding // written; [sample] uint32
	Counts gpu.Binding // [sample][stride] uint32
}

// SpikeTotalsParameters are the numbers of [SpikeTotals].
type SpikeTotalsParameters struct {
	Samples uint32
	Neurons uint32
}

// SpikeTotals adds up the spikes of a layer, per sample. Definition: cpuref.SpikeTotals; shader:
// shaders/spike_totals.comp.
type SpikeTotals struct{ kernel }

// NewSpikeTotals builds the kernel for a device.
func NewSpikeTotals(device *gpu.Device) (*SpikeTotals, error) {
	k, err := newKernel(device, "spike_totals", flatGroup(device, "spike_totals"))
	return &SpikeTotals{k}, err
}

// Record records one run over a batch.
func (k *SpikeTotals) Record(stream *gpu.Stream, b SpikeTotalsBuffers, p SpikeTotalsParameters) error {
	if err := k.positive(size{"samples", p.Samples}, size{"neurons", p.Neurons}); err != nil {
		return err
	}
	groups, err := k.flatGrid(uint64(p.Samples), 1)
	if err != nil {
		return err
	}
	return k.record(stream, []argument{
		{"totals", b.Totals, gpu.Write, bytes(uint64(p.Samples))},
		{"counts", b.Counts, gpu.Read, bytes(uint64(p.Samples), stride(p.Neurons))},
	}, p, groups)
}
