package cli

import (
	"math"
	"syscall"
)

// addressLimit is how many bytes of addresses the process may have.
func addressLimit() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil {
		return math.MaxUint64
	}
	return limit.Cur
}
