package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// usageError is a mistake in how the program was called: a flag, an argument, a
// configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errDifferent means that a comparison failed whose details have all been printed.
var errDifferent = errors.New("devices differ from the CPU engine, or could not be checked: see above")

// report prints an error on one line, from one rank only, and returns its exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitOK
	}
	message := oneLine(err)
	if before, ended := strings.CutSuffix(message, context.Canceled.Error()); ended {
		message = before + "interrupted"
	}
	if a.speaks(err) {
		fmt.Fprintln(a.errors, "spikegrad:", message)
	}
	var usage usageError
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// oneLine returns an error's message without line breaks.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines, "; ")
}
