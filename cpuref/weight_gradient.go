package cpuref

import "math/bits"

// WeightGradientArguments are the arrays and sizes of [WeightGradient].
type WeightGradientArguments[T Float] struct {
	Partial []T // written; [input][unit], or as Window says: the partial gradient of one chunk

	Trains []uint32 // [input][copy][sample][word]: the spikes that the weights act on
	Error  []T      // [sample][step][stride]: ∂L/∂h

	Samples, Steps int
	Neurons        int     // per position; in a dense layer, all
	Window         Window  // geometry of the connection
	Copies         int     // trains per input: the most spikes it can have in a step; 0 means 1
	Delay          int     // steps
	Scale          T       // value of a spike, where 0 means 1; see [Dropout]
	First, Last    int     // the samples of the chunk, or some of them
	Before, After  bool    // whether other calls add samples of the chunk to Partial before or after this one
	Segment        Segment // of Error, which holds Delay rows after it; its steps are those of the spikes
	// Samplewise, [sample][input][unit], holds the sums of each sample from segment to segment,
	// which are processed in descending order; nil for whole samples.
	Samplewise []T
}

// WeightGradient sums, for one chunk of samples,
//
//	∂L/∂W[i] = s·Σ_samples Σ_t Σ_positions S_in[t]·∂L/∂h[t+d]     (s: Scale)
//
// Samples are added in ascending order. Each is first summed from zero: words of 32 steps in
// descending order, as a backward pass produces the errors; within a word, ascending positions, for
// each of them ascending copies, and for each of those descending steps. A long sample can
// therefore be processed in segments of whole words. Only spikes cost additions. Rows
// first ≤ i < last of the weights are processed: inputs of a dense layer; elements of the kernel times the unit
// below of a convolution. Twin: shaders/weight_gradient.comp.
func WeightGradient[T Float](a *WeightGradientArguments[T], work *Workspace[T], first, last int) {
	unit, segment := Stride(a.Neurons), a.Segment.Of(a.Steps)
	partial := a.Partial[first*unit : last*unit]
	if segment.Last == a.Steps && !a.Before {
		clear(partial)
	}
	if !a.Window.Dense() {
		work.reached = a.Window.appendReached(work.reached[:0], first, last, max(1, a.Copies))
	}
	for b := a.First; b < a.Last; b++ {
		if a.Window.Dense() {
			a.addDense(b, segment, work, first, last)
			continue
		}
		var sums []T // of the sample, one row for each in Partial
		if a.Samplewise != nil {
			sums = a.Samplewise[b*len(a.Partial):][:len(a.Partial)][first*unit : last*unit]
		} else {
			work.grow(1, len(partial))
			sums = work.rows[0]
		}
		if segment.Last == a.Steps {
			clear(sums)
		}
		a.addWindow(sums, b, segment, work)
		if segment.First == 0 { // otherwise, to be continued
			addRow(partial, sums)
		}
	}
	if segment.First == 0 && !a.After {
		scale(partial, a.Scale)
	}
}

// addDense adds the contribution of a sample to the weights of a dense connection, row by row.
func (a *WeightGradientArguments[T]) addDense(b int, segment Segment, work *Workspace[T], first, last int) {
	unit := Stride(a.Neurons)
	work.grow(1, unit)
	work.growIndex(a.Steps*max(1, a.Copies) + ahead)
	for i := first; i < last; i++ {
		dst := a.Partial[i*unit:][:unit]
		work.index = a.appendRows(work.index[:0], segment, i, b)
		if a.Samplewise == nil {
			if len(work.index) > 0 {
				addSum(dst, work.rows[0], a.Error, work.index)
			}
			continue
		}
		sample := a.Samplewise[b*len(a.Partial)+i*unit:][:unit]
		if segment.Last == a.Steps {
			clear(sample)
		}
		addRows(sample, a.Error, work.index)
		if segment.First == 0 {
			addRow(dst, sample)
		}
	}
}

