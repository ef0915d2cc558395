package engine

import (
	"slices"
	"sync"
	"time"

	"spikegrad/cpuref"
)

// The kinds of work at which a member is timed.
const (
	workForward = iota
	workBoth
)

// Prepare implements [Engine]. Members prepare the shares that they had of the last batch, as these
// are usually the same for the next.
func (g *Group) Prepare(batch *Batch) {
	if batch.Check(g.network) != nil {
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.last.samples != batch.Samples() || g.last.piece != cpuref.ChunkSamples || len(g.last.lengths) != len(g.members) {
		return
	}
	for i, s := range sharesOf(g.last.lengths) {
		if first, last := s.samples(batch.Samples()); first < last {
			g.members[i].Prepare(batch.Part(g.network, first, last))
		}
	}
}

// Evaluate implements [Engine].
func (g *Group) Evaluate(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return g.run(batch, record, workForward, nil, func(i int, _ share, part *Batch, record *Record) (Outcome, error) {
		return g.members[i].Evaluate(part, stream, record)
	})
}

// Gradient implements [Engine].
func (g *Group) Gradient(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return gradientOfSums(g, &g.sum, batch, stream, record)
}

// gradientOfSums is Gradient for an engine made of several: it sums over all chunks, in memory that
// is kept for the next time.
func gradientOfSums(e Engine, sum *[]float32, batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	samples := batch.Samples()
	*sum = resize(*sum, e.SumLength())
	outcome, err := e.GradientSums(batch, stream, record, []cpuref.ChunkNode{{First: 0, Last: cpuref.Chunks(samples)}}, [][]float32{*sum}, nil)
	if err != nil {
		return outcome, err
	}
	return outcome, e.SetSums(*sum, samples)
}

// GradientSums implements [Engine]. Each member sums the largest nodes of its share, and the group
// adds the members' sums, from the top layer down.
func (g *Group) GradientSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(first int)) (Outcome, error) {
	chunks := cpuref.Chunks(batch.Samples())
	if err := checkNodes(chunks, g.SumLength(), nodes, sums); chunks > 0 && err != nil {
		return Outcome{}, err
	}
	m := &meeting{nodes: nodes, sums: sums, final: final, done: g.SumLength()}
	return g.run(batch, record, workBoth, m.begin, func(i int, s share, part *Batch, record *Record) (Outcome, error) {
		var own []cpuref.ChunkNode
		var room [][]float32
		for _, p := range m.pieces[i] {
			own = append(own, cpuref.ChunkNode{First: p.First - s.first, Last: p.Last - s.first})
			room = append(room, p.sum)
		}
		return g.members[i].GradientSums(part, stream, record, own, room, func(first int) { m.come(i, first) })
	})
}

// meeting combines the members' sums into those of the requested nodes as soon as every member's
// are final.
type meeting struct {
	nodes []cpuref.ChunkNode
	sums  [][]float32 // [node]
	final func(first int)

	mutex  sync.Mutex
	pieces [][]piece // [member]
	first  []int     // [member]: its sums are final from here on
	done   int       // sums are final from here on, whoever is lost later
}

// begin sets the members' pieces, initially and after a device was lost.
func (m *meeting) begin(members []*member, shares []share) {
	m.pieces, m.first = nil, nil
	for i, member := range members {
		m.pieces = append(m.pieces, member.pieces(m.nodes, shares[i]))
		first := member.SumLength()
		if len(m.pieces[i]) == 0 { // nothing to wait for
			first = 0
		}
		m.first = append(m.first, first)
	}
}

// come records that the sums of member i are final from index first on.
func (m *meeting) come(i, first int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.first[i] = first
	if first = slices.Max(m.first); first >= m.done {
		return
	}
	var all []piece
	for _, own := range m.pieces {
		for _, p := range own {
			p.sum = p.sum[first:m.done]
			all = append(all, p)
		}
	}
	for i, node := range m.nodes {
		copy(m.sums[i][first:m.done], sumOfNode(all, i, node))
	}
	m.done = first
	if m.final != nil {
		m.final(first)
	}
}

