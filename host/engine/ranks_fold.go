package engine

import (
	"sync/atomic"
	"time"

	"spikegrad/cpuref"
)

// leastBlock is how many sums are worth an exchange of their own: 256 KiB.
const leastBlock = 1 << 16

// block is a range of sums that ranks exchange at once.
type block struct{ first, last int }

// blocks cuts sums, in which the layers' gradients begin at starts, in the order in which they
// become final: from the top down, each with just enough whole layers to reach the least length;
// the last one has the rest. All ranks get the same blocks, since these depend only on the network.
func blocks(starts []int, length, least int) []block {
	var all []block
	last := length
	for l := len(starts) - 1; l >= 0; l-- {
		if last-starts[l] >= least || l == 0 {
			all = append(all, block{starts[l], last})
			last = starts[l]
		}
	}
	return all
}

// folding turns the sums of all ranks' pieces into those of the requested nodes: block by block,
// each as soon as it is final, while this rank computes those below. All ranks go through all
// blocks but the last, whatever becomes of their computations; then they exchange their states, and
// go through the last block only if all is well. So a network of one block costs no more than if
// everything were computed first.
type folding struct {
	*Ranks
	nodes  []cpuref.ChunkNode
	sums   [][]float32        // [node]
	told   func(first int)    // reports that sums of nodes are final; may be nil
	blocks []block            // still to come
	pieces []piece            // of all ranks, ascending
	begin  []int              // [rank]: its first piece; finally, the number of pieces
	own    [][]float32        // sums of the pieces of this rank
	shared []cpuref.ChunkNode // the same pieces, counted from the first chunk of this rank
	begun  time.Time
	busy   time.Duration // spent on blocks, while this rank computed or after

	first atomic.Int64  // own are final from here on
	news  chan struct{} // signals a change of first
	ended chan error    // receives when all blocks but the last are done; nil if there is only one
}

// newFolding makes the folding of a batch of the given number of chunks.
func (e *Ranks) newFolding(chunks int, nodes []cpuref.ChunkNode, sums [][]float32, told func(first int)) *folding {
	length, rank, ranks := e.SumLength(), e.exchange.Rank(), e.exchange.Ranks()
	f := &folding{
		Ranks: e, nodes: nodes, sums: sums, told: told, blocks: blocks(e.SumStarts(), length, e.leastBlock),
		begin: make([]int, ranks+1), news: make(chan struct{}, 1),
	}
	f.first.Store(int64(length))
	for r := range ranks {
		s := rankShare(chunks, r, ranks)
		found := pieces(nodes, s)
		f.pieces = append(f.pieces, found...)
		f.begin[r+1] = len(f.pieces)
		if r != rank {
			continue
		}
		for i, p := range found {
			f.shared = append(f.shared, cpuref.ChunkNode{First: p.First - s.first, Last: p.Last - s.first})
			if i == len(e.sums) {
				e.sums = append(e.sums, nil)
			}
			e.sums[i] = resize(e.sums[i], length)
		}
		f.own = e.sums[:len(found)]
	}
	return f
}

// start begins to exchange what is final. Nothing else may use the exchange until computed returns.
func (f *folding) start() {
	f.begun = time.Now()
	if len(f.blocks) > 1 {
		f.ended = make(chan error, 1)
		go func() { f.ended <- f.early() }()
	}
}

// final is called by the engine of this rank.
func (f *folding) final(first int) {
	f.first.Store(int64(first))
	select {
	case f.news <- struct{}{}:
	default: // an earlier signal is still pending
	}
}

// early folds all blocks but the last.
func (f *folding) early() error {
	for ; len(f.blocks) > 1; f.blocks = f.blocks[1:] {
		for int(f.first.Load()) > f.blocks[0].first {
			<-f.news
		}
		begun := time.Now()
		err := f.fold(f.blocks[0])
		f.busy += time.Since(begun)
		if err != nil {
			return err
		}
	}
	return nil
}

// computed is called when this rank has computed what it can, even if it failed, and returns when
// only the last block is left: the others rely on this rank for all earlier ones. If it failed,
// nobody uses what it sends then.
func (f *folding) computed() error {
	f.times.Computed += time.Since(f.begun)
	if f.ended == nil {
		return nil
	}
	begun := time.Now()
	f.final(0)
	err := <-f.ended
	waited := time.Since(begun)
	f.times.Exchanged += waited
	f.times.Hidden += max(0, f.busy-waited)
	return err
}

// finish folds the last block.
func (f *folding) finish() error {
	begun := time.Now()
	defer func() { f.times.Exchanged += time.Since(begun) }()
	f.times.Gradients++
	return f.fold(f.blocks[0])
}

// fold adds a block of the sums of all ranks' pieces in the order of the tree. Every rank adds up a
// part of the block and sends the result to all.
func (f *folding) fold(b block) error {
	x, length := f.exchange, b.last-b.first
	rank, ranks, all := x.Rank(), x.Ranks(), f.pieces
	part := func(r int) (first, last int) { return length * r / ranks, length * (r + 1) / ranks }
	first, last := part(rank)
	width := last - first

	packed := ofBytes(f.room(roomSend, 4*len(f.own)*(length-width)))
	gathered := ofBytes(f.room(roomPieces, 4*len(all)*width))
	receive, send := make([][]byte, ranks), make([][]byte, ranks)
	for r := range ranks {
		receive[r] = asBytes(gathered[f.begin[r]*width : f.begin[r+1]*width])
		if r == rank {
			continue
		}
		from, to := part(r)
		send[r] = asBytes(packed[:len(f.own)*(to-from)])
		for _, sum := range f.own {
			packed = packed[copy(packed, sum[b.first+from:b.first+to]):]
		}
		f.times.Sent += len(send[r]) + 4*len(f.nodes)*width
	}
	for i, sum := range f.own {
		copy(gathered[(f.begin[rank]+i)*width:], sum[b.first+first:b.first+last])
	}
	if err := x.Deal(receive, send); err != nil {
		return err
	}

	result := ofBytes(f.room(roomSums, 4*len(f.nodes)*length)) // [rank][node][number]
	at := func(r int) int { from, _ := part(r); return len(f.nodes) * from }
	for i := range all {
		all[i].sum = gathered[i*width:][:width]
	}
	for i := range f.nodes {
		copy(result[at(rank)+i*width:], sumOfNode(all, i, f.nodes[i]))
	}
	for r := range ranks {
		receive[r], send[r] = asBytes(result[at(r):at(r+1)]), asBytes(result[at(rank):at(rank+1)])
	}
	if err := x.Deal(receive, send); err != nil {
		return err
	}
	for r := range ranks {
		from, to := part(r)
		for i := range f.nodes {
			copy(f.sums[i][b.first+from:b.first+to], result[at(r)+i*(to-from):])
		}
	}
	if f.told != nil {
		f.told(b.first)
	}
	return nil
}
