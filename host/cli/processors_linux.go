package cli

import (
	"os"
	"strconv"
	"strings"
)

// allowedProcessors lists the processors that the process may run on; nil if the system
// does not say.
func allowedProcessors() []int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(status)) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return processorList(list)
		}
	}
	return nil
}

// onlineProcessors is the number of processors of the machine; 0 if unknown.
func onlineProcessors() int {
	list, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return 0
	}
	return len(processorList(string(list)))
}

// processorList parses a list such as 0-3,8; nil if it is invalid.
func processorList(list string) (found []int) {
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || last-first > 1<<16 {
			return nil
		}
		for p := first; p <= last; p++ {
			found = append(found, p)
		}
	}
	return found
}
