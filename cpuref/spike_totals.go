package cpuref

// SpikeTotals adds up the spikes of a layer: totals[sample] = Σ counts, [sample][stride],
// for samples first ≤ sample < last. Twin: shaders/spike_totals.comp.
func SpikeTotals(totals, counts []uint32, neurons, first, last int) {
	stride := Stride(neurons)
	for b := first; b < last; b++ {
		totals[b] = 0
		for _, count := range counts[b*stride:][:neurons] {
			totals[b] += count
		}
	}
}
