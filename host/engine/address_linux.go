package engine

import (
	"math"
	"syscall"
)

// AddressLimit is the address space that the process may use, in bytes.
func AddressLimit() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil {
		return math.MaxUint64
	}
	return limit.Cur
}
