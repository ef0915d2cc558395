//go:build !linux

package cli

// allowedProcessors is unknown here.
func allowedProcessors() []int { return nil }

// onlineProcessors is unknown here.
func onlineProcessors() int { return 0 }
