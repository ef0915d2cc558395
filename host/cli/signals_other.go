//go:build !unix

package cli

import (
	"os"
	"syscall"
)

// forwarded would be the signals that launchers of several processes forward.
var forwarded = []os.Signal{syscall.SIGTERM}
