package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"spikegrad/cpuref"
	"spikegrad/host/network"
)

// Ranks is an engine over several processes, each with an engine of its own, which share each batch
// by chunks. As in a [Group], each sums the largest nodes of its share; then each rank adds up one
// part of all gradients in the order of the tree, so the bits are those of one device. The
// gradients of upper layers are exchanged while lower ones are computed.
//
// All ranks make the same calls in the same order with the same arguments, and get the same
// results. A rank reads only its own samples of a batch: see [RankShare].
type Ranks struct {
	Engine   // of this process
	network  *network.Network
	exchange Exchange
	device   Description
	// interrupted reports whether this process should end; stop tells it that some rank should.
	interrupted func() bool
	stop        func()

	rooms [4][]byte
	sums  [][]float32 // of the pieces of this rank
	whole []float32
	times RankTimes
	// leastBlock is the least length of a block, the same on all ranks.
	leastBlock int
}

var _ Engine = (*Ranks)(nil)

// RankTimes is how often gradients were computed over ranks, and where the time went.
type RankTimes struct {
	Gradients int
	Computed  time.Duration // by this rank
	Exchanged time.Duration // then: sums sent, added and gathered, including waits for upper layers of other ranks
	Hidden    time.Duration // exchange that overlapped with this rank's computation
	Waited    time.Duration // for the other ranks to finish computing
	Sent      int           // bytes of sums, sent by this rank
}

// OpenRanks makes an engine over all ranks of an exchange from the engine that open makes in each.
// Interrupted reports whether this process was asked to end; in the call in which it first does so
// on any rank, stop is called on all. Both may be nil.
func OpenRanks(n *network.Network, x Exchange, open func() (Engine, error), interrupted func() bool, stop func()) (*Ranks, error) {
	local, err := open()
	if err := Agree(x, err); err != nil {
		if local != nil {
			_ = local.Close()
		}
		return nil, err
	}
	e := &Ranks{Engine: local, network: n, exchange: x, interrupted: interrupted, stop: stop, leastBlock: leastBlock}
	if err := e.describe(); err != nil {
		return nil, errors.Join(err, local.Close())
	}
	return e, nil
}

// describe names the devices of all ranks.
func (e *Ranks) describe() error {
	own, err := json.Marshal(e.Engine.Describe())
	if err != nil {
		return err
	}
	all, err := Share(e.exchange, own)
	if err != nil {
		return err
	}
	devices, drivers := &tally{}, &tally{}
	for _, text := range all {
		var d Description
		if err := json.Unmarshal(text, &d); err != nil {
			return err
		}
		devices.add(d.Device)
		drivers.add(d.Driver)
	}
	e.device = Description{Device: fmt.Sprintf("%d ranks: %s", len(all), devices), Driver: strings.Join(drivers.names, " + ")}
	return nil
}

// tally counts names.
type tally struct {
	names  []string
	counts map[string]int
}

func (t *tally) add(name string) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if t.counts[name]++; t.counts[name] == 1 {
		t.names = append(t.names, name)
	}
}

func (t *tally) String() string {
	var parts []string
	for _, name := range t.names {
		parts = append(parts, fmt.Sprintf("%d × %s", t.counts[name], name))
	}
	return strings.Join(parts, " + ")
}

// Describe names the devices of all ranks.
func (e *Ranks) Describe() Description { return e.device }

// Local returns the engine of this process alone, for work that not all ranks do: the inner engine
// of a [Ranks], and any other engine itself.
func Local(e Engine) Engine {
	if r, ok := e.(*Ranks); ok {
		return r.Engine
	}
	return e
}

// Times returns where the time for gradients has gone so far.
func (e *Ranks) Times() RankTimes { return e.times }

// Update implements [Engine]. All ranks have the same gradient, so either all or none find that it
// overflows.
func (e *Ranks) Update(update Update) error {
	err := e.Engine.Update(update)
	var overflow *NotFiniteError
	if errors.As(err, &overflow) {
		return agreedError{err}
	}
	return err
}

// Close closes the engine of this process.
func (e *Ranks) Close() error {
	if t := e.times; t.Gradients > 0 {
		mean := func(d time.Duration) time.Duration { return (d / time.Duration(t.Gradients)).Round(time.Microsecond) }
		slog.Debug("gradients over ranks", "gradients", t.Gradients, "computed", mean(t.Computed), "waited", mean(t.Waited),
			"exchanged", mean(t.Exchanged), "hidden", mean(t.Hidden), "bytes_sent", t.Sent/t.Gradients)
	}
	for i, room := range e.rooms {
		e.rooms[i] = e.exchange.Room(room, 0)
	}
	return e.Engine.Close()
}

// RankShare is the part of a batch that a rank computes: samples first to last.
// Ranks beyond the number of chunks get nothing.
func RankShare(samples, rank, ranks int) (first, last int) {
	return rankShare(cpuref.Chunks(samples), rank, ranks).samples(samples)
}

func rankShare(chunks, rank, ranks int) share {
	return share{chunks * rank / ranks, chunks * (rank + 1) / ranks}
}
