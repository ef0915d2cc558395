package engine

import (
	"context"
	"errors"
	"time"

	"spikegrad/host/network"
)

// Team is all ranks of a job, as one of them sees them; nil is a process on its own. All ranks call
// its methods in the same order, except Rank, Ranks, Leads and Part.
type Team struct {
	exchange    Exchange
	interrupted func() bool
	stop        func()
}

// Join makes the team of an exchange, which may be nil, and the context for its work: ctx itself
// or, with several ranks, one that is cancelled on all of them at the same place when ctx is on
// any.
func Join(ctx context.Context, x Exchange) (*Team, context.Context) {
	if x == nil {
		return nil, ctx
	}
	agreed, stop := context.WithCancel(context.WithoutCancel(ctx))
	return &Team{x, func() bool { return ctx.Err() != nil }, stop}, agreed
}

// Rank is the number of this process, from 0 on.
func (t *Team) Rank() int {
	if t == nil {
		return 0
	}
	return t.exchange.Rank()
}

// Ranks is how many processes there are.
func (t *Team) Ranks() int {
	if t == nil {
		return 1
	}
	return t.exchange.Ranks()
}

// Leads reports whether this is the first rank, the one that writes and is observed.
func (t *Team) Leads() bool { return t.Rank() == 0 }

// Part returns a function that gives the samples of a batch that this rank needs; nil for all.
func (t *Team) Part() func(samples int) (first, last int) {
	if t == nil {
		return nil
	}
	return func(samples int) (first, last int) { return RankShare(samples, t.Rank(), t.Ranks()) }
}

// Open makes an engine for a network, over all ranks; a nil open stands for the CPU engine.
func (t *Team) Open(n *network.Network, open func(*network.Network, Options) (Engine, error), options Options) (Engine, error) {
	if t == nil {
		return OpenBy(open, n, options)
	}
	e, err := OpenRanks(n, t.exchange, func() (Engine, error) { return OpenBy(open, n, options) }, t.interrupted, t.stop)
	if err != nil { // avoids a nil pointer in an interface
		return nil, err
	}
	return e, nil
}

// Share gives all ranks each rank's own bytes, [rank].
func (t *Team) Share(own []byte) ([][]byte, error) {
	if t == nil {
		return [][]byte{own}, nil
	}
	return Share(t.exchange, own)
}

// Agree returns an error on all ranks if any has one.
func (t *Team) Agree(err error) error {
	if t == nil {
		return err
	}
	return Agree(t.exchange, err)
}

// First has only the first rank do something, while the others wait for it.
func (t *Team) First(do func() error) error {
	var err error
	if t.Leads() {
		err = do()
	}
	return t.Agree(err)
}

// Ask has only the first rank find something out, and tells all.
func (t *Team) Ask(find func() (bool, error)) (bool, error) {
	var answer byte
	err := t.First(func() error {
		yes, err := find()
		if yes {
			answer = 1
		}
		return err
	})
	if err != nil {
		return false, err
	}
	all, err := t.Share([]byte{answer})
	return err == nil && all[0][0] == 1, err
}

// Same refuses ranks that were given something other than the first one; text is a description of
// it.
func (t *Team) Same(text string) error {
	all, err := t.Share([]byte(text))
	if err != nil {
		return err
	}
	if text != string(all[0]) {
		err = errors.New("it has other data, weights or arguments than rank 0: start all ranks with the same arguments and files")
	}
	return t.Agree(err)
}

// End marks an error as one that all ranks have, if it comes from the team's context.
func (t *Team) End(ctx context.Context, err error) error {
	if t != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return MarkAgreed(err)
	}
	return err
}

// breath is how often ranks that work on their own exchange their states: more often than the
// shortest time after which a rank is considered lost.
const breath = 100 * time.Millisecond

// Divide has every rank do some of count pieces of work, first ≤ i < last, without messages in
// between, and gives all ranks each rank's result, [rank]. It ends early on all of them if one
// fails or is interrupted.
func (t *Team) Divide(ctx context.Context, count int, do func(ctx context.Context, first, last int) ([]byte, error)) ([][]byte, error) {
	s := rankShare(count, t.Rank(), t.Ranks())
	if t == nil {
		made, err := do(ctx, s.first, s.last)
		return [][]byte{made}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		made []byte
		err  error
	}
	ended := make(chan result, 1)
	go func() {
		made, err := do(ctx, s.first, s.last)
		ended <- result{made, err}
	}()
	var own *result // nil until there is one
	for {
		if own == nil {
			select {
			case r := <-ended:
				own = &r
			case <-time.After(breath):
			}
		}
		all, err := t.state(own != nil, own != nil && own.err != nil)
		if err == nil && all == 0 {
			return t.Share(own.made)
		}
		if err == nil && all == stateWorking {
			continue
		}
		var failure error
		if cancel(); own == nil {
			<-ended
		} else {
			failure = own.err
		}
		switch {
		case err != nil:
			return nil, err
		case all&stateInterrupted != 0:
			t.stop()
			return nil, MarkAgreed(context.Canceled)
		}
		return nil, t.Agree(failure)
	}
}

// state sends this rank's state to all, and returns the states of all, combined.
func (t *Team) state(done, failed bool) (byte, error) {
	var own byte
	if !done {
		own |= stateWorking
	}
	if failed {
		own |= stateFailed
	}
	if t.interrupted() {
		own |= stateInterrupted
	}
	all, err := gather(t.exchange, []byte{own}, func(int) int { return 1 })
	for _, state := range all {
		own |= state[0]
	}
	return own, err
}
