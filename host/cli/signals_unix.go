//go:build unix

package cli

import (
	"os"
	"syscall"
)

// forwarded are the signals that launchers of several processes forward.
var forwarded = []os.Signal{syscall.SIGUSR1}
