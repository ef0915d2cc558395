//go:build !unix || solaris || aix

package train

import (
	"errors"
	"os"
)

// lockWhole has no locks to offer: the process that the file names has to do.
func lockWhole(*os.File) error { return errors.ErrUnsupported }

// processAlive reports whether this machine runs a process.
func processAlive(process int) bool {
	found, err := os.FindProcess(process)
	if err != nil {
		return false
	}
	_ = found.Release()
	return true
}
