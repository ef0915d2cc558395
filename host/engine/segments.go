package engine

import "spikegrad/cpuref"

// segmentBudget is how many bytes of states a worker holds before it cuts the
// samples into segments.
const segmentBudget = 256 << 20

// segmentation is how an engine cuts samples in time. Membranes are held for one segment at a time,
// and recomputed for the backward pass from the states at its beginning; spikes are held for all
// steps, one bit each.
type segmentation struct {
	steps  int // of a sample
	length int // of a segment; steps if there is only one
	halo   int // rows held before (events) or after (errors) the segment
}

// allSteps stands for all steps, for which a readout's errors are held.
const allSteps = -1

// segment is segment s of the cut; the zero Segment if there is only one, or for allSteps.
func (c segmentation) segment(s int) cpuref.Segment {
	if c.count() == 1 || s == allSteps {
		return cpuref.Segment{}
	}
	first := s * c.length
	return cpuref.Segment{First: first, Last: min(first+c.length, c.steps), Origin: first - 1, Rows: c.rows()}
}

// sums is where the sums of segment s from connections apart lie: among the membranes of a layer,
// or in the rows of a readout, which cover all steps.
func (c segmentation) sums(s int, readout bool) cpuref.Segment {
	segment := c.segment(s)
	if readout && c.count() > 1 {
		segment.Origin, segment.Rows = 0, c.steps
	}
	return segment
}

// bounds are the steps of segment s.
func (c segmentation) bounds(s int) (first, last int) {
	return s * c.length, min((s+1)*c.length, c.steps)
}

func (c segmentation) count() int { return (c.steps + c.length - 1) / c.length }

// slots is how many states of a layer are kept: one where each segment begins, and one for the last
// segment and recomputed ones.
func (c segmentation) slots() int { return c.count() + 1 }

// rows is how many rows of membranes and errors a sample has: with segments, also one row before
// the segment and the halo after it.
func (c segmentation) rows() int {
	if c.count() == 1 {
		return c.steps
	}
	return 1 + c.length + c.halo
}

// eventSegment is the range of a layer's events listed for segment s: with segments, also the halo
// before it.
func (c segmentation) eventSegment(s int) cpuref.Segment {
	if c.count() == 1 {
		return cpuref.Segment{}
	}
	first, last := c.bounds(s)
	return cpuref.Segment{First: max(0, first-c.halo), Last: last, Origin: first - c.halo, Rows: c.eventRows()}
}

// eventRows is how many rows of events a sample has, including the halo before the segment.
func (c segmentation) eventRows() int {
	if c.count() == 1 {
		return c.steps
	}
	return c.length + c.halo
}

// heldRow is the row of membranes and errors of the first step of a sample's segment.
func (c segmentation) heldRow(sample int) int {
	if c.count() == 1 {
		return sample * c.steps
	}
	return sample*c.rows() + 1
}

// cut chooses the segments of the CPU engine: as long as asked, or as fits the budget.
func (p *plan[T]) cut() segmentation {
	perStep := 0
	for _, layer := range p.layers {
		perStep += 4 * p.together() * cpuref.Stride(layer.neurons) * 4 // membrane, events, errors
	}
	length := p.options.SegmentSteps
	if length <= 0 {
		length = p.steps
		if p.steps*perStep > segmentBudget {
			length = segmentBudget / perStep
		}
	}
	return p.cutAt(length)
}

// uncut reports whether samples stay whole: learned delays may move spikes over all steps, and
// potentials are summed for all steps at once.
func (p *plan[T]) uncut() bool { return p.network.Delays() || p.network.Potentials() }

// cutAt cuts samples, unless uncut, into segments of whole words of spike trains, of about the
// given number of steps and at least the longest delay.
func (p *plan[T]) cutAt(length int) segmentation {
	halo := 0
	for _, w := range p.weights {
		halo = max(halo, w.delay)
	}
	if p.uncut() {
		length = p.steps
	}
	if length < p.steps {
		length = max(length/32, (halo+31)/32, 1) * 32
	}
	return segmentation{steps: p.steps, length: min(length, p.steps), halo: halo}
}
