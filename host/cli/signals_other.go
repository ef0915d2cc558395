//go:build !unix

package cli

import (
	"os"
	"syscall"
)

// forwarded would be signals that launchers of several processes pass on.
var forwarded = []os.Signal{syscall.SIGTERM}
