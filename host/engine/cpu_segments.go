package engine

import "spikegrad/cpuref"

// segmentBudget is how many bytes of states a worker holds before it cuts the
// samples into segments.
const segmentBudget = 256 << 20

// segmentation is how a worker cuts samples in time. The membranes of one segment are
// held at a time, computed again for the backward pass from the states at its begin;
// spikes are held for all steps, a bit each.
type segmentation struct {
	steps  int // of a sample
	length int // of a segment; steps if there is only one
	halo   int // rows that are held before (events) or after (errors) the segment
}

// segment is number s of the cut; the zero Segment if there is only one.
func (c segmentation) segment(s int) cpuref.Segment {
	if c.count() == 1 {
		return cpuref.Segment{}
	}
	first := s * c.length
	return cpuref.Segment{First: first, Last: min(first+c.length, c.steps), Origin: first - 1, Rows: c.rows()}
}

// bounds are the steps of segment s.
func (c segmentation) bounds(s int) (first, last int) {
	return s * c.length, min((s+1)*c.length, c.steps)
}

func (c segmentation) count() int { return (c.steps + c.length - 1) / c.length }

// rows is how many rows of membranes and errors a sample has: with segments a row
// before and the halo after it.
func (c segmentation) rows() int {
	if c.count() == 1 {
		return c.steps
	}
	return 1 + c.length + c.halo
}

// eventRows is the same for events, with the halo before the segment.
func (c segmentation) eventRows() int {
	if c.count() == 1 {
		return c.steps
	}
	return c.length + c.halo
}

// cut chooses the segments: as long as asked, or as long as fits the budget.
func (p *plan[T]) cut() segmentation {
	halo, perStep := 0, 0
	for _, layer := range p.layers {
		halo = max(halo, layer.delay)
		if layer.recurrent >= 0 {
			halo = max(halo, layer.recurrentDelay)
		}
		perStep += 4 * cpuref.ChunkSamples * cpuref.Stride(layer.neurons) * 4 // membrane, events, errors
	}
	if p.readout != nil {
		halo = max(halo, p.readout.delay)
	}
	length := p.options.SegmentSteps
	if length <= 0 {
		length = p.steps
		if p.steps*perStep > segmentBudget {
			length = segmentBudget / perStep
		}
	}
	if length < p.steps {
		length = max(length/32, (halo+31)/32, 1) * 32 // whole words of spike trains
	}
	return segmentation{steps: p.steps, length: min(length, p.steps), halo: halo}
}
