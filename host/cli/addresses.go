package cli

import "fmt"

// leastAddresses is how many bytes of addresses the program needs besides those of its
// networks. Below that the runtime, or a thread of it, may find no room at any moment,
// and ends the program without an error to report.
const leastAddresses = 2 << 30

// checkAddresses refuses to run networks within a limit that leaves no room for the
// program itself.
func checkAddresses(limit uint64) error {
	if limit >= leastAddresses {
		return nil
	}
	const kibibyte = 1 << 10
	return fmt.Errorf("ulimit -v %d is too little for the program itself: at least %d is needed; raise it, or limit the memory by a control group (systemd-run -p MemoryMax=…), which counts only what is used",
		limit/kibibyte, leastAddresses/kibibyte)
}
