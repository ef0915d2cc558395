//go:build !unix || solaris || aix

package train

import (
	"errors"
	"os"
)

// lockWhole has no locks to offer: the process named in the file has to
// suffice.
func lockWhole(*os.File) error { return errors.ErrUnsupported }

// processAlive reports whether a process is running on this machine.
func processAlive(process int) bool {
	found, err := os.FindProcess(process)
	if err != nil {
		return false
	}
	_ = found.Release()
	return true
}
