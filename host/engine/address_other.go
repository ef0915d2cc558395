//go:build !linux

package engine

import "math"

// AddressLimit is the address space that the process may use, in bytes; only known on Linux.
func AddressLimit() uint64 { return math.MaxUint64 }
