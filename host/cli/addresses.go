package cli

import "fmt"

// leastAddresses is the address space that the program itself needs, in bytes, not counting
// its networks. With less, the runtime or one of its threads can run out at any moment and
// end the program without an error message.
const leastAddresses = 2 << 30

// checkAddresses returns an error if an address space limit leaves no room for the program
// itself.
func checkAddresses(limit uint64) error {
	if limit >= leastAddresses {
		return nil
	}
	const kibibyte = 1 << 10
	return fmt.Errorf("ulimit -v %d is too small for the program itself: it needs at least %d; raise it, or limit memory with a control group (systemd-run -p MemoryMax=…), which counts only memory in use",
		limit/kibibyte, leastAddresses/kibibyte)
}
