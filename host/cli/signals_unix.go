//go:build unix

package cli

import (
	"os"
	"syscall"
)

// forwarded are signals that launchers of several processes pass on.
var forwarded = []os.Signal{syscall.SIGUSR1}
