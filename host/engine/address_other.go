//go:build !linux

package engine

import "math"

// addressLimit is how many bytes of addresses the process may have; only Linux says.
func addressLimit() uint64 { return math.MaxUint64 }
