//go:build unix && !solaris && !aix

package train

import (
	"errors"
	"os"
	"syscall"
)

// lockWhole locks a file for as long as it is open. Errors other than errHeld mean that
// its file system has no locks.
func lockWhole(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errHeld
		}
		return err
	}
}

// processAlive reports whether a process is running on this machine.
func processAlive(process int) bool {
	err := syscall.Kill(process, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
