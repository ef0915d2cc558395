package cpuref

import "math/bits"

// WeightGradientArguments are the arrays and sizes of [WeightGradient].
type WeightGradientArguments[T Float] struct {
	Partial []T // written; [input][unit], or as Window says: the partial gradient of one chunk

	Trains []uint32 // [input][copy][sample][word]: spikes that the weights weigh
	Error  []T      // [sample][step][stride]: ∂L/∂h

	Samples, Steps int
	Neurons        int     // of a position; all of a dense layer
	Window         Window  // geometry of the connection
	Copies         int     // trains of an input, which spikes so often in a step at most; 0: 1
	Delay          int     // steps
	Scale          T       // what spikes count; 0: 1, see [Dropout]
	First, Last    int     // the samples of the chunk
	Segment        Segment // of Error, which holds Delay rows after it; the steps are those of the spikes
	// Samplewise, [sample][input][unit], keeps the sums of each sample from segment
	// to segment, which are done in descending order; nil for whole samples.
	Samplewise []T
}

// WeightGradient sums, for one chunk of samples,
//
//	∂L/∂W[i] = s·Σ_samples Σ_t Σ_positions S_in[t]·∂L/∂h[t+d]     (s: Scale)
//
// Samples are added in ascending order, each summed from zero first: words of 32
// steps descending, as a backward pass produces the errors; in a word positions
// ascending, for a position copies ascending and of those steps descending. So a long sample can be done in
// segments of whole words. Only spikes cost additions. Rows first ≤ i < last of the
// weights are done: inputs of a dense layer, elements of the kernel times the unit
// below of a convolution. Twin: shaders/weight_gradient.comp.
func WeightGradient[T Float](a *WeightGradientArguments[T], work *Workspace[T], first, last int) {
	unit := Stride(a.Neurons)
	work.grow(1, unit)
	sample := work.rows[0]
	segment := a.Segment.Of(a.Steps)
	work.growIndex(a.Steps*max(1, a.Window.Positions.Area())*max(1, a.Copies) + ahead)
	for i := first; i < last; i++ {
		dst := a.Partial[i*unit:][:unit]
		if segment.Last == a.Steps {
			clear(dst)
		}
		for b := a.First; b < a.Last; b++ {
			work.index = a.appendRows(work.index[:0], segment, i, b)
			if a.Samplewise == nil {
				if len(work.index) > 0 {
					addSum(dst, sample, a.Error, work.index)
				}
				continue
			}
			sample = a.Samplewise[(b*a.rows()+i)*unit:][:unit]
			if segment.Last == a.Steps {
				clear(sample)
			}
			addRows(sample, a.Error, work.index)
			if segment.First == 0 { // otherwise to be gone on with
				addRow(dst, sample)
			}
		}
		if segment.First == 0 {
			scale(dst, a.Scale)
		}
	}
}

// rows is how many rows the weights have.
func (a *WeightGradientArguments[T]) rows() int { return len(a.Partial) / Stride(a.Neurons) }

// appendRows lists the rows of errors, a position long, that the spikes of one
// sample bring to row i of the weights, in the order of the sum.
func (a *WeightGradientArguments[T]) appendRows(rows []uint32, segment Segment, i, sample int) []uint32 {
	words, w, copies := Words(a.Steps), &a.Window, max(1, a.Copies)
	first, last := segment.First/32, Words(segment.Last)
	apart := a.Samples * words // from a train of an input to the next
	if w.Dense() {
		for block := last - 1; block >= first; block-- {
			at := i*copies*apart + sample*words + block
			for range copies {
				rows = appendWord(rows, a.reaching(a.Trains[at], block), segment.row(sample, 32*block+a.Delay), 1)
				at += apart
			}
		}
		return rows
	}
	element := i / w.Unit % w.Kernel.Area()
	down, right := element/w.Kernel.Width, element%w.Kernel.Width
	top, bottom := w.vertical().reached(down)
	left, end := w.horizontal().reached(right)
	plane := i / w.Unit / w.Kernel.Area() * w.Below.Height
	number := w.Unit * copies * apart // from a position below to the next in Trains
	step := w.Stride.Width * number   // from a position to the next
	positions := w.Positions.Area()
	for block := last - 1; block >= first; block-- {
		row := segment.row(sample, 32*block+a.Delay) * positions
		for y := top; y < bottom; y++ {
			line := (plane+y*w.Stride.Height-w.Padding.Height+down)*w.Below.Width + left*w.Stride.Width - w.Padding.Width + right
			at := line*number + i%w.Unit*copies*apart + sample*words + block
			for p := y*w.Positions.Width + left; p < y*w.Positions.Width+end; p++ {
				for turn := range copies {
					if word := a.Trains[at+turn*apart]; word != 0 {
						rows = appendWord(rows, a.reaching(word, block), row+p, positions)
					}
				}
				at += step
			}
		}
	}
	return rows
}

// reaching leaves of a word of a train the spikes that arrive before the sample ends.
func (a *WeightGradientArguments[T]) reaching(word uint32, block int) uint32 {
	if left := a.Steps - a.Delay - 32*block; left < 32 {
		word &= 1<<max(left, 0) - 1
	}
	return word
}

// ahead is how many rows [appendWord] writes at least.
const ahead = 4

// appendWord lists, from the last spike of a word to the first, the rows of errors
// that they bring: row for the first step of the word, apart from it to the next. Four
// are written whether there are so many or not: few words have more, and how many a word
// has cannot be foreseen by the processor. There is room for them.
func appendWord(rows []uint32, word uint32, row, apart int) []uint32 {
	begin, count := len(rows), bits.OnesCount32(word)
	next := rows[begin : begin+ahead]
	for i := range next {
		bit := uint32(bits.Len32(word)-1) & 31
		word &^= 1 << bit
		next[i] = uint32(row) + bit*uint32(apart)
	}
	rows = rows[:begin+count]
	for i := ahead; i < count; i++ {
		bit := uint32(bits.Len32(word)-1) & 31
		word &^= 1 << bit
		rows[begin+i] = uint32(row) + bit*uint32(apart)
	}
	return rows
}
