//go:build cgo && unix

package mpi

// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"
)

// World is the set of all ranks of a job, as seen by one of them. It is not safe for
// concurrent use.
type World struct {
	rank, ranks int
	library     string
	timeout     time.Duration
	calls       chan func() // run on the one thread that calls the library
	messages    *C.spikegrad_mpi_message
	space       int // number of messages that fit
	dealt       int // calls of Deal
}

const (
	slice     = 100 * time.Millisecond // between checks of the time
	mostBytes = 1 << 30                // of one message: the library counts in ints
	// The messages between ranks that have waited in vain, and the first tag of Deal. Tags
	// up to 32767 are always allowed.
	tagAlive, tagDeal = 0, 16
	tags              = 16384
	// farewell is the time that the library has to finish, and the launcher to end a job.
	farewell = 10 * time.Second
)

// Open opens the library that fits a launch and starts MPI. The timeout limits every later wait
// for other ranks, and the wait for MPI to start.
func Open(launch Launch, getenv func(string) string, timeout time.Duration) (*World, error) {
	w := &World{timeout: timeout, calls: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for call := range w.calls {
			call()
		}
	}()
	began := make(chan error, 1)
	w.calls <- func() { began <- w.open(launch, getenv) }
	select {
	case err := <-began:
		return w, err
	case <-time.After(timeout):
		return nil, fmt.Errorf("MPI did not start within %v: a rank did not get that far", timeout)
	}
}

func (w *World) open(launch Launch, getenv func(string) string) error {
	names := C.CString(launch.libraries(getenv))
	defer C.free(unsafe.Pointer(names))
	var world C.spikegrad_mpi_world
	if why := C.spikegrad_mpi_open(names, &world); why != nil {
		return launch.unopened(C.GoString(why))
	}
	w.rank, w.ranks = int(world.rank), int(world.size)
	version := C.GoString(&world.version[0])
	w.library = fmt.Sprintf("%s (%s interface)", version, C.GoString(world.abi))
	return launch.check(w.ranks, version)
}

// do runs a function on the library's thread.
func (w *World) do(call func()) {
	done := make(chan struct{})
	w.calls <- func() {
		defer close(done)
		call()
	}
	<-done
}

// Rank is the number of the process, starting at 0.
func (w *World) Rank() int { return w.rank }

// Ranks is the number of processes.
func (w *World) Ranks() int { return w.ranks }

// Library names the MPI library that carries the messages.
func (w *World) Library() string { return w.library }

// Room returns memory for messages, of the given number of bytes. Old, a previous result of Room or
// nil, is returned in exchange. It is not Go memory, since network hardware remembers memory that it
// has seen.
func (w *World) Room(old []byte, bytes int) []byte {
	if cap(old) >= bytes && bytes > 0 {
		return old[:bytes]
	}
	if cap(old) > 0 {
		C.free(unsafe.Pointer(unsafe.SliceData(old)))
	}
	if bytes == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(C.malloc(C.size_t(bytes))), bytes) // which never returns nil
}

// Deal sends send[r] to every other rank r and receives receive[r] from it; the lengths are
// those that the ranks have agreed on. All data lie in memory from Room. If ranks do not
// respond in time, the error is a [LateError].
func (w *World) Deal(receive, send [][]byte) error {
	w.dealt++
	tag := tagDeal + w.dealt%tags
	count := 0
	for r := range w.ranks {
		if r != w.rank {
			count += pieces(receive[r]) + pieces(send[r])
		}
	}
	messages := w.room(count)[:0]
	add := func(data []byte, peer int, receive C.int) {
		for len(data) > 0 {
			n := min(len(data), mostBytes)
			messages = append(messages, C.spikegrad_mpi_message{
				data: unsafe.Pointer(unsafe.SliceData(data)), bytes: C.size_t(n), peer: C.int(peer), tag: C.int(tag), receive: receive,
			})
			data = data[n:]
		}
	}
	for r := range w.ranks {
		if r != w.rank {
			add(receive[r], r, 1)
		}
	}
	// Each rank starts with the next one, so that not all send to the same rank.
	for i := 1; i < w.ranks; i++ {
		r := (w.rank + i) % w.ranks
		add(send[r], r, 0)
	}
	var err error
	w.do(func() { err = w.carry(messages) })
	return err
}

// pieces is the number of messages needed for data.
func pieces(data []byte) int { return (len(data) + mostBytes - 1) / mostBytes }

