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
	// Room is memory for messages, of the given number of bytes. Old, which Room returned before, or nil,
	// is given back for it.
	Room(old []byte, bytes int) []byte
	// Deal sends send[r] to every other rank r and receives receive[r] from it. What a rank
	// receives is as long as what the other sends, and may be empty. All of it lies in
	// memory of Room.
	Deal(receive, send [][]byte) error
}

// Share hands all ranks what each of them has to say, [rank].
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

// gather is Share where all know how much each rank has to say.
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
	for r := range receive { // the room is given back
		receive[r] = append([]byte(nil), receive[r]...)
	}
	return receive, nil
}

// agreedError is a failure that all ranks know of: each has returned from the same call with an
// error, and none waits for another.
type agreedError struct{ error }

func (e agreedError) Unwrap() error { return e.error }

// MarkAgreed makes an error one that all ranks have, by [Agreed]; the caller sees to it that they do.
func MarkAgreed(err error) error { return agreedError{err} }

// Agreed reports whether an error is one that all ranks have, at the same place.
func Agreed(err error) bool {
	var agreed agreedError
	return errors.As(err, &agreed)
}

// RankError is what another rank failed with.
type RankError struct {
	Rank    int
	Message string
}

func (e *RankError) Error() string { return fmt.Sprintf("rank %d: %s", e.Rank, e.Message) }

// told is how ranks tell each other of a failure.
type told struct {
	Message   string
	NotFinite *NotFiniteError
}

// Agree returns an error on all ranks if any of them has one: that of the first of these.
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
