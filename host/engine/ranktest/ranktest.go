// Package ranktest has goroutines act as the ranks of a job, for tests.
package ranktest

import (
	"fmt"
	"sync"
)

// Exchange carries messages among goroutines: an engine.Exchange.
type Exchange struct {
	rank int
	hub  *hub
	// Deals counts the calls of Deal.
	Deals int
}

// hub is what the goroutines share.
type hub struct {
	messages [][]chan []byte // [from][to]
	left     []chan struct{} // [rank], closed when it has returned
}

// Run calls a function on the given number of ranks at once, and returns when all have returned. A
// rank that waits for one that has returned gets an error.
func Run(ranks int, do func(x *Exchange)) {
	h := &hub{}
	for range ranks {
		var row []chan []byte
		for range ranks {
			row = append(row, make(chan []byte, 1))
		}
		h.messages, h.left = append(h.messages, row), append(h.left, make(chan struct{}))
	}
	var group sync.WaitGroup
	for rank := range ranks {
		group.Go(func() {
			defer close(h.left[rank])
			do(&Exchange{rank: rank, hub: h})
		})
	}
	group.Wait()
}

// Rank is the number of the rank.
func (x *Exchange) Rank() int { return x.rank }

// Ranks is the number of ranks.
func (x *Exchange) Ranks() int { return len(x.hub.left) }

// Room returns new memory, full of nonsense.
func (x *Exchange) Room(_ []byte, bytes int) []byte {
	room := make([]byte, bytes)
	for i := range room {
		room[i] = 0xA5
	}
	return room
}

// Deal sends and receives.
func (x *Exchange) Deal(receive, send [][]byte) error {
	x.Deals++
	for to, message := range send {
		if to == x.rank {
			continue
		}
		select {
		case x.hub.messages[x.rank][to] <- append([]byte{}, message...):
		case <-x.hub.left[to]:
			return fmt.Errorf("rank %d has ended", to)
		}
	}
	for from, room := range receive {
		if from == x.rank {
			continue
		}
		message, err := x.hub.from(from, x.rank)
		if err != nil {
			return err
		}
		if len(message) != len(room) {
			return fmt.Errorf("rank %d sent %d bytes to rank %d, which expected %d", from, len(message), x.rank, len(room))
		}
		copy(room, message)
	}
	return nil
}

// from receives a message, even one that was sent before its rank ended.
func (h *hub) from(from, to int) ([]byte, error) {
	select {
	case message := <-h.messages[from][to]:
		return message, nil
	case <-h.left[from]:
	}
	select {
	case message := <-h.messages[from][to]:
		return message, nil
	default:
		return nil, fmt.Errorf("rank %d has ended", from)
	}
}
