package engine

import (
	"encoding/binary"
	"time"

	"spikegrad/cpuref"
)

// What the message rooms of an engine over ranks hold.
const (
	roomState  = iota // what ranks know about their samples
	roomSend          // sums of one rank's pieces for a block, part by part
	roomPieces        // sums of all ranks' pieces for a rank's part of a block
	roomSums          // sums of the requested nodes for a block
)

// Bits of a rank's state.
const (
	stateFailed = 1 << iota
	stateInterrupted
	stateWorking
)

// Prepare implements [Engine]. Each rank prepares its share.
func (e *Ranks) Prepare(batch *Batch) {
	first, last := RankShare(batch.Samples(), e.exchange.Rank(), e.exchange.Ranks())
	if first < last && batch.Check(e.network) == nil {
		e.Engine.Prepare(batch.Part(e.network, first, last))
	}
}

// Evaluate implements [Engine].
func (e *Ranks) Evaluate(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return e.run(batch, record, nil, func(part *Batch, record *Record) (Outcome, error) {
		return e.Engine.Evaluate(part, stream, record)
	})
}

// Gradient implements [Engine].
func (e *Ranks) Gradient(batch *Batch, stream cpuref.Stream, record *Record) (Outcome, error) {
	return gradientOfSums(e, &e.whole, batch, stream, record)
}

// GradientSums implements [Engine].
func (e *Ranks) GradientSums(batch *Batch, stream cpuref.Stream, record *Record, nodes []cpuref.ChunkNode, sums [][]float32, final func(first int)) (Outcome, error) {
	chunks := cpuref.Chunks(batch.Samples())
	if err := checkNodes(chunks, e.SumLength(), nodes, sums); chunks > 0 && err != nil {
		return Outcome{}, agreedError{err}
	}
	f := e.newFolding(chunks, nodes, sums, final)
	return e.run(batch, record, f, func(part *Batch, record *Record) (Outcome, error) {
		return e.Engine.GradientSums(part, stream, record, f.shared, f.own, f.final)
	})
}

// run has every rank do its share of a batch, and sends what is known of each sample to all.
// Gradients, if not nil, are exchanged.
func (e *Ranks) run(batch *Batch, record *Record, gradients *folding, do func(part *Batch, record *Record) (Outcome, error)) (Outcome, error) {
	samples, ranks, rank := batch.Samples(), e.exchange.Ranks(), e.exchange.Rank()
	if samples == 0 { // on all ranks
		return Outcome{}, agreedError{batch.Check(e.network)}
	}
	if gradients != nil {
		gradients.start()
	}
	whole := newParts(e.network, samples)
	first, last := RankShare(samples, rank, ranks)
	failure := batch.Check(e.network)
	if failure == nil && first < last {
		var outcome Outcome
		outcome, failure = do(batch.Part(e.network, first, last), whole.record(record, first, last))
		failure = inPart(failure, first)
		whole.count(&outcome)
	}
	if gradients != nil {
		if err := gradients.computed(); err != nil {
			return Outcome{}, err
		}
	}
	state := uint32(0)
	if failure != nil {
		state = stateFailed
	}
	if e.interrupted != nil && e.interrupted() {
		state |= stateInterrupted
	}
	state, err := e.tell(state, whole, record, samples)
	switch {
	case err != nil:
		return Outcome{}, err
	case state&stateInterrupted != 0 && e.stop != nil:
		e.stop()
	}
	if state&stateFailed != 0 {
		return Outcome{}, Agree(e.exchange, failure)
	}
	if gradients != nil {
		if err := gradients.finish(); err != nil {
			return Outcome{}, err
		}
	}
	return whole.outcome(record), nil
}

