//go:build !linux

package cli

import "math"

// addressLimit is how many bytes of addresses the process may have; only Linux says.
func addressLimit() uint64 { return math.MaxUint64 }
