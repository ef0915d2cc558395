package engine

import "time"

const (
	// recovery multiplies, once per batch, the speed of a member that was too slow to get anything,
	// so that it is eventually tried again.
	recovery = 1.05
	// gain is how much sooner a batch must finish with other shares for them to change, if speeds
	// are well known: they vary between batches, and one piece too many costs more.
	gain = 1.05
	// doubt is how much more must be gained if speeds are known from only one batch; 1/n of it with
	// n batches.
	doubt = 0.3
	// remembered is the approximate number of batches over which a speed is averaged.
	remembered = 16
)

// cut is how many pieces of a batch each member did, and of what work.
type cut struct {
	samples, piece, work int
	lengths              []int // [member]
}

// shares cuts samples into pieces of the given size, the last of which may be shorter, and divides
// them among the members by speed; unknown speeds count as the mean of the others.
func (g *Group) shares(samples, piece, work int) []share {
	speeds, total, known, runs := make([]float64, len(g.members)), 0.0, 0, remembered
	for i, m := range g.members {
		runs = min(runs, max(m.runs[work]-1, 1))
		if speeds[i] = m.speed[work]; speeds[i] > 0 {
			total += speeds[i]
			known++
		}
	}
	for i := range speeds {
		if speeds[i] == 0 {
			speeds[i] = 1
			if known > 0 {
				speeds[i] = total / float64(known)
			}
		}
	}
	if g.choose != nil {
		g.choose(speeds)
	}
	lengths := fastest(samples, piece, speeds)
	if last := g.last; last.samples == samples && last.piece == piece && last.work == work && len(last.lengths) == len(lengths) &&
		longest(last.lengths, samples, piece, speeds) < (gain+doubt/float64(runs))*longest(lengths, samples, piece, speeds) {
		lengths = last.lengths
	}
	g.mutex.Lock()
	g.last = cut{samples, piece, work, lengths}
	g.mutex.Unlock()
	for i, length := range lengths {
		if length == 0 {
			g.members[i].speed[work] *= recovery
		}
	}
	return sharesOf(lengths)
}

// sharesOf returns contiguous shares with the given numbers of pieces.
func sharesOf(lengths []int) []share {
	shares, first := make([]share, len(lengths)), 0
	for i, length := range lengths {
		shares[i] = share{first, first + length}
		first += length
	}
	return shares
}

// fastest returns how many pieces each member does so that all finish soonest. The short piece is
// the last one, of the last member that does anything.
func fastest(samples, piece int, speeds []float64) []int {
	count := (samples + piece - 1) / piece
	total, left, lengths := 0.0, count, make([]int, len(speeds))
	for _, speed := range speeds {
		total += speed
	}
	for i, speed := range speeds {
		lengths[i] = min(int(float64(count)*speed/total), left)
		left -= lengths[i]
	}
	for ; left > 0; left-- { // to whoever finishes one more first
		next, soonest := 0, 0.0
		for i := range speeds {
			more := float64((lengths[i] + 1) * piece)
			if i == len(speeds)-1 {
				more -= float64(count*piece - samples)
			}
			if more /= speeds[i]; i == 0 || more < soonest {
				next, soonest = i, more
			}
		}
		lengths[next]++
	}
	return lengths
}

// longest is when the last member finishes its pieces, in units of 1/speed.
func longest(lengths []int, samples, piece int, speeds []float64) float64 {
	end, first := 0.0, 0
	for i, length := range lengths {
		last := min(first+length*piece, samples)
		end = max(end, float64(last-first)/speeds[i])
		first = last
	}
	return end
}

// timed records how long a member took. The first time is ignored, as kernels are compiled and
// arrays allocated then.
func (m *member) timed(work, samples int, spent time.Duration) {
	if m.runs[work]++; m.runs[work] > 1 {
		speed := float64(samples) / max(spent.Seconds(), 1e-9)
		m.speed[work] += (speed - m.speed[work]) / float64(min(m.runs[work]-1, remembered))
	}
}
