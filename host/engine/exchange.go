package engine

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// Exchange carries messages among processes that run the same network, its ranks. All ranks make
// the same calls in the same order.
type Exchange interface {
	Rank() int // of this process, from 0 on
	Ranks() int
	// Room returns memory for messages of the given number of bytes, in exchange for old, which
	// Room returned before, or nil.
	Room(old []byte, bytes int) []byte
	// Deal sends send[r] to every other rank r and receives receive[r] from it. Lengths must match
	// on both sides, and may be 0. All slices must lie in memory from Room.
	Deal(receive, send [][]byte) error
}

// Share gives all ranks each rank's own bytes, [rank].
func Share(x Exchange, own []byte) ([][]byte, error) {
	all := make([][]byte, x.Ranks())
	all[x.Rank()] = own
	word := func(r int) int { return 8 }
	lengths, err := gather(x, binary.LittleEndian.AppendUint64(nil, uint64(len(own))), word)
	if err != nil {
		return nil, err
	}
	return gather(x, own, func(r int) int { return int(binary.LittleEndian.Uint64(lengths[r])) })
}

// gather is Share for lengths that all ranks know.
func gather(x Exchange, own []byte, length func(rank int) int) ([][]byte, error) {
	ranks, rank := x.Ranks(), x.Rank()
	total := len(own)
	for r := range ranks {
		if r != rank {
			total += length(r)
		}
	}
	room := x.Room(nil, total)
	defer x.Room(room, 0)
	mine := room[:copy(room, own)]
	rest := room[len(mine):]
	receive, send := make([][]byte, ranks), make([][]byte, ranks)
	for r := range ranks {
		if r != rank {
			receive[r], send[r] = rest[:length(r)], mine
			rest = rest[length(r):]
		}
	}
	if err := x.Deal(receive, send); err != nil {
		return nil, err
	}
	receive[rank] = mine
	for r := range receive { // the room is returned
		receive[r] = append([]byte(nil), receive[r]...)
	}
	return receive, nil
}

// agreedError is a failure that all ranks know of: each has returned from the same call with an
// error, and none waits for another.
type agreedError struct{ error }

func (e agreedError) Unwrap() error { return e.error }

// MarkAgreed marks an error for [Agreed]; the caller must ensure that all ranks have it.
func MarkAgreed(err error) error { return agreedError{err} }

// Agreed reports whether an error is one that all ranks have returned from the same call.
func Agreed(err error) bool {
	var agreed agreedError
	return errors.As(err, &agreed)
}

// RankError is the error of another rank.
type RankError struct {
	Rank    int
	Message string
}

func (e *RankError) Error() string { return fmt.Sprintf("rank %d: %s", e.Rank, e.Message) }

// told is the message by which ranks report a failure to each other.
type told struct {
	Message   string
	NotFinite *NotFiniteError
}

// Agree returns an error on all ranks if any of them has one: the first such rank's.
func Agree(x Exchange, err error) error {
	var own []byte
	if err != nil {
		t := told{Message: err.Error()}
		errors.As(err, &t.NotFinite)
		var failed error
		if own, failed = json.Marshal(t); failed != nil {
			return failed
		}
	}
	all, failed := Share(x, own)
	if failed != nil {
		return errors.Join(err, failed)
	}
	for r, text := range all {
		var t told
		switch {
		case len(text) == 0:
			continue
		case r == x.Rank():
			return agreedError{err}
		}
		if err := json.Unmarshal(text, &t); err != nil {
			return err
		}
		if t.NotFinite != nil { // the same on all ranks
			return agreedError{t.NotFinite}
		}
		return agreedError{&RankError{r, t.Message}}
	}
	return nil
}
