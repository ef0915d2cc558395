package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"spikegrad/host/mpi"
)

// interruptible returns a context that SIGINT, SIGTERM and SIGHUP cancel, and a function that
// releases the signals. SIGHUP stays ignored where it was, as under nohup; SIGINT does not:
// scripts that start a run in the background ignore it, and send it to end the run. A second
// signal ends the program at once; since files are only ever replaced as a whole, nothing
// half-written is left behind.
//
// Launchers of several processes may forward a signal that the terminal also sends, so a second
// signal within a moment counts as the first. They kill their processes soon after an interrupt, but
// forward SIGUSR1 and wait, so that is treated as an interrupt too.
func interruptible(notes io.Writer, launch mpi.Launch) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	if launch.Several() {
		signal.Notify(signals, forwarded...)
		if !launch.Leads() {
			notes = io.Discard
		}
	}
	go func() {
		if _, open := <-signals; !open {
			return
		}
		began := time.Now()
		fmt.Fprintln(notes, "spikegrad: stopping cleanly; interrupt again to stop at once")
		cancel()
		for range signals {
			if !launch.Several() || time.Since(began) > time.Second {
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}
