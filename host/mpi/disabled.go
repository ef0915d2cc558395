//go:build !cgo || !unix

package mpi

import "time"

// World is the set of all ranks; without cgo there are none.
type World struct{}

// Open returns an error: the library is opened through C.
func Open(launch Launch, getenv func(string) string, timeout time.Duration) (*World, error) {
	return nil, launch.unopened("the program was built without cgo")
}

// Rank is 0.
func (w *World) Rank() int { return 0 }

// Ranks is 1.
func (w *World) Ranks() int { return 1 }

// Library is empty.
func (w *World) Library() string { return "" }

// Room returns nothing.
func (w *World) Room(old []byte, bytes int) []byte { return nil }

// Deal does nothing.
func (w *World) Deal(receive, send [][]byte) error { return nil }

// Leave does nothing.
func (w *World) Leave(code int) {}

// Abort does nothing.
func (w *World) Abort(code int) {}
