package scene

// mostPoints is the maximum number of points of a learning curve.
const mostPoints = 1024

// History is a learning curve: the loss of every update, or means over groups of
// neighbouring updates that keep it short, and the validation loss of every epoch.
type History struct {
	bucket int       // updates per point
	sums   []float64 // of the points' losses
	counts []int
	first  int // updates made before the first point
	marks  []validation
}

type validation struct {
	update int
	loss   float64
}

// Begin sets how many updates were made before those that are added.
func (h *History) Begin(updates int) { h.first = updates }

// Add adds the loss of an update, or the mean loss of several.
func (h *History) Add(loss float64, updates int) {
	if h.bucket == 0 {
		h.bucket = max(1, updates)
	}
	last := len(h.sums) - 1
	if last >= 0 && h.counts[last]+updates <= h.bucket {
		h.sums[last] += loss * float64(updates)
		h.counts[last] += updates
		return
	}
	if len(h.sums) == mostPoints {
		h.halve()
		h.Add(loss, updates)
		return
	}
	h.sums = append(h.sums, loss*float64(updates))
	h.counts = append(h.counts, updates)
}

// halve merges neighbouring points.
func (h *History) halve() {
	half := (len(h.sums) + 1) / 2
	for i := range half {
		sum, count := h.sums[2*i], h.counts[2*i]
		if 2*i+1 < len(h.sums) {
			sum, count = sum+h.sums[2*i+1], count+h.counts[2*i+1]
		}
		h.sums[i], h.counts[i] = sum, count
	}
	h.sums, h.counts, h.bucket = h.sums[:half], h.counts[:half], 2*h.bucket
}

// Validate adds the validation loss after the given number of updates of the run.
func (h *History) Validate(update int, loss float64) {
	h.marks = append(h.marks, validation{update, loss})
}

// Updates is the number of updates that the points represent.
func (h *History) Updates() int {
	total := 0
	for _, count := range h.counts {
		total += count
	}
	return total
}

// curves returns the training loss and, from point first on, the validation loss at each
// point, interpolated linearly between epochs. If first is the number of points, there is
// no validation loss.
func (h *History) curves() (training, validating []float32, first int) {
	points := len(h.sums)
	validating = make([]float32, points)
	first = points
	update, next := h.first, 0
	for i := range points {
		training = append(training, float32(h.sums[i]/float64(h.counts[i])))
		update += h.counts[i]
		for next < len(h.marks) && h.marks[next].update <= update {
			next++
		}
		if next == 0 {
			continue
		}
		first = min(first, i)
		before := h.marks[next-1]
		value := before.loss
		if next < len(h.marks) {
			after := h.marks[next]
			value += (after.loss - before.loss) * float64(update-before.update) / float64(after.update-before.update)
		}
		validating[i] = float32(value)
	}
	return training, validating, first
}