// sumOfNode adds the pieces of a requested node, in ascending order, into the first of them.
func sumOfNode(pieces []piece, number int, node cpuref.ChunkNode) []float32 {
	var own []cpuref.ChunkNode
	var added [][]float32
	for _, p := range pieces {
		if p.node == number {
			own = append(own, cpuref.ChunkNode{First: p.First - node.First, Last: p.Last - node.First})
			added = append(added, p.sum)
		}
	}
	return cpuref.SumNodes(own, added)
}

// piece is a node of the tree that a member or a rank sums, part of a requested node.
type piece struct {
	cpuref.ChunkNode
	node int // index of the requested node
	sum  []float32
}

// pieces returns the largest nodes within a share's parts of the requested nodes, ascending.
func pieces(nodes []cpuref.ChunkNode, s share) []piece {
	var found []piece
	for i, node := range nodes {
		first, last := max(s.first, node.First), min(s.last, node.Last)
		for _, own := range cpuref.ChunkNodes(node.Last-node.First, first-node.First, last-node.First) {
			found = append(found, piece{cpuref.ChunkNode{First: own.First + node.First, Last: own.Last + node.First}, i, nil})
		}
	}
	return found
}

// pieces returns the pieces of a share, with room for their sums, reused from call to call.
func (m *member) pieces(nodes []cpuref.ChunkNode, s share) []piece {
	found := pieces(nodes, s)
	for i := range found {
		if len(m.room) == i {
			m.room = append(m.room, nil)
		}
		m.room[i] = resize(m.room[i], m.SumLength())
		found[i].sum = m.room[i]
	}
	return found
}

// share is the part of a batch that a member or a rank does: chunks first to last.
type share struct{ first, last int }

// samples returns the range of a share's samples, given the number of samples in all.
func (s share) samples(samples int) (first, last int) {
	return min(s.first*cpuref.ChunkSamples, samples), min(s.last*cpuref.ChunkSamples, samples)
}

// run has the members do their shares of a batch at once, and starts over without those whose
// devices are lost meanwhile. Begin, if not nil, is called before each attempt.
func (g *Group) run(batch *Batch, record *Record, work int, begin func(members []*member, shares []share),
	do func(i int, s share, part *Batch, record *Record) (Outcome, error)) (Outcome, error) {
	if err := batch.Check(g.network); err != nil {
		return Outcome{}, err
	}
	samples := batch.Samples()
	for {
		whole := newParts(g.network, samples)
		shares, failed, outcomes := g.shares(samples, cpuref.ChunkSamples, work), make([]error, len(g.members)), make([]Outcome, len(g.members))
		if begin != nil {
			begin(g.members, shares)
		}
		var group sync.WaitGroup
		for i, m := range g.members {
			s := shares[i]
			first, last := s.samples(samples)
			if first >= last {
				continue
			}
			group.Go(func() {
				begun := time.Now()
				var err error
				outcomes[i], err = do(i, s, batch.Part(g.network, first, last), whole.record(record, first, last))
				failed[i] = inPart(err, first)
				m.timed(work, last-first, time.Since(begun))
			})
		}
		group.Wait()
		if lost, err := g.without(failed); lost {
			continue
		} else if err != nil {
			return Outcome{}, err
		}
		for i := range outcomes {
			whole.count(&outcomes[i])
		}
		return whole.outcome(record), nil
	}
}

// Replicas implements [Engine]. Each member runs some of them.
func (g *Group) Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []float32, err error) {
	loss, regularizer = make([]float32, len(replicas)), make([]float32, len(replicas))
	for {
		shares, failed := g.shares(len(replicas), 1, workForward), make([]error, len(g.members))
		var group sync.WaitGroup
		for i, m := range g.members {
			s := shares[i]
			if s.first >= s.last && (i > 0 || len(replicas) > 0) {
				continue
			}
			group.Go(func() {
				l, r, err := m.Replicas(batch, stream, replicas[s.first:s.last])
				copy(loss[s.first:], l)
				copy(regularizer[s.first:], r)
				failed[i] = err
			})
		}
		group.Wait()
		if lost, err := g.without(failed); !lost {
			return loss, regularizer, err
		}
	}
}