// tell sends what this rank knows about its samples to all ranks, and fills in what the others
// send. It returns the states of all ranks, combined.
func (e *Ranks) tell(state uint32, whole *parts, record *Record, samples int) (uint32, error) {
	x := e.exchange
	rank, ranks, layers := x.Rank(), x.Ranks(), len(e.network.Layers)
	arrays := sampleArrays(whole, record)
	head := 4 + 8*(1+layers)
	length := func(r int) int {
		first, last := RankShare(samples, r, ranks)
		bytes := head
		for _, a := range arrays {
			bytes += len(a) / samples * (last - first)
		}
		return bytes
	}
	total := 0
	for r := range ranks {
		total += length(r)
	}
	rest := e.room(roomState, total)
	var own []byte
	receive, send := make([][]byte, ranks), make([][]byte, ranks)
	for r := range ranks {
		n := length(r)
		receive[r], rest = rest[:n:n], rest[n:]
		if r == rank {
			own = receive[r]
		}
	}
	for r := range ranks {
		send[r] = own
	}
	packed := binary.LittleEndian.AppendUint32(own[:0], state)
	packed = binary.LittleEndian.AppendUint64(packed, uint64(whole.counted.Correct))
	for _, spikes := range whole.counted.Spikes {
		packed = binary.LittleEndian.AppendUint64(packed, spikes)
	}
	first, last := RankShare(samples, rank, ranks)
	for _, a := range arrays {
		one := len(a) / samples
		packed = append(packed, a[first*one:last*one]...)
	}
	begun := time.Now()
	if err := x.Deal(receive, send); err != nil {
		return 0, err
	}
	e.times.Waited += time.Since(begun)
	for r, text := range receive {
		if r == rank {
			continue
		}
		state |= binary.LittleEndian.Uint32(text)
		counted := Outcome{Correct: int(binary.LittleEndian.Uint64(text[4:])), Spikes: make([]uint64, layers)}
		for l := range counted.Spikes {
			counted.Spikes[l] = binary.LittleEndian.Uint64(text[12+8*l:])
		}
		whole.count(&counted)
		text = text[head:]
		first, last := RankShare(samples, r, ranks)
		for _, a := range arrays {
			one := len(a) / samples
			text = text[copy(a[first*one:last*one], text):]
		}
	}
	return state, nil
}

// sampleArrays returns all arrays that are recorded per sample, as bytes.
func sampleArrays(whole *parts, record *Record) [][]byte {
	arrays := [][]byte{asBytes(whole.known.Loss), asBytes(whole.known.Regularizer)}
	if record == nil {
		return arrays
	}
	arrays = append(arrays, asBytes(record.Predicted), asBytes(record.Logits), asBytes(record.Readout))
	for _, a := range record.Spikes {
		arrays = append(arrays, asBytes(a))
	}
	for _, a := range append(record.Membrane[:len(record.Membrane):len(record.Membrane)], record.Errors...) {
		arrays = append(arrays, asBytes(a))
	}
	return arrays
}

// Replicas implements [Engine]. Each rank runs some of them.
func (e *Ranks) Replicas(batch *Batch, stream cpuref.Stream, replicas []Replica) (loss, regularizer []float32, err error) {
	x := e.exchange
	both := make([]float32, 2*len(replicas))
	loss, regularizer = both[:len(replicas)], both[len(replicas):]
	s := rankShare(len(replicas), x.Rank(), x.Ranks())
	if s.first < s.last || len(replicas) == 0 {
		l, r, failure := e.Engine.Replicas(batch, stream, replicas[s.first:s.last])
		copy(loss[s.first:], l)
		copy(regularizer[s.first:], r)
		err = failure
	}
	if err := Agree(x, err); err != nil {
		return nil, nil, err
	}
	for _, values := range [][]float32{loss, regularizer} {
		all, err := gather(x, asBytes(values[s.first:s.last]), func(r int) int {
			s := rankShare(len(replicas), r, x.Ranks())
			return 4 * (s.last - s.first)
		})
		if err != nil {
			return nil, nil, err
		}
		for r := range all {
			copy(asBytes(values[rankShare(len(replicas), r, x.Ranks()).first:]), all[r])
		}
	}
	return loss, regularizer, nil
}

// room is memory for one kind of message.
func (e *Ranks) room(kind, bytes int) []byte {
	if bytes == 0 {
		return nil
	}
	e.rooms[kind] = e.exchange.Room(e.rooms[kind], bytes)
	return e.rooms[kind]
}