// appendRows lists the rows of errors that the spikes of one sample contribute to row i of the
// weights of a dense connection, in the order of the sum.
func (a *WeightGradientArguments[T]) appendRows(rows []uint32, segment Segment, i, sample int) []uint32 {
	words, copies := Words(a.Steps), max(1, a.Copies)
	for block := Words(segment.Last) - 1; block >= segment.First/32; block-- {
		at := (i*copies*a.Samples+sample)*words + block
		for range copies {
			rows = appendWord(rows, a.reaching(a.Trains[at], block), segment.row(sample, 32*block+a.Delay), 1)
			at += a.Samples * words
		}
	}
	return rows
}

// addWindow adds the contribution of a sample to the rows of a convolution's weights that
// work.reached lists. All rows are processed for each word of steps and each line of positions,
// while their errors are in the cache.
func (a *WeightGradientArguments[T]) addWindow(sums []T, sample int, segment Segment, work *Workspace[T]) {
	w, copies, unit := &a.Window, max(1, a.Copies), Stride(a.Neurons)
	number := w.Unit * copies // trains per position below
	line := &work.line
	line.errors, line.copies, line.apart = a.Error, copies, w.Stride.Width*number
	for block := Words(segment.Last) - 1; block >= segment.First/32; block-- {
		steps := min(32, segment.Last-32*block, a.Steps-a.Delay-32*block) // with errors
		if steps <= 0 {
			continue
		}
		a.listTrains(line, sample, block)
		row := segment.row(sample, 32*block+a.Delay) * w.Positions.Area()
		for y := range w.Positions.Height {
			at, below := row+y*w.Positions.Width, y*w.Stride.Height*w.Below.Width*number
			fetch(a.Error[at*unit:], steps, w.Positions.Area()*unit, w.Positions.Width*unit)
			for i := range work.reached {
				to := &work.reached[i]
				if y < to.top || y >= to.bottom {
					continue
				}
				line.sum, line.positions = sums[i*unit:][:unit], to.end-to.left
				line.train, line.row = to.train+below, at+to.left
				addLine(line)
			}
		}
	}
}

// reachedBy is the rectangle of positions that a row of a convolution's weights reaches.
type reachedBy struct {
	top, bottom, left, end int
	train                  int // whose spikes reach the leftmost of them in line 0, even if that line is not reached
}

// appendReached appends the rectangles of rows first ≤ i < last.
func (w *Window) appendReached(all []reachedBy, first, last, copies int) []reachedBy {
	for i := first; i < last; i++ {
		element := i / w.Unit % w.Kernel.Area()
		down, right := element/w.Kernel.Width, element%w.Kernel.Width
		var to reachedBy
		to.top, to.bottom = w.vertical().reached(down)
		to.left, to.end = w.horizontal().reached(right)
		row := i/w.Unit/w.Kernel.Area()*w.Below.Height + down - w.Padding.Height
		place := row*w.Below.Width + to.left*w.Stride.Width + right - w.Padding.Width
		to.train = (place*w.Unit + i%w.Unit) * copies
		all = append(all, to)
	}
	return all
}

// listTrains lists the spikes of all trains of a sample in a word of steps.
func (a *WeightGradientArguments[T]) listTrains(l *trainLine[T], sample, block int) {
	w, words := &a.Window, Words(a.Steps)
	count := w.Planes * w.Below.Area() * w.Unit * max(1, a.Copies)
	if len(l.begin) < count+1 {
		l.begin, l.spikes = Apart[uint32](count+1), Apart[uint32](32*count+ahead)
	}
	step := w.Positions.Area() * Stride(a.Neurons)
	spikes := l.spikes[:0]
	for n := range count {
		l.begin[n] = uint32(len(spikes))
		spikes = appendWord(spikes, a.reaching(a.Trains[(n*a.Samples+sample)*words+block], block), 0, step)
	}
	l.begin[count] = uint32(len(spikes))
}

// reaching keeps those spikes of a train's word that arrive before the sample ends.
func (a *WeightGradientArguments[T]) reaching(word uint32, block int) uint32 {
	if left := a.Steps - a.Delay - 32*block; left < 32 {
		word &= 1<<max(left, 0) - 1
	}
	return word
}

// ahead is the minimum number of rows that [appendWord] writes.
const ahead = 4

// appendWord lists the rows of errors for the spikes of a word, from last to first: row for the
// first step of the word, apart from one step to the next. Four are always written, even if there
// are fewer: few words have more, and the processor cannot predict how many a word has. There is
// room for them.
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