// room returns memory for the given number of messages.
func (w *World) room(count int) []C.spikegrad_mpi_message {
	if w.space < count {
		C.free(unsafe.Pointer(w.messages))
		w.messages = (*C.spikegrad_mpi_message)(C.malloc(C.size_t(count) * C.sizeof_spikegrad_mpi_message))
		w.space = count
	}
	return unsafe.Slice(w.messages, w.space)[:count]
}

// carry starts messages and waits until all have arrived. It runs on the library's thread.
func (w *World) carry(messages []C.spikegrad_mpi_message) error {
	if len(messages) == 0 {
		return nil
	}
	if err := w.check(C.spikegrad_mpi_begin(&messages[0], C.int(len(messages)))); err != nil {
		return err
	}
	pending, err := w.wait(messages, w.timeout)
	if err != nil {
		return err
	}
	if pending {
		return w.rollCall(messages)
	}
	for i := range messages {
		if m := &messages[i]; m.receive != 0 && m.received != m.bytes {
			return fmt.Errorf("rank %d sent %d bytes to rank %d, which expected %d: the ranks are out of step; this is a fault of the program, please report it",
				m.peer, m.received, w.rank, m.bytes)
		}
	}
	return nil
}

// wait waits for messages, and reports whether some are still pending when the time is up.
// Time in which this process was stopped does not count: the others may have been stopped too.
func (w *World) wait(messages []C.spikegrad_mpi_message, limit time.Duration) (bool, error) {
	for waited := time.Duration(0); ; {
		var pending C.int
		began := time.Now()
		most := min(slice, limit)
		if err := w.check(C.spikegrad_mpi_wait(&messages[0], C.int(len(messages)), C.int(most.Microseconds()), &pending)); err != nil {
			return true, err
		}
		if pending == 0 {
			return false, nil
		}
		if waited += min(time.Since(began), 2*slice); waited >= limit {
			return true, nil
		}
	}
}

// rollCall finds out which ranks are missing. A rank that is itself waiting for another is late
// without being at fault, so every rank that has waited in vain says so to all.
func (w *World) rollCall(messages []C.spikegrad_mpi_message) error {
	late := map[int]bool{}
	for i := range messages {
		if m := &messages[i]; m.pending != 0 {
			late[int(m.peer)] = true
		}
	}
	word := (*C.char)(C.calloc(1, 1))
	calls := unsafe.Slice((*C.spikegrad_mpi_message)(C.calloc(C.size_t(2*w.ranks), C.sizeof_spikegrad_mpi_message)), 2*w.ranks)[:0]
	for r := range w.ranks {
		if r != w.rank { // receives come first
			calls = append(calls, C.spikegrad_mpi_message{data: C.calloc(1, 1), bytes: 1, peer: C.int(r), tag: tagAlive, receive: 1})
		}
	}
	for r := range w.ranks {
		if r != w.rank {
			calls = append(calls, C.spikegrad_mpi_message{data: unsafe.Pointer(word), bytes: 1, peer: C.int(r), tag: tagAlive})
		}
	}
	if err := w.check(C.spikegrad_mpi_begin(&calls[0], C.int(len(calls)))); err != nil {
		return err
	}
	if _, err := w.wait(calls, min(w.timeout/4, time.Second)); err != nil {
		return err
	}
	failure := &LateError{After: w.timeout, Speaks: true}
	for i := range calls[:w.ranks-1] {
		switch peer := int(calls[i].peer); {
		case calls[i].pending == 0: // it was waiting, too
			failure.Speaks = failure.Speaks && w.rank < peer
		case late[peer]:
			failure.Ranks = append(failure.Ranks, peer)
		}
	}
	return failure
}

// check converts an error code of the library to an error.
func (w *World) check(code C.int) error {
	if code == 0 {
		return nil
	}
	text := (*C.char)(C.malloc(8192))
	defer C.free(unsafe.Pointer(text))
	return fmt.Errorf("a message between ranks failed: %s", C.GoStringN(text, C.spikegrad_mpi_text(code, text)))
}

// Leave ends the process cleanly with an exit code, together with all ranks. It does not return.
func (w *World) Leave(code int) {
	go w.do(func() {
		C.spikegrad_mpi_finalize()
		C.spikegrad_mpi_exit(C.int(code))
	})
	time.Sleep(farewell)
	os.Exit(code)
}

// Abort ends all ranks at once. It does not return.
func (w *World) Abort(code int) {
	go w.do(func() { C.spikegrad_mpi_abort(C.int(code)) })
	time.Sleep(farewell)
	os.Exit(code)
}
