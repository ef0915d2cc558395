package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that SIGINT, SIGTERM and SIGHUP cancel, and what gives
// the signals back. SIGHUP stays ignored where it was, as under nohup; SIGINT does not: scripts
// that start a run in the background ignore it, and send it to end the run. A second signal
// ends the program at once: files are only ever replaced whole, so that nothing
// half-written stays.
func interruptible(notes io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		if _, open := <-signals; !open {
			return
		}
		fmt.Fprintln(notes, "spikegrad: ending in order; interrupt again to end at once")
		cancel()
		if _, open := <-signals; open {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}
